"""What broke us and was set aside, for a person to look at: it must stop nobody else (F34).

Belongs here: the rows. Does not belong here: what is tried again and when (run/poison.py, run/intake.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from sentinel.store import tables
from sentinel.store.upsert import upsert

_q = tables.quarantine

_LONGEST_WHY: Final = 500
_LONGEST_BODY: Final = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """One thing that was set aside: `source` and `number` name it (a prober's batch, `incident` 17), `why` says what broke."""

    id: int
    source: str
    number: int
    at: datetime
    tried_at: datetime
    tries: int
    why: str


def put(c: Connection, source: str, number: int, why: str, now: datetime, *, body: str = "", tries: int = 1) -> int:
    """Set it aside, or note that it broke again; how often it has been tried."""
    kept = body.replace("\x00", "\\0").encode(errors="backslashreplace").decode()[:_LONGEST_BODY]
    row = {"source": source, "number": number, "at": now, "tried_at": now, "tries": tries, "why": why[:_LONGEST_WHY]}
    again = {"tried_at": now, "tries": _q.c.tries + tries, "why": row["why"]}
    written = upsert(c, _q).values(**row, body=kept).on_conflict_do_update(index_elements=["source", "number"], set_=again)
    c.execute(written)
    mine = (_q.c.source == source, _q.c.number == number)
    return int(c.execute(select(_q.c.tries).where(*mine)).scalar_one())


def clear(c: Connection, source: str, number: int) -> None:
    """It went well after all."""
    c.execute(delete(_q).where(_q.c.source == source, _q.c.number == number))


def count(c: Connection, source: str) -> int:
    """How much of one source is set aside."""
    return int(c.execute(select(func.count()).select_from(_q).where(_q.c.source == source)).scalar_one())


def of(c: Connection, source: str) -> dict[int, Aside]:
    """What of one source is set aside, by number."""
    rows = c.execute(_OF, {"whose": source})
    return {row.number: Aside(**row._mapping) for row in rows}


def newest(c: Connection, limit: int, least: int) -> tuple[list[Aside], int]:
    """The last ones that broke at least so often, and how many there are."""
    which = _q.c.tries >= least
    count = int(c.execute(select(func.count()).select_from(_q).where(which)).scalar_one())
    rows = c.execute(select(*_SHOWN).where(which).order_by(_q.c.id.desc()).limit(limit)) if count else ()
    return [Aside(**row._mapping) for row in rows], count


def lately(c: Connection, sources: Sequence[str], least: int, since: datetime) -> list[Aside]:
    """Those of `sources` that broke at least so often, and were tried since then, the oldest first."""
    mine = (_q.c.source.in_(list(sources)), _q.c.tries >= least, _q.c.tried_at > since)
    return [Aside(**row._mapping) for row in c.execute(select(*_SHOWN).where(*mine).order_by(_q.c.id).limit(100))]


def why_lately(c: Connection, sources: Sequence[str], number: int, since: datetime) -> Mapping[str, str]:
    """Those of `sources` of which what bears this number was set aside since then → why."""
    mine = (_q.c.source.in_(list(sources)), _q.c.number == number, _q.c.tried_at > since)
    return {row.source: row.why for row in c.execute(select(_q.c.source, _q.c.why).where(*mine))}


_SHOWN: Final = [_q.c[name] for name in Aside.__dataclass_fields__]
_OF: Final = select(*_SHOWN).where(_q.c.source == bindparam("whose")).order_by(_q.c.number).limit(1000)
"""Asked several times a round: making it would take longer than asking it."""
