"""Hub: one of its own process on the first core, with nothing but checks: probing, verdicts, detectors, store and metrics.

Belongs here: its files, its life, and what it says of itself. Does not belong here: what is looked at (target.py), figures.
"""

import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import httpx
import yaml

from bench.chaos.underling import inherited
from bench.eyes.target import Target, pin
from sentinel.demo.stage import free_port

READY_SECONDS: Final = 120.0
_IN_A_FILE: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """`checks` checks of `way` (plain, tls), each `every` so many seconds."""

    way: str
    checks: int
    every: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Hub:
    folder: Path
    pid: int
    url: str

    def stored(self) -> int:
        """How many results lie on disk."""
        with closing(sqlite3.connect(f"file:{self.folder / 'sentinel.db'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("select coalesce(sum(stored), 0) from cursor").fetchone()[0])

    def wrong(self) -> str:
        """Why the last look at some check was not good; "" when all were."""
        with closing(sqlite3.connect(f"file:{self.folder / 'sentinel.db'}?mode=ro", uri=True)) as connection:
            found = connection.execute("select reason from latest where verdict <> 'up' limit 1").fetchone()
        return str(found[0]) if found else ""

    def starts(self, since: float) -> list[list[float]]:
        """The starts of the samples of each check from an instant on, in seconds, in order."""
        query = "select check_id, at from {} where at >= ? order by check_id, at"
        with closing(sqlite3.connect(f"file:{self.folder / 'sentinel.db'}?mode=ro", uri=True)) as connection:
            days = [name for (name,) in connection.execute("select name from sqlite_master where name like 'observation_%'")]
            found: dict[int, list[float]] = {}
            for day in sorted(days):
                for check, at in connection.execute(query.format(day), (since * 1e6,)):
                    found.setdefault(check, []).append(at / 1e6)
        return list(found.values())


@contextmanager
def running(folder: Path, target: Target, load: Load) -> Iterator[Hub]:
    """A hub under this load, ready, on the first core."""
    config = write(folder, target, load)
    with (folder / "hub.log").open("wb") as log:
        command = [sys.executable, "-m", "sentinel", "serve", "--config", str(config)]
        environment = {**inherited(), "SLACK": "xoxb-none"}
        with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
            pin(process.pid, 0)
            try:
                url = yaml.safe_load(config.read_text())["url"]
                _await_ready(url, process, folder / "hub.log")
                yield Hub(folder=folder, pid=process.pid, url=url)
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def write(folder: Path, target: Target, load: Load) -> Path:
    """The installation: services of up to 500 checks, whose staff would be told by a channel that nobody is at."""
    (folder / "checks").mkdir(parents=True)
    listen = f"127.0.0.1:{free_port()}"
    nobody = {"slack": {"token": "${env:SLACK}", "channel": "C0SERVICE", "base_url": f"http://127.0.0.1:{free_port()}/"}}
    main = {
        "name": "bench", "brand": "Bench", "url": f"http://{listen}", "time_zone": "UTC", "languages": ["en"],
        "listen": listen, "allow_private": ["127.0.0.0/8", "::1/128"], "channels": {"cs": nobody},
        "defaults": {"every": f"{round(load.every * 1000)}ms", "timeout": "10s"},
    }  # fmt: skip
    (folder / "sentinel.yaml").write_text(yaml.safe_dump(main))
    options: Mapping[str, Any] = {"url": target.url(load.way), **({"ca": str(target.ca)} if load.way == "tls" else {})}
    check = {"http": dict(options), "up": {"status": 200, "body": {"contains": "xxx"}}, "healthy": {"below_ms": 9000}}
    for first in range(0, load.checks, _IN_A_FILE):
        name = f"s{first // _IN_A_FILE}"
        checks = {f"c{number}": check for number in range(first, min(first + _IN_A_FILE, load.checks))}
        service = {"service": name, "title": name, "owner": {"team": "b", "person": "b"}, "tell": {"staff": ["cs"]}}
        written = yaml.dump({**service, "checks": checks}, Dumper=_Plain)
        (folder / "checks" / f"{name}.yaml").write_text(written)
    return folder / "sentinel.yaml"


class _Plain(yaml.SafeDumper):
    """Without anchors: each check is written out."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _await_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None or monotonic() > end:
            raise RuntimeError(f"the hub did not start:\n{log.read_text(errors='replace')[-2000:]}")
        sleep(0.1)


def largest(pid: int) -> int:
    """The most memory in bytes that a process and all that come from it ever held together, each at its own peak."""
    total = 0
    for each in (pid, *_descendants(pid)):
        try:
            text = Path(f"/proc/{each}/status").read_text()
        except OSError:
            continue
        total += int(re.findall(r"^VmHWM:\s+(\d+)", text, re.M)[0]) * 1024
    return total


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
