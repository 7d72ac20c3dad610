"""`flapping`: the check changes its verdict too often to say that it is either.

Icinga's rule: of the last 20 samples, the share of those that changed the verdict, the older ones weighing 0.8 and each newer
one 0.02 more, over 30 % raises it and below 25 % ends it.
"""

from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED
SAMPLES: Final = 20
WEIGHTS: Final = tuple(0.8 + 0.02 * place for place in range(SAMPLES))
_STEADY: Final = "0" * SAMPLES
_LETTERS: Final = {Verdict.UP: "u", Verdict.DEGRADED: "g", Verdict.DOWN: "d"}


class Options(BaseModel):
    """How much change is too much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    above: float = Field(default=30, gt=0, le=100, description="Percent of weighted changes above which it is claimed.")
    below: float = Field(default=25, gt=0, le=100, description="Percent below which it is over; at most `above`.")

    @model_validator(mode="after")
    def _in_order(self) -> "Options":
        if self.below > self.above:
            raise ValueError("`below` is at most `above`")
        return self


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Take one scheduled sample in; what confirms a change is asked on purpose and is no flapping. `unknown` is no verdict.

    `kept` is a letter for the last verdict and a digit for each of the last samples, the oldest first: 1 for a change.
    """
    letter = _LETTERS.get(seen.verdict)
    if letter is None or seen.sample is not SampleKind.SCHEDULED:
        return held
    last, changes = held.kept[:1] or letter, held.kept[1:] or _STEADY
    changed = letter != last
    kept = f"{letter}{changes[1:]}{int(changed)}"
    if kept == held.kept and held.good_since is not None:
        return held  # steady for long: nothing to store
    if changed:
        held = replace(held, kept=kept, bad_since=held.bad_since or seen.at, good_since=None)
    else:
        held = replace(held, kept=kept, good_since=held.good_since or seen.at)
    return _judged(held, percent(kept[1:]), options)


def _judged(held: Hysteresis, share: float, options: Options) -> Hysteresis:
    if held.raised_since is None and share > options.above:
        return replace(held, raised_since=held.bad_since)
    if held.raised_since is not None and share < options.below:
        return replace(held, raised_since=None, bad_since=None)
    if held.raised_since is None and share == 0:
        return replace(held, bad_since=None)
    return held


def percent(changes: str) -> float:
    """The weighted share of changes in percent."""
    return 100 * sum(weight for weight, one in zip(WEIGHTS, changes, strict=True) if one == "1") / SAMPLES


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """For the evidence."""
    changes = held.kept[1:]
    share = percent(changes)
    return f"it flaps: {changes.count('1')} of the last {SAMPLES} samples changed the verdict, {share:.0f} % by weight"
