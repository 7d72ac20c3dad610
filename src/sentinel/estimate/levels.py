"""Which quantile to read so that four in five hold: steered by what became of the estimates that were made.

Belongs here: adaptive conformal prediction (Gibbs and Candès 2021). Does not belong here: which estimates those were
(grade.py), the quantiles themselves (history.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sentinel.estimate.grade import MARKS, Shadow

HALF, MOST = 0.5, 0.8
"""What is claimed of P50 and of P80."""
CLAIMS: Final = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
"""At these shares a scorecard compares what was claimed with what held."""
STEP: Final = 0.0125
"""By how much one estimate that is missed more than claimed moves the level: a source that has changed is followed within
some eighty incidents, while chance moves it by a hundredth or two."""
LOWEST, HIGHEST = 0.02, 0.985
BEYOND: Final = 0.05
"""How far what is remembered may lie beyond these: a long run of one kind must not have to be undone step by step."""


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
    """Elapsed time → what is added to the claimed 0.5 and 0.8. What was never graded adds nothing."""

    added: Mapping[timedelta, tuple[float, float]] = field(default_factory=dict)

    def at(self, elapsed: timedelta) -> tuple[float, float]:
        """The quantiles to read for P50 and P80 after `elapsed`: those of the last mark passed."""
        half, most = self.added.get(_mark(elapsed), (0.0, 0.0))
        return _bounded(HALF + half), _bounded(MOST + most)

    def of(self, claims: Sequence[float], elapsed: timedelta) -> tuple[float, ...]:
        """The quantiles to read for other claims: between the two that are steered in proportion, beyond them as the nearer."""
        half, most = self.added.get(_mark(elapsed), (0.0, 0.0))
        parts = [min(1.0, max(0.0, (claim - HALF) / (MOST - HALF))) for claim in claims]
        return tuple(_bounded(claim + half + part * (most - half)) for claim, part in zip(claims, parts, strict=True))

    def graded(self, of: Outcome) -> "Levels":
        """The levels once it is known what became of a figure: a miss raises its own, one that held lowers it, in such
        proportion that it rests where the claim is true."""
        half, most = self.added.get(of.mark, (0.0, 0.0))
        by = STEP * (of.claimed - of.held)
        if of.claimed == HALF:
            half = _bounded(HALF + half + by, BEYOND) - HALF
        else:
            most = _bounded(MOST + most + by, BEYOND) - MOST
        return Levels(added={**self.added, of.mark: (half, most)})


def _mark(elapsed: timedelta) -> timedelta:
    return max((one for one in MARKS if one <= elapsed), default=MARKS[0])


def _bounded(level: float, beyond: float = 0.0) -> float:
    return min(HIGHEST + beyond, max(LOWEST - beyond, level))
