"""Snares and moods: at which step of a conversation somebody is killed, and how the provider is disposed meanwhile.

Belongs here: deciding, at each step, whether to kill, to wait or to refuse. Does not belong here: the conversations (smtp.py,
http.py), who sets a snare and why (the supervisor).
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from bench.chaos.ledgerd.peer import owner_of
from bench.chaos.steps import Step

DROP: Final = "drop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where a conversation is. `lane`: customers or staff, "" while that is not known. `port`: the caller's own."""

    step: Step
    by: str
    port: int
    lane: str = ""
    to: str = ""
    id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snare:
    """Lets `skip` fitting moments pass, then sends `number` to the process that holds the connection.

    `then`: `drop` loses the message and cuts the connection, "" goes on as a real relay would. `late`: seconds after the
    moment.
    """

    id: int
    step: Step
    lane: str = ""
    by: str = ""
    skip: int = 0
    number: int = signal.SIGKILL
    then: str = ""
    late: float = 0.0

    def fits(self, moment: Moment) -> bool:
        known = not self.lane or not moment.lane or self.lane == moment.lane
        return moment.step is self.step and known and (not self.by or self.by == moment.by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mood:
    """How the provider is disposed. Rates are shares of 1; who is hit follows from `seed`, so that a run can be played again.

    `reply`: seconds from the final dot to the answer, at least and at most. `dead`: recipients refused for good (550).
    `busy`: attempts refused for now (451). `hang_up`: attempts answered 421. `limits`: the Retry-After values ("" for none)
    with which the next posts over HTTP are answered 429, one after the other.
    """

    seed: int = 0
    reply: tuple[float, float] = (0.0, 0.0)
    dead: float = 0.0
    busy: float = 0.0
    hang_up: float = 0.0
    limits: tuple[str, ...] = ()

    def chance(self, *what: object) -> float:
        """A number in [0, 1) that is the same for the same things."""
        found = blake2b(repr((self.seed, *what)).encode(), digest_size=6).digest()
        return int.from_bytes(found, "big") / 2**48


@dataclass(slots=True)
class Will:
    """What the supervisor wants at this moment. `senders`: the processes that may be killed; nobody else ever is."""

    tell: Callable[[Mapping[str, Any]], None]
    mood: Mood = field(default_factory=Mood)
    senders: Sequence[int] = ()
    snares: list[Snare] = field(default_factory=list)
    _limits: list[str] = field(default_factory=list)
    _passed: dict[int, int] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)

    def obey(self, said: Mapping[str, Any]) -> None:
        """One order of the supervisor."""
        if "senders" in said:
            self.senders = [int(pid) for pid in said["senders"]]
        if "mood" in said:
            mood = dict(said["mood"])
            self.mood = Mood(**mood | {"reply": tuple(mood.get("reply", (0, 0))), "limits": tuple(mood.get("limits", ()))})
            self._limits = list(self.mood.limits)
        if "snare" in said:
            self.snares = [Snare(**{**said["snare"], "step": Step(said["snare"]["step"])})]
            self._passed.clear()
        if said.get("free"):
            self.snares = []

    async def at(self, moment: Moment) -> str:
        """Ask at one step. `drop`: lose it and cut the connection; "": go on."""
        for snare in self.snares:
            if snare.fits(moment):
                passed = self._passed[snare.id] = self._passed.get(snare.id, 0) + 1
                if passed > snare.skip:
                    return await self._spring(snare, moment)
        return ""

    async def _spring(self, snare: Snare, moment: Moment) -> str:
        self.snares.remove(snare)
        if snare.late:
            await asyncio.sleep(snare.late)
        pid = owner_of(moment.port, self.senders)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, snare.number)
        self.tell({"sprung": snare.id, "pid": pid, "step": moment.step, "to": moment.to, "by": moment.by, "lane": moment.lane})
        return snare.then

    def refusal(self, moment: Moment) -> int:
        """The code to refuse an address with now; 0: take it. The same mailbox is dead every time."""
        mood = self.mood
        if moment.lane != "customers":
            return 0
        if mood.chance("dead", moment.to) < mood.dead:
            return 550
        tries = self._tries[moment.to] = self._tries.get(moment.to, 0) + 1
        if mood.chance("421", moment.to, tries) < mood.hang_up:
            return 421
        return 451 if mood.chance("busy", moment.to, tries) < mood.busy else 0

    def limit(self) -> str | None:
        """The Retry-After ("" for none) to answer a post with, as 429; None: take it."""
        return self._limits.pop(0) if self._limits else None

    async def think(self, to: str) -> None:
        """The time that a relay takes over a message."""
        least, most = self.mood.reply
        if most:
            await asyncio.sleep(least + (most - least) * self.mood.chance("reply", to))
