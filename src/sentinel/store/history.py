"""Observations as history: counts by hour, times by bucket, the last bad one. The database adds up; rows stay where they are.

Belongs here: the queries over the day tables. Does not belong here: what the numbers mean (run/), storing (observations.py).
Every query names its checks and its span, which is the order in which a day table lies on disk.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, case, func, inspect, select, type_coerce

from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.store import codec, tables
from sentinel.store.observations import SAMPLES, VERDICTS, day_table

HOUR_US = 3_600_000_000
SCHEDULED = SAMPLES.index(SampleKind.SCHEDULED)
BAD = (VERDICTS.index(Verdict.DOWN), VERDICTS.index(Verdict.DEGRADED))
ANSWERED = (VERDICTS.index(Verdict.UP), VERDICTS.index(Verdict.DEGRADED))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STEPS = tuple(
    (upto * 10**decade // 10, step * 10**decade // 1000)
    for decade in range(2, 9)
    for upto, step in ((25, 50), (50, 125), (100, 250))
)
"""(below so many microseconds, width of a class there). None is wider than 5 %, so its middle is within 3 %."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Samples of one check (its number) in one hour of a day, by verdict."""

    check: int
    hour: int
    verdict: Verdict
    n: int


@dataclass(slots=True)
class Bucket:
    """Samples of one stretch of time: how many of each verdict, and of those with an answer how many took how long.

    `classes`: the middle of a class in microseconds → how many.
    """

    verdicts: dict[Verdict, int] = field(default_factory=dict)
    classes: dict[int, int] = field(default_factory=dict)

    def quantile(self, share: float) -> float | None:
        """The time, in milliseconds, within which `share` of the answers came; None where none came."""
        total = sum(self.classes.values())
        wanted, passed = max(1, -(-total * share // 1)), 0
        for middle in sorted(self.classes):
            passed += self.classes[middle]
            if passed >= wanted:
                return middle / 1000
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bad:
    """One sample that was down or degraded."""

    check: int
    at: datetime
    verdict: Verdict
    reason: str
    facts: Mapping[str, Fact]


def numbers(c: Connection) -> dict[int, tuple[str, str]]:
    """The number under which observations lie → (check, place)."""
    t = tables.check_name
    return {row.id: (row.check, row.place) for row in c.execute(select(t.c.id, t.c.check, t.c.place))}


def hours(c: Connection, day: date) -> list[Counted]:
    """Scheduled samples of every check of one day (UTC), counted."""
    found = _table(c, day)
    if found is None:
        return []
    hour = type_coerce(found.c.at, BigInteger) // HOUR_US
    chosen = select(found.c.check_id, hour.label("hour"), found.c.verdict, func.count().label("n"))
    rows = c.execute(chosen.where(found.c.sample == SCHEDULED).group_by(found.c.check_id, "hour", found.c.verdict))
    return [Counted(check=row.check_id, hour=row.hour % 24, verdict=VERDICTS[row.verdict], n=row.n) for row in rows]


def buckets(c: Connection, checks: Collection[int], since: datetime, until: datetime, width: timedelta) -> dict[int, Bucket]:
    """Number of the bucket, from `since` on → its scheduled samples, of all these checks together; empty ones left out."""
    made: dict[int, Bucket] = {}
    start, step = _microseconds(since), width // timedelta(microseconds=1)
    for found in _tables(c, since, until):
        number = (type_coerce(found.c.at, BigInteger) - start) // step
        chosen = select(number.label("bucket"), found.c.verdict, _class(found).label("middle"), func.count().label("n"))
        mine = (found.c.check_id.in_(checks), found.c.at >= since, found.c.at < until, found.c.sample == SCHEDULED)
        for row in c.execute(chosen.where(*mine).group_by("bucket", found.c.verdict, "middle")):
            bucket, verdict = made.setdefault(row.bucket, Bucket()), VERDICTS[row.verdict]
            bucket.verdicts[verdict] = bucket.verdicts.get(verdict, 0) + row.n
            if row.middle is not None:
                bucket.classes[row.middle] = bucket.classes.get(row.middle, 0) + row.n
    return made


def last_bad(c: Connection, checks: Collection[int], since: datetime, until: datetime) -> Bad | None:
    """The last sample of these checks that was down or degraded, of whatever kind."""
    for found in reversed(list(_tables(c, since, until))):
        rows = [row for check in checks if (row := _last_bad(c, found, check, since)) is not None]
        if rows:
            return max(rows, key=lambda bad: bad.at)
    return None


def _last_bad(c: Connection, found: Table, check: int, since: datetime) -> Bad | None:
    mine = (found.c.check_id == check, found.c.at >= since, found.c.verdict.in_(BAD))
    row = c.execute(select(found).where(*mine).order_by(found.c.at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    facts = codec.from_text(dict[str, Fact], row.facts) if row.facts else {}
    return Bad(check=check, at=row.at, verdict=VERDICTS[row.verdict], reason=row.reason or "", facts=facts)


def _class(found: Table) -> ColumnElement[int | None]:
    """The middle of the class that a sample's time falls into; NULL where there was no answer."""
    taken = found.c.total_us
    whens = [(taken < upto, taken - taken % step + step // 2) for upto, step in _STEPS]
    spread = case((taken < 100, taken), *whens, else_=taken)
    return case((found.c.verdict.in_(ANSWERED), spread))


def _tables(c: Connection, since: datetime, until: datetime) -> Iterator[Table]:
    """The day tables that there are for a span, oldest first."""
    day = since.astimezone(UTC).date()
    while day <= until.astimezone(UTC).date():
        found = _table(c, day)
        if found is not None:
            yield found
        day += timedelta(days=1)


def _table(c: Connection, day: date) -> Table | None:
    table = day_table(f"{day:%Y%m%d}")
    return table if inspect(c).has_table(table.name) else None


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
