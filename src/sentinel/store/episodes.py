"""How each episode went, and what was estimated of it at its marks: beside the timelines, from which it could be told too.

Belongs here: writing these rows, and reading many of them at once. Does not belong here: what is learned or graded from them
(estimate/). Readers meet every row alone: a damaged one is left out and named, and the others are there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Row, Table, and_, exists, func, insert, select, tuple_, type_coerce

from sentinel.model.estimate import Basis, Claim, Episode, Marked, Promise, PromiseKind, PromiseState, Told
from sentinel.store import codec, tables
from sentinel.store.column import Duration, Instant, microseconds
from sentinel.store.upsert import upsert

_e, _s, _p = tables.episode, tables.shadow, tables.promise
AT_ONCE: Final = 300
"""Keys in one statement."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST: Final = microseconds(datetime(9000, 1, 1, tzinfo=UTC))
LONGEST: Final = 500
LONGEST_LENGTH: Final = timedelta(days=3660)
_i, _later = tables.incident, tables.episode.alias()
_LEFT_OPEN: Final = select(_e.c.incident).where(
    _e.c.over_at.is_(None),
    exists().where(_i.c.id == _e.c.incident, ~_i.c.open),
    ~exists().where(_later.c.incident == _e.c.incident, _later.c.episode > _e.c.episode),
)

Key = tuple[int, int]
"""Incident and episode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """What is on disk of an episode: the row as it lies there, and its last mark."""

    row: Mapping[str, Any]
    last: timedelta | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Episodes, the latest first, and the incidents of those that cannot be read."""

    episodes: tuple[Episode, ...]
    damaged: tuple[int, ...] = ()


def noted(c: Connection, keys: Collection[Key]) -> Mapping[Key, Noted]:
    """What is on disk of these episodes already."""
    found: dict[Key, Noted] = {}
    wanted = sorted(keys)
    for at in range(0, len(wanted), AT_ONCE):
        some = wanted[at : at + AT_ONCE]
        last = _marks_of(some).subquery()
        same = and_(last.c.incident == _e.c.incident, last.c.episode == _e.c.episode)
        chosen = select(*_raw(_e), last.c.last).select_from(_e.outerjoin(last, same))
        for row in c.execute(chosen.where(tuple_(_e.c.incident, _e.c.episode).in_(some))):
            held = {column.name: getattr(row, column.name) for column in _e.columns}
            found[(row.incident, row.episode)] = Noted(row=held, last=row.last)
    return found


def _marks_of(some: Collection[Key]) -> Any:
    of_them = tuple_(_s.c.incident, _s.c.episode).in_(some)
    return (
        select(_s.c.incident, _s.c.episode, func.max(_s.c.mark).label("last"))
        .where(of_them)
        .group_by(_s.c.incident, _s.c.episode)
    )


def differs(one: Episode, from_: Noted | None) -> bool:
    """Whether what is on disk has to be written anew."""
    return from_ is None or dict(from_.row) != _values(one)


def keep(c: Connection, one: Episode) -> None:
    """Write how an episode went so far; its marks and promises are written by themselves."""
    values = _values(one)
    made = upsert(c, _e).values({name: _at(values[name]) if name.endswith("_at") else values[name] for name in values})
    others = {name: made.excluded[name] for name in values if name not in ("incident", "episode")}
    c.execute(made.on_conflict_do_update(index_elements=["incident", "episode"], set_=others))


def keep_mark(c: Connection, incident: int, episode: int, said: Marked) -> None:
    """Once: what was said at a mark is never changed."""
    curve = codec.to_text(tuple[Claim, ...], said.curve)
    row = {"incident": incident, "episode": episode, "mark": said.mark, "made_at": said.made_at, "began_at": said.began_at}
    c.execute(insert(_s).values(**row, basis=said.basis.value, p50=said.p50, p80=said.p80, curve=curve))


def left_open(c: Connection) -> list[int]:
    """Incidents that are over, and whose last episode is not: a hub of an older version ended them, or writing it broke."""
    return list(c.execute(_LEFT_OPEN).scalars())


def stand(c: Connection) -> tuple[Any, ...]:
    """Changes whenever an episode begins, ends or goes on: who has learned from these rows has to look again."""
    last = func.max(type_coerce(_e.c.over_at, BigInteger))
    return tuple(c.execute(select(func.count(), func.count(_e.c.over_at), last).select_from(_e)).one())


def latest(
    c: Connection, most: int, *, since: datetime | None = None, service: str | None = None, promises: bool = False
) -> Found:
    """The latest episodes to begin, at most so many, with their marks and, where asked, their promises."""
    chosen = select(*_raw(_e)).order_by(type_coerce(_e.c.began_at, BigInteger).desc(), _e.c.incident.desc())
    if since is not None:
        chosen = chosen.where(_e.c.began_at >= since)
    if service is not None:
        chosen = chosen.where(_e.c.service == service)
    rows = c.execute(chosen.limit(most)).all()
    keys = [(row.incident, row.episode) for row in rows]
    marks, broken = _of(c, _s, keys, _marked)
    given, lost = _of(c, _p, keys, _promise) if promises else ({}, set[int]())
    damaged = broken | lost
    found: list[Episode] = []
    for row in rows:
        try:
            key = (row.incident, row.episode)
            found.append(replace(_episode(row), marks=tuple(marks.get(key, ())), promises=tuple(given.get(key, ()))))
        except (ValueError, TypeError, LookupError, OverflowError):
            damaged.add(row.incident)
    whole = tuple(one for one in found if one.incident not in damaged)
    return Found(episodes=whole, damaged=tuple(sorted(damaged)))


def _of(c: Connection, table: Table, keys: list[Key], read: Any) -> tuple[dict[Key, list[Any]], set[int]]:
    """Rows of a table by episode, in the order of their key, and the incidents of those that cannot be read."""
    found: dict[Key, list[Any]] = {}
    damaged: set[int] = set()
    for at in range(0, len(keys), AT_ONCE):
        mine = tuple_(table.c.incident, table.c.episode).in_(keys[at : at + AT_ONCE])
        for row in c.execute(select(*_raw(table)).where(mine).order_by(*table.primary_key.columns)):
            try:
                found.setdefault((row.incident, row.episode), []).append(read(row))
            except (ValueError, TypeError, LookupError, OverflowError):
                damaged.add(row.incident)
    return found, damaged


def _raw(table: Table) -> list[Any]:
    """Its columns as numbers and texts: an instant that is none must not take the other rows with it."""
    return [
        type_coerce(column, BigInteger).label(column.name) if isinstance(column.type, Instant | Duration) else column
        for column in table.columns
    ]


def _values(one: Episode) -> dict[str, Any]:
    """The row, as it lies on disk."""
    return {
        "incident": one.incident,
        "episode": one.episode,
        "service": one.service,
        "impact": one.impact,
        "cause": one.cause[:LONGEST],
        "told": codec.to_text(tuple[Told, ...], one.told),
        "began_at": microseconds(one.began_at),
        "recovered_at": None if one.recovered_at is None else microseconds(one.recovered_at),
        "over_at": None if one.over_at is None else microseconds(one.over_at),
    }


def _episode(row: Row[Any]) -> Episode:
    return Episode(
        incident=row.incident,
        episode=row.episode,
        service=row.service,
        began_at=_instant(row.began_at),
        over_at=_at(row.over_at),
        recovered_at=_at(row.recovered_at),
        impact=row.impact,
        cause=row.cause,
        told=codec.from_text(tuple[Told, ...], row.told),
    )


def _marked(row: Row[Any]) -> Marked:
    return Marked(
        mark=_lasting(row.mark),
        made_at=_instant(row.made_at),
        began_at=_instant(row.began_at),
        basis=Basis(row.basis),
        p50=None if row.p50 is None else _lasting(row.p50),
        p80=None if row.p80 is None else _lasting(row.p80),
        curve=codec.from_text(tuple[Claim, ...], row.curve),
    )


def _promise(row: Row[Any]) -> Promise:
    given = dict(row._mapping)
    for name in ("at", "published_at"):
        given[name] = _instant(given[name])
    given |= {"settled_at": _at(row.settled_at), "kind": PromiseKind(row.kind), "state": PromiseState(row.state)}
    return Promise(**given)


def _at(value: int | None) -> datetime | None:
    return None if value is None else _instant(value)


def _instant(value: int) -> datetime:
    """An instant that something can have happened at; so near the end of the calendar that nothing can be added it is none."""
    if not abs(value) < _FARTHEST:
        raise ValueError("nothing happens then")
    return _EPOCH + timedelta(microseconds=value)


def _lasting(value: int) -> timedelta:
    """A length of time that an incident can have."""
    length = timedelta(microseconds=value)
    if not timedelta(0) <= length <= LONGEST_LENGTH:
        raise ValueError("no incident takes so long")
    return length
