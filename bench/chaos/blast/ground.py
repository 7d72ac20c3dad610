"""Ground: one installation on loopback with its providers, its targets and its hubs and workers, each a process of its own.

Belongs here: starting, killing, stopping and ending them, and hearing what ledgerd says. Does not belong here: when (scene.py).
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self

import httpx

from bench.chaos.blast.people import write_people
from bench.chaos.ledgerd.keep import Taken, read
from bench.chaos.ledgerd.snare import Snare
from bench.chaos.stand import OVERRIDES
from bench.chaos.underling import Underling, inherited
from sentinel.config import shape as config_shape
from sentinel.demo.stage import NotReady, free_port
from sentinel.demo.world import World, laid_over, write_world

READY_SECONDS: Final = 90.0


@dataclass(slots=True)
class Member:
    """A hub or a worker. `pid` 0: it does not run. `last`, `code`: its latest number, how that ended. `stopped`: by SIGSTOP,
    until it is woken at `wake_at` or later."""

    name: str
    arguments: tuple[str, ...]
    pid: int = 0
    last: int = 0
    code: int | None = None
    starts: int = 0
    stopped: bool = False
    wake_at: float = 0.0

    @property
    def is_at_work(self) -> bool:
        return self.pid > 0 and not self.stopped

    @property
    def is_hub(self) -> bool:
        return self.arguments[0] == "serve"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How big it is. `database` "": SQLite and one hub; else a PostgreSQL URL, a hub and `workers`. `lease`: seconds, 0 as
    is.
    """

    people: int = 900
    by: str = "smtp"
    """How customers are reached: `smtp`, or by a provider over HTTP that honours keys (`keyed`) or ignores them (`plain`)."""
    database: str = ""
    workers: int = 0
    lease: float = 0.0
    plant: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)


class Ground:
    """An async context: everything runs inside it, and nothing after it."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self.folder = folder
        self.shape = shape
        self.log = folder / "hub.log"
        self._listen = f"127.0.0.1:{free_port()}"
        self.world: World
        self.sprung: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        config = ("--config", str(folder / "sentinel.yaml"))
        self.members = [Member("hub", ("serve", *config))]
        self.members += [Member(f"worker {number}", ("worker", *config)) for number in range(1, shape.workers + 1)]
        self._taken: list[Taken] = []
        self._read = 0
        self._snares = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        folder, own = self.folder, self.folder / "harness.log"
        folder.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as stack:
            opened = stack.enter_async_context
            plant = (self.shape.plant,) if self.shape.plant else ()
            self._ledgerd, self._targetd, self._nursery = await asyncio.gather(
                opened(Underling("bench.chaos.ledgerd", str(folder / "seen.jsonl"), log=own)),
                opened(Underling("bench.chaos.targetd", log=own)),
                opened(Underling("bench.chaos.nursery", *plant, log=own)),
            )
            self._write_world()
            await self._nursery.ask(do="warm", config=str(folder / "sentinel.yaml"), environment=self._environment)
            hearing = asyncio.create_task(self._hear())
            stack.callback(hearing.cancel)
            await asyncio.gather(*(self.start(member) for member in self.members))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            await self.kill(member)
        await self._stack.aclose()

    def _write_world(self) -> None:
        shape = self.shape
        over = laid_over(OVERRIDES, shape.overrides)
        over = laid_over(over, _by(shape.by, self._ledgerd.first["http"]))
        if shape.database:
            over = laid_over(over, {"database": "${env:SENTINEL_DATABASE}"})
        self.world = write_world(
            self.folder,
            smtp_port=self._ledgerd.first["smtp"],
            slack_url=f"http://127.0.0.1:{self._ledgerd.first['http']}/api/",
            listen=self._listen,
            urls=self._targetd.first,
            overrides=over,
        )
        write_people(self.folder / "customers.csv", shape.people)
        if shape.by != "smtp":
            check = self.folder / "checks" / "payments.yaml"
            check.write_text(check.read_text().replace("by: [email]", "by: [crm]"))

    @property
    def url(self) -> str:
        """Where the console answers."""
        return f"http://{self._listen}"

    @property
    def store(self) -> Path:
        """The SQLite file; on PostgreSQL what this machine's own files are named after."""
        return self.folder / "sentinel.db"

    @property
    def _environment(self) -> dict[str, str]:
        return {**inherited(), **self.world.environment, "SENTINEL_DATABASE": self.shape.database}

    # Hubs and workers

    async def start(self, member: Member, *, wait: bool = True) -> float:
        """Fork it, and wait until it is ready; how long that took. Raises NotReady."""
        began = monotonic()
        lease = self.shape.lease
        said = {"arguments": member.arguments, "environment": self._environment, "log": str(self.log), "lease": lease}
        member.pid = member.last = int((await self._nursery.ask(do="start", **said))["pid"])
        member.code = None
        member.starts += 1
        self._tell_senders()
        if wait and member.is_hub:
            await self.until_ready(member)
        return monotonic() - began

    async def until_ready(self, hub: Member) -> None:
        """Raises NotReady if it ends, or is not ready in a while."""
        end = monotonic() + READY_SECONDS
        async with httpx.AsyncClient(base_url=self.url, timeout=2.0, trust_env=False) as client:
            while monotonic() < end:
                with suppress(httpx.TransportError):
                    if (await client.get("/healthz")).is_success:
                        return
                ended = await self._nursery.ask(do="look", pid=hub.pid)
                if ended:
                    hub.pid, hub.code = 0, ended["code"]
                    raise NotReady(f"the hub ended with {ended['code']}:\n{self.log_end()}")
                await asyncio.sleep(0.03)
        raise NotReady(f"the hub was not ready within {READY_SECONDS:.0f} s:\n{self.log_end()}")

    async def kill(self, member: Member) -> int | None:
        """kill -9, and wait until it is gone; how it ended. None: it has never run."""
        if not member.pid:
            return member.code
        with suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
        code = (await self._nursery.ask(do="wait", pid=member.pid))["code"]
        member.pid, member.stopped, member.code = 0, False, code
        return member.code

    def stop(self, member: Member, seconds: float) -> None:
        """SIGSTOP, for so long at least."""
        with suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGSTOP)
        member.stopped, member.wake_at = True, monotonic() + seconds

    def wake(self, member: Member) -> None:
        """SIGCONT."""
        member.stopped = False
        if member.pid:
            with suppress(ProcessLookupError):
                os.kill(member.pid, signal.SIGCONT)

    def of(self, pid: int) -> Member | None:
        """Whose number it is."""
        return next((member for member in self.members if pid and pid in (member.pid, member.last)), None)

    async def next_sprung(self, seconds: float) -> Mapping[str, Any] | None:
        """What ledgerd says of the next snare that sprang; None: none did in that time."""
        try:
            async with asyncio.timeout(seconds):
                return await self.sprung.get()
        except TimeoutError:
            return None

    def log_end(self, lines: int = 20) -> str:
        """The last lines of what hubs and workers said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    # Providers and targets

    def mood(self, **mood: Any) -> None:
        """How the providers are disposed from now on: see snare.Mood."""
        self._ledgerd.order(mood=mood)

    def set_snare(self, **snare: Any) -> int:
        """Put one snare in the place of all others; its number."""
        self._snares += 1
        made = Snare(id=self._snares, **snare)
        said = {name: getattr(made, name) for name in Snare.__dataclass_fields__}
        self._ledgerd.order(snare=said)
        return self._snares

    def free(self) -> None:
        """No snare any more."""
        self._ledgerd.order(free=True)

    async def breaks(self, service: str, how: str = "refuse") -> None:
        await self._targetd.ask(**{"break": service, "how": how})

    async def heals(self, service: str) -> None:
        await self._targetd.ask(heal=service)

    def seen(self) -> list[Taken]:
        """Everything that the world saw until now."""
        new, self._read = read(self.folder / "seen.jsonl", self._read)
        self._taken += new
        return self._taken

    def remember(self, seen: Sequence[Taken]) -> None:
        """A store from before is put in place: this is what the world had seen by then, and forgets what came after."""
        self.seen()
        self._taken = list(seen)

    async def is_gone(self, member: Member) -> bool:
        """Whether it has ended by itself, or by somebody else's hand."""
        ended = await self._nursery.ask(do="look", pid=member.pid) if member.pid else {"code": member.code}
        if ended:
            member.pid, member.code = 0, ended["code"]
        return bool(ended)

    def _tell_senders(self) -> None:
        self._ledgerd.order(senders=[member.pid for member in self.members if member.pid])

    async def _hear(self) -> None:
        while True:
            said = await self._ledgerd.heard(None)
            if "sprung" in said:
                self.sprung.put_nowait(said)


def _by(by: str, port: int) -> dict[str, Any]:
    """What sentinel.yaml says of the channel, and of guards that would wait for a person where there is none."""
    over: dict[str, Any] = {}
    if hasattr(config_shape, "GuardsShape"):
        # The first batch is judged soon, and doubts that our own strikes made do not stop the rest.
        over = {"policies": {"guards": {"judge_after": "3s", "pause_above": 100}}}
    if by == "smtp":
        return over
    crm: dict[str, Any] = {
        "url": f"http://127.0.0.1:{port}/{by}",
        "body": {"key": "{key}", "to": "{address}", "subject": "{subject}", "text": "{text}"},
    }
    if by == "keyed":
        crm["idempotency"] = {"window": "1h"}
    return laid_over(over, {"channels": {"crm": {"http": crm}}})
