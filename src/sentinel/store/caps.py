"""Caps: how many messages one person, one address and the whole installation got lately.

Belongs here: asking the ledger, and counting what is put on its way. Does not belong here: how many are
allowed, and which words no cap holds (model/limits.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, false, func, or_, select
from sqlalchemy.sql import FromClause

from sentinel.model.delivery import Lane, State
from sentinel.model.limits import OWED, Guards
from sentinel.model.notice import TELLING, Occasion, Towards
from sentinel.store import tables
from sentinel.store.upsert import upsert

_d, _n, _s = tables.delivery, tables.notice, tables.spent

HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
PIECE: Final = timedelta(minutes=5)
"""What is put on its way is counted in pieces of this length."""
_COUNTED_STEPS: Final = ("opened", "widened")
"""The steps that a cap counts and holds; all others are owed, or are no message."""
_GOT: Final = [
    state.value
    for state in (
        State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD, State.ACCEPTED, State.IN_DOUBT,
    )
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """How many messages may still be put on their way now, and when there is room again if there is none."""

    messages: int
    again_at: datetime | None = None


def left(c: Connection, guards: Guards, now: datetime) -> Left:
    """What the caps of the whole installation leave."""
    rooms = [_room(c, guards.all_per_hour, HOUR, now), _room(c, guards.all_per_day, DAY, now)]
    none = [room for room in rooms if room.messages <= 0]
    if none:
        return Left(messages=0, again_at=max((room.again_at for room in none if room.again_at), default=None))
    return min(rooms, key=lambda room: room.messages)


def _room(c: Connection, most: int, within: timedelta, now: datetime) -> Left:
    lately = select(_s.c.since, _s.c.messages).where(_s.c.since > now - within).order_by(_s.c.since)
    pieces = c.execute(lately).all()
    over = sum(row.messages for row in pieces) - most
    again_at = None
    for row in pieces:
        if over < 0:
            break
        over -= row.messages
        again_at = row.since + within
    return Left(messages=most - sum(row.messages for row in pieces), again_at=again_at)


def spend(c: Connection, messages: int, now: datetime) -> None:
    """So many were put on their way. (What is cancelled before it leaves stays counted: a cap errs towards silence.)"""
    if messages > 0:
        since = now - timedelta(seconds=now.timestamp() % PIECE.total_seconds())
        row = upsert(c, _s).values(since=since, messages=messages)
        more = {"messages": _s.c.messages + messages}
        c.execute(row.on_conflict_do_update(index_elements=["since"], set_=more))
        c.execute(_s.delete().where(_s.c.since < now - 2 * DAY))


def capped(
    c: Connection, row: Row[Any], guards: Guards, now: datetime, person: ColumnElement[str], address: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether this person, or this address, has had as many messages lately as anybody may get. `row`: the notice."""
    if Occasion(row.occasion) in OWED or not _any_other(c, row, now):
        return false()
    return or_(*(_has_had(guards, now, same) for same in (lambda d: d.c.person == person, lambda d: d.c.address == address)))


def _any_other(c: Connection, row: Row[Any], now: datetime) -> bool:
    """Whether anything that counts went to anybody lately: where nothing did, a million people need not be looked up."""
    others = (
        _n.c.id != row.id,
        _n.c.towards == Towards.CUSTOMERS.value,
        _n.c.approval.is_not(None),
        _n.c.made_at > now - 2 * MONTH,
    )
    counted = _n.c.occasion.in_([each.value for each in TELLING])
    return c.execute(select(_n.c.id).where(*others, counted).limit(1)).one_or_none() is not None


def _has_had(guards: Guards, now: datetime, same: Any) -> ColumnElement[bool]:
    d = tables.delivery.alias()
    today = func.coalesce(func.sum(case((d.c.made_at > now - DAY, 1), else_=0)), 0)
    many = or_(today >= guards.each_per_day, func.count() >= guards.each_per_month)
    lately = select(d.c.lane).where(same(d), *_lately(d, now)).group_by(d.c.lane).having(many)
    return exists(lately)


def _lately(d: FromClause, now: datetime) -> tuple[ColumnElement[bool], ...]:
    steps = or_(*(or_(d.c.step == step, d.c.step.startswith(f"{step}#", autoescape=True)) for step in _COUNTED_STEPS))
    return d.c.made_at > now - MONTH, d.c.lane == Lane.CUSTOMERS.value, d.c.state.in_(_GOT), steps


def capped_among(
    c: Connection, guards: Guards, now: datetime, persons: Sequence[str], addresses: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Those of `persons` and of `addresses` (a piece of an audience) who have had as many as anybody may get."""
    today = func.coalesce(func.sum(case((_d.c.made_at > now - DAY, 1), else_=0)), 0)
    many = or_(today >= guards.each_per_day, func.count() >= guards.each_per_month)

    def those(key: ColumnElement[str], among: Sequence[str]) -> frozenset[str]:
        found = select(key).where(and_(key.in_(among), *_lately(_d, now))).group_by(key).having(many)
        return frozenset(c.execute(found).scalars())

    return those(_d.c.person, persons), those(_d.c.address, addresses)
