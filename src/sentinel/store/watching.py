"""What detectors remember, what was last seen, and the signals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Dialect, Insert, bindparam, delete, func, or_, select, update

from sentinel.model.observation import Fact, Observation, Verdict
from sentinel.model.signal import Hysteresis, Signal
from sentinel.store import codec, learned, recalled, tables
from sentinel.store.upsert import upsert, upsert_in

CANARY: Final = "canary/"
"""How the ids of canaries begin, and no check's does."""
STANDING_SHOWN: Final = ("down", "slow")
"""What the board shows while a signal stands."""

_s = tables.signal.c
# What every round asks is made once: making a statement takes longer than asking it.
_CURSOR: Final = select(tables.cursor.c.batch).where(tables.cursor.c.source == bindparam("whose"))
_SIGNALS: Final = (
    select(_s.body).where(or_(_s.cleared_at.is_(None), _s.cleared_at > bindparam("after"))).order_by(_s.raised_at, _s.id)
)


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
    return int(c.execute(_CURSOR, {"whose": source}).scalar_one_or_none() or 0)


def move_cursor(c: Connection, source: str, place: str, batch: int, stored: int, now: datetime) -> None:
    """Say that `batch` of `source` is consumed, with `stored` observations in it."""
    row = {"source": source, "place": place, "batch": batch, "seen_at": now, "stored": stored}
    c.execute(_moving(c.dialect), row)


@lru_cache(maxsize=8)
def _moving(dialect: Dialect) -> Insert:
    made, kept = upsert_in(dialect, tables.cursor), tables.cursor.c
    moved = {name: made.excluded[name] for name in ("place", "batch", "seen_at")}
    added = {"stored": kept.stored + made.excluded.stored}
    return made.on_conflict_do_update(index_elements=["source"], set_={**moved, **added})


def observations_stored(c: Connection) -> int:
    """How many observations have ever been stored, of all sources."""
    return int(c.execute(select(func.coalesce(func.sum(tables.cursor.c.stored), 0))).scalar_one())


def hysteresis_of(c: Connection, check: str, place: str) -> dict[str, Hysteresis]:
    """Detector → what it remembers of this check at this place."""
    t = tables.hysteresis
    rows = c.execute(select(t.c.detector, t.c.state).where(t.c.check == check, t.c.place == place))
    return learned.joined((row.detector, row.state) for row in rows)


def keep_hysteresis(c: Connection, check: str, place: str, held: Mapping[str, Hysteresis]) -> None:
    """Keep what the detectors remember. One that says nothing of what it has learned leaves that as it is."""
    for row in (row for detector, state in held.items() for row in learned.rows(check, place, detector, state)):
        c.execute(
            upsert(c, tables.hysteresis)
            .values(**row)
            .on_conflict_do_update(index_elements=["check", "place", "detector"], set_={"state": row["state"]})
        )
    recalled.disown(c, place)


def memories(c: Connection, place: str) -> list[tuple[str, str, Hysteresis]]:
    """(check, detector, what it remembers) of everything that is looked at from a place, without what was learned."""
    t = tables.hysteresis
    mine = (t.c.place == place, t.c.check != "", t.c.detector.not_like(f"%{learned.END}"))
    rows = c.execute(select(t.c.check, t.c.detector, t.c.state).where(*mine).order_by(t.c.check, t.c.detector))
    return [(row.check, row.detector, codec.from_text(Hysteresis, row.state)) for row in rows]


def latest_of(c: Connection, check: str, place: str) -> Latest | None:
    t = tables.latest
    row = c.execute(select(t).where(t.c.check == check, t.c.place == place)).one_or_none()
    return None if row is None else _latest(row)


def all_latest(c: Connection) -> list[Latest]:
    """Of all that is watched. Canaries are no checks: what each source says of them is asked for by `looks`."""
    checks = select(tables.latest).where(tables.latest.c.check.not_like(f"{CANARY}%"))
    return [_latest(row) for row in c.execute(checks.order_by(tables.latest.c.check))]


def counted(c: Connection) -> dict[str, int]:
    """What the board shows → of how many checks."""
    t = tables.latest
    rows = c.execute(select(t.c.shown, func.count().label("n")).where(t.c.check.not_like(f"{CANARY}%")).group_by(t.c.shown))
    return {row.shown: row.n for row in rows}


def not_good(c: Connection, shown: Collection[str]) -> set[str]:
    """The checks that the board shows as one of `shown`, or whose last verdict is unknown."""
    t = tables.latest
    bad = or_(t.c.shown.in_(list(shown)), t.c.verdict == Verdict.UNKNOWN.value)
    return set(c.execute(select(t.c.check).where(bad, t.c.check.not_like(f"{CANARY}%"))).scalars())


def go_grey(c: Connection, place: str, now: datetime, why: str) -> int:
    """Nobody can say any more what was seen from this place: how many checks there are of which that was not known yet. What
    stands as down or slow is shown so on; its last verdict is unknown."""
    t = tables.latest
    mine = (t.c.place == place, t.c.verdict != Verdict.UNKNOWN.value, t.c.check.not_like(f"{CANARY}%"))
    stands = update(t).where(*mine, t.c.shown.in_(STANDING_SHOWN))
    others = update(t).where(*mine, t.c.shown.not_in(STANDING_SHOWN))
    unknown = {"verdict": Verdict.UNKNOWN.value, "reason": why}
    found = c.execute(stands.values(**unknown)).rowcount
    return found + c.execute(others.values(**unknown, shown="unknown", shown_since=now)).rowcount


def standing_at(c: Connection, places: Collection[str]) -> list[Signal]:
    """The signals that stand of these places."""
    t = tables.signal
    mine = select(t.c.body).where(t.c.place.in_(list(places)), t.c.cleared_at.is_(None)).order_by(t.c.id)
    return [codec.from_text(Signal, body) for body in c.execute(mine).scalars()]


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
    for place in places:
        recalled.disown(c, place)


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
    looked_from: Mapping[str, Collection[str]] = MappingProxyType({}),
    since: datetime | None = None,
) -> list[Signal]:
    """Forget what nobody watches any more: checks that are not in `watched` (check id → its detectors), detectors that a check
    has no longer, and what was seen from elsewhere than `places` (none given: from anywhere) or, of a check in `looked_from`,
    from elsewhere than that. Where `since` is given: only what
    nobody has looked at since then. Their signals, which no sample could ever clear, end here and are returned: with no good
    sample, since nobody saw that anything is well.
    """
    seen, held = tables.latest, tables.hysteresis

    def is_left(check: str, place: str) -> bool:  # a canary's row bears its source where others have their place
        where = looked_from.get(check, places)
        return bool(where) and place not in where and not check.startswith(CANARY)

    looked = c.execute(select(seen.c.check, seen.c.place, seen.c.at)).all()
    lately = {(row.check, row.place) for row in looked if since is not None and row.at >= since}
    for row in looked:
        if (row.check, row.place) not in lately and (row.check not in watched or is_left(row.check, row.place)):
            c.execute(delete(seen).where(seen.c.check == row.check, seen.c.place == row.place))
    ended: list[Signal] = []
    for row in c.execute(select(held.c.check, held.c.place, held.c.detector).where(held.c.check != "")).all():
        detector = row.detector.removesuffix(learned.END)
        is_watched = detector in watched.get(row.check, ()) and not is_left(row.check, row.place)
        if not is_watched and (row.check, row.place) not in lately:
            mine = (held.c.check == row.check, held.c.place == row.place, held.c.detector == row.detector)
            c.execute(delete(held).where(*mine))
            recalled.disown(c, row.place)
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


def signals_standing(c: Connection) -> list[Signal]:
    """The signals that stand, in the order of their names."""
    standing = select(_s.body).where(_s.cleared_at.is_(None)).order_by(_s.id)
    return [codec.from_text(Signal, body) for body in c.execute(standing).scalars()]


def signals_since(c: Connection, cleared_after: datetime) -> list[Signal]:
    """The signals that stand, and those cleared after an instant, in the order in which they were raised."""
    return [codec.from_text(Signal, row.body) for row in c.execute(_SIGNALS, {"after": cleared_after})]


def raised(c: Connection, detectors: Collection[str], *, after: datetime, until: datetime | None, limit: int) -> list[Signal]:
    """What these detectors claimed that stood at some time after `after`, and before `until` if given; the latest `limit`, in
    the order in which they were raised."""
    theirs = or_(*(_s.id.startswith(f"{detector}:", autoescape=True) for detector in sorted(detectors)))
    stood = or_(_s.cleared_at.is_(None), _s.cleared_at > after)
    before = () if until is None else (_s.raised_at <= until,)
    latest = select(_s.body).where(theirs, stood, *before).order_by(_s.raised_at.desc(), _s.id.desc()).limit(limit)
    return [codec.from_text(Signal, body) for body in c.execute(latest).scalars()][::-1]
