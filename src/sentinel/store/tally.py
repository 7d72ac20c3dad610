"""How the deliveries of one incident stand, counted: what rounds and pages need to know of the ledger without its rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select

from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Towards
from sentinel.store import tables

AT_WORK = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD)
"""States from which something may still go out."""
_d = tables.delivery.c
_NEWEST: Final = select(func.max(_d.id))
# Asked for alone, SQLite would read the whole index in which the lanes lie side by side.
_LATER: Final = select(_d.lane).where(_d.id > bindparam("after")).cte("later").prefix_with("MATERIALIZED")
_LANES: Final = select(_LATER.c.lane).distinct()


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
    return [_count(row) for row in c.execute(_STANDS, {"subject": subject})]


def _standing() -> Select[Any]:
    """In one statement, built once: an incident of an hour has hundreds of notices to staff."""
    n, t, first = tables.notice.c, tables.delivery.c, tables.delivery.alias("first").c
    theirs = t.notice.in_(select(n.id).where(n.subject == bindparam("subject")))
    by_state = select(t.notice, t.state, func.count().label("n")).where(theirs).group_by(t.notice, t.state).subquery("by_state")
    # Only of what was accepted anybody asks when the first was; of all others the index would be read to its end for it.
    accepted = (first.notice == by_state.c.notice, first.state == State.ACCEPTED.value)
    earliest = select(func.min(first.settled_at)).where(*accepted).scalar_subquery()
    first_at = case((by_state.c.state == State.ACCEPTED.value, earliest)).label("first_at")
    whole = select(n.id, n.episode, n.step, n.towards, by_state.c.state, by_state.c.n, first_at)
    return whole.join(by_state, by_state.c.notice == n.id).order_by(n.id, by_state.c.state)


_STANDS: Final = _standing()


def _count(row: Any) -> Count:
    lane = Lane.STAFF if row.towards == Towards.STAFF.value else Lane.CUSTOMERS
    found = {"notice": row.id, "episode": row.episode, "step": row.step, "n": row.n, "first_at": row.first_at}
    return Count(lane=lane, state=State(row.state), **found)


def newest(c: Connection) -> int:
    """The number of the newest delivery; 0 before the first."""
    return c.execute(_NEWEST).scalar() or 0


def lanes_since(c: Connection, delivery: int) -> tuple[Lane, ...]:
    """The lanes that have got deliveries after this one, in the order in which they matter."""
    found = set(c.execute(_LANES, {"after": delivery}).scalars())
    return tuple(lane for lane in Lane if lane.value in found)
