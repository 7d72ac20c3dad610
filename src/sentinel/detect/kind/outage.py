"""`outage`: the check is down in every sample, for long enough and often enough."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from sentinel.detect import run
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DOWN


class Options(BaseModel):
    """When an outage is claimed and when it is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persistence: timedelta = Field(
        default=timedelta(seconds=15),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="How long every sample must have been down, from the first one's start to the last one's. May be 0.",
    )
    samples: int = Field(default=3, ge=1, le=100, description="How many samples in a row must have been down, at least.")
    clears_after: int = Field(default=2, ge=1, le=100, description="How many good samples in a row end it.")


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Bad is down; good is up or degraded (it answers); `unknown` changes nothing."""
    if seen.verdict is Verdict.DOWN:
        return run.bad(held, seen.at, options)
    if seen.verdict is Verdict.UNKNOWN:
        return held
    return run.good(held, seen.at, options)
