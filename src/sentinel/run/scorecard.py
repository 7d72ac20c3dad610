"""How well we estimate, read from the store; and a rehearsal of the imported history.

Belongs here: which rows a scorecard is made of. Does not belong here: its figures (estimate/card.py), how they look.
"""

import asyncio
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import Connection

from sentinel.estimate.card import card, rehearsed
from sentinel.estimate.past import past
from sentinel.estimate.rehearse import Experience
from sentinel.model.estimate import EstimatePolicy
from sentinel.run.clock import Clock
from sentinel.run.reads import Reads
from sentinel.run.world import World
from sentinel.serve.scorecard.port import CardPage
from sentinel.store import episodes
from sentinel.store.database import Store

MOST: Final = 1000
"""Episodes on one scorecard, the latest."""
REMEMBERED: Final = 64


def page(c: Connection, service: str | None = None, since: date | None = None, imported: int = 0) -> CardPage:
    """What was said, and what came of it."""
    begins = None if since is None else datetime.combine(since, time(), UTC)
    found = episodes.latest(c, MOST, since=begins, service=service, promises=True)
    return CardPage(
        card=card(found.episodes), most=MOST, since=since, service=service, damaged=found.damaged, imported=imported
    )


def rehearsal(imported: Experience, policy: EstimatePolicy, service: str | None = None) -> CardPage:
    """What would have been said. Takes a second."""
    made = rehearsed(past(imported.rows), policy, service)
    return CardPage(card=made, most=MOST, service=service, imported=len(imported.rows))


class ScorecardViews(Reads):
    """Implements serve.scorecard.port.ScorecardPort. A rehearsal is made once for each history, one at a time."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        super().__init__(world, store, clock)
        self._one_rehearsal = asyncio.Semaphore(1)
        self._of: Experience | None = None
        self._rehearsed: dict[str | None, CardPage] = {}

    async def scorecard(self, *, service: str | None = None, since: date | None = None, rehearsed: bool = False) -> CardPage:
        world = self.world
        if not rehearsed:
            return await self._read(lambda c: page(c, service, since, len(world.imported.rows)))
        if service is not None and all(row.service != service for row in world.imported.rows):
            service = ""  # whatever nobody has ever had is one and the same, and is rehearsed once
        async with self._one_rehearsal:
            if self._of is not world.imported or len(self._rehearsed) >= REMEMBERED:
                self._of, self._rehearsed = world.imported, {}
            if service not in self._rehearsed:
                policy = world.installation.estimate
                self._rehearsed[service] = await asyncio.to_thread(rehearsal, world.imported, policy, service)
            return self._rehearsed[service]
