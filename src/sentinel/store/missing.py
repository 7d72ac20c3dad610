"""Rows whose channel the configuration has lost: they are held and shown, and go on when it is back (F36). Nothing is dropped.

Belongs here: holding and resuming for that one reason. Other holds have reasons of their own and are not touched.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from sentinel.model.delivery import Lane, State
from sentinel.store import tables

_d = tables.delivery

MISSING: Final = "its channel is not in the configuration: put it back, or cancel the message"
"""The detail of such rows, by which they are known."""
LOOKED_AT: Final = 1000
"""Rows looked at in a passing look: those of a channel that nobody sends by gather at the head of the queue."""
_WAITING: Final = (State.QUEUED, State.RETRY)


def is_any(c: Connection, lane: Lane, channels: Collection[str]) -> bool:
    """Whether any row of the lane waits for a channel that is not among `channels`, or is held for one that is. Looks at the
    whole queue."""
    lost = and_(_d.c.state.in_([state.value for state in _WAITING]), _d.c.channel.not_in(sorted(channels)))
    back = and_(_d.c.state == State.HELD.value, _d.c.detail == MISSING, _d.c.channel.in_(sorted(channels)))
    return any(c.execute(select(exists().where(_d.c.lane == lane.value, which))).scalar_one() for which in (lost, back))


def see_to(c: Connection, lane: Lane, channels: Collection[str], *, whole: bool = False) -> int:
    """Hold what waits for a channel that is not there, resume what was held for one that is; how many. In the `whole` queue, or
    at its head."""
    gone = _change(c, lane, _WAITING, State.HELD, whole, _d.c.channel.not_in(sorted(channels)), detail=MISSING)
    known = (_d.c.channel.in_(sorted(channels)), _d.c.detail == MISSING)
    return gone + _change(c, lane, (State.HELD,), State.QUEUED, whole, *known, detail="")


def _change(
    c: Connection, lane: Lane, states: Collection[State], to: State, whole: bool, *which: ColumnElement[bool], detail: str
) -> int:
    changed = 0
    for state in states:
        mine = (_d.c.lane == lane.value, _d.c.state == state.value)
        head = select(_d.c.id).where(*mine).order_by(_d.c.due_at, _d.c.id).limit(LOOKED_AT)
        some = () if whole else (_d.c.id.in_(head.scalar_subquery()),)
        values = {"state": to.value, "detail": detail, "lease_until": None}
        changed += c.execute(update(_d).where(*mine, *some, *which).values(**values)).rowcount
    return changed
