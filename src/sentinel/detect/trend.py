"""Trend: where a series of numbers is going, and how sure that is. Robust: a third of the points may be wild.

The slope is Theil's and Sen's: the median of those between all pairs of points, its interval from Kendall's tau (Sen 1968).
That holds for points whose errors do not depend on each other; where neighbours err alike, there is less in them than their
number says, and the interval is widened by sqrt((1 + r) / (1 - r)), r being the correlation of neighbouring residuals. The
level is the median of what is left.

Belongs here: the fit, and when a limit is crossed. Does not belong here: which points (kind/forecast.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf, sqrt
from statistics import median
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]
"""(seconds, value)."""
Z: Final = 1.645
"""Nine intervals in ten hold the true slope."""
_ALIKE: Final = 0.95
_NORMAL: Final = 1.4826
"""From the median absolute deviation to a standard deviation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """Per second: `slope`, between `low` and `high`. `level`: at the last point, give or take `spread`."""

    slope: float
    low: float
    high: float
    level: float
    spread: float

    def until(self, limit: float, *, rising: bool) -> tuple[float, float, float]:
        """Seconds from the last point until `limit` is crossed: as it looks, at the soonest, at the latest (`inf`: never)."""
        sign = 1.0 if rising else -1.0
        fast, slow = (self.high, self.low) if rising else (self.low, self.high)
        ahead = sign * (limit - self.level)
        return (
            _reach(ahead, sign * self.slope),
            _reach(ahead - self.spread, sign * fast),
            _reach(ahead + self.spread, sign * slow),
        )


def fit(points: Sequence[Point]) -> Trend:
    """The trend of three points or more, in the order of their times, no two at the same one."""
    slopes = sorted(
        (value - earlier) / (at - before) for place, (at, value) in enumerate(points) for before, earlier in points[:place]
    )
    end = points[-1][0]
    slope = median(slopes)
    flat = [value - slope * (at - end) for at, value in points]
    level = median(flat)
    residuals = [value - level for value in flat]
    spread = _NORMAL * median(abs(one) for one in residuals)
    many = len(points)
    wide = Z * sqrt(many * (many - 1) * (2 * many + 5) / 18) * _widening(residuals)
    low, high = floor((len(slopes) - wide) / 2), ceil((len(slopes) + wide) / 2)
    return Trend(
        slope=slope,
        low=slopes[low] if low >= 0 else -inf,
        high=slopes[high] if high < len(slopes) else inf,
        level=level,
        spread=spread,
    )


def _widening(residuals: list[float]) -> float:
    """By how much an interval grows because neighbours err alike."""
    whole = sum(one * one for one in residuals)
    alike = sum(one * other for one, other in pairwise(residuals))
    correlation = min(max(alike / whole, 0.0), _ALIKE) if whole > 0 else 0.0
    return sqrt((1 + correlation) / (1 - correlation))


def _reach(ahead: float, speed: float) -> float:
    if ahead <= 0:
        return 0.0
    return ahead / speed if speed > 0 else inf
