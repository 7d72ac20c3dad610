"""Troubles of our own on disk: so that a restart forgets none, and staff hear of each once, whichever process finds it.

Belongs here: the row, and who may tell of it now. Does not belong here: finding them (detect/own.py), telling
(run/ownherald.py).

Of its beginning and of its end alike: who takes the telling upon themselves has it for as long as a lease, and says when staff
have heard. Whoever dies in between is followed by the next asker once the lease is over: rather twice than never (P1).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, update

from sentinel.store import tables
from sentinel.store.column import Duration, lease_now
from sentinel.store.upsert import upsert

_t = tables.trouble
LONGEST_NAME: Final = 160
_LONGEST_DETAIL: Final = 1000
OWED_FOR: Final = timedelta(days=1)
"""An end is told of for so long; later nobody remembers the beginning."""


class Telling(StrEnum):
    """Whose it is to tell: ours from now on, somebody else's who is about to, or nobody's (any more)."""

    OURS = "ours"
    THEIRS = "theirs"
    DONE = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A trouble. `told_at` None: nobody could be told yet."""

    name: str
    since: datetime
    detail: str
    told_at: datetime | None


def standing(c: Connection) -> list[Standing]:
    """All that is not over, the oldest first."""
    return _found(c, _t.c.cleared_at.is_(None))


def over(c: Connection, now: datetime) -> list[Standing]:
    """Those that are over, and of whose end staff have not heard, though they did of the beginning."""
    return _found(c, *_OWED, _t.c.cleared_at > now - OWED_FOR)


_OWED: Final = (_t.c.cleared_at.is_not(None), _t.c.told_at.is_not(None), _t.c.end_told_at.is_(None))


def _found(c: Connection, *which: ColumnElement[bool]) -> list[Standing]:
    found = select(_t.c.name, _t.c.since, _t.c.detail, _t.c.told_at).where(*which).order_by(_t.c.since, _t.c.name)
    return [Standing(name=row.name, since=row.since, detail=row.detail, told_at=row.told_at) for row in c.execute(found)]


def begins(c: Connection, one: Standing, now: datetime, lease: timedelta, stale: datetime) -> Telling:
    """A trouble stands, and staff are to hear of it. One that is there already stays as it is, but for its detail.

    A telling from before `stale` is one of a trouble that has begun anew since, and nobody noted the end between.
    """
    name, detail = one.name[:LONGEST_NAME], one.detail[:_LONGEST_DETAIL]
    made = upsert(c, _t).values(name=name, since=one.since, detail=detail)
    c.execute(made.on_conflict_do_nothing(index_elements=["name"]))
    mine = _t.c.name == name
    # What comes back before anybody has heard of its end was never away, as far as staff know.
    c.execute(update(_t).where(mine, *_OWED).values(cleared_at=None, tell_until=None))
    anew: dict[str, Any] = {"since": one.since, "told_at": None, "cleared_at": None, "tell_until": None, "end_told_at": None}
    c.execute(update(_t).where(mine, _t.c.cleared_at.is_not(None)).values(**anew))
    c.execute(update(_t).where(mine).values(detail=detail))
    untold = (mine, _t.c.cleared_at.is_(None), or_(_t.c.told_at.is_(None), _t.c.told_at < stale))
    return _take(c, untold, now, lease)


def ends(c: Connection, name: str, now: datetime, lease: timedelta) -> Telling:
    """It is over, and staff are to hear of it if they heard of the beginning."""
    mine = _t.c.name == name[:LONGEST_NAME]
    c.execute(update(_t).where(mine, _t.c.cleared_at.is_(None)).values(cleared_at=now, tell_until=None, end_told_at=None))
    return _take(c, (mine, *_OWED), now, lease)


def _take(c: Connection, which: tuple[ColumnElement[bool], ...], now: datetime, lease: timedelta) -> Telling:
    """Have the telling of a row for as long as `lease`, if nobody else has it."""
    is_free = or_(_t.c.tell_until.is_(None), _t.c.tell_until <= lease_now())
    until = lease_now() + bindparam("lease", type_=Duration)
    asked = {"now": now, "lease": lease}
    if c.execute(update(_t).where(*which, is_free).values(tell_until=until), asked).rowcount:
        return Telling.OURS
    return Telling.DONE if c.execute(select(_t.c.name).where(*which)).one_or_none() is None else Telling.THEIRS


def told(c: Connection, name: str, now: datetime) -> None:
    """Staff have heard that it stands. (Where it is over by now, they are owed its end.)"""
    c.execute(update(_t).where(_t.c.name == name[:LONGEST_NAME]).values(told_at=now, tell_until=None))


def told_of_end(c: Connection, name: str, now: datetime) -> None:
    """Staff have heard that it is over. Where it came back meanwhile, they have to hear of it anew."""
    mine = _t.c.name == name[:LONGEST_NAME]
    c.execute(update(_t).where(mine, _t.c.cleared_at.is_(None)).values(told_at=None, tell_until=None))
    c.execute(update(_t).where(mine, _t.c.cleared_at.is_not(None)).values(end_told_at=now, tell_until=None))


def give_back(c: Connection, name: str) -> None:
    """Nobody could be told: whoever asks next may try."""
    c.execute(update(_t).where(_t.c.name == name[:LONGEST_NAME]).values(tell_until=None))
