"""Looking: drives the kinds of one asyncio child by the schedule, and turns what each sample came to into a verdict.

Belongs here: which sample runs when, its time limit, what its end means. Does not belong here: pipes (loop.py), sockets
(reach.py), when what is due (schedule.py), what is asked of a target (kind/).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from sentinel.model.check import Check
from sentinel.model.guard import Gate, gate, networks
from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.probe import uplink
from sentinel.probe.condition import Seen, safely
from sentinel.probe.exchange import EXCERPT_LIMIT
from sentinel.probe.reach import Reach, Servers, Threads
from sentinel.probe.schedule import Due, Schedule
from sentinel.probe.task import Task, plan, ready
from sentinel.probe.trouble import Failed, Trouble, Whose
from sentinel.probe.wire import TEXT_LIMIT

TICK: Final = 0.02
GRACE: Final = 10.0
"""Seconds that a sample has for ending when its time is over: a browser takes some. One that goes on is left, and told of."""
STALL: Final = 0.25
"""Seconds that this process may stand still before what it timed meanwhile is no longer held against a target."""

Report = Callable[[float, str, SampleKind, Mapping[str, Fact], Verdict, str], None]
"""(started, check, sample kind, facts, verdict, reason)"""


@dataclass(frozen=True, slots=True)
class Came:
    """What one sample came to."""

    facts: Mapping[str, Fact]
    verdict: Verdict
    reason: str
    seen: Seen | None = None


class Looking:
    """All checks of this process whose kinds live in `lives_in`. `run` it beside its pipes."""

    def __init__(self, lives_in: str, report: Report, *, room: int, resolvers: Servers = uplink.own_nameservers) -> None:
        self.schedule = Schedule()
        self.stood_still = 0.0
        """Seconds that this process was held up, ever."""
        self._lives_in = lives_in
        self._report = report
        self._room = room
        self._resolvers = resolvers
        self._threads = Threads()
        self._allow: tuple[str, ...] = ()
        self._gate: Gate = gate(())
        self._tasks: dict[str, Task] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stuck: set[asyncio.Task[Came]] = set()
        """Samples that were told to end, and go on."""
        self._changed = asyncio.Event()

    @property
    def hanging(self) -> int:
        """What goes on for samples that are over: it takes up room until this process ends."""
        return len(self._stuck) + self._threads.hanging

    def load(self, checks: Sequence[Check], allow: tuple[str, ...], now: float) -> None:
        """Put a full set of checks in force. Samples under way of checks that are gone or altered are given up unsaid."""
        same_guard = allow == self._allow
        if not same_guard:
            self._allow, self._gate = allow, gate(networks(allow))
        tasks: dict[str, Task] = {}
        for check in checks:
            old = self._tasks.get(check.id)
            tasks[check.id] = old if old is not None and same_guard and old.check == check else ready(check, self._lives_in)
        self._tasks = tasks
        self.schedule.load((plan(task) for task in tasks.values()), now)
        self._changed.set()

    async def run(self) -> None:
        """Look until cancelled."""
        try:
            while True:
                await self._wait()
                for due in self.schedule.take(monotonic(), self._room - len(self._running)):
                    running = asyncio.create_task(self._sample(due, self._tasks[due.check]))
                    self._running.add(running)
                    running.add_done_callback(self._running.discard)
        finally:
            for running in tuple(self._running):
                running.cancel()

    async def _wait(self) -> None:
        """Until something may be due; how late we come back is time that we stood still."""
        self._changed.clear()
        now = monotonic()
        due = self.schedule.next_at()
        length = 0.2 if due is None or len(self._running) >= self._room else min(0.2, max(TICK, due - now))
        with suppress(TimeoutError):
            async with asyncio.timeout(length):
                await self._changed.wait()
        late = monotonic() - now - length
        if late > STALL:
            self.stood_still += late

    async def _sample(self, due: Due, task: Task) -> None:
        stood_still = self.stood_still
        reach = Reach(gate=self._gate, rules=task.rules, seconds=task.timeout, resolvers=self._resolvers, threads=self._threads)
        verdict: Verdict | None = None
        try:
            came = await self._within_its_time(task, reach)
            held_up = self.stood_still - stood_still
            if held_up and came.verdict is not Verdict.UP:
                came = Came(came.facts, Verdict.UNKNOWN, f"our own prober stood still for {held_up:.1f} s")
            if self._tasks.get(due.check) is task:
                verdict = came.verdict
                self._report(due.started, due.check, due.sample, came.facts, came.verdict, came.reason)
        finally:
            self.schedule.done(due, verdict, monotonic())
            self._changed.set()

    async def _within_its_time(self, task: Task, reach: Reach) -> Came:
        """What a sample comes to, also of a kind that does not end when it is told to."""
        looking = asyncio.create_task(look(task, reach))
        try:
            await asyncio.wait({looking}, timeout=task.timeout)
            if not looking.done():
                # Waited for anew: where this process stood still, both limits are over at the same moment.
                await asyncio.wait({looking}, timeout=GRACE)
        except asyncio.CancelledError:
            looking.cancel()
            raise
        if looking.done():
            return looking.result()
        self._stuck.add(looking)
        looking.add_done_callback(self._stuck.discard)
        return Came({}, Verdict.UNKNOWN, f"the probe itself does not end, {GRACE:.0f} s after its time while {reach.phase}")


async def look(task: Task, reach: Reach) -> Came:
    """One sample. It raises for nothing that a target or a kind does: a kind that breaks makes `unknown`."""
    if task.kind is None:
        return Came({}, Verdict.UNKNOWN, task.fault)
    wrong: Trouble | None = None
    seen: Seen | None = None
    try:
        async with asyncio.timeout(task.timeout):
            seen = await task.kind.probe(task.options, reach)
    except Failed as failed:
        wrong = failed.trouble
    except TimeoutError:
        wrong = await reach.late(f"timed out after {task.timeout:.1f} s while {reach.phase}")
    except Exception as error:  # noqa: BLE001 - the boundary of every kind: a mistake of ours says nothing of a target
        wrong = Trouble(whose=Whose.OURS, reason=f"the probe itself failed ({type(error).__name__})")
    facts: dict[str, Fact] = {**reach.facts, **(seen.facts if seen else {})}
    facts.setdefault("total_ms", round((monotonic() - reach.began) * 1000, 1))
    if wrong is not None:
        verdict = Verdict.DOWN if wrong.whose is Whose.THEIRS else Verdict.UNKNOWN
        reason = wrong.reason
    else:
        assert seen is not None
        seen = Seen(facts=facts, body=seen.body, charset=seen.charset, headers=seen.headers)
        judged = safely(seen, task.rules)
        verdict, reason = judged.verdict, judged.reason
    if verdict in (Verdict.DOWN, Verdict.DEGRADED) and reach.evidence:
        facts["evidence"] = _kept_from(reach.secrets, reach.evidence)[:EXCERPT_LIMIT]
    return Came(_bounded(facts, reach.secrets), verdict, _kept_from(reach.secrets, reason)[:TEXT_LIMIT], seen)


def _bounded(facts: Mapping[str, Fact], secrets: Sequence[str]) -> dict[str, Fact]:
    return {
        name: _kept_from(secrets, value)[:EXCERPT_LIMIT] if isinstance(value, str) else value for name, value in facts.items()
    }


def _kept_from(secrets: Sequence[str], text: str) -> str:
    """`text` on which no secret stands and no control character."""
    for secret in sorted(secrets, key=len, reverse=True):  # one may hold another
        if len(secret) >= 4:
            text = text.replace(secret, "•••")
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
