"""Troubles of our own on disk: so that a restart forgets none, and staff hear of each once, whichever process finds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, or_, select, update

from sentinel.store import tables
from sentinel.store.upsert import upsert

_t = tables.trouble
_LONGEST_NAME: Final = 160
_LONGEST_DETAIL: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A trouble that is not over. `told_at` None: nobody could be told yet."""

    name: str
    since: datetime
    detail: str
    told_at: datetime | None


def standing(c: Connection) -> list[Standing]:
    """All that is not over, the oldest first."""
    there = select(_t.c.name, _t.c.since, _t.c.detail, _t.c.told_at).where(_t.c.cleared_at.is_(None))
    rows = c.execute(there.order_by(_t.c.since, _t.c.name))
    return [Standing(name=row.name, since=row.since, detail=row.detail, told_at=row.told_at) for row in rows]


def keep(c: Connection, name: str, since: datetime, detail: str) -> None:
    """A trouble stands. One that stands already stays as it is, but for its detail; one that was over begins anew."""
    row = {"name": name[:_LONGEST_NAME], "since": since, "detail": detail[:_LONGEST_DETAIL]}
    c.execute(upsert(c, _t).values(**row).on_conflict_do_nothing(index_elements=["name"]))
    mine = _t.c.name == row["name"]
    c.execute(update(_t).where(mine, _t.c.cleared_at.is_not(None)).values(since=since, told_at=None, cleared_at=None))
    c.execute(update(_t).where(mine).values(detail=row["detail"]))


def may_tell(c: Connection, name: str, now: datetime, stale: datetime) -> bool:
    """Take the telling of it upon us: True for one asker alone. Give it back with `not_told` if nobody could be told.

    A telling from before `stale` is one of a trouble that has begun anew since.
    """
    return c.execute(update(_t).where(*_untold(name, stale)).values(told_at=now)).rowcount == 1


def is_untold(c: Connection, name: str, stale: datetime) -> bool:
    """Whether nobody has told of it yet; asking takes nothing upon us."""
    return c.execute(select(_t.c.name).where(*_untold(name, stale))).one_or_none() is not None


def _untold(name: str, stale: datetime) -> tuple[ColumnElement[bool], ...]:
    return _t.c.name == name[:_LONGEST_NAME], _t.c.cleared_at.is_(None), or_(_t.c.told_at.is_(None), _t.c.told_at < stale)


def not_told(c: Connection, name: str) -> None:
    c.execute(update(_t).where(_t.c.name == name[:_LONGEST_NAME]).values(told_at=None))


def clear(c: Connection, name: str, now: datetime) -> bool:
    """It is over. True for one asker alone, and only if somebody had been told of it."""
    mine = (_t.c.name == name[:_LONGEST_NAME], _t.c.cleared_at.is_(None))
    return c.execute(update(_t).where(*mine).values(cleared_at=now).returning(_t.c.told_at)).scalar_one_or_none() is not None
