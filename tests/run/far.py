"""Agents of other places without their processes: what they would say, to the hub's own face for them, on made-up time."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sentinel.model.agent import Agent, Far
from sentinel.model.check import Check
from sentinel.model.command import MakeAgent
from sentinel.model.observation import SampleKind, Verdict
from sentinel.model.secret import Secret
from sentinel.probe.greeting import Hello, write_hello
from sentinel.probe.inbox import Inbox, Whole
from sentinel.probe.wire import Batch, Row, write_batch
from sentinel.run.agents import AgentViews
from sentinel.run.sight import canary_checks
from sentinel.run.world import World
from sentinel.serve.accounts.credentials import sha256
from sentinel.serve.agents.port import Enrolling, Reply
from tests.run.world import House

KINDS: Final = ("dns", "http", "tcp")
CANARIES: Final = ("tcp://192.0.2.1:443", "tcp://198.51.100.1:443", "https://www.example.com/")


HELLO: Final = Hello(version="0.1.0", host="machine-7", kinds=KINDS)
UNASKED: Final = Reply(status=0)


@dataclass
class HouseClock:
    """The house's time."""

    house: House

    def now(self) -> datetime:
        return self.house.now


def with_places(world: World, *names: str, canaries: tuple[str, ...] = CANARIES) -> World:
    """`world` with these places beside its own."""
    there = {name: Far(name=name) for name in names}
    house = replace(world.installation, places=there, canaries=canaries)
    return replace(world, installation=house, canaries=canary_checks(house, world.detectors))


def face(house: House) -> AgentViews:
    return AgentViews(house.world, house.store, HouseClock(house))


@dataclass
class Away:
    """One agent at a place. What it finds while `is_cut_off` waits, and grows older."""

    house: House
    face: AgentViews
    place: str
    token: str = ""
    agent: Agent | None = None
    orders: tuple[Check, ...] = ()
    hello: Hello = HELLO
    is_cut_off: bool = False
    reply: Reply = UNASKED

    def __post_init__(self) -> None:
        self.credential = secrets.token_hex(8)
        self._number = 0
        self._sequence = 0
        self._waiting: list[tuple[datetime, int, list[Row]]] = []

    def enrol(self) -> "Away":
        self.token = secrets.token_hex(8)
        self.house.done(MakeAgent(place=self.place, enrol_hash=Secret(sha256(self.token))), "Amir")
        found = self.ask_in()
        assert isinstance(found, Agent), found
        self.agent = found
        self.hello = replace(self.hello, source=f"{self.place}/{found.id}-{secrets.token_hex(3)}")
        return self

    def ask_in(self, **changed: Any) -> Agent | Reply:
        said = {"enrol_hash": sha256(self.token), "token_hash": sha256(self.credential), "place": self.place}
        asked = Enrolling(**{**said, "host": "machine-7", "version": "0.1.0", **changed})
        return asyncio.run(self.face.enrol(asked))

    def sees(self, samples: Mapping[str, Verdict], ages: Iterable[float] = (0.0,)) -> None:
        """It has looked at these; it reports unless it is cut off."""
        self._number += 1
        rows = []
        for age in ages:
            for check, verdict in samples.items():
                self._sequence += 1
                rows.append(row(self._sequence, age, check, verdict))
        self._waiting.append((self.house.now, self._number, rows))
        if not self.is_cut_off:
            self.report()

    def report(self) -> Reply:
        """Everything that waits, with the ages that it has by now. (The round is the caller's.)"""
        lines = []
        for at, number, rows in self._waiting:
            more = round((self.house.now - at).total_seconds() * 1000)
            aged = tuple(one._replace(age_ms=one.age_ms + more) for one in rows)
            lines.append(write_batch(Batch(source=self.hello.source, number=number, rows=aged)))
        self.reply = self.says(write_hello(self.hello) + b"".join(lines))
        if self.reply.status == 200:
            self._waiting = []
            whole = [said for said in Inbox().read(self.reply.lines) if isinstance(said, Whole)]
            self.orders = whole[-1].checks if whole else self.orders
        return self.reply

    def says(self, body: bytes) -> Reply:
        """What it is answered to this report; 401 where it is not to report at all."""

        async def asked() -> Reply:
            found = await self.face.reporting(sha256(self.credential))
            return await self.face.take_report(found, body) if found is not None else Reply(status=401)

        return asyncio.run(asked())


def row(sequence: int, age: float, check: str, verdict: Verdict) -> Row:
    return Row(
        sequence=sequence,
        age_ms=round(age * 1000),
        check=check,
        sample=SampleKind.SCHEDULED,
        facts={"total_ms": 80},
        verdict=verdict,
        reason="" if verdict is Verdict.UP else "the connection was refused",
    )
