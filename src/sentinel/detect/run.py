"""Runs of bad and good samples: the arithmetic that detectors share.

Belongs here: counting and measuring runs. Does not belong here: which verdict is bad (the detector's own file says that).

Persistence is measured between the starts of samples, so it does not depend on how long a probe took or when its result was
read. What a count can no longer change is not counted: a steady check, good or bad, leaves its `Hysteresis` as it was, and
nothing has to be stored for it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from sentinel.model.signal import Hysteresis


class Patience(Protocol):
    """What a detector's options say of runs."""

    @property
    def persistence(self) -> timedelta: ...
    @property
    def samples(self) -> int: ...
    @property
    def clears_after(self) -> int: ...


def bad(held: Hysteresis, at: datetime, options: Patience) -> Hysteresis:
    """One bad sample that started at `at`. Raises (`raised_since` is set) once the run is both long and many enough.

    A sample that is not newer than the first of the present run came late, or twice; it changes nothing.
    """
    if _is_late(held, at):
        return held
    if held.bad_since is None:
        held = replace(held, bad_since=at, bad_samples=1, good_since=None, good_samples=0)
    elif held.raised_since is None:
        held = replace(held, bad_samples=held.bad_samples + 1)
    return _raised(held, at, options)


def good(held: Hysteresis, at: datetime, options: Patience) -> Hysteresis:
    """One good sample that started at `at`. Clears (`raised_since` is emptied) once the run is many enough."""
    if _is_late(held, at):
        return held
    if held.good_since is None:
        held = replace(held, good_since=at, good_samples=1, bad_since=None, bad_samples=0)
    elif held.raised_since is not None:
        held = replace(held, good_samples=held.good_samples + 1)
    if held.raised_since is not None and held.good_samples >= options.clears_after:
        return replace(held, raised_since=None)
    return held


def _raised(held: Hysteresis, at: datetime, options: Patience) -> Hysteresis:
    if held.raised_since is not None or held.bad_since is None:
        return held
    if held.bad_samples >= options.samples and at - held.bad_since >= options.persistence:
        return replace(held, raised_since=held.bad_since)
    return held


def _is_late(held: Hysteresis, at: datetime) -> bool:
    began = held.good_since if held.bad_since is None else held.bad_since
    return began is not None and at <= began
