"""`unusual`: a number of the check has left what was learned of it. It warns staff: its word alone never concerns customers.

Belongs here: which number, which samples teach, when it is claimed and when it is over. Does not belong here: which samples are
a row (detect/gather.py), what is usual (detect/baseline.py), and that it only warns (`WARNS` in model/signal.py).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from sentinel.detect import run
from sentinel.detect.baseline import VIEWS, begin, from_text, take, to_text, views
from sentinel.detect.gather import Row, add
from sentinel.model.learned import Learned
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED
LARGEST: Final = 1e100
"""Beyond it squares are no longer numbers that can be stored."""


class Options(BaseModel):
    """Which number is learned, and for how long it must stay out of what is usual."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str = Field(
        default="total_ms",
        min_length=1,
        max_length=200,
        description="The fact whose number is learned. A sample that lacks it teaches nothing.",
    )
    every: timedelta = Field(
        default=timedelta(minutes=5),
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
        description="The samples of so long are one row, the middle one of them; where they come more rarely, each is a row.",
    )
    persistence: timedelta = Field(
        default=timedelta(0),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="How long it must have been unusual, from the first row's start to the last one's. May be 0.",
    )
    samples: int = Field(default=1, ge=1, le=100, description="How many rows in a row must have been unusual, at least.")
    clears_after: int = Field(default=2, ge=1, le=100, description="How many usual rows in a row end it.")
    learned_after: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(minutes=1),
        le=timedelta(days=7),
        description="After so long a new level is the usual one, and the signal ends.",
    )


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Scheduled samples that found the check up or degraded are gathered, and teach as rows; all others change nothing."""
    value = seen.facts.get(options.fact)
    if seen.verdict not in (Verdict.UP, Verdict.DEGRADED) or seen.sample is not SampleKind.SCHEDULED:
        return held
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= LARGEST:
        return _without_number(held, seen.at, options)
    gathered, rows = add(held.gathered, seen.at, float(value), options.every)  # as it will be read: large integers are not
    if gathered is held.gathered:
        return held
    held = replace(held, gathered=gathered)
    for row in rows:
        held = _taught(held, row, options)
    return held


def _without_number(held: Hysteresis, at: datetime, options: Options) -> Hysteresis:
    """No row can ever end a claim about a number that is found no more: its time does."""
    if held.raised_since is None or at - held.raised_since < options.learned_after:
        return held
    known = from_text(held.learned, options.fact)
    return _ended(held, at, known if known is None else replace(known, line=None))


def _ended(held: Hysteresis, at: datetime, known: Learned | None) -> Hysteresis:
    """Nothing is suspected or claimed any more."""
    learned = held.learned if known is None else to_text(known)
    if held.raised_since is None and held.bad_since is None:
        return replace(held, learned=learned)
    return replace(held, raised_since=None, bad_since=None, bad_samples=0, good_since=at, good_samples=0, learned=learned)


def _taught(held: Hysteresis, row: Row, options: Options) -> Hysteresis:
    before = from_text(held.learned, options.fact)
    if before is None:  # another number, or what cannot be read: what was claimed of it has no line to be judged by
        return _ended(held, row.at, begin(options.fact, row.at, row.value))
    known = take(before, row.at, row.value).known
    if known is before:
        return held
    if known.at < before.at:  # the clock was set right: what was dated ahead of it would be waited for
        return _ended(replace(held, good_since=None, good_samples=0), row.at, replace(known, line=None))
    if before.line is not None:
        known = replace(known, line=before.line)
    elif known.line is not None:
        known = replace(known, line=replace(known.line, value=row.value, samples=row.samples))
    if known.line is not None:
        held = _judged(held, known, row, options)
        if held.raised_since is None and held.bad_since is None:  # what is neither suspected nor claimed leaves no line behind
            known = replace(known, line=None)
    elif held.raised_since is not None:
        return _ended(held, row.at, known)
    return replace(held, learned=to_text(known))


def _judged(held: Hysteresis, known: Learned, row: Row, options: Options) -> Hysteresis:
    """One row while something is suspected or claimed."""
    assert known.line is not None
    began = held.raised_since or held.bad_since
    is_learned = began is not None and row.at - began >= options.learned_after
    if known.line.low <= views(known)[known.line.view] <= known.line.high or is_learned:
        return run.good(held, row.at, options)
    return run.bad(held, row.at, options)


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """In words for staff: "total_ms is 812 (the middle of 10 samples); its mean over 6 rows has left 120 to 410"."""
    known = from_text(held.learned, options.fact)
    if known is None or known.line is None:
        return f"{options.fact} is unusual"
    line = known.line
    of = f" (the middle of {line.samples} samples)" if line.samples > 1 else ""
    return f"{options.fact} is {line.value:.6g}{of}; {VIEWS[line.view]} has left {line.low:.4g} to {line.high:.4g}"
