"""How many times as long as the past says, so that four in five hold: steered by what became of the estimates that were made.

Belongs here: adaptive conformal prediction (Gibbs and Candès 2021) by tracking a quantile (Angelopoulos, Candès and Tibshirani
2023). Does not belong here: which estimates those were (grade.py), the quantiles themselves (history.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import exp, log
from typing import Final

from sentinel.estimate.grade import MARKS, Shadow

HALF, MOST = 0.5, 0.8
"""What is claimed of P50 and of P80."""
CLAIMS: Final = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
"""At these shares a scorecard compares what was claimed with what held."""
STEP: Final = 0.06
"""By how much (ln) one estimate that is missed more than claimed lengthens what is said. Where incidents come to last longer,
half of that is followed within some forty of them, while chance moves it by a tenth."""
FURTHEST: Final = log(5)
"""A long run of one kind must not have to be undone step by step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of P50 (`claimed` 0.5) or P80 (0.8) of an estimate at a mark, and how long after the beginning that was
    known."""

    mark: timedelta
    claimed: float
    held: bool
    after: timedelta


def outcomes(of: Shadow) -> tuple[Outcome, Outcome]:
    """A time is missed when it has passed, not only when the incident is over. Waiting for the end would hear of what held
    first and of the longest last: where many are open at once, the level swings between the two."""
    mark = _mark(of.elapsed)
    half = Outcome(mark=mark, claimed=HALF, held=of.lasted <= of.p50, after=min(of.lasted, of.p50))
    return half, Outcome(mark=mark, claimed=MOST, held=of.lasted <= of.p80, after=min(of.lasted, of.p80))


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """Elapsed time → ln of how many times as long as the past says P50 and P80 are, counted from then on. What was never
    graded is as the past says."""

    added: Mapping[timedelta, tuple[float, float]] = field(default_factory=dict)

    def at(self, elapsed: timedelta) -> tuple[float, float]:
        """How many times as long P50 and P80 are after `elapsed`: as at the last mark passed."""
        half, most = self.added.get(_mark(elapsed), (0.0, 0.0))
        return exp(half), exp(most)

    def of(self, claims: Sequence[float], elapsed: timedelta) -> tuple[float, ...]:
        """The same for other claims: between the two that are steered in proportion, beyond them as the nearer."""
        half, most = self.added.get(_mark(elapsed), (0.0, 0.0))
        parts = (min(1.0, max(0.0, (claim - HALF) / (MOST - HALF))) for claim in claims)
        return tuple(exp(half + part * (most - half)) for part in parts)

    def graded(self, of: Outcome) -> "Levels":
        """The levels once it is known what became of a figure: a miss raises its own, one that held lowers it, in such
        proportion that it rests where the claim is true."""
        half, most = self.added.get(of.mark, (0.0, 0.0))
        by = STEP * (of.claimed - of.held)
        if of.claimed == HALF:
            half = _bounded(half + by)
        else:
            most = _bounded(most + by)
        return Levels(added={**self.added, of.mark: (half, most)})


def _mark(elapsed: timedelta) -> timedelta:
    return max((one for one in MARKS if one <= elapsed), default=MARKS[0])


def _bounded(longer: float) -> float:
    return min(FURTHEST, max(-FURTHEST, longer))
