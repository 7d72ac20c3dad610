"""How good our estimates and promises were, graded as first published (P12), the unpublished ones in the shadow.

Belongs here: the arithmetic of one set of ended episodes. Does not belong here: choosing the set (card.py), showing it (serve,
cli).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log, sqrt
from statistics import fmean, median
from typing import Final

from sentinel.model.estimate import Claim, Episode, Marked, Promise, PromiseKind, PromiseState

MARKS = (timedelta(0), timedelta(minutes=30), timedelta(minutes=60))
"""Elapsed times at which an estimate is made to be graded."""
LATE_AFTER: Final = timedelta(minutes=30)
"""An estimate that was made so long after its mark, since nobody had seen the incident or no hub was there, answers another
question: it is counted apart, and teaches nothing."""
_CLAIMED = 0.8
_SHORTEST = 60.0
"""Seconds; remaining times are compared by ratio, and below this they count as this."""
_SIDE: Final = 1.959964
"""Standard errors to each side of an interval that holds 95 %."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadow:
    """What was said of one incident after `elapsed`, and what `lasted` then proved to be; all total durations."""

    elapsed: timedelta
    lasted: timedelta
    p50: timedelta
    p80: timedelta
    curve: tuple[Claim, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The shadow estimates at one mark. Figures are None when there was nothing to grade.

    `covered`: share that ended within P80 (claimed: 0.8), `covered_half` within P50. `width`: median of P80 as remaining time.
    `miss`: median distance of the true duration from P50. `lean`: median of true less P50: positive says that we are usually
    too early, negative too late. `pinball`: mean pinball loss at 0.8 of ln(remaining minutes), punishing late and
    needlessly long alike; lower is better. `withheld`: still open at the mark, nothing said; `late`: said long after the mark.
    Neither is in any share. `between`: where the true share of P80 lies, with 95 % confidence, for so few.
    """

    mark: timedelta
    graded: int
    withheld: int
    late: int = 0
    covered: float | None = None
    covered_half: float | None = None
    width: timedelta | None = None
    miss: timedelta | None = None
    lean: timedelta | None = None
    pinball: float | None = None
    between: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The first time of return published in each episode against its recovery; `withheld`: episodes without any.

    `broken` counts every miss, and of them `moved` and `held` were owned in time.
    """

    kept: int
    broken: int
    moved: int
    held: int
    withheld: int


def score(shadows: Sequence[Shadow], mark: timedelta, withheld: int = 0, late: int = 0) -> Score:
    """The figures of one mark."""
    if not shadows:
        return Score(mark=mark, graded=0, withheld=withheld, late=late)
    covered = [shadow.lasted <= shadow.p80 for shadow in shadows]
    return Score(
        mark=mark,
        graded=len(shadows),
        withheld=withheld,
        late=late,
        covered=fmean(covered),
        covered_half=fmean(shadow.lasted <= shadow.p50 for shadow in shadows),
        width=_median(shadow.p80 - shadow.elapsed for shadow in shadows),
        miss=_median(abs(shadow.lasted - shadow.p50) for shadow in shadows),
        lean=_median(shadow.lasted - shadow.p50 for shadow in shadows),
        pinball=fmean(map(_pinball, shadows)),
        between=interval(sum(covered), len(covered)),
    )


def interval(held: int, of: int) -> tuple[float, float]:
    """Where the true share lies with 95 % confidence when `held` of `of` did (Wilson 1927): honest for few, never beyond 0 to
    1. It takes incidents for independent; those of one event are not, so that it is rather too narrow."""
    share, square = held / of, _SIDE * _SIDE
    middle = (share + square / (2 * of)) / (1 + square / of)
    side = _SIDE * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - side), min(1.0, middle + side)


def is_late(said: Marked) -> bool:
    return said.elapsed >= said.mark + LATE_AFTER


def is_of_an_open_one(of: Episode, said: Marked) -> bool:
    """Whether the episode really was open still when it was said, and its end is known. What was dismissed has no end."""
    return of.recovered_at is not None and of.recovered_at > max(said.made_at, said.began_at + said.mark)


def shadow(of: Episode, said: Marked) -> Shadow | None:
    """What was said at a mark, and what became of it. None: nothing was said, it was over by then, or it is open still."""
    if of.recovered_at is None or said.p50 is None or said.p80 is None or not is_of_an_open_one(of, said):
        return None
    return Shadow(
        # A second early, by a clock that was set, is no other mark.
        elapsed=max(said.elapsed, said.mark),
        lasted=of.recovered_at - said.began_at,
        p50=said.p50,
        p80=said.p80,
        curve=said.curve,
    )


def first_eta(promises: Iterable[Promise], episode: int) -> Promise | None:
    """The first time of return that reached anybody in the episode: the one that is graded."""
    given = [one for one in promises if one.episode == episode and one.state is not PromiseState.WITHDRAWN]
    etas = [one for one in given if one.kind is PromiseKind.ETA]
    return min(etas, key=lambda one: (one.published_at, one.id), default=None)


def kept(ended: Iterable[Episode]) -> Kept:
    """What became of the promises of these episodes. Those that are open, or were dismissed, are left out."""
    firsts = [(one.recovered_at, first_eta(one.promises, one.episode)) for one in ended if one.recovered_at is not None]
    missed = [promise for recovered_at, promise in firsts if promise and recovered_at > promise.at]
    published = sum(promise is not None for _, promise in firsts)
    return Kept(
        kept=published - len(missed),
        broken=len(missed),
        moved=sum(promise.state is PromiseState.MOVED for promise in missed),
        held=sum(promise.state is PromiseState.HELD for promise in missed),
        withheld=len(firsts) - published,
    )


def _pinball(shadow: Shadow) -> float:
    late = log(_remaining(shadow.lasted, shadow)) - log(_remaining(shadow.p80, shadow))
    return max(_CLAIMED * late, (_CLAIMED - 1) * late)


def _remaining(total: timedelta, shadow: Shadow) -> float:
    return max((total - shadow.elapsed).total_seconds(), _SHORTEST)


def _median(durations: Iterable[timedelta]) -> timedelta:
    return timedelta(seconds=median(duration.total_seconds() for duration in durations))
