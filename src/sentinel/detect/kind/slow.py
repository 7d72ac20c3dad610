"""`slow`: the check is degraded, for long enough and often enough."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from sentinel.detect import run
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED


class Options(BaseModel):
    """When slowness is claimed and when it is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persistence: timedelta = Field(
        default=timedelta(seconds=60),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="How long it must have been degraded, from the first sample's start to the last one's. May be 0.",
    )
    samples: int = Field(
        default=3, ge=1, le=100, description="How many degraded samples there must be, none of them up between."
    )
    clears_after: int = Field(default=2, ge=1, le=100, description="How many samples in a row must be up to end it.")


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Bad is degraded, good is up. Down is neither: an outage supersedes slowness, and does not end it. Nor is `unknown`."""
    if seen.verdict is Verdict.DEGRADED:
        return run.bad(held, seen.at, options)
    if seen.verdict is Verdict.UP:
        return run.good(held, seen.at, options)
    return held
