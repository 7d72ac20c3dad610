"""The running hub: one process that probes, decides, sends and answers its faces.

Belongs here: the loops and what wakes them. Does not belong here: any decision (rounds ask the pure rooms), any SQL (store/),
any page (serve/).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from sentinel.model.command import Command, Result
from sentinel.model.delivery import Lane
from sentinel.model.signal import Signal
from sentinel.probe.wire import Batch
from sentinel.run import audience, orders
from sentinel.run.accounts import AccountsViews
from sentinel.run.clock import Clock
from sentinel.run.desk import DeskViews
from sentinel.run.lists import ListViews
from sentinel.run.live import LiveViews
from sentinel.run.prober import Prober
from sentinel.run.received import ReceivedViews
from sentinel.run.reload import Files, Reloads, StillNeeded, needed_channels
from sentinel.run.round import Outcome, play
from sentinel.run.sender import Sender
from sentinel.run.services import ServicesViews
from sentinel.run.status import StatusViews
from sentinel.run.views import Views
from sentinel.run.world import World
from sentinel.store import watching
from sentinel.store.database import Store

POLL_SECONDS = 1.0
"""Timers are facts that rounds find, so a round comes at least this often."""
APART_SECONDS = 0.25
"""The pipe's observations are committed at most four times a second."""
RETRY_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Hub(Views, DeskViews, ServicesViews, StatusViews, AccountsViews, LiveViews, ListViews, ReceivedViews):
    """Holds what runs: the prober's child, the rounds, the audience reader and the senders. It is serve's port."""

    def __init__(
        self, world: World, store: Store, clock: Clock, prober: Prober, senders: dict[Lane, Sender], files: Files
    ) -> None:
        super().__init__(world, store, clock)
        self._files = files
        self._reloads = Reloads(files, self)
        self._prober = prober
        self._senders = senders
        self._arrived: list[tuple[Batch, datetime]] = []
        self._round_due = asyncio.Event()
        self._audience_due = asyncio.Event()
        self._audience_due.set()
        self._last_round: float | None = None
        self._thorough_at = 0.0

    # What serve asks

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result:
        """Carry out one command in a transaction together with all that follows from it."""
        asked = orders.Asked(command=command, who=who, account=account, key=key)
        done = await self._write(lambda c: orders.carry_out(c, self.world, self.store, asked, self.clock.now()))
        if done.epoch is not None:
            await asyncio.to_thread(self.store.seal_epoch, done.epoch)
        self._see_to(done.outcome)
        return done.result

    @property
    def prober_restarts(self) -> int:
        return self._prober.restarts

    @property
    def last_round_age(self) -> float | None:
        return None if self._last_round is None else monotonic() - self._last_round

    @property
    def config_problems(self) -> tuple[str, ...]:
        return self._reloads.problems

    # The configuration

    def reload(self) -> None:
        """Read the files again now. They are looked at every other second anyway."""
        self._reloads.ask()

    async def put_in_force(self, world: World) -> None:
        """Replace the world in one step, with all that follows from it; raises, and changes nothing, if the store cannot."""
        before = self.world

        def swap(c: Connection) -> list[Signal]:
            if needed := needed_channels(c, before.installation, world.installation):
                raise StillNeeded(needed)
            ended = watching.forget(c, world.watched, self.clock.now())
            # In the writer's own thread, which plays the rounds: none of them sees one half of each world.
            self.enforce(world)
            return ended

        try:
            ended = await self._write(swap)
        except BaseException:
            self.enforce(before)
            raise
        for one in ended:
            log.warning(
                "nobody watches %s by %s any more: its signal ends, and a person must end its incident", one.check, one.detector
            )
        self._prober.reload(tuple(world.installation.checks.values()), world.installation.guard)
        channels = self._files.connect(world.installation)
        for sender in self._senders.values():
            sender.use(channels)
        self._round_due.set()
        self._audience_due.set()

    # What runs

    async def run(self) -> None:
        """Everything at once, until cancelled. A loop that fails is logged and begins again: it must not stop the rest."""
        loops: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "prober": self._prober.run,
            "rounds": self._rounds,
            "audiences": self._audiences,
            "reloads": self._reloads.run,
            "housekeeping": self._housekeeping,
            **{f"sender of {lane.value}": sender.run for lane, sender in self._senders.items()},
        }
        async with asyncio.TaskGroup() as group:
            for name, loop in loops.items():
                group.create_task(_kept(name, loop), name=name)

    def take(self, batch: Batch) -> None:
        """A batch has come from a prober: the next round stores it."""
        self._arrived.append((batch, self.clock.now()))
        self._round_due.set()

    async def _rounds(self) -> None:
        while True:
            await _within(self._round_due, POLL_SECONDS)
            self._round_due.clear()
            arrived, self._arrived = self._arrived, []
            try:
                outcome = await self._play(arrived)
            except Exception:
                # Nothing acknowledged is lost: the batches go in front of those that came meanwhile.
                self._arrived = arrived + self._arrived
                raise
            self._last_round = monotonic()
            for refused in outcome.refused:
                log.warning("%s", refused)
            for source, number in {batch.source: batch.number for batch, _ in arrived}.items():
                self._prober.ack(source, number)
            self._see_to(outcome)
            await asyncio.sleep(0 if outcome.unfinished else APART_SECONDS)

    async def _play(self, arrived: list[tuple[Batch, datetime]]) -> Outcome:
        """One round; a thorough one if the last of these was a second ago."""
        thorough = monotonic() - self._thorough_at >= POLL_SECONDS
        if thorough:
            self._thorough_at = monotonic()
        return await self._write(lambda c: play(c, self.world, arrived, self.clock.now(), thorough=thorough))

    async def _audiences(self) -> None:
        while True:
            await _within(self._audience_due, 10 * POLL_SECONDS)
            self._audience_due.clear()
            if await asyncio.to_thread(audience.read_all, self.world.installation, self.store, self.clock.now()):
                self._round_due.set()

    async def _housekeeping(self) -> None:
        """What nobody can use any more is forgotten."""
        while True:
            await self.forget_dead_sessions()
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    def _see_to(self, outcome: Outcome) -> None:
        if outcome.wants_audience:
            self._audience_due.set()
        if outcome.unfinished:
            self._round_due.set()
        for sender in self._senders.values():
            sender.wake()


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, and no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def _kept(name: str, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """The task boundary: the one place where everything is caught."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("%s failed; it begins again in %s s", name, RETRY_SECONDS)
            await asyncio.sleep(RETRY_SECONDS)
