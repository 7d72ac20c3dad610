"""Deliveries that want somebody, found by message: counts and reasons, without a name; and addresses that are written to no
more. Nothing here changes a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, func, or_, select

from sentinel.model.delivery import Delivery, State
from sentinel.store import broken, tables

_d, _n = tables.delivery, tables.notice

WANT_SOMEBODY: Final = (State.IN_DOUBT, State.DEAD, State.REJECTED, State.HELD)
LOOKED_AT: Final = 1000
"""Rows of one message and state whose reasons are read: a hundred thousand of them say the same."""
WAITING_COUNTED: Final = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many deliveries of a message are in a state; the channels and the most frequent word of providers among the first.
    `bounced`: they were accepted, and came back."""

    state: State
    count: int
    channels: tuple[str, ...]
    why: str
    bounced: bool = False


def messages(c: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """Notices with such deliveries, the newest first."""
    some = exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([state.value for state in WANT_SOMEBODY]))
    back = exists().where(_d.c.notice == _n.c.id, _d.c.bounced_at.is_not(None))
    older = () if before is None else (_n.c.id < before,)
    shown = select(_n.c.id, _n.c.incident, _n.c.episode, _n.c.occasion, _n.c.towards, _n.c.made_at)
    return c.execute(shown.where(or_(some, back), *older).order_by(_n.c.id.desc()).limit(limit)).all()


def counted(c: Connection, notice: int) -> list[Counted]:
    """The deliveries of one notice that want somebody, by state, in the order above."""
    states = [state.value for state in WANT_SOMEBODY]
    asked = select(_d.c.state, func.count().label("n")).where(_d.c.notice == notice, _d.c.state.in_(states))
    there = {row.state: row.n for row in c.execute(asked.group_by(_d.c.state))}
    piles = [_counted(c, notice, state, there[state.value]) for state in WANT_SOMEBODY if state.value in there]
    bounced = int(c.execute(select(func.count()).where(_d.c.notice == notice, _d.c.bounced_at.is_not(None))).scalar_one())
    return [*piles, _counted(c, notice, State.ACCEPTED, bounced, bounced=True)] if bounced else piles


def _counted(c: Connection, notice: int, state: State, count: int, *, bounced: bool = False) -> Counted:
    mine = _d.c.bounced_at.is_not(None) if bounced else _d.c.state == state.value
    word = func.coalesce(_d.c.bounce_why, "") if bounced else _d.c.detail
    first = select(_d.c.channel, word.label("word")).where(_d.c.notice == notice, mine).limit(LOOKED_AT).subquery()
    grouped = select(first.c.channel, first.c.word, func.count().label("n")).group_by(first.c.channel, first.c.word)
    rows = c.execute(grouped.order_by(func.count().desc(), first.c.word)).all()
    channels = tuple(sorted({row.channel for row in rows}))
    return Counted(state=state, count=count, channels=channels, why=rows[0].word if rows else "", bounced=bounced)


def waiting(c: Connection, channel: str) -> int:
    """How many rows wait for a channel; counted up to a bound."""
    states = [state.value for state in (State.QUEUED, State.RETRY)]
    some = select(_d.c.id).where(_d.c.state.in_(states), _d.c.channel == channel).limit(WAITING_COUNTED).subquery()
    return int(c.execute(select(func.count()).select_from(some)).scalar_one())


def unwritten(c: Connection, rows: Sequence[Delivery]) -> frozenset[int]:
    """Those of `rows` (one page) whose address is written to no more by their channel."""
    channels = {row.channel: [each.address for each in rows if each.channel == row.channel] for row in rows}
    gone = {channel: broken.is_broken(c, channel, addresses) for channel, addresses in channels.items()}
    return frozenset(row.id for row in rows if row.address in gone[row.channel])


def refused(c: Connection, limit: int) -> tuple[list[broken.Broken], int]:
    """The addresses that are written to no more, the latest first; and how many they are in all, up to a bound."""
    b = tables.broken
    mine = (b.c.address != "", *broken.IN_FORCE)
    rows = c.execute(select(b).where(*mine).order_by(b.c.at.desc(), b.c.channel, b.c.address).limit(limit))
    found = [broken.Broken(channel=row.channel, address=row.address, at=row.at, why=row.why) for row in rows]
    some = select(b.c.address).where(*mine).limit(WAITING_COUNTED).subquery()
    return found, int(c.execute(select(func.count()).select_from(some)).scalar_one())
