"""How the deliveries of one incident stand, counted: what rounds and pages need to know of the ledger without its rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from sentinel.model.delivery import Lane, State
from sentinel.store import tables

AT_WORK = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD)
"""States from which something may still go out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many deliveries of one notice are in one state, and when the first of them settled."""

    notice: int
    episode: int
    step: str
    lane: Lane
    state: State
    n: int
    first_at: datetime | None
    last_at: datetime | None


def still_needed(c: Connection, channels: Collection[str], open_incidents: Collection[str]) -> list[str]:
    """Of these channels, those by which messages have still to go, or people were told who are owed the end of one of the
    incidents (their subjects). Asked when a configuration lacks them, so it may look at the whole queue."""
    t = tables.delivery
    waits = t.c.state.in_([state.value for state in AT_WORK])
    told = and_(t.c.lane == Lane.CUSTOMERS.value, t.c.state == State.ACCEPTED.value, t.c.subject.in_(sorted(open_incidents)))
    of_these = select(t.c.channel).where(t.c.channel.in_(sorted(channels)), or_(waits, told))
    return sorted(c.execute(of_these.distinct()).scalars())


def tally(c: Connection, subject: str) -> list[Count]:
    t = tables.delivery
    rows = c.execute(
        select(
            t.c.notice,
            t.c.episode,
            t.c.step,
            t.c.lane,
            t.c.state,
            func.count().label("n"),
            func.min(t.c.settled_at).label("first_at"),
            func.max(t.c.settled_at).label("last_at"),
        )
        .where(t.c.subject == subject)
        .group_by(t.c.notice, t.c.episode, t.c.step, t.c.lane, t.c.state)
    )
    return [Count(**{**row._mapping, "lane": Lane(row.lane), "state": State(row.state)}) for row in rows]


def newest(c: Connection) -> int:
    """The number of the newest delivery; 0 before the first."""
    return c.execute(select(func.max(tables.delivery.c.id))).scalar() or 0


def lanes_since(c: Connection, delivery: int) -> tuple[Lane, ...]:
    """The lanes that have got deliveries after this one, in the order in which they matter."""
    t = tables.delivery
    found = set(c.execute(select(t.c.lane).where(t.c.id > delivery).distinct()).scalars())
    return tuple(lane for lane in Lane if lane.value in found)
