"""One channel of a lane: the rows claimed for it, its connections, and its pause when the provider is down.

Belongs here: waves, what a connection does with a row, backing off as a whole. Does not belong here: starting, stopping and
sweeping (sender.py), what an outcome leads to (deliver/ledger.py), how it is written (scribe.py, store/ledger.py).
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Final, Protocol, TypeAlias

from sqlalchemy import Connection as Transaction

from sentinel.deliver.ledger import ONCE, Attempt, after_outcome, rest
from sentinel.deliver.outcome import Broken, Down, Gone, Limited, NotArmed, Outcome, Poisoned
from sentinel.model.delivery import Accepted, Delivery, Failed, Lane, Rate, State, Unknown
from sentinel.model.message import Message
from sentinel.run.scribe import Scribe
from sentinel.run.words import Words
from sentinel.store import ledger, rates
from sentinel.store.database import Store
from sentinel.store.ledger import Place, Trust
from sentinel.store.trouble import loudness

WAVE: Final = 20
WAVES: Final = 3
"""A wave is as many rows as each connection sends in so many turns, so that not every page of the scribe holds a claim."""
POLL: Final = 1.0
"""Seconds between two looks at the queue when nobody wakes us."""
UNTRUSTED: Final = "it may have gone out earlier, and its channel (or its provider) is another one than then"
UNASKED: Final = "its channel sent it without asking whether it may"

log = logging.getLogger(__name__)


class Connection(Protocol):
    """One connection of a channel, used by one message at a time."""

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        """Send it; never raises for what a provider does. Nothing has left before `arm` said yes."""
        ...

    async def close(self) -> None: ...


Opener: TypeAlias = Callable[[], Connection]
"""Makes one more connection of a channel. It opens itself when it is first used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a channel's provider allows. `dedupes`: for how long it takes a second message with our key for the first; `by`:
    which provider it is, so that no other is trusted for it.

    `connections`: how many customers' messages may be under way at once, if that was said."""

    dedupes: timedelta | None = None
    rate: Rate | None = None
    connections: int | None = None
    by: str = ""

    @property
    def trust(self) -> Trust | None:
        return None if self.dedupes is None else Trust(window=self.dedupes, by=self.by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What the outlets of one lane share. `connections` is how many each of them opens."""

    lane: Lane
    store: Store
    scribe: Scribe
    words: Words
    now: Callable[[], datetime]
    connections: int
    rng: Random
    lease: timedelta


@dataclass(slots=True)
class _Try:
    """One try at one row. `was`: the state it is in on disk."""

    row: Delivery
    was: State = State.CLAIMED


@dataclass(frozen=True, slots=True)
class _Wave:
    """What was claimed. If it is less than was asked for: how many seconds to wait for more."""

    rows: list[Delivery]
    wait: float = POLL


class Outlet:
    """One channel of a lane, by its `name`. `fill` it beside its connections, which `start` starts and `stop` ends."""

    def __init__(self, name: str, opener: Opener, means: Means, terms: Terms = Terms()) -> None:
        self.woken = asyncio.Event()
        self._name = name
        self._opener = opener
        self._means = means
        self._terms = terms
        wished = terms.connections if means.lane is Lane.CUSTOMERS else None
        self._connections = means.connections if wished is None else wished
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._held: dict[int, int] = {}
        """Rows that we have claimed and not finished with → fence."""
        self._few = asyncio.Event()
        self._begun = 0
        """How many rows a connection has taken in hand; at the last renewal it was `_begun_then`."""
        self._begun_then = 0
        self._is_stuck = False
        """All connections wait for slow replies: nothing is claimed until one is free."""
        self._stopping = False
        self._resume_at = 0.0
        self._downs = 0
        self._workers: dict[asyncio.Task[None], bool] = {}
        """Connection → whether it has a row in hand."""

    def start(self) -> None:
        """Begin to send what is claimed."""
        for _ in range(self._connections):
            self._workers[asyncio.create_task(self._work())] = False

    async def stop(self, seconds: float) -> None:
        """Arm nothing new, wait for what is armed at most so long, give back what is not."""
        self._stopping = True
        for task, has_row in self._workers.items():
            if not has_row:
                task.cancel()
        if self._workers:
            await asyncio.wait(self._workers, timeout=seconds)
        await end(list(self._workers))
        held = list(self._held.items())
        with suppress(Exception):  # the store is gone: then the leases run out
            async with asyncio.timeout(seconds):
                await self._means.scribe.ask(lambda c: ledger.release(c, held))

    # Claiming

    async def fill(self) -> None:
        """Keep a row ready for each connection, for as long as there are any; until cancelled."""
        while True:
            self.woken.clear()
            self._few.clear()
            wait = self._pause if self._pause > 0 else await self._claim()
            if wait <= 0:
                await self._few.wait()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, POLL)):
                    await self.woken.wait()

    async def _claim(self) -> float:
        """Claim waves until there is enough; else how many seconds to wait for more."""
        while (most := self._wanted()) > 0:
            try:
                wave = await self._ask_for(most)
            except Exception as error:  # noqa: BLE001 - the boundary of this task: a store in trouble is tried again
                log.log(loudness(error), "nothing could be claimed for %s: %s", self._name, type(error).__name__)
                return POLL
            for row in wave.rows:
                self._held[row.id] = row.fence
                self._queue.put_nowait(row)
            if len(wave.rows) < most:
                return wave.wait
        return 0.0

    def _wanted(self) -> int:
        """How many rows to claim. By a channel with a limit no more than can leave at once: what is claimed counts as sent."""
        if self._is_stuck:
            return 0
        if self._downs and self._means.lane in ONCE:
            # After a pause one row goes first: while the provider is unwell, each more would be one more in doubt.
            return 1 - self._queue.qsize() - sum(self._workers.values())
        if self._terms.rate is not None:
            return sum(not has_row for has_row in self._workers.values()) - self._queue.qsize()
        return max(WAVE, WAVES * self._connections) if self._queue.qsize() < self._connections else 0

    async def _ask_for(self, most: int) -> _Wave:
        if self._terms.rate is not None:
            return await self._means.scribe.ask_apart(lambda c: self._wave(c, most), self._name)
        # While there are rows for those who finish, the next wave goes with the next armings.
        return await self._means.scribe.ask(lambda c: self._wave(c, most), urgent=self._queue.empty())

    def _wave(self, c: Transaction, most: int) -> _Wave:
        means, rate, now = self._means, self._terms.rate, self._means.now()
        if rate is None:
            return _Wave(ledger.claim(c, means.lane, [self._name], most, now, means.lease, means.store.epoch))
        left = rates.open_budget(c, self._name, rate, now)
        if not left.most:
            return _Wave([], left.wait.total_seconds())
        allowed = min(most, left.most)
        rows = ledger.claim(c, means.lane, [self._name], allowed, now, means.lease, means.store.epoch)
        rates.spend(c, self._name, rate, left, len(rows))
        return _Wave(rows, 0.001 if len(rows) == allowed else POLL)

    async def renew(self) -> None:
        """Keep our rows, and forget those that are no longer ours: they are not begun any more."""
        mine = dict(self._held)
        means = self._means
        kept = await means.scribe.ask(lambda c: ledger.renew(c, list(mine.items()), means.now(), means.lease))
        for delivery, fence in mine.items():
            if delivery not in kept and self._held.get(delivery) == fence:
                del self._held[delivery]
        await self._give_up_waiting()

    async def _give_up_waiting(self) -> None:
        """Where no connection has come free since the last renewal, what waits for one goes back: somebody else may send it. A
        machine that is cut off from its provider alone would keep it to itself for as long as a reply is waited for."""
        moved, self._begun_then = self._begun != self._begun_then, self._begun
        if moved or self._queue.empty() or not all(self._workers.values()):
            return
        self._is_stuck = True
        await self._give_back([self._queue.get_nowait() for _ in range(self._queue.qsize())])

    # Sending

    async def _work(self) -> None:
        """One connection's life."""
        connection = self._opener()
        task = asyncio.current_task()
        assert task is not None
        try:
            while not self._stopping:
                row = await self._queue.get()
                if self._queue.qsize() < self._connections:
                    self._few.set()
                self._workers[task] = True
                self._begun += 1
                self._means.scribe.take()
                try:
                    await self._deliver(connection, row)
                finally:
                    self._means.scribe.let_go()
                self._workers[task] = self._is_stuck = False
                if self._queue.empty():
                    self._few.set()
        finally:
            with suppress(Exception):  # what is said at a goodbye changes nothing
                await connection.close()

    async def _deliver(self, connection: Connection, row: Delivery) -> None:
        attempt = _Try(row)
        outcome = await self._outcome(connection, attempt)
        if isinstance(outcome, NotArmed):
            await self._give_back([row])
            return
        pause = self._pause_for(outcome)
        self._settle(attempt, outcome, pause)
        if pause is not None:
            await self._back_off(pause)
        else:
            self._downs = 0

    async def _outcome(self, connection: Connection, attempt: _Try) -> Outcome:
        """What became of one try. The one place where a mistake of ours ends: it costs this row a try, and nobody else."""
        if not self._may_go(attempt.row):
            return NotArmed()
        if self._is_doubted(attempt.row) and (self._terms.dedupes is None or attempt.row.dedupes_by != self._terms.by):
            return Poisoned(reason=UNTRUSTED)  # the tries are spent on it, and then it is in doubt
        try:
            message = await self._means.words.message(attempt.row)
            if message is None:
                return Poisoned(reason="there are no words for it")
            outcome = await connection.send(message, lambda: self._arm(attempt))
        except Exception as error:  # noqa: BLE001 - the boundary
            log.error("delivery %d: %s", attempt.row.id, _where(error))  # never what it says: it may name an address
            with suppress(Exception):
                await connection.close()
            reason = f"a mistake of ours ({type(error).__name__})"
            return Unknown(reason=reason) if attempt.was is State.ARMED else Poisoned(reason=reason)
        if attempt.was is State.CLAIMED and isinstance(outcome, Accepted | Unknown):
            log.error("delivery %d: channel %s sent it without asking", attempt.row.id, self._name)
            return Unknown(reason=UNASKED)
        return outcome

    def _is_doubted(self, row: Delivery) -> bool:
        """Whether an earlier try may have brought it to somebody who must not get it twice."""
        return row.doubted_at is not None and self._means.lane in ONCE

    async def _arm(self, attempt: _Try) -> bool:
        """Put the row on disk as armed, if it is still ours and may still go. What cannot be recorded is not sent."""
        if not self._may_go(attempt.row):
            return False
        try:
            armed = await self._means.scribe.arm((attempt.row.id, attempt.row.fence), self._terms.trust)
        except Exception as error:  # noqa: BLE001 - a store in trouble: nothing is sent until it can be recorded
            log.log(loudness(error), "delivery %d could not be armed: %s", attempt.row.id, type(error).__name__)
            self._rest(POLL)
            self._disarm(attempt.row)
            return False
        if armed:
            attempt.was = State.ARMED
        return armed

    def _may_go(self, row: Delivery) -> bool:
        return not self._stopping and self._pause <= 0 and self._held.get(row.id) == row.fence

    def _settle(self, attempt: _Try, outcome: Accepted | Failed | Unknown, pause: timedelta | None) -> None:
        row, means = attempt.row, self._means
        self._held.pop(row.id, None)
        tried = Attempt(
            lane=means.lane,
            state=attempt.was,
            attempts=row.attempts,
            dedupes=self._terms.dedupes is not None,
            doubted=row.doubted_at is not None,
        )
        # No dice for what went well, as nearly all does: they are the system's, and cost a call of it.
        chance = 0.0 if isinstance(outcome, Accepted) else means.rng.random()
        then = after_outcome(tried, outcome, means.now(), chance)
        means.scribe.settle(
            ledger.Mark(
                id=row.id,
                fence=row.fence,
                was=attempt.was,
                state=then.state,
                attempts=then.attempts,
                due_at=then.due_at,
                detail=then.detail,
                ref=then.ref,
                doubted=then.doubted,
                place=self._place(row, outcome, pause),
            )
        )

    def _place(self, row: Delivery, outcome: Outcome, pause: timedelta | None) -> Place | None:
        """What a try said of where it went, for all who send there."""
        match outcome:
            case Broken():
                return Place(channel=self._name, is_broken=True)
            case Gone() if self._means.lane is Lane.CUSTOMERS:
                return Place(channel=self._name, gone=row.address)
            case Limited() | Down(after=float() | int()):
                return Place(channel=self._name, rest=pause)
        return None

    def _disarm(self, row: Delivery) -> None:
        """Nobody knows whether the arming is on disk, but we know that nothing was sent: if it is, the row is free again."""
        self._means.scribe.settle(
            ledger.Mark(
                id=row.id, fence=row.fence, was=State.ARMED, state=State.RETRY, attempts=row.attempts, due_at=self._means.now()
            )
        )

    async def _give_back(self, rows: list[Delivery]) -> None:
        held = [(row.id, row.fence) for row in rows]
        for row in rows:
            self._held.pop(row.id, None)
        with suppress(Exception):  # a store in trouble: the leases run out
            await self._means.scribe.ask(lambda c: ledger.release(c, held))

    # Pausing

    @property
    def _pause(self) -> float:
        """Seconds until the channel may be used again; none or less: now."""
        return self._resume_at - monotonic()

    def _rest(self, seconds: float) -> None:
        self._resume_at = max(self._resume_at, monotonic() + seconds)

    def _pause_for(self, outcome: Outcome) -> timedelta | None:
        """For how long the channel is to be left alone; longer with each time that it is down."""
        if isinstance(outcome, Broken):
            return timedelta(seconds=POLL)  # until the gates know that it is broken
        if not isinstance(outcome, Down | Unknown):
            return None
        if isinstance(outcome, Unknown) and self._means.lane not in ONCE:
            return None  # it is tried again. On the others a whole queue would be in doubt in no time
        self._downs += self._pause <= 0  # several connections meet the same trouble at once: it counts once
        return rest(outcome, self._downs, self._means.rng.random())

    async def _back_off(self, pause: timedelta) -> None:
        """Leave the channel alone, and give back what waits for it."""
        self._rest(pause.total_seconds())
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        self._few.set()
        await self._give_back(waiting)


async def end(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel tasks and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return f"{type(error).__name__} at {last[0].filename}:{last[0].lineno}" if last else type(error).__name__
