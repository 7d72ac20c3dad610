"""deploy/Containerfile: what it copies is there and not ignored, what it installs is named by hash, who runs it."""

import fnmatch
import json
import re
import subprocess

import pytest

from sentinel.run.sender import STOP_WITHIN
from tests.docs.pages import ROOT, page

TEXT = page("deploy/Containerfile")
JOINED = re.sub(r"\\\n", " ", TEXT)
BUILD, FINAL = re.split(r"^FROM .*$", JOINED, flags=re.MULTILINE)[1:]
PICKED = re.findall(r"pick-requirements\.sh ([\w -]+?) >", BUILD)


def copied() -> list[str]:
    return [name for line in re.findall(r"^COPY (?!--from)(.*)$", JOINED, re.MULTILINE) for name in line.split()[:-1]]


def is_sent(path: str) -> bool:
    """Whether a file goes to the engine, by the last line of .dockerignore that fits it."""
    sent = True
    for line in page(".dockerignore").splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").rstrip("/")
            if fnmatch.fnmatch(path, pattern) or path.startswith(pattern + "/") or fnmatch.fnmatch("/" + path, pattern[2:]):
                sent = line.startswith("!")
    return sent


def test_what_is_copied_is_there_and_is_sent() -> None:
    for name in copied():
        assert (ROOT / name).exists(), name
        assert is_sent(name.rstrip("/")), name
    assert page(".containerignore") == page(".dockerignore")


@pytest.mark.parametrize(
    "path", [".git/config", "deploy/secrets/lead-password", ".venv/bin/python", "tests/x.py", "sentinel.db"]
)
def test_nothing_else_is_sent(path: str) -> None:
    assert not is_sent(path)


def test_every_install_asks_for_hashes_or_is_our_own_wheel() -> None:
    installs = re.findall(r"\bpip\b[^&\n]* install ([^&\n]*)", BUILD)
    assert len(installs) == 3
    for arguments in installs:
        assert "--require-hashes" in arguments or "--no-index" in arguments
    assert "pip uninstall --yes --quiet pip setuptools wheel" in FINAL
    assert "pip install" not in FINAL


def test_what_is_picked_is_pinned_with_hashes_and_what_is_not_pinned_is_refused() -> None:
    for names in PICKED:
        done = subprocess.run(
            ["bash", "deploy/pick-requirements.sh", *names.split()], cwd=ROOT, capture_output=True, text=True, check=True
        )
        pinned = re.findall(r"^([\w-]+)==", done.stdout, re.MULTILINE)
        assert pinned == names.split()
        assert done.stdout.count("--hash=sha256:") >= len(pinned)
    refused = subprocess.run(["bash", "deploy/pick-requirements.sh", "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "nothing is not pinned" in refused.stderr


def test_it_runs_as_a_user_without_rights_and_is_healthy_by_readyz() -> None:
    assert re.search(r"^USER 10001:10001$", FINAL, re.MULTILINE)
    assert "/readyz" in FINAL
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", FINAL, re.MULTILINE)[1])  # type: ignore[index]
    command = json.loads(re.search(r"^CMD (.*)$", FINAL, re.MULTILINE)[1])  # type: ignore[index]
    assert [*entry, *command] == ["/opt/sentinel/bin/sentinel", "serve", "--config", "/etc/sentinel/sentinel.yaml"]
    assert STOP_WITHIN <= 15


def test_no_registry_is_named() -> None:
    assert not re.search(r"(docker\.io|quay\.io|ghcr\.io|pypi)", TEXT + page("deploy/compose.yaml"))
