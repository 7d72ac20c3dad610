"""Learning from our own incidents: what the store holds of ended episodes becomes history, and what became of the estimates
steers the next ones.

It reads, outside of rounds, and only when an episode began, ended or went on, or a time passed that was said of an open one.
All of it is derived from stored rows, so that after a restart it is the same. Belongs here: when that is looked at. Does not
belong here: what is learned (estimate/rehearse.py).
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from sentinel.estimate.rehearse import Experience, lived
from sentinel.run.reads import Reads
from sentinel.run.world import World
from sentinel.store import episodes
from sentinel.store.database import Store
from sentinel.store.trouble import StoreTrouble

MOST: Final = 1000
"""Of our own the latest so many episodes are learned from; no estimate looks at more than 600 of a length."""
LOOK_EVERY: Final = 2.0
"""Seconds."""
AGAIN: Final = timedelta(minutes=1)
"""Where time alone teaches, no sooner than that: with hundreds open some time passes every second."""

log = logging.getLogger(__name__)


def look(world: World, store: Store, now: datetime) -> tuple[tuple[int, ...], datetime | None]:
    """Learn from what the store holds now. Gives the incidents that cannot be read, which are left out, and when time alone
    will have taught more."""
    found = store.read(lambda c: episodes.latest(c, MOST))
    own = lived(found.episodes, now)
    world.own.take(own, world.imported)
    again_at = own.again_at and max(own.again_at, now + AGAIN)
    return found.damaged, again_at


class Learning:
    """Looks while `run` runs."""

    def __init__(self, house: Reads) -> None:
        self._house = house
        self._stand: tuple[Any, ...] = ()
        self._imported: Experience | None = None
        self._damaged: tuple[int, ...] = ()
        self._again_at: datetime | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._look()
            except StoreTrouble as why:
                log.warning("what our own incidents teach could not be read, and stays as it was: %s", why)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        house = self._house
        world = house.world
        stand = await asyncio.to_thread(house.store.read, episodes.stand)
        now = house.clock.now()
        has_passed = self._again_at is not None and now >= self._again_at
        if stand == self._stand and world.imported is self._imported and not has_passed:
            return
        damaged, self._again_at = await asyncio.to_thread(look, world, house.store, now)
        self._stand, self._imported = stand, world.imported
        if damaged and damaged != self._damaged:
            numbers = ", ".join(str(one) for one in damaged[:20])
            log.warning("%d incidents teach nothing, since what is kept of them is damaged: %s", len(damaged), numbers)
        self._damaged = damaged
