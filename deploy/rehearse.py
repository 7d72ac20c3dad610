"""Runs the steps of deploy/Containerfile where there is no container engine: the very RUN lines of its build stage, in a folder
of their own, then what its last stage would run, as a user who may write nothing but the store.

Not the image itself: no base image is pulled, no layer is made, no file system is read-only. `make rehearse-image` runs it; it
needs the package index, as a build does.
"""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
# Without a right but to read: an interpreter may lie where only its owner looks, which in the image it does not.
_READS = [f"--{kind}=-all,+dac_read_search" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", *_READS, "--"]
READY_SECONDS = 30


def stages(text: str) -> list[list[tuple[str, str]]]:
    """Each stage's instructions, continued lines joined, comments left out."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found


def moved(words: str, room: Path) -> str:
    """The same with the image's folders inside `room`."""
    return re.sub(r"(?<![\w/.])/(opt/sentinel|tmp|src|etc/sentinel|var/lib/sentinel)\b", rf"{room}/\1", words)


def build(stage: list[tuple[str, str]], room: Path) -> None:
    source = room / "src"
    for folder in (source, room / "tmp", room / "opt"):
        folder.mkdir(parents=True)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    inherited |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_INDEX", "PIP_CONFIG"))}
    inherited |= {"PIP_QUIET": "1"}
    for word, rest in stage:
        if word == "ENV":
            inherited |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "COPY":
            *names, target = shlex.split(rest)
            copy(names, source / target)
        elif word == "RUN":
            print(f"RUN {rest[:110]}", flush=True)
            subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", moved(rest, room)], cwd=source, env=inherited, check=True)


def copy(names: list[str], target: Path) -> None:
    for name in names:
        found = ROOT / name
        if found.is_dir():
            shutil.copytree(found, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            place = target / found.name if target.is_dir() else target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, place)


def run(stage: list[tuple[str, str]], room: Path) -> None:
    """Version, validation, and a hub that gets healthy by the image's own check and stops at SIGTERM."""
    said = dict(stage)
    entry = [moved(word, room) for word in exec_form(said["ENTRYPOINT"])]
    etc, state, port = room / "etc/sentinel", room / "var/lib/sentinel", free_port()
    installation(room / "src", etc, state, port)
    drop = AS_NOBODY if os.geteuid() == 0 else []
    if drop:
        os.chown(state, NOBODY, NOBODY)
        room.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    for words in (["--version"], ["validate", "--config", str(etc / "sentinel.yaml")]):
        print("+ sentinel", *words, flush=True)
        subprocess.run([*drop, *entry, *words], cwd=etc, env=environment, check=True)
    refuse_writing(room / "opt/sentinel", drop)
    serve = [moved(word, room) for word in exec_form(said["CMD"])]
    print("+ sentinel", *serve, flush=True)
    hub = subprocess.Popen([*drop, *entry, *serve], cwd=etc, env=environment)
    try:
        check = [moved(word, room).replace(":8080", f":{port}") for word in exec_form(said["HEALTHCHECK"].partition("CMD ")[2])]
        until_healthy(check, hub)
        hub.send_signal(signal.SIGTERM)
        if hub.wait(timeout=30) != 0:
            raise SystemExit(f"the hub ended with {hub.returncode} at SIGTERM")
    finally:
        hub.kill()
        hub.wait()
    print("healthy, and stopped cleanly", flush=True)


def refuse_writing(program: Path, drop: list[str]) -> None:
    """The hub's user can change nothing of the program."""
    probe = subprocess.run([*drop, "/usr/bin/touch", str(program / "x")], capture_output=True)
    if drop and probe.returncode == 0:
        raise SystemExit("the hub's user can write into the program's folder")


def until_healthy(check: list[str], hub: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while subprocess.run(check, stderr=subprocess.DEVNULL).returncode != 0:
        if hub.poll() is not None or time.monotonic() > end:
            raise SystemExit("the hub did not become healthy")
        time.sleep(0.3)


def installation(source: Path, etc: Path, state: Path, port: int) -> None:
    """The smallest that serves: one service, the example's templates."""
    (etc / "checks").mkdir(parents=True)
    state.mkdir(parents=True)
    shutil.copytree(source / "templates" / "customers", etc / "templates" / "customers")
    (etc / "checks" / "ledger.yaml").write_text(
        (source / "checks" / "ledger.yaml")
        .read_text()
        .replace("${env:DEMO_LEDGER}", "https://127.0.0.1:9")
        .replace("${env:DEMO_CA}", "/nonexistent")
    )
    mail = "{server: 'smtp://127.0.0.1:9', from: Sentinel <sentinel@northwind.example>, to: desk@northwind.example}"
    (etc / "sentinel.yaml").write_text(
        f"name: northwind\nbrand: Northwind Insurance\nurl: http://127.0.0.1:{port}\ntime_zone: Europe/Madrid\n"
        f"languages: [en, es]\ndesk: {{en: the number on your policy, es: el teléfono de su póliza}}\n"
        f"store: {state}/sentinel.db\nlisten: 127.0.0.1:{port}\nallow_private: [127.0.0.0/8]\npeople: []\n"
        f"channels:\n  cs-slack: {{email: {mail}}}\n  cs-mail: {{email: {mail}}}\naudiences: {{}}\n",
        encoding="utf-8",
    )


def exec_form(words: str) -> list[str]:
    """The exec form, which is JSON."""
    return [str(word) for word in json.loads(words)]


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def main() -> None:
    _, building, final = stages((ROOT / "deploy" / "Containerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="sentinel-image-") as made:
        build(building, Path(made))
        run(final, Path(made))


if __name__ == "__main__":
    sys.exit(main())
