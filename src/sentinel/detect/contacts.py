"""`contacts`: far more customers contact us about a topic than is usual at this hour.

It looks at no check's samples but at counts by quarters of an hour. Belongs here: when that is raised, since when, when it is
over, and the evidence in words. Does not belong here: what is usual (usual.py), whose counts these are (run/callers.py).

The running quarter of an hour is held against the whole of what is usual in it, so that looking at it each minute raises no
more false alarms than looking once. So are the last two and four together, at a third of the odds each: what comes slowly is
found too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sentinel.detect.tail import at_least
from sentinel.detect.usual import Usual
from sentinel.model.contact import SLOT, ContactPolicy, start_of

SPANS: Final = (1, 2, 4)
"""Quarters of an hour that are looked at together."""
QUIET: Final = 0.05
"""A quarter of an hour is as usual again when so many come by chance once in twenty."""
FIRST_HOURS: Final = 32
"""Quarters of an hour that must have been counted before anything is raised: a third of a day."""
TIMES: Final = 2.0
"""Fewer than so many times the usual number is never raised: a busy day is no disturbance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What is to be said of a topic now. `count` and `usual`: of the last 15 minutes that are looked at, for people.

    `raised_since`: when it began, None where nothing is raised (or no more); `good_since`: since when it is as usual again.
    """

    count: int
    usual: float
    is_learned: bool
    raised_since: datetime | None = None
    good_since: datetime | None = None
    evidence: str = ""


def judge(
    count: Callable[[int], int],
    usual: Callable[[int], Usual],
    slot: int,
    policy: ContactPolicy,
    *,
    about: str = "it",
    raised_since: datetime | None = None,
) -> Judged:
    """Judge the running `slot`. `count(slot)`: how many came; `usual(slot)`: what is usual then. `raised_since`: of the signal
    that stands."""
    now = usual(slot)
    seen = Judged(count=count(slot), usual=now.mean, is_learned=now.is_learned, raised_since=raised_since)
    if raised_since is not None:
        return _cleared(count, usual, slot, policy, seen)
    for span in SPANS:
        slots = range(slot - span + 1, slot + 1)
        many = sum(count(each) for each in slots)
        known = [usual(each) for each in slots]
        if not is_too_many(many, known, policy):
            continue
        began = next(each for each in slots if count(each) > usual(each).mean)
        words = _words(many, sum(one.mean for one in known), span * SLOT, about, is_learned=now.is_learned)
        return Judged(count=seen.count, usual=seen.usual, is_learned=seen.is_learned, raised_since=start_of(began),
                      evidence=words)  # fmt: skip
    return seen


def is_too_many(many: int, known: list[Usual], policy: ContactPolicy) -> bool:
    """Whether so many in these quarters of an hour are rarer than the odds, and enough to be worth a word."""
    mean = sum(one.mean for one in known)
    if many < policy.at_least or many < TIMES * mean:
        return False
    if any(not one.is_learned for one in known) and many <= max(one.most for one in known) * len(known) ** 0.5:
        return False  # while it is learning, only what was never seen before
    spread = max(one.spread for one in known)
    return at_least(many, mean, spread) < 1 / policy.odds


def _cleared(
    count: Callable[[int], int], usual: Callable[[int], Usual], slot: int, policy: ContactPolicy, seen: Judged
) -> Judged:
    """Over once the last whole quarters of an hour, and the running one, were as usual; dated back to the first of them."""
    whole = max(1, -(-policy.clears_after // SLOT))
    slots, since = range(slot - whole, slot + 1), seen.raised_since or start_of(slot)
    if any(_is_high(count(each), usual(each), policy) for each in slots) or start_of(slots[0]) <= since:
        return seen
    return Judged(count=seen.count, usual=seen.usual, is_learned=seen.is_learned, good_since=start_of(slots[0]))


def _is_high(many: int, known: Usual, policy: ContactPolicy) -> bool:
    return many >= policy.at_least and at_least(many, known.mean, known.spread) < QUIET


def _words(many: int, mean: float, span: timedelta, about: str, *, is_learned: bool) -> str:
    minutes = f"{span.total_seconds() / 60:.0f}"
    usual = f"{mean:.0f}" if mean >= 1 else "less than 1"
    verb = "is" if usual in ("1", "less than 1") else "are"
    if is_learned:
        return f"{many} callers in {minutes} minutes about {about}; at this hour of the week {usual} {verb} usual"
    return f"{many} callers in {minutes} minutes about {about}; so far {usual} {verb} usual (learning)"
