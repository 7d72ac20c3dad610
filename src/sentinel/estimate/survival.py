"""Kaplan-Meier: how many incidents are still open after how long, where some were last seen still open.

Belongs here: the arithmetic of durations. Does not belong here: which incidents are alike (history.py), what is
said (decide.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

_CLOSE = 1e-9
"""Shares are products of fractions; a quantile that is met but for the last bits of a float is met."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """One incident: how long it lasted, or (`ended` False, censored) how long it had lasted when last seen open."""

    lasted: timedelta
    ended: bool = True
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """After `at`, the share `still_open` of those that had lasted longer than the elapsed time is still open."""

    at: timedelta
    still_open: float


def survival(lives: Iterable[Life], elapsed: timedelta = timedelta(0), unseen: float = 0.0) -> tuple[Step, ...]:
    """The product-limit curve (Kaplan and Meier 1958) of the lives that lasted longer than `elapsed`, one step an end.

    Conditioning is leaving out: a life of at most `elapsed` says nothing about one that has already lasted that long.
    Lives censored at the instant of an end count as open then. `unseen` is the weight of incidents of which nothing is known,
    never seen to end; 1 makes quantiles those of the *next* incident instead of the past ones (split conformal prediction:
    the quantile p of n ends is end number p(n + 1), which is what covers p of the time however few they are).
    """
    alive = sorted((life for life in lives if life.lasted > elapsed), key=_lasted)
    at_risk = sum(life.weight for life in alive) + unseen
    still_open = 1.0
    steps: list[Step] = []
    for lasted, together in groupby(alive, key=_lasted):
        group = list(together)
        ended = sum(life.weight for life in group if life.ended)
        if ended > 0:
            still_open *= max(0.0, 1 - ended / at_risk)
            steps.append(Step(at=lasted, still_open=still_open))
        at_risk -= sum(life.weight for life in group)
    return tuple(steps)


def quantile(steps: Sequence[Step], p: float) -> timedelta | None:
    """The shortest duration by which the share `p` (0 to 1) has ended; None when the curve never falls that low (infinite)."""
    return next((step.at for step in steps if 1 - step.still_open >= p - _CLOSE), None)


def _lasted(life: Life) -> timedelta:
    return life.lasted
