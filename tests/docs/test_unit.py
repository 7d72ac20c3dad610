"""deploy/sentinel.service: systemd reads it, and it says what the hub and its guide say."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from sentinel.run.sender import STOP_WITHIN
from sentinel.run.serve import NOT_VALID
from tests.docs.pages import page

UNIT = page("deploy/sentinel.service")
GUIDE = page("docs/how-to/run-it.md")
ANALYZE = shutil.which("systemd-analyze")


def settings() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in UNIT.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name].append(value)
    return found


@pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not on this machine: only our own reading of the unit is checked"
)
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """The program is replaced by one that is here: systemd looks whether it can be run."""
    assert ANALYZE is not None
    copy = tmp_path / "sentinel.service"
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT, flags=re.MULTILINE))
    done = subprocess.run([ANALYZE, "verify", str(copy)], capture_output=True, text=True, timeout=60)
    # Where no systemd runs (a container), it cannot look at the machine's own units and may say so; ours it reads all the same.
    about_ours = [line for line in done.stderr.splitlines() if "sentinel.service" in line]
    assert not about_ours


def test_every_line_is_a_setting_a_section_or_a_comment() -> None:
    for line in filter(None, UNIT.splitlines()):
        assert re.fullmatch(r"#.*|\[(Unit|Service|Install)\]|[A-Z]\w+=.*", line), line


def test_it_runs_the_hub_as_a_user_of_its_own_with_nothing_to_write_but_its_state() -> None:
    said = settings()
    assert said["ExecStart"] == ["/opt/sentinel/.venv/bin/sentinel serve --config /etc/sentinel/sentinel.yaml"]
    assert said["User"] == ["sentinel"]
    assert said["ProtectSystem"] == ["strict"]
    assert said["CapabilityBoundingSet"] == [""]
    assert said["NoNewPrivileges"] == ["yes"]
    assert "ReadWritePaths" not in said


def test_it_leaves_the_hub_time_to_stop_and_does_not_restart_what_cannot_start() -> None:
    said = settings()
    assert int(said["TimeoutStopSec"][0]) >= 2 * STOP_WITHIN
    assert said["RestartPreventExitStatus"] == [str(NOT_VALID)]


def test_the_guide_uses_the_same_folders() -> None:
    for path in ("/opt/sentinel", "/etc/sentinel/sentinel.yaml", "/var/lib/sentinel/sentinel.db", "deploy/sentinel.service"):
        assert path in GUIDE
    assert settings()["StateDirectory"] == ["sentinel"]
