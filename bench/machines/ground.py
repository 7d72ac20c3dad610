"""Ground: machines `a` and `b`, each with a hub and a worker, on one PostgreSQL, and the world that they send to.

Belongs here: starting and ending everything, each in its place. Does not belong here: cables (network.py), what happens
(scene.py).
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self

import httpx
import yaml
from tests.postgres import Server

from bench.chaos.blast.people import write_people
from bench.chaos.ledgerd.keep import Taken, read
from bench.chaos.lena import Lena
from bench.chaos.stand import OVERRIDES
from bench.chaos.underling import Underling, inherited
from bench.machines import network
from sentinel.demo.stage import NotReady
from sentinel.demo.world import World, laid_over, write_world

MACHINES: Final = ("a", "b")
PORT: Final = 8480
READY_SECONDS: Final = 120.0
PIECES: Final = 10
AS_NOBODY: Final = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How big it is. `by`: `smtp`, or a provider over HTTP that honours keys (`keyed`) or ignores them (`plain`). `lease`:
    seconds, 0 for the product's own. `reply`: what the provider takes over a message, at least and at most."""

    people: int
    by: str = "smtp"
    lease: float = 0.0
    reply: tuple[float, float] = (0.02, 0.06)

    @property
    def piece(self) -> int:
        """Ledger rows that one round writes: `b` has some still to write when `a` is cut off, and not many rounds to play."""
        return max(1, self.people // PIECES)


def database(stack: ExitStack) -> Server:
    """A PostgreSQL in its own place, reached by the machines over a cable and by us over its socket."""
    listens = f"listen_addresses={network.CABLES.address('store', 'data')}"
    place = Path(tempfile.mkdtemp(prefix="sentinel-pg-"))
    made = Server(place, (listens,), within=(*network.within("store"), *AS_NOBODY))
    stack.callback(made.end)
    made.make()
    with (made.data / "pg_hba.conf").open("a") as allowed:
        allowed.write(f"host all all {network.NETWORK} trust\n")
    made.start()
    return made


@dataclass(slots=True)
class Spot:
    """Where the hub of a machine is, for Lena."""

    world: World
    url: str
    store: Path


class Ground:
    """An async context. `url`: where the harness reads the database itself."""

    def __init__(self, folder: Path, shape: Shape, server: Server) -> None:
        self.folder = folder
        self.shape = shape
        name = server.new_database()
        self.url = server.url_of(name)
        self._database = f"postgresql://sentinel@{network.CABLES.address('store', 'data')}/{name}"
        self.world: World
        self.far: Underling
        self._taken: dict[str, tuple[list[Taken], int]] = {machine: ([], 0) for machine in MACHINES}
        self._pids: list[int] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        for switch in network.SWITCHES:
            network.CABLES.plug("a", switch)
        async with AsyncExitStack() as stack:
            log = self.folder / "harness.log"
            peers = [f"{machine}={network.CABLES.address(machine, 'world')}" for machine in MACHINES]
            there = network.CABLES.address("far", "world")
            known = ("bench.machines.far", there, str(self.folder), *peers)
            self.far = await stack.enter_async_context(Underling(*known, log=log, within=network.within("far")))
            self.far.order(mood={"reply": self.shape.reply})
            self._write_world(there)
            nurseries = [Underling("bench.chaos.nursery", log=log, within=network.within(machine)) for machine in MACHINES]
            await asyncio.gather(*(stack.enter_async_context(each) for each in nurseries))
            await asyncio.gather(*map(self._start, MACHINES, nurseries))
            stack.callback(self._kill)
            await asyncio.gather(*map(self._until_ready, MACHINES))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _write_world(self, there: str) -> None:
        first: dict[str, Any] = self.far.first
        over = laid_over(OVERRIDES, _over(self.shape, there, first))
        self.world = write_world(
            self.folder,
            smtp_port=first["smtp"],
            slack_url=f"http://{there}:{first['http']}/api/",
            listen=f"127.0.0.1:{PORT}",
            urls=first["urls"],
            overrides=over,
        )
        write_people(self.folder / "customers.csv", self.shape.people)
        if self.shape.by != "smtp":
            check = self.folder / "checks" / "payments.yaml"
            check.write_text(check.read_text().replace("by: [email]", "by: [crm]"))
        written = yaml.safe_load(self.world.config.read_text())
        for machine in MACHINES:
            listen = f"{network.CABLES.address(machine, 'world')}:{PORT}"
            own = {"store": f"{machine}.db", "listen": listen, "url": f"http://{listen}"}
            (self.folder / f"{machine}.yaml").write_text(yaml.safe_dump(written | own, sort_keys=False, allow_unicode=True))

    async def _start(self, machine: str, nursery: Underling) -> None:
        environment = {**inherited(), **self.world.environment, "SENTINEL_DATABASE": self._database}
        config = str(self.folder / f"{machine}.yaml")
        await nursery.ask(do="warm", config=config, environment=environment)
        for kind in ("serve", "worker"):
            log = str(self.folder / f"{machine}-{kind}.log")
            said = {"arguments": (kind, "--config", config), "environment": environment, "log": log}
            scaled = {"lease": self.shape.lease, "piece": self.shape.piece}
            self._pids.append(int((await nursery.ask(do="start", **scaled, **said))["pid"]))

    def _kill(self) -> None:
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def _until_ready(self, machine: str) -> None:
        end = monotonic() + READY_SECONDS
        async with httpx.AsyncClient(base_url=self.spot(machine).url, timeout=5.0, trust_env=False) as client:
            while monotonic() < end:
                with suppress(httpx.TransportError):
                    if (await client.get("/readyz")).is_success:
                        return
                await asyncio.sleep(0.1)
        raise NotReady(f"the hub of {machine} was not ready within {READY_SECONDS:.0f} s:\n{self.log_end(machine)}")

    def spot(self, machine: str) -> Spot:
        return Spot(self.world, f"http://{network.CABLES.address(machine, 'world')}:{PORT}", self.folder / f"{machine}.db")

    def lena(self, machine: str) -> Lena:
        """Lena at the hub of a machine."""
        return Lena(self.spot(machine))

    def taken(self, machine: str) -> Sequence[Taken]:
        """What the world took from a machine until now, staff's lanes too."""
        known, after = self._taken[machine]
        new, after = read(self.folder / f"{machine}.jsonl", after)
        self._taken[machine] = (known + new, after)
        return self._taken[machine][0]

    def log_end(self, machine: str, lines: int = 15) -> str:
        """The last lines of what a machine's processes said."""
        logs = [self.folder / f"{machine}-{kind}.log" for kind in ("serve", "worker")]
        return "\n".join("\n".join(log.read_text(errors="replace").splitlines()[-lines:]) for log in logs if log.exists())


def _over(shape: Shape, there: str, first: Mapping[str, Any]) -> dict[str, Any]:
    """What sentinel.yaml says otherwise: where things are, and no guard that would wait for a second person."""
    server = {"email": {"server": f"smtp://{there}:{first['smtp']}", "starttls": False}}
    channels: dict[str, Any] = {"cs-mail": server, "email": server}
    if shape.by != "smtp":
        crm: dict[str, Any] = {
            "url": f"http://{there}:{first['http']}/{shape.by}",
            "body": {"key": "{key}", "to": "{address}", "subject": "{subject}", "text": "{text}"},
        }
        channels["crm"] = {"http": crm | ({"idempotency": {"window": "1h"}} if shape.by == "keyed" else {})}
    many = 10 * shape.people
    guards = {"two_above": many, "all_per_hour": many, "all_per_day": many, "judge_after": "1s", "pause_above": 100}
    return {
        "database": "${env:SENTINEL_DATABASE}",
        "allow_private": ["127.0.0.0/8", network.NETWORK],
        "canaries": [f"tcp://{there}:{first['http']}"],
        "channels": channels,
        "policies": {"guards": guards},
        "defaults": {"every": "3s"},
    }
