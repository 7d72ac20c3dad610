"""What detectors remember, what was last seen, and the signals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, or_, select

from sentinel.model.observation import Fact, Observation, Verdict
from sentinel.model.signal import Hysteresis, Signal
from sentinel.store import codec, tables
from sentinel.store.upsert import upsert

CANARY: Final = "canary/"
"""How the ids of canaries begin, and no check's does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Latest:
    """The last observation of a check at a place, and what the board shows of it (up, failing, down, slow, unknown)."""

    check: str
    place: str
    at: datetime
    verdict: Verdict
    reason: str
    shown: str
    shown_since: datetime
    facts: Mapping[str, Fact] = field(default_factory=dict)


def cursor_of(c: Connection, source: str) -> int:
    """The last batch consumed of `source`; 0 when it is new."""
    found = c.execute(select(tables.cursor.c.batch).where(tables.cursor.c.source == source)).scalar_one_or_none()
    return int(found or 0)


def move_cursor(c: Connection, source: str, place: str, batch: int, stored: int, now: datetime) -> None:
    """Say that `batch` of `source` is consumed, with `stored` observations in it."""
    row = {"source": source, "place": place, "batch": batch, "seen_at": now}
    more = {**row, "stored": tables.cursor.c.stored + stored}
    c.execute(upsert(c, tables.cursor).values(**row, stored=stored).on_conflict_do_update(index_elements=["source"], set_=more))


def observations_stored(c: Connection) -> int:
    """How many observations have ever been stored, of all sources."""
    return int(c.execute(select(func.coalesce(func.sum(tables.cursor.c.stored), 0))).scalar_one())


def hysteresis_of(c: Connection, check: str, place: str) -> dict[str, Hysteresis]:
    """Detector → what it remembers of this check at this place."""
    t = tables.hysteresis
    rows = c.execute(select(t.c.detector, t.c.state).where(t.c.check == check, t.c.place == place))
    return {row.detector: codec.from_text(Hysteresis, row.state) for row in rows}


def keep_hysteresis(c: Connection, check: str, place: str, held: Mapping[str, Hysteresis]) -> None:
    for detector, state in held.items():
        row = {"check": check, "place": place, "detector": detector, "state": codec.to_text(Hysteresis, state)}
        c.execute(
            upsert(c, tables.hysteresis)
            .values(**row)
            .on_conflict_do_update(index_elements=["check", "place", "detector"], set_={"state": row["state"]})
        )


def memories(c: Connection, place: str) -> list[tuple[str, str, Hysteresis]]:
    """(check, detector, what it remembers) of everything that is looked at from a place."""
    t = tables.hysteresis
    rows = c.execute(select(t.c.check, t.c.detector, t.c.state).where(t.c.place == place).order_by(t.c.check, t.c.detector))
    return [(row.check, row.detector, codec.from_text(Hysteresis, row.state)) for row in rows]


def latest_of(c: Connection, check: str, place: str) -> Latest | None:
    t = tables.latest
    row = c.execute(select(t).where(t.c.check == check, t.c.place == place)).one_or_none()
    return None if row is None else _latest(row)


def all_latest(c: Connection) -> list[Latest]:
    """Of all that is watched. Canaries are no checks: what each source says of them is asked for by `looks`."""
    checks = select(tables.latest).where(tables.latest.c.check.not_like(f"{CANARY}%"))
    return [_latest(row) for row in c.execute(checks.order_by(tables.latest.c.check))]


def looks(c: Connection, checks: Collection[str]) -> list[Latest]:
    """The last look of everybody at these."""
    return [_latest(row) for row in c.execute(select(tables.latest).where(tables.latest.c.check.in_(list(checks))))]


def remembered(c: Connection, checks: Collection[str], detector: str) -> dict[tuple[str, str], Hysteresis]:
    """(check, place) → what one detector remembers, for these checks."""
    t = tables.hysteresis
    rows = c.execute(select(t.c.check, t.c.place, t.c.state).where(t.c.check.in_(list(checks)), t.c.detector == detector))
    return {(row.check, row.place): codec.from_text(Hysteresis, row.state) for row in rows}


def forget_looks(c: Connection, checks: Collection[str], places: Collection[str]) -> None:
    """What was seen and remembered of these checks from these places, which nobody looks from any more."""
    for t in (tables.latest, tables.hysteresis):
        c.execute(delete(t).where(t.c.check.in_(list(checks)), t.c.place.in_(list(places))))


def _latest(row: object) -> Latest:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # a Row, whose class SQLAlchemy does not type by column
    return Latest(
        **{**values, "verdict": Verdict(values["verdict"]), "facts": codec.from_text(dict[str, Fact], values["facts"])}
    )


def keep_latest(c: Connection, seen: Observation, shown: str, shown_since: datetime, reason: str) -> None:
    row = {
        "check": seen.check,
        "place": seen.place,
        "at": seen.at,
        "verdict": seen.verdict.value,
        "reason": reason,
        "facts": codec.to_text(dict[str, Fact], dict(seen.facts)),
        "shown": shown,
        "shown_since": shown_since,
    }
    c.execute(upsert(c, tables.latest).values(**row).on_conflict_do_update(index_elements=["check", "place"], set_=row))


def keep_signals(c: Connection, signals: Iterable[Signal]) -> None:
    for one in signals:
        row = {
            "id": one.id,
            "check": one.check,
            "place": one.place,
            "raised_at": one.raised_at,
            "cleared_at": one.cleared_at,
            "body": codec.to_text(Signal, one),
        }
        c.execute(upsert(c, tables.signal).values(**row).on_conflict_do_update(index_elements=["id"], set_=row))


def forget(
    c: Connection,
    watched: Mapping[str, Collection[str]],
    now: datetime,
    *,
    places: Collection[str] = (),
    since: datetime | None = None,
) -> list[Signal]:
    """Forget what nobody watches any more: checks that are not in `watched` (check id → its detectors), detectors that a check
    has no longer, and what was seen from elsewhere than `places` (none given: from anywhere). Where `since` is given: only what
    nobody has looked at since then. Their signals, which no sample could ever clear, end here and are returned: with no good
    sample, since nobody saw that anything is well.
    """
    seen, held = tables.latest, tables.hysteresis

    def is_left(check: str, place: str) -> bool:  # a canary's row bears its source where others have their place
        return bool(places) and place not in places and not check.startswith(CANARY)

    looked = c.execute(select(seen.c.check, seen.c.place, seen.c.at)).all()
    lately = {(row.check, row.place) for row in looked if since is not None and row.at >= since}
    for row in looked:
        if (row.check, row.place) not in lately and (row.check not in watched or is_left(row.check, row.place)):
            c.execute(delete(seen).where(seen.c.check == row.check, seen.c.place == row.place))
    ended: list[Signal] = []
    for row in c.execute(select(held.c.check, held.c.place, held.c.detector)).all():
        is_watched = row.detector in watched.get(row.check, ()) and not is_left(row.check, row.place)
        if not is_watched and (row.check, row.place) not in lately:
            mine = (held.c.check == row.check, held.c.place == row.place, held.c.detector == row.detector)
            c.execute(delete(held).where(*mine))
            ended += [
                replace(one, cleared_at=now) for one in _standing(c, row.check, row.place) if one.detector == row.detector
            ]
    keep_signals(c, ended)
    return ended


def _standing(c: Connection, check: str, place: str) -> list[Signal]:
    t = tables.signal
    mine = select(t.c.body).where(t.c.check == check, t.c.place == place, t.c.cleared_at.is_(None))
    return [codec.from_text(Signal, body) for body in c.execute(mine).scalars()]


def signal_of(c: Connection, signal_id: str) -> Signal | None:
    body = c.execute(select(tables.signal.c.body).where(tables.signal.c.id == signal_id)).scalar_one_or_none()
    return None if body is None else codec.from_text(Signal, body)


def signals_since(c: Connection, cleared_after: datetime) -> list[Signal]:
    """The signals that stand, and those cleared after an instant, in the order in which they were raised."""
    t = tables.signal
    rows = c.execute(
        select(t.c.body).where(or_(t.c.cleared_at.is_(None), t.c.cleared_at > cleared_after)).order_by(t.c.raised_at, t.c.id)
    )
    return [codec.from_text(Signal, row.body) for row in rows]
