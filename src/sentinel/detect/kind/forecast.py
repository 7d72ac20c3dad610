"""`forecast`: a number will cross its limit soon: a certificate's days, a queue, a disk, a quota.

One sample of each slot is remembered, 72 slots of `over`, and each slot the trend is asked anew (detect/trend.py): when does it
cross, at the soonest and at the latest? It is claimed when even the latest is within the horizon, and nothing is foretold for
longer than has been looked at. Belongs here: which points, and when to claim. Does not belong here: the fit.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import inf
from statistics import median
from typing import Final, NamedTuple
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.detect import run, trend
from sentinel.detect.number import number_of
from sentinel.detect.trend import Point, Trend
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED
SLOTS: Final = 72
ENOUGH: Final = 12
"""Points before anything is foretold."""
TURN: Final = 2
"""So many points in a row far from where the trend led. Towards the limit: what was before says nothing now. Away from it (a
new certificate, a queue that is drained): nothing is claimed, and the past is kept; or a log that is rotated each night would
be a new trend each day."""
LATE: Final = 300.0
"""Seconds by which a sample may come late."""
SPARSE: Final = 3
"""Each third point is enough to know where it led."""
FAR: Final = 8.0
"""Spreads that count as far."""
GRAIN: Final = 4.0
"""And so many times the usual difference of two points: a number that moves by whole days makes no turns."""


class Options(BaseModel):
    """Which number, its limit, and how far ahead. One of `above` and `below` is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str = Field(default="value", max_length=100, description="The number that is followed, a fact of the check's kind.")
    above: float | None = Field(default=None, allow_inf_nan=False, description="The limit that it must not rise to.")
    below: float | None = Field(default=None, allow_inf_nan=False, description="The limit that it must not fall to.")
    horizon: timedelta = Field(
        default=timedelta(days=3),
        gt=timedelta(0),
        le=timedelta(days=366),
        description="Staff are warned when it crosses within this, and for certain.",
    )
    over: timedelta = Field(
        default=timedelta(days=3),
        ge=timedelta(minutes=12),
        le=timedelta(days=366),
        description="How much of the past tells the trend; a sixth of it must have been seen before anything is foretold.",
    )
    samples: int = Field(default=2, ge=1, le=SLOTS, description="How many slots (of `over`, 72) in a row must say so.")
    clears_after: int = Field(default=2, ge=1, le=SLOTS, description="How many slots in a row must say otherwise to end it.")

    @model_validator(mode="after")
    def _has_a_limit(self) -> "Options":
        if (self.above is None) == (self.below is None):
            raise ValueError("one of `above` and `below` is wanted here: the limit, and the side on which it is bad")
        return self

    @property
    def limit(self) -> float:
        """Whichever is written."""
        limit = self.below if self.above is None else self.above
        assert limit is not None, "the validator has seen to it"
        return limit

    @property
    def persistence(self) -> timedelta:
        return timedelta(0)

    @property
    def slot(self) -> float:
        """Seconds."""
        return self.over.total_seconds() / SLOTS


class Crossing(NamedTuple):
    """Seconds until the limit: as it looks, at the soonest, at the latest."""

    likely: float
    soonest: float
    latest: float


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """The first scheduled sample of each slot counts; the others change nothing and cost nothing. Each check has times of
    its own for its slots, so that not all of them are worked out in one second.

    `learned` holds the points, the newest last: `seconds:value` (whole seconds since 1970).
    """
    value = number_of(seen, options.fact)
    if seen.verdict is Verdict.UNKNOWN or seen.sample is not SampleKind.SCHEDULED or value is None:
        return held
    at = int(seen.at.timestamp())
    last = int(held.learned.rpartition(" ")[2].partition(":")[0] or 0)
    over, shift = options.over.total_seconds(), crc32(seen.check.encode()) % options.slot
    if (at + shift) // options.slot <= (last + shift) // options.slot and last - at < max(options.slot, LATE):
        return held  # the slot has its point; or the sample is late, and no clock was set back
    points = [one for one in points_of(held.learned) if 0 < at - one[0] < over]
    points = [*points, (float(at), value)][-SLOTS:]
    departure = _departure(points, options)
    if departure > 0:
        points = points[-TURN:]
    held = replace(held, learned=" ".join(f"{when:.0f}:{number:.7g}" for when, number in points))
    is_bad = departure == 0 and _is_certain(points, options)
    return (run.bad if is_bad else run.good)(held, seen.at, options)


def points_of(learned: str) -> list[Point]:
    """What is remembered, the newest last."""
    return [(float(at), float(value)) for at, _, value in (one.partition(":") for one in learned.split())]


def _departure(points: Sequence[Point], options: Options) -> int:
    """Whether the last points lie far from where the others led: 1 towards the limit, -1 away from it, 0 for neither."""
    before, new = points[:-TURN], points[-TURN:]
    if len(before) < ENOUGH:
        return 0
    was = trend.fit(before[::-SPARSE][::-1])
    grain = median([abs(then - value) for (_, value), (_, then) in pairwise(before) if then != value] or [0.0])
    far = FAR * was.spread + GRAIN * grain + 1e-9 * max(abs(was.level), 1.0)
    sign = 1 if options.above is not None else -1
    off = [sign * (value - was.level - was.slope * (at - before[-1][0])) for at, value in new]
    return int(min(off) > far) - int(max(off) < -far)


def _is_certain(points: Sequence[Point], options: Options) -> bool:
    found = crossing(points, options)
    seen_for = points[-1][0] - points[0][0]
    return found is not None and found.latest <= min(options.horizon.total_seconds(), seen_for)


def crossing(points: Sequence[Point], options: Options) -> Crossing | None:
    """When the limit is crossed; None where too little was seen.

    It begins where the trend is, or where the last points are, whichever is farther from the limit: right after a turn for the
    better the trend is still that of before.
    """
    if len(points) < ENOUGH:
        return None
    found: Trend = trend.fit(points)
    rising = options.above is not None
    lately = median(value for _, value in points[-TURN - 1 :])
    level = min(found.level, lately) if rising else max(found.level, lately)
    return Crossing(*replace(found, level=level).until(options.limit, rising=rising))


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """For the evidence: "value reaches 95 in 26 h (19 h to 2 days)"."""
    found = crossing(points_of(held.learned), options)
    if found is None or found.likely == 0:
        return f"{options.fact} is at its limit of {options.limit:g}"
    soonest, latest = (_length(one) for one in (found.soonest, found.latest))
    between = f" ({soonest} to {latest})" if soonest != latest else ""
    return f"{options.fact} reaches {options.limit:g} in {_length(found.likely)}{between}"


def _length(seconds: float) -> str:
    if seconds == inf:
        return "never"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h" if seconds < 48 * 3600 else f"{round(seconds / 86400)} days"
