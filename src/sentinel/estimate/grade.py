"""How good our estimates and promises were, graded as first published (P12), the unpublished ones in the shadow.

Belongs here: the arithmetic of one set of ended incidents. Does not belong here: choosing the set (by service, by month) and
showing it (report).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from statistics import fmean, median

from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind, PromiseState

MARKS = (timedelta(0), timedelta(minutes=30), timedelta(minutes=60))
"""Elapsed times at which the estimate that stood is graded."""
_CLAIMED = 0.8
_SHORTEST = 60.0
"""Seconds; remaining times are compared by ratio, and below this they count as this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """One ended episode with all that was estimated and promised in it."""

    service: str
    episode: int
    began_at: datetime
    recovered_at: datetime
    estimates: tuple[Estimate, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shadow:
    """What was said of one incident after `elapsed`, and what `lasted` then proved to be; all total durations."""

    elapsed: timedelta
    lasted: timedelta
    p50: timedelta
    p80: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The shadow estimates at one mark. Figures are None when there was nothing to grade.

    `covered`: share that ended within P80 (claimed: 0.8), `covered_half` within P50. `width`: median of P80 as remaining time.
    `miss`: median distance of the true duration from P50. `lean`: median of true less P50: positive says that we are usually
    too early, negative too late. `pinball`: mean pinball loss at 0.8 of ln(remaining minutes), punishing late and
    needlessly long alike; lower is better. `withheld`: still open at the mark, nothing said (not in any share).
    """

    mark: timedelta
    graded: int
    withheld: int
    covered: float | None = None
    covered_half: float | None = None
    width: timedelta | None = None
    miss: timedelta | None = None
    lean: timedelta | None = None
    pinball: float | None = None


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorecard:
    promises: Kept
    shadow: tuple[Score, ...]


def scorecard(ended: Sequence[Ended], basis: Basis | None = None) -> Scorecard:
    """The scorecard of these episodes; with `basis` only estimates of that basis are graded (others are not counted at all)."""
    return Scorecard(promises=_kept(ended), shadow=tuple(_at_mark(ended, mark, basis) for mark in MARKS))


def score(shadows: Sequence[Shadow], mark: timedelta, withheld: int = 0) -> Score:
    """The figures of one mark."""
    if not shadows:
        return Score(mark=mark, graded=0, withheld=withheld)
    return Score(
        mark=mark,
        graded=len(shadows),
        withheld=withheld,
        covered=fmean(shadow.lasted <= shadow.p80 for shadow in shadows),
        covered_half=fmean(shadow.lasted <= shadow.p50 for shadow in shadows),
        width=_median(shadow.p80 - shadow.elapsed for shadow in shadows),
        miss=_median(abs(shadow.lasted - shadow.p50) for shadow in shadows),
        lean=_median(shadow.lasted - shadow.p50 for shadow in shadows),
        pinball=fmean(map(_pinball, shadows)),
    )


def standing(estimates: Iterable[Estimate], episode: int, at: datetime) -> Estimate | None:
    """The estimate of the episode that stood at `at`: the last one made by then."""
    made = [one for one in estimates if one.episode == episode and one.made_at <= at]
    return max(made, key=lambda one: (one.made_at, one.id), default=None)


def first_eta(promises: Iterable[Promise], episode: int) -> Promise | None:
    """The first time of return that reached anybody in the episode: the one that is graded."""
    given = [one for one in promises if one.episode == episode and one.state is not PromiseState.WITHDRAWN]
    etas = [one for one in given if one.kind is PromiseKind.ETA]
    return min(etas, key=lambda one: (one.published_at, one.id), default=None)


def _at_mark(ended: Sequence[Ended], mark: timedelta, basis: Basis | None) -> Score:
    shadows: list[Shadow] = []
    withheld = 0
    for one in ended:
        said = _said_at(one, mark)
        if said is None or one.recovered_at <= max(said.made_at, one.began_at + mark) or (basis and said.basis is not basis):
            continue
        if said.p50 is None or said.p80 is None:
            withheld += 1
        else:
            elapsed = max(said.made_at - one.began_at, mark)
            shadows.append(Shadow(elapsed=elapsed, lasted=one.recovered_at - one.began_at, p50=said.p50, p80=said.p80))
    return score(shadows, mark, withheld)


def _said_at(one: Ended, mark: timedelta) -> Estimate | None:
    """At 0 minutes nothing has been detected yet; the first estimate made stands for it."""
    if mark:
        return standing(one.estimates, one.episode, one.began_at + mark)
    made = [estimate for estimate in one.estimates if estimate.episode == one.episode]
    return min(made, key=lambda estimate: (estimate.made_at, estimate.id), default=None)


def _kept(ended: Sequence[Ended]) -> Kept:
    firsts = [(one, first_eta(one.promises, one.episode)) for one in ended]
    missed = [promise for one, promise in firsts if promise and one.recovered_at > promise.at]
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
