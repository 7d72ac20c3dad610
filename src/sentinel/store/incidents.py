"""Incidents as their timelines, and what was estimated and promised in them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, String, and_, bindparam, cast, insert, literal, or_, select, update

from sentinel.model.delivery import Lane, State
from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind, PromiseState
from sentinel.model.incident import Entry, Said
from sentinel.model.notice import NoticeState
from sentinel.store import codec, tables
from sentinel.store.tally import AT_WORK

ENTRIES: Final = 20_000
"""Lines of timelines known by heart: a line never changes, and every round reads those of what is open."""


def new_incident(c: Connection, now: datetime) -> int:
    """The number of a new incident; its timeline is still empty."""
    return int(c.execute(insert(tables.incident).values(open=True, opened_at=now).returning(tables.incident.c.id)).scalar_one())


def append(c: Connection, entries: Sequence[Entry]) -> None:
    """Add to a timeline. Nothing is ever changed or taken away."""
    for one in entries:
        c.execute(
            insert(tables.entry).values(
                incident=one.incident, seq=one.seq, at=one.at, who=one.who, said=codec.to_text(Said, one.said), why=one.why
            )
        )


def timeline(c: Connection, incident: int) -> list[Entry]:
    """The whole timeline, oldest first; empty when there is no such incident."""
    return [_entry(row) for row in c.execute(_timeline(incident))]


def readable(c: Connection, incident: int) -> list[Entry]:
    """The timeline up to the first entry that cannot be read: a damaged one, or one by a newer version."""
    found: list[Entry] = []
    for row in c.execute(_timeline(incident)).all():
        try:
            found.append(_entry(row))
        except (ValueError, TypeError, LookupError):
            break
    return found


def _timeline(incident: int) -> Select[Any]:
    t = tables.entry
    return select(t).where(t.c.incident == incident).order_by(t.c.seq)


def _entry(row: Row[Any]) -> Entry:
    return _read(row.incident, row.seq, row.at, row.who, row.said, row.why)


@lru_cache(maxsize=ENTRIES)
def _read(incident: int, seq: int, at: datetime, who: str, said: str, why: str) -> Entry:
    return Entry(incident=incident, seq=seq, at=at, who=who, said=codec.from_text(Said, said), why=why)  # type: ignore[arg-type]  # Said is a union


def mark(c: Connection, incident: int, *, is_open: bool, ended_at: datetime | None) -> None:
    """Keep beside the timeline whether it is over, so that rounds find what is live without reading every timeline.

    `ended_at` None: rounds go on looking at it, open or not.
    """
    c.execute(update(tables.incident).where(tables.incident.c.id == incident).values(open=is_open, ended_at=ended_at))


def live(c: Connection, ended_after: datetime) -> list[int]:
    """Incidents that are open or ended after an instant, oldest first."""
    return list(c.execute(_live(), {"ended_after": ended_after}).scalars())


@cache
def _live() -> Select[int]:
    t = tables.incident
    is_live = or_(t.c.ended_at.is_(None), t.c.ended_at > bindparam("ended_after"))
    return select(t.c.id).where(is_live).order_by(t.c.id)


def unfinished(c: Connection, ended_after: datetime) -> list[int]:
    """Incidents that a round has something to see to, oldest first.

    Those that are open or have just ended, and those that have ended and owe something still: a draft that waits, an approved
    notice that is not all written or not released, a delivery that does not rest or is in doubt, a promise not settled.
    """
    return list(c.execute(_unfinished(), {"ended_after": ended_after}).scalars())


@cache
def _unfinished() -> Select[int]:
    t, n, d, p = tables.incident, tables.notice, tables.delivery, tables.promise
    waiting = or_(n.c.state == NoticeState.DRAFT.value, and_(~n.c.expanded, n.c.state == NoticeState.APPROVED.value))
    gated = and_(n.c.state == NoticeState.APPROVED.value, n.c.release_at.is_(None))
    at_work = [state.value for state in (*AT_WORK, State.IN_DOUBT)]
    subjects = select(d.c.subject).where(d.c.lane.in_([lane.value for lane in Lane]), d.c.state.in_(at_work)).distinct()
    owes = or_(
        t.c.id.in_(select(n.c.incident).where(n.c.void_at.is_(None), or_(waiting, gated))),
        t.c.id.in_(select(p.c.incident).where(p.c.state == PromiseState.OPEN.value)),
        (literal("incident:") + cast(t.c.id, String)).in_(subjects),
    )
    lively = or_(t.c.ended_at.is_(None), t.c.ended_at > bindparam("ended_after"), owes)
    return select(t.c.id).where(lively).order_by(t.c.id)


def open_ids(c: Connection) -> list[int]:
    """Incidents that are not over, oldest first."""
    t = tables.incident
    return list(c.execute(select(t.c.id).where(t.c.open).order_by(t.c.id)).scalars())


def all_ids(c: Connection, most: int = 1000) -> list[int]:
    """The latest incidents, newest first."""
    return list(c.execute(select(tables.incident.c.id).order_by(tables.incident.c.id.desc()).limit(most)).scalars())


def keep_estimate(c: Connection, estimate: Estimate) -> int:
    values = {**asdict(estimate), "basis": estimate.basis.value}
    del values["id"]
    return int(c.execute(insert(tables.estimate).values(**values).returning(tables.estimate.c.id)).scalar_one())


def estimates(c: Connection, incident: int) -> list[Estimate]:
    t = tables.estimate
    rows = c.execute(select(t).where(t.c.incident == incident).order_by(t.c.id))
    return [Estimate(**{**row._mapping, "basis": Basis(row.basis)}) for row in rows]


def last_estimate(c: Connection, incident: int, episode: int) -> Estimate | None:
    t = tables.estimate
    row = c.execute(
        select(t).where(t.c.incident == incident, t.c.episode == episode).order_by(t.c.id.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Estimate(**{**row._mapping, "basis": Basis(row.basis)})


def publish_promise(
    c: Connection,
    *,
    incident: int,
    episode: int,
    kind: PromiseKind,
    at: datetime,
    published_at: datetime,
    notice: int,
    estimate: int | None,
) -> int:
    """The one place where an instant becomes a promise. It is never changed, only settled."""
    row: dict[str, object] = {
        "incident": incident,
        "episode": episode,
        "kind": kind.value,
        "at": at,
        "published_at": published_at,
    }
    row |= {"notice": notice, "estimate": estimate, "state": PromiseState.OPEN.value}
    return int(c.execute(insert(tables.promise).values(**row).returning(tables.promise.c.id)).scalar_one())


def settle_promise(c: Connection, promise: int, state: PromiseState, now: datetime) -> None:
    c.execute(update(tables.promise).where(tables.promise.c.id == promise).values(state=state.value, settled_at=now))


def promises(c: Connection, incident: int) -> list[Promise]:
    t = tables.promise
    rows = c.execute(select(t).where(t.c.incident == incident).order_by(t.c.id))
    return [Promise(**{**row._mapping, "kind": PromiseKind(row.kind), "state": PromiseState(row.state)}) for row in rows]
