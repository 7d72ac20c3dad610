"""How the deliveries of one incident stand, counted: what rounds and pages need to know of the ledger without its rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

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
