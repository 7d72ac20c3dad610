"""The deliveries that want somebody, as the hub shows them. (What is done about them: orders.py, failures.py.)"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.model.hook import CHECK
from sentinel.model.notice import Occasion, Towards
from sentinel.run import failover, poison
from sentinel.run.reads import Reads
from sentinel.serve.failures.port import (
    GROUPS,
    AsideLine,
    BrokenChannel,
    FailedMessage,
    FailuresPage,
    Pile,
    RefusedAddress,
    UnheardBrief,
)
from sentinel.store import broken, failures, quarantine
from sentinel.store.quarantine import Aside

ASIDES: Final = 20
REFUSED: Final = 20


class FailureViews(Reads):
    """Implements serve.failures.port.FailuresPort."""

    async def failures(self, *, before: int | None = None, limit: int = GROUPS) -> FailuresPage:
        return await self._read(lambda c: page(c, before, limit, self.clock.now()))


def page(c: Connection, before: int | None, limit: int, now: datetime) -> FailuresPage:
    """One page. What concerns all of it stands on the first."""
    rows = failures.messages(c, before, limit + 1)
    shown = tuple(
        FailedMessage(
            notice=row.id,
            incident=row.incident,
            reference=_reference(row.incident, row.episode),
            occasion=Occasion(row.occasion),
            towards=Towards(row.towards),
            made_at=row.made_at,
            piles=tuple(
                Pile(state=one.state, count=one.count, channels=one.channels, why=one.why, bounced=one.bounced)
                for one in failures.counted(c, row.id)
            ),
        )
        for row in rows[:limit]
    )
    after = shown[-1].notice if len(rows) > limit else None
    if before is not None:
        return FailuresPage(messages=shown, next=after)
    refused, refusals = failures.refused(c, REFUSED)
    asides, count = quarantine.newest(c, ASIDES, poison.MOST)
    return FailuresPage(
        messages=shown,
        next=after,
        broken=tuple(
            BrokenChannel(channel=one.channel, since=one.at, why=one.why, waiting=failures.waiting(c, one.channel))
            for one in broken.standing(c)
        ),
        unheard=tuple(
            UnheardBrief(
                notice=one.notice,
                incident=one.incident,
                reference=_reference(one.incident, one.episode),
                since=one.since,
                channels=one.channels,
            )
            for one in failover.unheard(c, now)
        ),
        refused=tuple(RefusedAddress(channel=one.channel, address=one.address, since=one.at, why=one.why) for one in refused),
        refusals=refusals,
        aside=tuple(_aside(one) for one in asides),
        asides=count,
    )


def _reference(incident: int, episode: int) -> str:
    """As `Incident.reference`; empty for what is about none."""
    return f"{incident}-{chr(ord('A') + (episode - 1) % 26)}" if incident > 0 else ""


def _aside(one: Aside) -> AsideLine:
    if one.source.startswith(CHECK):
        return AsideLine(what=f"An alert of {one.source}, mark", number=one.number, at=one.at, tries=one.tries, why=one.why)
    known = poison.WHAT.get(one.source)
    what = f"Results of {one.source}, batch" if known is None else known[0].upper() + known[1:]
    return AsideLine(what=what, number=one.number, at=one.at, tries=one.tries, why=one.why)
