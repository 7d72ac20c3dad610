"""Place: one installation in a folder, as a company would have it, with its directory, its hub and its providers.

Belongs here: writing and starting it. Does not belong here: what happens on it (blast.py, million.py), costs (cost.py).
"""

import asyncio
import csv
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self

import httpx
import psycopg

from bench.chaos.underling import Underling, inherited
from bench.fanout import syncs
from bench.fanout.limit import CONNECTIONS
from sentinel.demo.lead import Lead
from sentinel.demo.stage import free_port
from sentinel.demo.world import World, laid_over, write_world

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
_COLUMNS: Final = ("person", "name", "email", "language", "zone", "segments", "consent")
_MORE: Final = "This line stands here so that the message is as long as one that says more than the example does."
"""Said again and again, so that a mail has its 4 KB."""
LONGER: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """`by`: `smtp` or `http`. `database` "": SQLite. `traced`: the hub's syncs are written down."""

    people: int
    by: str = "smtp"
    database: str = ""
    traced: bool = False


class Place:
    """An async context: everything runs inside it, and nothing after it."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.folder = folder
        self.shape = shape
        self.log = folder / "hub.log"
        self._listen = f"127.0.0.1:{free_port()}"
        self._hub: asyncio.subprocess.Process | None = None
        self._stack = AsyncExitStack()
        self.world: World
        self.lead: Lead
        self.sink: Underling

    async def __aenter__(self) -> Self:
        folder, own = self.folder, self.folder / "harness.log"
        folder.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            cores = sorted(os.sched_getaffinity(0))
            self.sink = await stack.enter_async_context(Underling("bench.fanout.sink", str(cores[-1]), log=own))
            self._targetd = await stack.enter_async_context(Underling("bench.chaos.targetd", log=own))
            self._write_world()
            stack.push_async_callback(self._end)
            await self._start()
            self.lead = Lead(self.url, self.store, self.world.lead, self.world.password)
            stack.push_async_callback(self.lead.close)
            await self.lead.sign_in()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def url(self) -> str:
        return f"http://{self._listen}"

    @property
    def store(self) -> Path:
        return self.folder / "sentinel.db"

    @property
    def trace(self) -> Path:
        """What the tracer writes."""
        return self.folder / "trace"

    @property
    def hub(self) -> int:
        """Its number: of the hub itself, not of the tracer that it was started by."""
        assert self._hub is not None
        if not self.shape.traced:
            return self._hub.pid
        return int(Path(f"/proc/{self._hub.pid}/task/{self._hub.pid}/children").read_text().split()[0])

    async def breaks(self, service: str) -> None:
        await self._targetd.ask(**{"break": service, "how": "refuse"})

    async def command(self, **command: Any) -> Any:
        """One command over the operator's API; what it says."""
        beside = await asyncio.to_thread(Path(f"{self.store}.hub").read_text)
        token = re.findall(r'"token": "([^"]+)"', beside)[0]
        async with httpx.AsyncClient(base_url=self.url, timeout=60.0, trust_env=False) as client:
            answer = await client.post("/api/v1/commands", json=command, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    async def seen(self, *, whole: bool = False) -> Mapping[str, Any]:
        """What the providers have had."""
        return await self.sink.ask(whole=True) if whole else await self.sink.ask(count=True)

    async def is_expanded(self, notice: int) -> bool:
        """Whether everybody of the notice has a row. Asked of the database itself: counting a million would disturb."""
        asked = f"select expanded from notice where id = {notice}"
        return bool(await asyncio.to_thread(_ask, self.store, self.shape.database, asked))

    def log_end(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # The parts

    def _write_world(self) -> None:
        shape = self.shape
        over = laid_over(_OVERRIDES, _by(shape.by, self.sink.first["http"]))
        if shape.database:
            over = laid_over(over, {"database": "${env:SENTINEL_DATABASE}"})
        self.world = write_world(
            self.folder,
            smtp_port=self.sink.first["smtp"],
            slack_url=f"http://127.0.0.1:{self.sink.first['http']}/api/",
            listen=self._listen,
            urls=self._targetd.first,
            overrides=over,
        )
        write_people(self.folder / "customers.csv", shape.people)
        for name in ("payments", "quoting"):
            check = self.folder / "checks" / f"{name}.yaml"
            # Quoting is what staff alone hear of, all along.
            lines = (line for line in check.read_text().splitlines() if name == "payments" or "  customers:" not in line)
            check.write_text("\n".join(lines).replace("by: [email]", "by: [crm]" if shape.by == "http" else "by: [email]"))
        for template in (self.folder / "templates" / "customers").glob("opened.*"):
            longer = "\n\n".join(["{{ brand }}", *[_MORE] * LONGER])
            template.write_text(template.read_text().replace("{{ brand }}\n\n== page ==", f"{longer}\n\n== page =="))

    async def _start(self) -> None:
        within = syncs.within(self.trace) if self.shape.traced else ()
        arguments = (*within, sys.executable, "-m", "sentinel", "serve", "--config", str(self.world.config))
        environment = {**inherited(), **self.world.environment, "SENTINEL_DATABASE": self.shape.database}
        with self.log.open("ab") as log:
            self._hub = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=log, stderr=log)
        end = monotonic() + READY_SECONDS
        async with httpx.AsyncClient(base_url=self.url, timeout=2.0, trust_env=False) as client:
            while monotonic() < end and self._hub.returncode is None:
                with suppress(httpx.TransportError):
                    if (await client.get("/readyz")).is_success:
                        return
                await asyncio.sleep(0.05)
        raise RuntimeError(f"the hub did not start:\n{self.log_end()}")

    async def _end(self) -> None:
        hub = self._hub
        if hub is None or hub.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.kill(self.hub, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await hub.wait()
        except TimeoutError:
            hub.kill()
            await hub.wait()


def _ask(store: Path, database: str, query: str) -> Any:
    """One value of the store, beside the hub."""
    if database:
        with psycopg.connect(database.replace("postgresql+psycopg://", "postgresql://")) as connection:
            return connection.execute(query.encode()).fetchone()[0]  # type: ignore[index]  # there is one row
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchone()[0]


_OVERRIDES: Final[Mapping[str, Any]] = {
    "policies": {
        "estimate": {"least_ahead": "40m"},
        "notice": {"cancel_window": "300ms", "desk_first": "300ms", "next_word": "40m", "gather": "100ms"},
        "guards": {"two_above": 2_000_000, "all_per_hour": 5_000_000, "all_per_day": 5_000_000},
    },
    "defaults": {"timeout": "8s", "every": "10s", "detect": {"slow": {"persistence": "10m"}}},
    "channels": {"email": {"connections": CONNECTIONS}},
}
"""Beside the demo's times, which tell soon: promises that outlast the blast, and one person who may tell everybody."""


def _by(by: str, port: int) -> Mapping[str, Any]:
    if by == "smtp":
        return {}
    crm = {
        "url": f"http://127.0.0.1:{port}/provider",
        "body": {"to": "{address}", "name": "{name}", "subject": "{subject}", "text": "{text}", "html": "{html}"},
        "idempotency": {"window": "24h"},
    }
    return {"channels": {"crm": {"http": crm, "connections": CONNECTIONS}}}


def write_people(path: Path, count: int) -> None:
    """The directory's export. Two of five read Spanish."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for number in range(count):
            is_spanish = number % 5 in (2, 4)
            name, language = (f"Íñigo Núñez {number}", "es") if is_spanish else (f"Alice Archer {number}", "en")
            zone = "Europe/Madrid" if is_spanish else "Europe/London"
            rows.writerow((f"NW-{number:07d}", name, f"c{number:07d}@example.com", language, zone, "customers;payers", "yes"))
