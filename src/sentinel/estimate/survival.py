"""Kaplan-Meier: how many incidents are still open after how long, where some were last seen still open.

Belongs here: the arithmetic of durations, in minutes. Does not belong here: which incidents are alike and how much each counts
(likeness.py), what is said (decide.py).
"""

from collections.abc import Iterable, Sequence
from math import exp, inf, log
from typing import NamedTuple

_CLOSE = 1e-9
"""Shares are products of fractions; a quantile that is met but for the last bits of a float is met."""
_SHORTEST = 1 / 60
"""Minutes; remaining times are interpolated by ratio, and below a second they count as one."""


class Life(NamedTuple):
    """One incident: how long it lasted, or (`ended` False, censored) how long it had lasted when last seen open.

    A plain tuple: hundreds are made for every estimate.
    """

    lasted: float
    ended: bool = True
    weight: float = 1.0


class Step(NamedTuple):
    """After `at`, the share `still_open` of those that had lasted longer than the elapsed time is still open. `ends`: how many
    ended just then."""

    at: float
    still_open: float
    ends: int = 1


def survival(lives: Iterable[Life], elapsed: float = 0.0, unseen: float = 0.0) -> tuple[Step, ...]:
    """The product-limit curve (Kaplan and Meier 1958) of the lives that lasted longer than `elapsed`, one step an end.

    Conditioning is leaving out: a life of at most `elapsed` says nothing about one that has already lasted that long.
    Lives censored at the instant of an end count as open then. `unseen` is the weight of incidents of which nothing is known,
    never seen to end; 1 makes quantiles those of the *next* incident instead of the past ones (split conformal prediction:
    the quantile p of n ends is end number p(n + 1), which is what covers p of the time however few they are).
    """
    alive = sorted(life for life in lives if life.lasted > elapsed)
    at_risk = sum(life.weight for life in alive) + unseen
    still_open = 1.0
    steps: list[Step] = []
    place, count = 0, len(alive)
    while place < count:
        at, ended, gone, ends = alive[place].lasted, 0.0, 0.0, 0
        while place < count and alive[place].lasted == at:
            _, has_ended, weight = alive[place]
            gone += weight
            ended += weight if has_ended else 0.0
            ends += has_ended
            place += 1
        if ended > 0:
            still_open *= max(0.0, 1 - ended / at_risk)
            steps.append(Step(at, still_open, ends))
        at_risk -= gone
    return tuple(steps)


def quantile(steps: Sequence[Step], p: float) -> float:
    """The shortest duration by which the share `p` (0 to 1) has ended; infinite when the curve never falls that low."""
    return next((step.at for step in steps if 1 - step.still_open >= p - _CLOSE), inf)


def between(steps: Sequence[Step], p: float, elapsed: float) -> float:
    """As `quantile`, but between two ends in proportion, on the scale of ln(remaining time): a curve of few steps says less
    than it seems to, and the end that lies just below carries as much of the truth as the one just above. Of several ends
    at once only the first is so smoothed."""
    before, ended = None, 0.0
    for step in steps:
        share = 1 - step.still_open
        if share >= p - _CLOSE:
            if before is None:
                return step.at
            part = min(1.0, max(0.0, (p - ended) * step.ends / (share - ended)))
            low, high = (log(max(at - elapsed, _SHORTEST)) for at in (before, step.at))
            return max(before, min(step.at, elapsed + exp(low + part * (high - low))))
        before, ended = step.at, share
    return inf
