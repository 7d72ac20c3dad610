"""Rows that a drill holds: words owed to people outside it. They go when it is over; nothing is dropped (P6).

Belongs here: letting them go. Does not belong here: who is outside, and what of theirs is held (run/drillgate.py).
"""

from typing import Final

from sqlalchemy import Connection, update

from sentinel.model.delivery import Lane, State
from sentinel.store import tables

_d = tables.delivery

HELD: Final = "a drill is on: it goes when that is over"
"""The detail of such rows, by which they are known."""


def resume(c: Connection, lane: Lane) -> int:
    """The drill is over: what it held may go; how many."""
    held = (_d.c.lane == lane.value, _d.c.state == State.HELD.value, _d.c.detail == HELD)
    return c.execute(update(_d).where(*held).values(state=State.QUEUED.value, detail="")).rowcount
