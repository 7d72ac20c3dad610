"""What is usual for a number, learned as it comes, and the evidence that it no longer is. Docs: explanation/unusual.md.

Belongs here: the arithmetic of one row. Does not belong here: which samples are a row (gather.py), which number of a check,
when a signal is raised and cleared (kind/unusual.py); its record (model/learned.py).

A number is seen in several views: its mean over 1 to 96 rows, its spread about those, and what is left of it beyond what its
hour lets expect. Each view keeps the range that it has ever had; the range shrinks slowly, so that what was long ago is
forgotten. A view that leaves its range is evidence, measured in widths of that range; no distribution is assumed. That range
then holds the new value too, so a level that stays is evidence once and is then learned. Evidence adds up over rows, and
fades.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from math import exp, log, sqrt
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from sentinel.model.learned import Learned, Line

SPANS: Final = (1, 6, 24, 96)
"""Rows that the means reach over."""
BEYOND: Final = (6, 24)
"""Rows that the means of the residual reach over."""
LIMIT: Final = 0.09
"""The evidence at which a row is suspect: about a tenth of the width of all that was ever usual."""
QUIET: Final = 50
"""So many rows after it nothing is suspected anew: one disturbance is one suspicion."""
LEARNING_ROWS: Final = 150
DAY_LONG: Final = 86_400.0
"""Nothing is suspected before a day and `LEARNING_ROWS` have been seen."""
_FADES: Final = 0.8
_MOST: Final = 1.0
"""The most that one row can add to the evidence."""
_CLIPPED: Final = 0.5
"""A value so many widths beyond its range teaches no more than one at that distance would."""
_HALVES: Final = 90 * DAY_LONG
"""In so long the width of a range that is never used halves."""
_PAUSE: Final = 7 * DAY_LONG
"""Longer gaps between rows narrow a range no further: nobody looked, or the clock was wrong."""
_HOURLY: Final = 0.3
"""How much of an hour's expectation its latest instance makes up."""
_MISSES, _LEVEL = 8 * 3600.0, 28 * 3600.0
"""The lengths over which the expectations are compared, and over which the slow mean reaches."""
_COMPARED: Final = 100
VIEWS: Final = (
    "the value",
    *(f"its mean over {span} rows" for span in SPANS[1:]),
    *(f"its spread over {span} rows" for span in SPANS[1:]),
    *("its distance from what this hour lets expect",) * len(BEYOND),
)
"""The views in words, in the order of `views`."""
_A = tuple(2 / (span + 1) for span in SPANS)
_B = tuple(2 / (span + 1) for span in BEYOND)
_PLAIN: Final = 2 * len(SPANS) - 1
"""The views that need no expectation: as many means, and the spread about all of them but the first."""


class Taken(NamedTuple):
    """What is known after a row, and the evidence gathered with it (0: as usual, still learning, or quiet)."""

    known: Learned
    evidence: float


class _Expected(NamedTuple):
    """What the hours have learned, what they have missed, and how many views count."""

    residuals: tuple[float, ...]
    misses: tuple[float, ...]
    compared: int
    day: tuple[float | None, ...]
    week: tuple[float | None, ...]
    counts: int


def begin(fact: str, at: datetime, value: float) -> Learned:
    """What the first row of a number says."""
    stamp, views = at.timestamp(), (value,) * len(SPANS) + (0.0,) * (len(SPANS) - 1 + len(BEYOND))
    return Learned(
        fact=fact,
        since=stamp,
        at=stamp,
        rows=1,
        level=value,
        means=(value,) * len(SPANS),
        spreads=(0.0,) * len(SPANS),
        residuals=(0.0,) * len(BEYOND),
        low=views,
        high=views,
    )


def to_text(known: Learned) -> str:
    return _text().dump_json(known).decode()


def from_text(text: str, fact: str) -> Learned | None:
    """What was learned of the number `fact`; None where that was another one, or was looked at in other views."""
    try:
        known = _text().validate_json(text) if text else None
    except ValidationError:
        return None
    return known if known is not None and known.fact == fact and len(known.low) == len(VIEWS) else None


def is_learning(known: Learned) -> bool:
    return known.rows <= LEARNING_ROWS or known.at - known.since < DAY_LONG


def take(known: Learned, at: datetime, value: float) -> Taken:
    """Take one row in. One that is not newer than the last changes nothing, but for this: where it is older by more than a day
    the clock was ahead, and has been set right. It teaches nothing then, and those after it do."""
    stamp = at.timestamp()
    gap = stamp - known.at
    if gap < -DAY_LONG:
        return Taken(replace(known, at=stamp, since=min(known.since, stamp)), 0.0)
    if gap <= 0:
        return Taken(known, 0.0)
    if not is_learning(known):
        room = _CLIPPED * (known.high[0] - known.low[0])
        value = min(max(value, known.low[0] - room), known.high[0] + room)
    means, spreads = _averaged(known, value)
    hours = _expected(known, stamp, value, gap)
    after = replace(
        known,
        at=stamp,
        rows=known.rows + 1,
        level=known.level + min(1.0, gap / _LEVEL) * (value - known.level),
        means=means,
        spreads=spreads,
        residuals=hours.residuals,
        misses=hours.misses,
        compared=hours.compared,
        day=hours.day,
        week=hours.week,
    )
    return _weighed(after, gap, hours.counts)


def _averaged(known: Learned, value: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The means and the spreads about them, moved."""
    means, spreads = [], []
    for a, mean, spread in zip(_A, known.means, known.spreads, strict=True):
        off = value - mean
        means.append(mean + a * off)
        spreads.append((1 - a) * (spread + a * off * off))
    return tuple(means), tuple(spreads)


def _expected(known: Learned, stamp: float, value: float, gap: float) -> _Expected:
    """The hours' expectations learned, and the residuals moved.

    The hour of the week is asked after two weeks, and where it has erred less than the hour of the day. The residual counts
    where that expectation errs less than the slow mean does: a number without hours of its own has none.
    """
    hour = int(stamp // 3600)
    daily, weekly = known.day[hour % 24], known.week[hour % 168]
    age = stamp - known.since
    expected = daily if age > DAY_LONG else None
    by = 1
    if weekly is not None and age > 14 * DAY_LONG and known.misses[2] < known.misses[1]:
        expected, by = weekly, 2
    learned = _HOURLY * min(1.0, gap / 3600)
    residuals, misses, counts = known.residuals, known.misses, _PLAIN
    if expected is not None:
        left = value - expected
        residuals = tuple(old + b * (left - old) for b, old in zip(_B, residuals, strict=True))
        misses = _missed(known, value, (known.level, daily, weekly), gap)
        if misses[by] < misses[0] and known.compared >= _COMPARED:
            counts += len(_B)
    return _Expected(
        residuals=residuals,
        misses=misses,
        compared=known.compared + (expected is not None),
        day=_moved(known.day, hour % 24, value, learned),
        week=_moved(known.week, hour % 168, value, learned),
        counts=counts,
    )


def _missed(known: Learned, value: float, said: tuple[float | None, ...], gap: float) -> tuple[float, ...]:
    """The average misses with those of this row; an hour that has said nothing yet has missed nothing."""
    a = min(1.0, gap / _MISSES)
    both = zip(said, known.misses, strict=True)
    return tuple(old if guess is None else old + a * (abs(value - guess) - old) for guess, old in both)


def _moved(hours: tuple[float | None, ...], at: int, value: float, by: float) -> tuple[float | None, ...]:
    old = hours[at]
    new = value if old is None else old + by * (value - old)
    return (*hours[:at], float(f"{new:.6g}"), *hours[at + 1 :])


def views(known: Learned) -> tuple[float, ...]:
    """The number as it is looked at, in the order of `Learned.low` and `high`."""
    return (*known.means, *(sqrt(spread) for spread in known.spreads[1:]), *known.residuals)


def _weighed(known: Learned, gap: float, counts: int) -> Taken:
    """How far the views have left their ranges, gathered; the ranges take the new values in."""
    low, high = list(known.low), list(known.high)
    shrink = (1 - exp(-log(2) * min(gap, _PAUSE) / _HALVES)) / 2
    left: dict[int, float] = {}
    for at, view in enumerate(views(known)):
        if at >= _PLAIN and known.compared <= 1:
            low[at] = high[at] = view
            continue
        width = high[at] - low[at]
        off = max(view - high[at], low[at] - view)
        if off <= 0:
            low[at], high[at] = low[at] + shrink * width, high[at] - shrink * width
            continue
        low[at], high[at] = min(low[at], view), max(high[at], view)
        if at < counts:
            left[at] = off / (width + 1e-9 * abs(view) + 1e-12)
    return _gathered(known, low, high, left)


def _gathered(known: Learned, low: Sequence[float], high: Sequence[float], left: dict[int, float]) -> Taken:
    """`left`: view → by how many widths it has left its range. `known` has the ranges of before, `low` and `high` those after.

    The line is that of the value itself where that has left its range: its means and spreads stay away long after a single one.
    """
    evidence = _FADES * known.evidence + min(max(left.values(), default=0.0), _MOST)
    speaks = not is_learning(known) and known.quiet == 0
    suspect = speaks and evidence >= LIMIT and bool(left)
    where = 0 if 0 in left or not left else max(left, key=lambda view: left[view])
    after = replace(
        known,
        low=tuple(low),
        high=tuple(high),
        evidence=evidence,
        quiet=QUIET if suspect else max(0, known.quiet - 1),
        line=Line(view=where, low=known.low[where], high=known.high[where], value=known.means[0]) if suspect else known.line,
    )
    return Taken(after, evidence if speaks else 0.0)


@cache
def _text() -> TypeAdapter[Learned]:
    return TypeAdapter(Learned)
