"""Observations as history: counts by hour, times by bucket, the last bad one. From roll-ups, and of hours that have none yet
from the raw samples.

Belongs here: the queries. Does not belong here: what the numbers mean (run/), storing (observations.py), how a roll-up is made
and lies on disk (rollups.py). Every query names its checks and its span, which is the order in which rows lie on disk.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Table, inspect, select

from sentinel.model import sketch
from sentinel.model.observation import Fact, Verdict
from sentinel.model.sketch import Sketch
from sentinel.store import codec, due, rollups, tables
from sentinel.store.column import microseconds
from sentinel.store.due import HOUR_US
from sentinel.store.observations import VERDICTS, day_table
from sentinel.store.rollups import ANSWERED, MINUTE_US, Tally

PARTS: Final = 16
"""Sketches of one bucket that are in memory at a time."""
BAD = (VERDICTS.index(Verdict.DOWN), VERDICTS.index(Verdict.DEGRADED))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Samples of one check (its number) in one hour of a day, by verdict."""

    check: int
    hour: int
    verdict: Verdict
    n: int


@dataclass(slots=True)
class Bucket:
    """Samples of one stretch of time, while they are counted: how many of each verdict (in the order of `VERDICTS`), and how
    long those took that had an answer: sketches of some, and single times. Sketches are merged a few at a time: two years of a
    check's hours side by side would fill the memory."""

    counts: list[int] = field(default_factory=lambda: [0] * len(VERDICTS))
    parts: list[Sketch] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def add(self, counts: Iterable[int], times: Sketch) -> None:
        self.counts = [one + more for one, more in zip(self.counts, counts, strict=True)]
        self.parts.append(times)
        if len(self.parts) >= PARTS:
            self.parts = [sketch.merged(self.parts)]

    def tally(self) -> Tally:
        return Tally(counts=self.counts, times=sketch.merged([*self.parts, sketch.sketch_of(self.times)]))


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
    first = due.hour_of(datetime.combine(day, time(), UTC))
    counted: dict[due.Key, dict[int, int]] = {}
    for check, hour, found in rollups.counts(c, first, first + 23):
        counted[hour, check] = dict(enumerate(found))
    over, still = due.over(c), due.pending(c, first, first + 23)
    begin = min([max(first, over), *(hour for hour, _ in still)])
    raw: dict[due.Key, dict[int, int]] = {}
    for check, hour, verdict, n in rollups.raw_counts(c, day, begin):
        raw.setdefault((hour, check), {})[verdict] = n
    counted |= {key: found for key, found in raw.items() if key[0] >= over or key in still}
    return [
        Counted(check=check, hour=hour - first, verdict=VERDICTS[verdict], n=n)
        for (hour, check), found in counted.items()
        for verdict, n in found.items()
        if n
    ]


def buckets(c: Connection, checks: Collection[int], since: datetime, until: datetime, width: timedelta) -> dict[int, Tally]:
    """Number of the bucket, from `since` on → its scheduled samples, of all these checks together; empty ones left out.

    `since` lies on a whole minute, and `width` is of whole ones. Where both are of whole hours the roll-ups by hours will do.
    """
    start, end, step = microseconds(since), microseconds(until), width // timedelta(microseconds=1)
    first, last = start // HOUR_US, (end - 1) // HOUR_US
    over = due.over(c)
    still = due.pending(c, first, min(last, over - 1), checks)
    made: defaultdict[int, Bucket] = defaultdict(Bucket)
    read = _by_hours if start % HOUR_US == 0 and end % HOUR_US == 0 and step % HOUR_US == 0 else _by_minutes
    for check, at, tally in read(c, checks, first, min(last, over - 1)):
        if start <= at < end and (at // HOUR_US, check) not in still:
            made[(at - start) // step].add(tally.counts, tally.times)
    for wanted in [*_runs(still), (checks, max(first, over), last)]:
        for _, at, verdict, took in rollups.raw(c, *wanted):
            if start <= at < end:
                bucket = made[(at - start) // step]
                bucket.counts[verdict] += 1
                if took is not None and verdict in ANSWERED:
                    bucket.times.append(took)
    return {number: bucket.tally() for number, bucket in made.items()}


def _runs(still: Iterable[due.Key]) -> Iterator[tuple[Collection[int], int, int]]:
    """Hours in a row of one check, read at one go: after an upgrade all that is kept is due."""
    of_check: defaultdict[int, list[int]] = defaultdict(list)
    for hour, check in still:
        of_check[check].append(hour)
    for check, due_hours in of_check.items():
        for _, run in groupby(enumerate(sorted(due_hours)), lambda one: one[1] - one[0]):
            hours_of = [hour for _, hour in run]
            yield [check], hours_of[0], hours_of[-1]


def _by_hours(c: Connection, checks: Collection[int], first: int, last: int) -> Iterator[tuple[int, int, Tally]]:
    for check, hour, tally in rollups.hours(c, checks, first, last):
        yield check, hour * HOUR_US, tally


def _by_minutes(c: Connection, checks: Collection[int], first: int, last: int) -> Iterator[tuple[int, int, Tally]]:
    for check, hour, of_minute in rollups.minutes(c, checks, first, last):
        for minute, tally in of_minute.items():
            yield check, hour * HOUR_US + minute * MINUTE_US, tally


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
