"""Samples gathered into rows: a detector that learns is taught one row every so often, not each sample.

Belongs here: when a row is full, and which value stands for it. Does not belong here: what is learned of rows (baseline.py).

A row is the middle one of the samples that came within `every`, dated back to the first of them: one slow answer among several
is not what the check was like. It is handed out when a sample comes that belongs to the next one. Where samples come more
rarely than `every` nothing would be gained by waiting: each is a row, at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sentinel.model.learned import Gathered

MOST: Final = 32
"""So many values are kept of one row. Of more samples every second one is kept, then every fourth, and so on."""
_NEARLY: Final = 0.9
"""A check that is asked once in `every` is a little early at times."""


class Row(NamedTuple):
    """What stands for the `samples` that began at `at` or after."""

    at: datetime
    value: float
    samples: int


def add(held: Gathered | None, at: datetime, value: float, every: timedelta) -> tuple[Gathered, tuple[Row, ...]]:
    """What is gathered with one more sample, and the rows that this makes full, in order.

    A sample that is not newer than the last one changes nothing: the very same `held` comes back. One that is older by more
    than a row begins a new one: the clock was ahead, and has been set right.
    """
    if held is None:
        return _begun(at, value), ()
    if held.last - at > every:
        return _begun(at, value, held.before), ()
    if at <= held.last:
        return held, ()
    if at - held.began < (every if held.seen > 1 else _NEARLY * every):
        return (_more(held, at, value) if held.values else _begun(at, value, held.before)), ()
    full = row_of(held) if held.values else None
    if full is not None and full.samples > 1:
        return _begun(at, value, full.value), (full,)
    alone = Row(at, value, 1)
    return Gathered(began=at, last=at, before=value), (alone,) if full is None else (full, alone)


def row_of(held: Gathered) -> Row:
    """The row that these samples are. Of two in the middle, the one that is nearer to the row before."""
    return Row(held.began, _middle(held.values, held.before), held.seen)


def _begun(at: datetime, value: float, before: float | None = None) -> Gathered:
    return Gathered(began=at, last=at, values=(value,), before=before)


def _more(held: Gathered, at: datetime, value: float) -> Gathered:
    if held.seen % held.each:
        return replace(held, last=at, seen=held.seen + 1)
    values, each = (*held.values, value), held.each
    if len(values) == MOST:
        values, each = values[::2], 2 * each
    return replace(held, last=at, seen=held.seen + 1, values=values, each=each)


def _middle(values: Sequence[float], before: float | None) -> float:
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if before is None or abs(low - before) <= abs(high - before) else high
