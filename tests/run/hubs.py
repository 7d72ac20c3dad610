"""Hubs and workers beside a stage's own, each a process of its own on the same PostgreSQL."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from sqlalchemy import create_engine, text

from sentinel.demo.lead import Lead
from sentinel.demo.mishap import Answer, Moment, Step
from sentinel.demo.patience import until
from sentinel.demo.stage import Stage, free_port
from tests.postgres import Server
from tests.steady import steady

COMING = 120.0
"""Seconds that a test waits for what must come on a busy machine."""


@dataclass
class Beside:
    """One process beside the stage's hub."""

    kind: str
    folder: Path
    store: Path
    url: str
    process: asyncio.subprocess.Process

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    async def end(self) -> int:
        """Ask it to end; its exit code."""
        self.send(signal.SIGTERM)
        async with asyncio.timeout(COMING):
            return await self.process.wait()

    @property
    def log(self) -> str:
        return self.store.with_suffix(".log").read_text(errors="replace")


@asynccontextmanager
async def beside(stage: Stage, kind: str, name: str, *options: str) -> AsyncIterator[Beside]:
    """`sentinel serve` or `sentinel worker` on the stage's installation, with sidecars and an address of its own. What it held
    when it is killed or stopped goes to the others soon: see brisk.py."""
    url = f"127.0.0.1:{free_port()}"
    written = yaml.safe_load(stage.world.config.read_text())
    written |= {"store": f"{name}.db", "listen": url, "url": stage.url}
    config = stage.folder / f"{name}.yaml"
    config.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
    with (stage.folder / f"{name}.log").open("ab") as log:
        command = ("-m", "tests.run.brisk", kind, "--config", str(config), *options)
        child = await asyncio.create_subprocess_exec(sys.executable, *command, env=stage.environment, stdout=log, stderr=log)
    made = Beside(kind, stage.folder, stage.folder / f"{name}.db", f"http://{url}", child)
    try:
        yield made
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def running(stage: Stage, hubs: int, workers: int) -> list[dict[str, Any]]:
    """Wait until so many say that they live; what they say."""

    async def look() -> list[dict[str, Any]] | None:
        there = (await read(stage.folder / "sentinel.db", "processes"))["processes"]
        kinds = [each["kind"] for each in there]
        return there if (kinds.count("serve"), kinds.count("worker")) == (hubs, workers) else None

    return await until(look, COMING)


async def read(store: Path, path: str) -> Any:
    """What the hub whose store this is answers over its API."""
    held = await asyncio.to_thread(_held, store)
    headers = {"authorization": f"Bearer {held['token']}"}
    async with httpx.AsyncClient(base_url=held["url"], headers=headers, timeout=10, trust_env=False) as client:
        answer = await client.get(f"/api/v1/{path}")
    answer.raise_for_status()
    return answer.json()


def _held(store: Path) -> dict[str, str]:
    """The address and the token that a hub left beside its store."""
    found: dict[str, str] = json.loads(Path(f"{store}.hub").read_text())
    return found


async def command(store: Path, do: str, **fields: Any) -> Any:
    """Have a hub carry out a command."""
    held = await asyncio.to_thread(_held, store)
    headers = {"authorization": f"Bearer {held['token']}"}
    async with httpx.AsyncClient(base_url=held["url"], headers=headers, timeout=20, trust_env=False) as client:
        answer = await client.post("/api/v1/commands", json={"do": do, **fields})
    answer.raise_for_status()
    return answer.json()


@asynccontextmanager
async def staged(folder: Path, server: Server) -> AsyncIterator[Stage]:
    """A stage on a database of its own. The first batch is everybody: what is stopped here would pause it. What
    is written holds for minutes: a message must not become stale while its sender is stopped."""
    overrides = {
        "policies": {
            "guards": {"first_batch": 1000},
            "estimate": {"round_to": "1m", "least_ahead": "5m"},
            "notice": {"ask_before": "2m", "hold_before": "90s", "send_margin": "1m", "next_word": "10m"},
        }
    }
    async with Stage(folder, database=server.url_of(server.new_database()), overrides=steady(overrides)) as stage:
        yield stage


@asynccontextmanager
async def lead_of(stage: Stage, store: Path | None = None, url: str | None = None) -> AsyncIterator[Lead]:
    """Lena, signed in to the stage's hub or to another."""
    made = Lead(url or stage.url, store or stage.folder / "sentinel.db", stage.world.lead, stage.world.password)
    try:
        await made.sign_in()
        yield made
    finally:
        await made.close()


class Gate:
    """A hook for the mailroom that holds customers' mail at the final dot, when it is armed and its effect certain."""

    def __init__(self) -> None:
        self.held = 0
        self._open = asyncio.Event()
        self.open()

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    async def __call__(self, moment: Moment) -> Answer:
        if moment.step is Step.ARRIVED and "desk@" not in moment.about.get("recipient", ""):
            self.held += 1
            await self._open.wait()
            self.held -= 1
        return None


def rows(stage: Stage, query: str) -> list[Any]:
    """What the database says, read beside the processes that use it."""
    engine = create_engine(stage.environment["SENTINEL_DATABASE"])
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


async def until_so(so: Callable[[], bool], seconds: float = COMING) -> None:
    """Wait until it is so; what it asks is asked off the loop, which our sinks need."""

    async def look() -> bool | None:
        return (await asyncio.to_thread(so)) or None

    await until(look, seconds)
