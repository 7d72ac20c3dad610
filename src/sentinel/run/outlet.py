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
from typing import Final, Protocol, TypeAlias

from sqlalchemy import Connection as Transaction

from sentinel.deliver.ledger import after_outcome, asked, backoff
from sentinel.deliver.outcome import Down, NotArmed, Outcome, Poisoned
from sentinel.model.delivery import Accepted, Delivery, Failed, Lane, State, Unknown
from sentinel.model.message import Letter, Message, StaffNote, Wording
from sentinel.model.notice import Brief
from sentinel.run.scribe import Scribe
from sentinel.store import ledger
from sentinel.store.database import Store

WAVE: Final = 20
POLL: Final = 1.0
"""Seconds between two looks at the queue when nobody wakes us."""
REMEMBERED: Final = timedelta(seconds=30)
_REMEMBERED_MOST: Final = 256

log = logging.getLogger(__name__)


class Contents(Protocol):
    """Who knows the words of a notice. None: there are none, and its rows are dead after a few tries."""

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None: ...

    async def brief(self, notice: int) -> Brief | None: ...


class Connection(Protocol):
    """One connection of a channel, used by one message at a time."""

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        """Send it; never raises for what a provider does. Nothing has left before `arm` said yes."""
        ...

    async def close(self) -> None: ...


Opener: TypeAlias = Callable[[], Connection]
"""Makes one more connection of a channel. It opens itself when it is first used."""


class Words:
    """The contents of notices, remembered for a while: a million rows share a handful of wordings."""

    def __init__(self, lane: Lane, contents: Contents, now: Callable[[], datetime]) -> None:
        self._lane = lane
        self._contents = contents
        self._now = now
        self._known: dict[tuple[int, str, str], tuple[datetime, Wording | Brief]] = {}

    async def message(self, row: Delivery) -> Message | None:
        """What is to be sent for `row`; None if there are no words for it."""
        found = await self._of(row)
        if isinstance(found, Wording):
            return Letter(key=row.key, person=row.person, name=row.name, address=row.address, wording=found)
        return None if found is None else StaffNote(key=row.key, brief=found)

    async def _of(self, row: Delivery) -> Wording | Brief | None:
        key = (row.notice, row.language, row.zone)
        known = self._known.get(key)
        if known is not None and self._now() - known[0] < REMEMBERED:
            return known[1]
        found: Wording | Brief | None
        if self._lane is Lane.CUSTOMERS:
            found = await self._contents.wording(row.notice, row.language, row.zone)
        else:  # a rehearsal is a letter on the staff's lane: it has no brief
            found = await self._contents.brief(row.notice) or await self._contents.wording(row.notice, row.language, row.zone)
        if found is not None:
            if len(self._known) >= _REMEMBERED_MOST:
                self._known.clear()
            self._known[key] = (self._now(), found)
        return found


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
class _Attempt:
    """One try at one row. `was`: the state it is in on disk."""

    row: Delivery
    was: State = State.CLAIMED


class Outlet:
    """One channel of a lane, by its `name`. `fill` it beside its connections, which `start` starts and `stop` ends."""

    def __init__(self, name: str, opener: Opener, means: Means) -> None:
        self.woken = asyncio.Event()
        self._name = name
        self._opener = opener
        self._means = means
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._held: dict[int, int] = {}
        """Rows that we have claimed and not finished with → fence."""
        self._few = asyncio.Event()
        self._stopping = False
        self._resume_at = 0.0
        self._downs = 0
        self._workers: dict[asyncio.Task[None], bool] = {}
        """Connection → whether it has a row in hand."""

    def start(self) -> None:
        """Begin to send what is claimed."""
        for _ in range(self._means.connections):
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
            if self._pause <= 0 and await self._claim():
                await self._few.wait()
                continue
            wait = min(self._pause, POLL) if self._pause > 0 else POLL
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.woken.wait()

    async def _claim(self) -> bool:
        """Claim waves until there is enough; False when the ledger has no more for now."""
        while self._queue.qsize() < self._means.connections:
            try:
                # While there are rows for those who finish, the next wave goes with the next armings.
                rows = await self._means.scribe.ask(self._wave, urgent=self._queue.empty())
            except Exception as error:  # noqa: BLE001 - the boundary of this task: a store in trouble is tried again
                log.error("nothing could be claimed for %s: %s", self._name, type(error).__name__)
                return False
            for row in rows:
                self._held[row.id] = row.fence
                self._queue.put_nowait(row)
            if len(rows) < WAVE:
                return False
        return True

    def _wave(self, c: Transaction) -> list[Delivery]:
        means = self._means
        return ledger.claim(c, means.lane, [self._name], WAVE, means.now(), means.lease, means.store.epoch)

    async def renew(self) -> None:
        """Keep our rows, and forget those that are no longer ours: they are not begun any more."""
        mine = dict(self._held)
        means = self._means
        kept = await means.scribe.ask(lambda c: ledger.renew(c, list(mine.items()), means.now(), means.lease))
        for delivery, fence in mine.items():
            if delivery not in kept and self._held.get(delivery) == fence:
                del self._held[delivery]

    # Sending

    async def _work(self) -> None:
        """One connection's life."""
        connection = self._opener()
        task = asyncio.current_task()
        assert task is not None
        try:
            while not self._stopping:
                row = await self._queue.get()
                if self._queue.qsize() < self._means.connections:
                    self._few.set()
                self._workers[task] = True
                await self._deliver(connection, row)
                self._workers[task] = False
        finally:
            with suppress(Exception):  # what is said at a goodbye changes nothing
                await connection.close()

    async def _deliver(self, connection: Connection, row: Delivery) -> None:
        attempt = _Attempt(row)
        outcome = await self._outcome(connection, attempt)
        if isinstance(outcome, NotArmed):
            await self._give_back([row])
            return
        self._settle(attempt, outcome)
        if isinstance(outcome, Down):
            await self._back_off(outcome)
        else:
            self._downs = 0

    async def _outcome(self, connection: Connection, attempt: _Attempt) -> Outcome:
        """What became of one try. The one place where a mistake of ours ends: it costs this row a try, and nobody else."""
        if not self._may_go(attempt.row):
            return NotArmed()
        try:
            message = await self._means.words.message(attempt.row)
            if message is None:
                return Poisoned(reason="there are no words for it")
            return await connection.send(message, lambda: self._arm(attempt))
        except Exception as error:  # noqa: BLE001 - the boundary
            log.error("delivery %d: %s", attempt.row.id, _where(error))  # never what it says: it may name an address
            with suppress(Exception):
                await connection.close()
            reason = f"a mistake of ours ({type(error).__name__})"
            return Unknown(reason=reason) if attempt.was is State.ARMED else Poisoned(reason=reason)

    async def _arm(self, attempt: _Attempt) -> bool:
        """Put the row on disk as armed, if it is still ours and may still go. What cannot be recorded is not sent."""
        if not self._may_go(attempt.row):
            return False
        try:
            armed = await self._means.scribe.arm((attempt.row.id, attempt.row.fence))
        except Exception as error:  # noqa: BLE001 - a store in trouble: nothing is sent until it can be recorded
            log.error("delivery %d could not be armed: %s", attempt.row.id, type(error).__name__)
            self._rest(POLL)
            return False
        if armed:
            attempt.was = State.ARMED
        return armed

    def _may_go(self, row: Delivery) -> bool:
        return not self._stopping and self._pause <= 0 and self._held.get(row.id) == row.fence

    def _settle(self, attempt: _Attempt, outcome: Accepted | Failed | Unknown) -> None:
        row, means = attempt.row, self._means
        self._held.pop(row.id, None)
        then = after_outcome(means.lane, attempt.was, row.attempts, outcome, means.now(), means.rng.random())
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
        return self._resume_at - asyncio.get_running_loop().time()

    def _rest(self, seconds: float) -> None:
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + seconds)

    async def _back_off(self, down: Down) -> None:
        """Leave the channel alone: as long as it asks for, or longer with each time that it is down."""
        if self._pause <= 0:  # several connections meet the same trouble at once: it counts once
            self._downs += 1
            wait = backoff(self._downs, self._means.rng.random()) if down.after is None else asked(down.after)
            self._rest(wait.total_seconds())
        elif down.after is not None:
            self._rest(asked(down.after).total_seconds())
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
