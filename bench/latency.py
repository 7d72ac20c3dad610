"""How soon does anybody know? From the first bad sample to the board and to the staff's message, and back again.

`python -m bench.latency [--quick] [--json]`: one hub watches many independent services, each with one check, at the product's
own defaults. Half of them start to refuse connections, half to hang, each at a moment of its own; later all heal. Every service
is one round. The instants of bad and good samples are the hub's stamps of their starts; the board is looked at every 50 ms over
the API, and the staff's message is stamped by the Slack-shaped sink, all on one machine's clock.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import yaml

from sentinel.demo.patience import Waited, until
from sentinel.demo.slack import Slack
from sentinel.demo.stage import free_port
from sentinel.demo.wire import Reply, Request, Wire

LOOK = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """`rounds` services of each way to break. The rest as in the configuration; quick ones are shortened and say so."""

    rounds: int
    every: float
    timeout: float
    persistence: float
    spread: float
    stay: float
    gather: float
    confirm: tuple[float, ...] = (1, 2, 5, 10, 15)


FULL = Size(rounds=50, every=30, timeout=10, persistence=15, spread=60, stay=75, gather=60)
QUICK = Size(rounds=6, every=2, timeout=2, persistence=3, spread=2, stay=6, gather=1, confirm=(0.5, 1, 2, 3))


@dataclass(slots=True)
class Seen:
    """What is known of one service: state → when the board first showed it, and when staff were told what."""

    shown: dict[str, datetime] = field(default_factory=dict)
    bad_at: datetime | None = None
    good_at: datetime | None = None
    told_at: datetime | None = None
    told_back_at: datetime | None = None


class Company:
    """The services: each answers, refuses or hangs."""

    def __init__(self, names: Iterable[str]) -> None:
        self._hanging: set[str] = set()
        self._healed = asyncio.Event()
        self.wires = {name: Wire(self._answering(name)) for name in names}

    def _answering(self, name: str) -> Any:
        async def answer(_: Request) -> Reply:
            if name in self._hanging:
                await self._healed.wait()
            return Reply(body=b"fine")

        return answer

    def start(self) -> None:
        for wire in self.wires.values():
            wire.open()

    def break_(self, name: str) -> None:
        if name.startswith("hang"):
            self._hanging.add(name)
        else:
            self.wires[name].shut()

    def heal(self, name: str) -> None:
        self._hanging.discard(name)
        self.wires[name].open()

    async def stop(self) -> None:
        self._healed.set()
        for wire in self.wires.values():
            await wire.close()


def write(folder: Path, company: Company, slack: Slack, size: Size) -> Path:
    """An installation of one check a service, staff told by Slack alone."""
    (folder / "checks").mkdir()
    channel = {"slack": {"token": slack.token, "channel": "C0SERVICE", "base_url": slack.url}}
    channel["slack"]["token"] = "${env:SLACK_TOKEN}"
    detect = {"outage": {"persistence": _ms(size.persistence)}}
    main = {
        "name": "bench", "brand": "Bench", "url": "http://127.0.0.1:1", "time_zone": "UTC", "languages": ["en"],
        "listen": f"127.0.0.1:{free_port()}", "allow_private": ["127.0.0.0/8", "::1/128"], "channels": {"cs": channel},
        "policies": {"notice": {"gather": _ms(size.gather)}},
        "defaults": {
            "every": _ms(size.every), "timeout": _ms(size.timeout), "detect": detect, "confirm": [_ms(c) for c in size.confirm],
        },
    }  # fmt: skip
    (folder / "sentinel.yaml").write_text(yaml.safe_dump(main))
    for name, wire in company.wires.items():
        # A host of its own for each: what is under way to one host is bounded. libcurl knows *.localhost as loopback.
        check = {"http": f"{wire.url.replace('127.0.0.1', f'{name}.localhost')}/", "up": {"status": 200}}
        service = {"service": name, "title": name, "owner": {"team": "bench", "person": "bench"}, "tell": {"staff": ["cs"]}}
        (folder / "checks" / f"{name}.yaml").write_text(yaml.safe_dump({**service, "checks": {"page": check}}))
    return folder / "sentinel.yaml"


def _ms(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


class Hub:
    """A hub of its own process, looked at over its API."""

    def __init__(self, config: Path, token: str) -> None:
        self._config, self._token = config, token
        self._process: asyncio.subprocess.Process | None = None
        self._client = httpx.AsyncClient(timeout=5)

    async def start(self) -> None:
        environment = {"PATH": os.environ.get("PATH", ""), "SLACK_TOKEN": self._token}
        with (self._config.parent / "hub.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "sentinel",
                "serve",
                "--config",
                str(self._config),
                env=environment,
                stdout=log,
                stderr=log,
            )
        beside = self._config.parent / "sentinel.db.hub"

        async def look() -> Mapping[str, Any] | None:
            found: Mapping[str, Any] | None = json.loads(beside.read_text()) if beside.exists() else None
            return found

        try:
            where = await until(look, 30)
        except Waited as why:
            raise SystemExit((self._config.parent / "hub.log").read_text()) from why
        self._client.base_url = where["url"]
        self._client.headers["Authorization"] = f"Bearer {where['token']}"

    async def board(self) -> Any:
        answer = await self._client.get("/api/v1/board")
        answer.raise_for_status()
        return answer.json()

    async def incident(self, number: int) -> Any:
        return (await self._client.get(f"/api/v1/incidents/{number}")).json()

    async def stop(self) -> None:
        await self._client.aclose()
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            await self._process.wait()


async def watch(hub: Hub, seen: dict[str, Seen], stop: asyncio.Event) -> None:
    """Note when each service's check is first shown in each state, since the last time the notes were cleared."""
    while not stop.is_set():
        board = await hub.board()
        now = datetime.now(UTC)
        for service in board["services"]:
            for check in service["checks"]:
                seen[service["name"]].shown.setdefault(check["shown"], now)
        await asyncio.sleep(LOOK)


async def run(size: Size) -> dict[str, Any]:
    names = [f"{how}-{n:02d}" for how in ("refuse", "hang") for n in range(size.rounds)]
    seen = {name: Seen() for name in names}
    company, slack = Company(names), Slack()
    company.start()
    await slack.start()
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as made:
        hub = Hub(write(Path(made), company, slack, size), slack.token)
        stop, watching = asyncio.Event(), None
        try:
            await hub.start()
            await _until_all(hub, "up", size.every + size.timeout + 20)
            watching = asyncio.create_task(watch(hub, seen, stop))
            await _in_turn(names, company.break_, size.spread)
            await _until_all(hub, "down", size.every + 2 * size.timeout + size.persistence + 30)
            await asyncio.sleep(size.stay)
            for one in seen.values():
                one.shown.pop("up", None)
            await _in_turn(names, company.heal, size.spread)
            await _until_all(hub, "up", size.every + size.timeout + 30)
            await asyncio.sleep(3)
            await _collect(hub, slack, seen)
        finally:
            stop.set()
            if watching is not None:
                await watching
            await hub.stop()
            await slack.stop()
            await company.stop()
    return _result(size, seen)


async def _in_turn(names: list[str], do: Any, spread: float) -> None:
    for name in names:
        do(name)
        await asyncio.sleep(spread / len(names))


async def _until_all(hub: Hub, state: str, seconds: float) -> None:
    async def look() -> bool | None:
        board = await hub.board()
        return all(check["shown"] == state for service in board["services"] for check in service["checks"]) or None

    await until(look, seconds)


async def _collect(hub: Hub, slack: Slack, seen: dict[str, Seen]) -> None:
    """The hub's own instants of each incident, and the sink's of its messages."""
    board = await hub.board()
    for line in [*board["open"], *board["recent"]]:
        page = await hub.incident(line["incident"]["id"])
        one = seen[page["incident"]["root"]]
        one.bad_at = datetime.fromisoformat(page["incident"]["first_began_at"])
        cleared = [e["said"] for e in page["entries"] if e["said"]["kind"] == "recovering"]
        one.good_at = datetime.fromisoformat(cleared[0]["recovered_at"]) if cleared else None
    for post in slack.posts:
        for name, one in seen.items():
            if name in post.text:
                back = "answers again" in post.text
                one.told_back_at = one.told_back_at or (post.arrived_at if back else None)
                one.told_at = one.told_at or (None if back else post.arrived_at)


def _result(size: Size, seen: dict[str, Seen]) -> dict[str, Any]:
    figures: dict[str, Any] = {"persistence_s": size.persistence, "timeout_s": size.timeout, "rounds": size.rounds, "kinds": {}}
    for how in ("refuse", "hang"):
        mine = [one for name, one in seen.items() if name.startswith(how)]
        figures["kinds"][how] = {
            "board_failing": _spread((one.bad_at, one.shown.get("failing") or one.shown.get("down")) for one in mine),
            "staff_told": _spread((one.bad_at, one.told_at) for one in mine),
            "board_up": _spread((one.good_at, one.shown.get("up")) for one in mine),
            "staff_told_back": _spread((one.good_at, one.told_back_at) for one in mine),
        }
    return figures


def _spread(pairs: Iterable[tuple[datetime | None, datetime | None]]) -> dict[str, Any]:
    """Seconds between the two instants of each pair: median and worst; `missing`: pairs without one of them."""
    pairs = list(pairs)
    known = [(then - first) / timedelta(seconds=1) for first, then in pairs if first is not None and then is not None]
    worst = {"median_s": round(median(known), 2), "worst_s": round(max(known), 2)} if known else {}
    return {"n": len(known), "missing": len(pairs) - len(known), **worst}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few services and short times; ends within 50 s")
    parser.add_argument("--json", action="store_true", dest="as_json", help="JSON alone on standard output")
    arguments = parser.parse_args()
    figures = asyncio.run(run(QUICK if arguments.quick else FULL))
    if arguments.as_json:
        print(json.dumps(figures, indent=2))
        return 0
    print(f"persistence {figures['persistence_s']} s, timeout {figures['timeout_s']} s, {figures['rounds']} rounds each")
    for how, rows in figures["kinds"].items():
        for what, row in rows.items():
            times = f"median {row.get('median_s', '-'):>7}  worst {row.get('worst_s', '-'):>7}"
            print(f"  {how:7} {what:16} {times}  n {row['n']}, missing {row['missing']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
