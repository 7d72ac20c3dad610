"""How many contacts are usual in one quarter of an hour: learned from the same hour of the week, and from as much as there is.

Nothing is kept: what is usual is worked out anew from the counts as they are stored, so a restart forgets nothing, an imported
history counts at once, and a count that is corrected corrects what is usual. Belongs here: the mean and the spread. Does not
belong here: what is too many (contacts.py).

The mean is built in three steps, each of which leans on the one before for as long as it has little of its own: all of the
last day; the same time on days of the same kind (working days; Saturdays and Sundays); the same time on the same day of the
week. What is far above its like is cut before it is learned, so that a past disturbance does not become usual. Then the day
itself: what came earlier today, against what was usual for it, moves the mean (a Monday after a holiday is busier as a whole)
and says how well this day is known.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import sqrt
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.model.contact import slot_of, start_of

DAYS: Final = 56
"""Eight weeks are learned from."""
DAY: Final = 96
BLOCK: Final = 8
"""What came in so many quarters of an hour says how busy this day is."""
APART: Final = 4
"""Quarters of an hour before the judged one that say nothing of what is usual: they may be the spike's beginning."""
WEEK_LEANS: Final = 2.0
KIND_LEANS: Final = 1.0
SPREAD_UNKNOWN: Final = 0.25
"""Of a level alone: by day and by night callers differ so much."""
SPREAD_USUAL: Final = 0.08
"""Of one hour among its like, where little is known of it."""
SPREAD_LEANS: Final = 4.0
LEAST_SPREAD: Final = 0.01
LEVEL_LEANS: Final = 24.0
OF_THE_DAY: Final = 0.7
"""How much of the spread is that of whole days; the rest is that of a quarter of an hour."""
LEARNED_DAYS: Final = 5
ENOUGH: Final = 3
"""So many days of the kind, and an hour of a day is known. Before, `learning`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """`mean` contacts, with the variance mean + spread * mean². `days`: of how many like it that is known. `most`: the most
    that ever came in a quarter of an hour, where there are too few days to know more."""

    mean: float
    spread: float
    days: int
    most: int = 0

    @property
    def is_learned(self) -> bool:
        return self.days >= LEARNED_DAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class Like:
    """The same time on one of the days before. `same`: the same day of the week; `weight`: how much it counts."""

    slot: int
    day: date
    same: bool
    alike: bool
    weight: float


@lru_cache(maxsize=64)
def likes(slot: int, zone: str) -> tuple[Like, ...]:
    """The same time by the clock of `zone` on each of the days before, the latest first."""
    there = start_of(slot).astimezone(ZoneInfo(zone))
    found = []
    for back in range(1, DAYS + 1):
        then = there - timedelta(days=back)
        alike = _kind(then.date()) == _kind(there.date())
        same = then.weekday() == there.weekday()
        found.append(Like(slot=slot_of(then), day=then.date(), same=same, alike=alike, weight=0.5 ** (back / 28)))
    return tuple(found)


def _kind(day: date) -> int:
    return int(day.weekday() >= 5)


def usual(counts: Mapping[int, int], slot: int, zone: str, *, first: int, days: Collection[date], until: int) -> Usual:
    """What is usual in `slot`.

    `counts`: slot → how many; nothing stands for none. `first`: the first slot in which this was ever counted. `days`: those,
    by the clock of `zone`, on which anything at all was counted: on others nobody counted. `until`: slots from here on are
    not learned from.
    """
    known = [one for one in likes(slot, zone) if one.slot >= first and one.day in days]
    alike = [one for one in known if one.alike]
    level = _level(counts, first, until)
    if not alike:
        return Usual(mean=level.mean, spread=level.spread, days=0, most=level.most)
    mean = _leaning(level.mean, [(float(counts.get(one.slot, 0)), one) for one in alike])
    spread = _spread(counts, alike, mean)
    return _of_today(counts, slot, alike, level, until, Usual(mean=mean, spread=spread, days=len(alike), most=level.most))


def _leaning(level: float, at: Sequence[tuple[float, Like]]) -> float:
    most = max(_most([value for value, _ in at]), _most([value for value, one in at if one.same]))
    cut = [(min(value, most), one) for value, one in at]
    leans = KIND_LEANS if len(at) < ENOUGH else 0.0
    kind = _lean(level, leans, [(value, one.weight) for value, one in cut])
    return _lean(kind, WEEK_LEANS, [(value, one.weight) for value, one in cut if one.same])


def _lean(on: float, much: float, values: Sequence[tuple[float, float]]) -> float:
    return (much * on + sum(value * weight for value, weight in values)) / (much + sum(weight for _, weight in values))


def _most(values: Sequence[float]) -> float:
    """The most that is learned as it is."""
    middle = median(values) if values else 0.0
    return middle + 4 * sqrt(middle + 1) + middle / 2


def _spread(counts: Mapping[int, int], alike: Sequence[Like], mean: float) -> float:
    """By moments, of counts that are cut; leaning on what is usual of a desk."""
    same = [one for one in alike if one.same]
    values = [float(counts.get(one.slot, 0)) for one in (same if len(same) >= ENOUGH else alike)]
    most, mine = _most(values), max(mean, 0.25)
    over = sum((min(value, most) - mine) ** 2 - mine for value in values) / mine**2
    much = SPREAD_LEANS + len(values)
    return max((SPREAD_LEANS * SPREAD_USUAL + over) / much, LEAST_SPREAD) * (1 + 1 / len(values))


def _of_today(counts: Mapping[int, int], slot: int, alike: Sequence[Like], level: "_Level", until: int, hour: Usual) -> Usual:
    """The same, knowing what came earlier today."""
    end = min(slot - APART, until)
    back = slot - end
    if back > DAY:
        return hour  # of this day nothing is known but the disturbance
    at = [(float(sum(_some(counts, one.slot - back))), one) for one in alike]
    expected = _leaning(level.mean * BLOCK, at)
    seen = sum(_some(counts, end))
    certain = 1 / (OF_THE_DAY * hour.spread)
    factor = min(max((certain + seen) / (certain + expected), 0.5), 3.0)
    spread = (1 - OF_THE_DAY) * hour.spread + 1 / (certain + seen)
    return Usual(mean=hour.mean * factor, spread=spread, days=hour.days, most=hour.most)


def _some(counts: Mapping[int, int], end: int) -> list[int]:
    return [counts.get(each, 0) for each in range(end - BLOCK, end)]


@dataclass(frozen=True, slots=True)
class _Level:
    mean: float
    spread: float
    most: int


def _level(counts: Mapping[int, int], first: int, until: int) -> _Level:
    """Of the last day, whatever its hours: the cautious beginning, when there is nothing like this hour."""
    came = [float(counts.get(each, 0)) for each in range(max(first, until - DAY), until)]
    number, cap = len(came), _most(came)
    values = [min(value, cap) for value in came]
    mean = (1 + sum(values)) / (2 + number)
    over = sum((value - mean) ** 2 - mean for value in values) / mean**2 if number else 0.0
    spread = (LEVEL_LEANS * SPREAD_UNKNOWN + max(over, 0.0)) / (LEVEL_LEANS + number)
    return _Level(mean, spread, max((n for each, n in counts.items() if each < until), default=0))
