"""The crew: what every process that shares a store does: play rounds, read audiences, send, take up edited files.

Belongs here: the handlers of the engine's keys and what the loops of `serve` and `worker` have in common. Does not belong here:
any decision (rounds ask the pure rooms), any SQL (store/), probing and faces (hub.py).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from sentinel.model.delivery import Lane
from sentinel.model.signal import Signal
from sentinel.probe.wire import Batch
from sentinel.run import allowed, audience, canary, configured, unwatched
from sentinel.run.engine.port import AUDIENCE, POLL_SECONDS, ROUND, Engine, Handler, lane_key
from sentinel.run.failures import mend_altered
from sentinel.run.learning import Learning
from sentinel.run.presence import Presence
from sentinel.run.reads import ROUNDS, Reads
from sentinel.run.reload import Files, Reloads, StillNeeded, changes, needed_channels
from sentinel.run.round import QUEUES_AFTER, Outcome, play
from sentinel.run.sender import Sender
from sentinel.run.spool import ROWS_IN_A_ROUND, Arrived, Spool
from sentinel.run.world import World
from sentinel.store import installations
from sentinel.store.trouble import StoreBusy

APART_SECONDS: Final = 0.25
"""The pipe's observations are committed at most four times a second."""
LITTLE_APART_SECONDS: Final = 0.02
"""Between rounds of which one left work for the next; what others have to write comes in between."""
STAND_IN_SECONDS: Final = 5.0
"""How often a process plays a thorough round that is no hub: each takes the one guard from all others, and hubs play theirs
every second. Where no hub lives any more, that is how late a timer may be."""
AUDIENCE_POLL_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 1.0
INSIST_SECONDS: Final = 12.0
"""How long a command is tried while others hold the store; a little more than a transaction may stand still."""
AGAIN_SECONDS: Final = 0.1

T = TypeVar("T")
Loop = Callable[[], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


class Crew:
    """Works for `house`, which holds the world in force. `stored`: a batch is on disk; `renewed`: another world is in force.

    `watches`: this process probes and hears pings. One that does not knows neither what nobody watches any more, nor whether
    anybody was there to hear a ping (F25).
    """

    def __init__(
        self,
        house: Reads,
        engine: Engine,
        senders: Mapping[Lane, Sender],
        files: Files,
        presence: Presence,
        *,
        stored: Callable[[Batch], None] = lambda batch: None,
        renewed: Callable[[], None] = lambda: None,
        watches: bool = True,
    ) -> None:
        self.spool = Spool()
        self.reloads = Reloads(files, self)
        self.last_round: float | None = None
        """When the last round was played, on the monotonic clock."""
        self._house = house
        self._engine = engine
        self._senders = senders
        self._files = files
        self._presence = presence
        self._stored = stored
        self._renewed = renewed
        self._watches = watches
        self._timers = POLL_SECONDS if watches else STAND_IN_SECONDS
        self._thorough_at = 0.0
        self._round_at = 0.0
        self._apart = APART_SECONDS

    @property
    def world(self) -> World:
        return self._house.world

    @property
    def loops(self) -> dict[str, Loop]:
        """What runs, by name."""
        handlers = {
            ROUND: Handler(run=self._round, poll=self._timers),
            AUDIENCE: Handler(run=self._audience, poll=AUDIENCE_POLL_SECONDS),
            **{lane_key(lane): Handler(run=_waking(sender)) for lane, sender in self._senders.items()},
        }
        return {
            "engine": lambda: self._engine.run(handlers),
            "presence": self._presence.run,
            "reloads": self.reloads.run,
            "learning": Learning(self._house).run,
            **{f"sender of {lane.value}": sender.run for lane, sender in self._senders.items()},
        }

    async def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction among the rounds and commands, on disk when it returns."""
        return await asyncio.wrap_future(self._house.store.writer_of(ROUNDS).submit(work))

    async def insist(self, work: Callable[[Connection], T]) -> T:
        """The same for what a person waits for. Where a machine that was cut off holds the guard, the database takes it back
        within ten seconds: a command, the kill switch above all, is carried out then and not refused before."""
        until = monotonic() + INSIST_SECONDS
        while True:
            try:
                return await self.write(work)
            except StoreBusy:  # nothing of it was written
                if monotonic() > until:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)

    def wake(self, c: Connection, outcome: Outcome, lanes: Iterable[Lane] = ()) -> None:
        """Have somebody see to what a round or a command leads to, once it is committed."""
        if outcome.wants_audience:
            self._engine.wake(c, AUDIENCE)
        if outcome.unfinished:
            self._engine.wake(c, ROUND)
        for lane in dict.fromkeys((*outcome.lanes, *lanes)):
            self._engine.wake(c, lane_key(lane))

    def nudge(self) -> None:
        """There is something for the next round in this process's memory."""
        self._engine.nudge(ROUND)

    async def put_in_force(self, world: World) -> None:
        """Replace the world in one step, with all that follows from it; raises, and changes nothing, if the store cannot."""
        house, before = self._house, self._house.world

        def swap(c: Connection) -> list[Signal]:
            installations.guard(c)  # what another hub's round has just cleared is not to be written over
            if needed := needed_channels(c, before.installation, world.installation):
                raise StillNeeded(needed)
            ended = self.forget(c, world) if self._watches else []
            if self._watches:
                allowed.lift(c, world)
            mend_altered(c, before.installation, world.installation, house.clock.now())
            configured.note(c, world.digest, changes(before.installation, world.installation), house.clock.now())
            # In the writer's own thread, which plays the rounds: none of them sees one half of each world.
            house.enforce(world)
            return ended

        try:
            ended = await self.insist(swap)
        except BaseException:
            house.enforce(before)
            raise
        unwatched.report(ended)
        channels = self._files.connect(world.installation)
        for sender in self._senders.values():
            sender.use(channels)
        self._renewed()
        self._engine.nudge(ROUND)
        self._engine.nudge(AUDIENCE)

    def forget(self, c: Connection, world: World) -> list[Signal]:
        """Forget what nobody watches any more; the signals that end with it."""
        me = self._presence.me.id if self._house.store.shared else None
        return unwatched.forget(c, world, me, self._house.clock.now())

    async def _round(self) -> None:
        """One round; at once if there was none for a while."""
        await asyncio.sleep(max(0.0, self._round_at + self._apart - monotonic()))
        self._round_at = monotonic()
        waited = self._round_at - self._thorough_at - self._timers
        thorough, overdue = waited >= 0, self._watches and waited >= QUEUES_AFTER.total_seconds()
        arrived = self.spool.take()
        outcome = await self._play(arrived, thorough=thorough, overdue=overdue)
        if outcome.skipped:
            if arrived:
                self.spool.put_back(arrived)
                self.nudge()
            return
        self.last_round = monotonic()
        # A million rows, or a long backlog, take hundreds of rounds: kept apart, they would wait longer than they work.
        self._apart = LITTLE_APART_SECONDS if outcome.unfinished or len(self.spool) >= ROWS_IN_A_ROUND else APART_SECONDS
        if thorough:
            self._thorough_at = self._round_at
        for refused in outcome.refused:
            log.warning("%s", refused)
        self._tell_stored(batch for batch, _ in arrived)
        if len(self.spool):
            self.nudge()

    async def _play(self, arrived: list[Arrived], *, thorough: bool, overdue: bool) -> Outcome:
        """Play it in a transaction. Where others held the guard for too long, it is one that was skipped."""
        house = self._house

        def round_and_wake(c: Connection) -> Outcome:
            now = house.clock.now()
            outcome = play(c, house.world, arrived, now, thorough=thorough, hears=self._watches, overdue=overdue)
            if thorough and not outcome.skipped:
                canary.beat(c, house.clock.now())
            self.wake(c, outcome)
            return outcome

        try:
            return await self.write(round_and_wake)
        except BaseException as error:
            if house.store.shared and isinstance(error, StoreBusy):
                log.warning("others held the store for too long: this round is played again")
                return Outcome(skipped=True)
            # Nothing is lost: they are the first again. Our prober need not keep them as well, it lives no longer than we do.
            self.spool.put_back(arrived)
            self._tell_stored(batch for batch, _ in arrived)
            raise

    def _tell_stored(self, batches: Iterable[Batch]) -> None:
        for batch in {batch.source: batch for batch in batches}.values():
            self._stored(batch)

    async def _audience(self) -> None:
        house = self._house
        if await asyncio.to_thread(audience.read_all, house.installation, house.store, house.clock.now()):
            self._engine.nudge(ROUND)


def _waking(sender: Sender) -> Callable[[], Coroutine[Any, Any, None]]:
    async def wake() -> None:
        sender.wake()

    return wake


async def run_all(loops: Mapping[str, Loop]) -> None:
    """Everything at once, until cancelled. A loop that fails is logged and begins again: it must not stop the rest."""
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(_kept(name, loop), name=name)


async def _kept(name: str, loop: Loop) -> None:
    """The task boundary: the one place where everything is caught."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("%s failed; it begins again in %s s", name, RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)
