"""Grades: a claim of two strengths, each told to staff by itself.

Belongs here: how a claim rises, changes its grade and ends. Does not belong here: what makes a grade (the detector's own file).

A signal never changes what it is. Where the grade does, the signal of the old one ends with the sample that shows it, and that
of the new one rises with the next.
"""

from dataclasses import replace
from datetime import datetime
from enum import IntEnum

from sentinel.model.signal import Hysteresis


class Grade(IntEnum):
    """`MINOR`: it may still be averted, or is slow. `MAJOR`: it is so, or is fast."""

    NONE = 0
    MINOR = 1
    MAJOR = 2


def graded(held: Hysteresis, stands: Grade, found: Grade, at: datetime) -> tuple[Hysteresis, Grade]:
    """The memory after a sample that found `found` where `stands` was claimed, and the grade that is claimed now.

    `held.bad_since` is when the trouble began; where it is not known, or was another grade's beginning, it is `at`.
    """
    if held.raised_since is None:
        if found is Grade.NONE:
            return held, Grade.NONE
        since = held.bad_since or at
        return replace(held, bad_since=since, raised_since=since), found
    if found is stands:
        return held, stands
    if found is Grade.NONE:
        return replace(held, raised_since=None, bad_since=None), Grade.NONE
    began = at if held.bad_since in (None, held.raised_since) else held.bad_since
    return replace(held, raised_since=None, bad_since=began), Grade.NONE
