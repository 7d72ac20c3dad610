"""How the deliveries of one incident stand, counted: what rounds and pages need to know of the ledger without its rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Towards
from sentinel.store import tables

AT_WORK = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD)
"""States from which something may still go out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many deliveries of one notice are in one state. `first_at`: when the first of those that were accepted was."""

    notice: int
    episode: int
    step: str
    lane: Lane
    state: State
    n: int
    first_at: datetime | None = None


def still_needed(c: Connection, channels: Collection[str], open_incidents: Collection[str]) -> list[str]:
    """Of these channels, those by which messages have still to go, or people were told who are owed the end of one of the
    incidents (their subjects). Asked when a configuration lacks them, so it may look at the whole queue."""
    t = tables.delivery
    waits = t.c.state.in_([state.value for state in AT_WORK])
    told = and_(t.c.lane == Lane.CUSTOMERS.value, t.c.state == State.ACCEPTED.value, t.c.subject.in_(sorted(open_incidents)))
    of_these = select(t.c.channel).where(t.c.channel.in_(sorted(channels)), or_(waits, told))
    return sorted(c.execute(of_these.distinct()).scalars())


def tally(c: Connection, subject: str) -> list[Count]:
    """Every notice and state of one subject. Asked by every round: an index alone answers it, without the rows."""
    t, n = tables.delivery.c, tables.notice.c
    mine = select(n.id, n.episode, n.step, n.towards).where(n.subject == subject)
    notices: dict[int, Any] = {row.id: row for row in c.execute(mine)}
    theirs = t.notice.in_(select(n.id).where(n.subject == subject))
    states = select(t.notice, t.state, func.count().label("n")).where(theirs).group_by(t.notice, t.state)
    counted = [row for row in c.execute(states) if row.notice in notices]
    return [_count(c, notices[row.notice], State(row.state), row.n) for row in counted]


def _count(c: Connection, notice: Any, state: State, n: int) -> Count:
    lane = Lane.STAFF if notice.towards == Towards.STAFF.value else Lane.CUSTOMERS
    # Only of what was accepted anybody asks when the first was; of all others the index would be read to its end for it.
    first_at = _first_at(c, notice.id) if state is State.ACCEPTED else None
    return Count(notice=notice.id, episode=notice.episode, step=notice.step, lane=lane, state=state, n=n, first_at=first_at)


def _first_at(c: Connection, notice: int) -> datetime | None:
    t = tables.delivery.c
    accepted = select(func.min(t.settled_at)).where(t.notice == notice, t.state == State.ACCEPTED.value)
    found: datetime | None = c.execute(accepted).scalar_one()
    return found


def newest(c: Connection) -> int:
    """The number of the newest delivery; 0 before the first."""
    return c.execute(select(func.max(tables.delivery.c.id))).scalar() or 0


def lanes_since(c: Connection, delivery: int) -> tuple[Lane, ...]:
    """The lanes that have got deliveries after this one, in the order in which they matter."""
    t = tables.delivery
    found = set(c.execute(select(t.c.lane).where(t.c.id > delivery).distinct()).scalars())
    return tuple(lane for lane in Lane if lane.value in found)
