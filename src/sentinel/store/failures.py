"""Deliveries that want somebody, found by message: counts and reasons, without a name. Nothing here changes a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, func, select

from sentinel.model.delivery import State
from sentinel.store import tables

_d, _n = tables.delivery, tables.notice

WANT_SOMEBODY: Final = (State.IN_DOUBT, State.DEAD, State.REJECTED, State.HELD)
LOOKED_AT: Final = 1000
"""Rows of one message and state whose reasons are read: a hundred thousand of them say the same."""
WAITING_COUNTED: Final = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many deliveries of a message are in a state; the channels and the most frequent word of providers among the first."""

    state: State
    count: int
    channels: tuple[str, ...]
    why: str


def messages(c: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """Notices with such deliveries, the newest first."""
    some = exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([state.value for state in WANT_SOMEBODY]))
    older = () if before is None else (_n.c.id < before,)
    shown = select(_n.c.id, _n.c.incident, _n.c.episode, _n.c.occasion, _n.c.towards, _n.c.made_at)
    return c.execute(shown.where(some, *older).order_by(_n.c.id.desc()).limit(limit)).all()


def counted(c: Connection, notice: int) -> list[Counted]:
    """The deliveries of one notice that want somebody, by state, in the order above."""
    states = [state.value for state in WANT_SOMEBODY]
    asked = select(_d.c.state, func.count().label("n")).where(_d.c.notice == notice, _d.c.state.in_(states))
    there = {row.state: row.n for row in c.execute(asked.group_by(_d.c.state))}
    return [_counted(c, notice, state, there[state.value]) for state in WANT_SOMEBODY if state.value in there]


def _counted(c: Connection, notice: int, state: State, count: int) -> Counted:
    mine = (_d.c.notice == notice, _d.c.state == state.value)
    first = select(_d.c.channel, _d.c.detail).where(*mine).limit(LOOKED_AT).subquery()
    grouped = select(first.c.channel, first.c.detail, func.count().label("n")).group_by(first.c.channel, first.c.detail)
    rows = c.execute(grouped.order_by(func.count().desc(), first.c.detail)).all()
    return Counted(
        state=state, count=count, channels=tuple(sorted({row.channel for row in rows})), why=rows[0].detail if rows else ""
    )


def waiting(c: Connection, channel: str) -> int:
    """How many rows wait for a channel; counted up to a bound."""
    states = [state.value for state in (State.QUEUED, State.RETRY)]
    some = select(_d.c.id).where(_d.c.state.in_(states), _d.c.channel == channel).limit(WAITING_COUNTED).subquery()
    return int(c.execute(select(func.count()).select_from(some)).scalar_one())
