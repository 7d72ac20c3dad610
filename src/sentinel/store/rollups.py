"""Roll-ups: what each check counted in an hour and in its minutes, made of the raw samples while those are there.

Belongs here: making them, how they lie on disk, reading them. Does not belong here: what is due (due.py), what is asked of them
(history.py), how long they are kept (retention.py).

Of an hour the sum, the smallest and the largest time are exact. Of a minute only the classes of its sketch are kept, which say
the same to within 1 %: exact numbers would take more room than all the rest.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain, islice, pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Select, bindparam, exists, func, inspect, select, type_coerce

from sentinel.model import sketch
from sentinel.model.observation import SampleKind, Verdict
from sentinel.model.sketch import Sketch
from sentinel.store import due, replayed, tables
from sentinel.store.due import HOUR_US
from sentinel.store.observations import SAMPLES, VERDICTS, day_table
from sentinel.store.upsert import upsert

SETTLED: Final = timedelta(minutes=5)
"""An hour is over so long after its end: what probers still had to tell of it has come. What comes later is counted too."""
MINUTE_US: Final = 60_000_000
LOOKED_AT: Final = 500
"""Checks of an hour that is over, in one transaction: 20 ms where all of them were seen."""
SCHEDULED: Final = SAMPLES.index(SampleKind.SCHEDULED)
ANSWERED: Final = frozenset({VERDICTS.index(Verdict.UP), VERDICTS.index(Verdict.DEGRADED)})
_h, _m = tables.rollup_hour, tables.rollup_minute
_COUNTS: Final = (_h.c.up, _h.c.degraded, _h.c.down, _h.c.unknown)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Scheduled samples of one stretch: how many of each verdict (in the order of `VERDICTS`), and the times, in microseconds,
    of those that had an answer."""

    counts: Sequence[int] = (0, 0, 0, 0)
    times: Sketch = field(default_factory=Sketch)


@dataclass(slots=True)
class _Minute:
    counts: list[int] = field(default_factory=lambda: [0] * len(VERDICTS))
    times: list[int] = field(default_factory=list)


def note_over(c: Connection, now: datetime) -> bool:
    """Take note of some checks that were seen in the next hour that is over; False when there is none. Who stores samples waits
    meanwhile, so it is never of all checks."""
    found = _next_over(c, due.over(c), due.hour_of(now - SETTLED))
    if found is None:
        return False
    day, hour = found
    if (last := due.looked_at(c, hour)) is None:
        return True
    known = tables.check_name.c.id
    some = select(known).where(known > last).order_by(known).limit(LOOKED_AT).subquery()
    upto = c.execute(select(func.max(some.c.id))).scalar_one()
    if upto is None:
        due.note_whole(c, hour, now)
    else:
        due.note_over(c, hour, _seen_in(day, hour, last, upto), upto, now)
    return True


def _next_over(c: Connection, first: int, until: int) -> tuple[str, int] | None:
    """(its day, the first hour) of which there may be samples, from one hour on and before another."""
    for day in replayed.days(c):
        begin = _first_hour(day)
        if max(first, begin) < min(until, begin + 24):
            return day, max(first, begin)
    return None


def _seen_in(day: str, hour: int, after: int, upto: int) -> Select[int]:
    """The checks from one number to another that have samples in an hour."""
    t, known = day_table(day).c, tables.check_name.c
    at = type_coerce(t.at, BigInteger)
    seen = exists().where(t.check_id == known.id, at >= hour * HOUR_US, at < (hour + 1) * HOUR_US)
    return select(known.id).where(known.id > after, known.id <= upto, seen)


def roll_up(c: Connection, most: int) -> int:
    """Roll up some of what is due; how many hours of checks."""
    taken = due.take(c, most)
    of_hour: defaultdict[int, list[int]] = defaultdict(list)
    for hour, check in taken:
        of_hour[hour].append(check)
    for hour, checks in of_hour.items():
        _roll_up(c, hour, checks)
    return len(taken)


def hours(c: Connection, checks: Collection[int], first: int, last: int) -> Iterator[tuple[int, int, Tally]]:
    """(check, hour, what it counted) from one hour to another."""
    asked = select(_h.c.check_id, _h.c.hour, *_COUNTS, _h.c.times).where(_h.c.check_id.in_(checks))
    for check, hour, *counts, times in c.execute(asked.where(_h.c.hour.between(first, last))):
        yield check, hour, Tally(counts=counts, times=sketch.from_numbers(_read(times)))


def counts(c: Connection, first: int, last: int) -> Iterator[tuple[int, int, Sequence[int]]]:
    """(check, hour, how many of each verdict) of every check, from one hour to another."""
    for check, hour, *found in c.execute(select(_h.c.check_id, _h.c.hour, *_COUNTS).where(_h.c.hour.between(first, last))):
        yield check, hour, found


def minutes(c: Connection, checks: Collection[int], first: int, last: int) -> Iterator[tuple[int, int, Mapping[int, Tally]]]:
    """(check, hour, minute → what it counted) from one hour to another."""
    asked = select(_m.c.check_id, _m.c.hour, _m.c.minutes).where(_m.c.check_id.in_(checks))
    for check, hour, kept in c.execute(asked.where(_m.c.hour.between(first, last))):
        yield check, hour, _minutes(_read(kept))


def raw(c: Connection, checks: Collection[int], first: int, last: int) -> Iterator[Any]:
    """(check, instant in microseconds, verdict, time), as they lie, of the scheduled samples that are kept from one hour to
    another."""
    for day in replayed.days(c):
        begin = _first_hour(day)
        if begin <= last and begin + 23 >= first:
            span = {"since": first * HOUR_US, "until": (last + 1) * HOUR_US}
            yield from c.execute(_samples(day), {"checks": list(checks), **span})


def raw_counts(c: Connection, day: date, first: int) -> Sequence[Any]:
    """(check, hour, verdict, how many) of the scheduled samples of a day that are kept, of every check from an hour on."""
    found = day_table(f"{day:%Y%m%d}")
    if not inspect(c).has_table(found.name):
        return ()
    t, at = found.c, type_coerce(found.c.at, BigInteger)
    hour = (at // HOUR_US).label("hour")
    # Named one by one, checks lie side by side in the order of the key: else the whole day is read.
    mine = (t.check_id.in_(select(tables.check_name.c.id)), at >= first * HOUR_US, t.sample == SCHEDULED)
    asked = select(t.check_id, hour, t.verdict, func.count()).where(*mine)
    return c.execute(asked.group_by(t.check_id, hour, t.verdict)).all()


@lru_cache(maxsize=64)
def _samples(day: str) -> Select[int, int, int, int | None]:
    t = day_table(day).c
    at = type_coerce(t.at, BigInteger)
    mine = (t.check_id.in_(bindparam("checks", expanding=True)), at >= bindparam("since"), at < bindparam("until"))
    return select(t.check_id, at, t.verdict, t.total_us).where(*mine, t.sample == SCHEDULED)


def _first_hour(day: str) -> int:
    return due.hour_of(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))


def _roll_up(c: Connection, hour: int, checks: Collection[int]) -> None:
    found: defaultdict[int, defaultdict[int, _Minute]] = defaultdict(lambda: defaultdict(_Minute))
    for check, at, verdict, time in raw(c, checks, hour, hour):
        minute = found[check][at // MINUTE_US % 60]
        minute.counts[verdict] += 1
        if time is not None and verdict in ANSWERED:
            minute.times.append(time)
    whole = {check: _sums(of_minute) for check, of_minute in found.items()}
    known = {check: sum(counted) for check, counted in _known(c, hour, list(found))}
    # Of an hour whose raw samples had their time only what came late would be left.
    better = [check for check in sorted(found) if sum(whole[check].values()) >= known.get(check, 0)]
    _put(c, _h, [_row(check, hour, **whole[check], times=_hour(found[check])) for check in better])
    _put(c, _m, [_row(check, hour, minutes=_of_minutes(found[check])) for check in better])


def _sums(of_minute: Mapping[int, _Minute]) -> dict[str, int]:
    """Verdict (its column) → how many."""
    sums = map(sum, zip(*(one.counts for one in of_minute.values()), strict=True))
    return {column.name: n for column, n in zip(_COUNTS, sums, strict=True)}


def _row(check: int, hour: int, **kept: Any) -> dict[str, Any]:
    return {"check_id": check, "hour": hour, **kept}


def _known(c: Connection, hour: int, checks: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    asked = select(_h.c.check_id, *_COUNTS).where(_h.c.hour == hour, _h.c.check_id.in_(checks))
    for check, *counted in c.execute(asked):
        yield check, counted


def _put(c: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        made = upsert(c, table)
        others = {column.name: made.excluded[column.name] for column in table.columns if not column.primary_key}
        c.execute(made.on_conflict_do_update(index_elements=["check_id", "hour"], set_=others), rows)


def _hour(found: Mapping[int, _Minute]) -> bytes:
    return _kept(sketch.to_numbers(sketch.sketch_of(time for one in found.values() for time in one.times)))


def _of_minutes(found: Mapping[int, _Minute]) -> bytes:
    """By columns, since what is alike lies side by side then and takes half the room: which minutes, the counts of each
    verdict, how many times, the smallest class of each minute by how far it is from the last one's, the others by how far they
    are from the one before."""
    there = sorted(found)
    classes = [sorted(map(sketch.class_of, found[minute].times)) for minute in there]
    columns = zip(*(found[minute].counts for minute in there), strict=True)
    smallest = [each[0] for each in classes if each]
    steps = (later - one for each in classes for one, later in pairwise(each))
    first = (sketch.folded(later - one) for one, later in pairwise((0, *smallest)))
    return _kept((len(there), *there, *chain(*columns), *map(len, classes), *first, *steps))


def _minutes(numbers: Iterator[int]) -> dict[int, Tally]:
    count = next(numbers)
    there = list(islice(numbers, count))
    counted = zip(*(list(islice(numbers, count)) for _ in VERDICTS), strict=True)
    lengths = list(islice(numbers, count))
    smallest = accumulate(map(sketch.unfolded, list(islice(numbers, sum(map(bool, lengths))))))
    found: dict[int, Tally] = {}
    for minute, counts, length in zip(there, counted, lengths, strict=True):
        classes = Counter(accumulate(islice(numbers, length - 1), initial=next(smallest))) if length else {}
        found[minute] = Tally(counts=counts, times=sketch.of_classes(classes))
    return found


def _kept(numbers: Iterable[int]) -> bytes:
    return zlib.compress(sketch.packed(numbers), 9)


def _read(kept: bytes) -> Iterator[int]:
    return sketch.unpacked(zlib.decompress(kept))
