"""`silence`: a heartbeat did not come in time. The time in which the hub could not have heard it does not count."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from sentinel.detect import run
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DOWN


class Options(BaseModel):
    """When it is claimed, counted in looks at the heartbeat; period and grace are the heartbeat's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    persistence: timedelta = Field(
        default=timedelta(0), ge=timedelta(0), le=timedelta(days=1), description="How long it must have been overdue."
    )
    samples: int = Field(default=1, ge=1, le=100, description="How many looks in a row must have found it overdue, at least.")
    clears_after: int = Field(default=1, ge=1, le=100, description="How many pings or good looks in a row end it.")


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Bad is overdue; good is a ping, or a look that found none overdue; `unknown` changes nothing."""
    if seen.verdict is Verdict.DOWN:
        return run.bad(held, seen.at, options)
    if seen.verdict is Verdict.UNKNOWN:
        return held
    return run.good(held, seen.at, options)


def overdue_at(pinged_at: datetime | None, up_since: datetime, period: timedelta, grace: timedelta, now: datetime) -> datetime:
    """From when on a heartbeat is overdue.

    `pinged_at`: the last ping, None if there was none yet. `up_since`: when the hub's present stretch of listening began; one
    that was interrupted (a stop, a store that stood still, a clock that jumped) begins anew, and with it each source's full
    period and grace. A ping later than `now` is the mark of a clock that was set back, and says nothing.
    """
    heard = up_since if pinged_at is None or pinged_at > now else max(pinged_at, up_since)
    return heard + period + grace


def stretch(up_since: datetime | None, seen_at: datetime | None, now: datetime, longest_gap: timedelta) -> datetime:
    """When the present stretch of listening began, seen at `now`: `seen_at` is when the hub last said that it listens."""
    if up_since is None or seen_at is None or not timedelta(0) <= now - seen_at <= longest_gap:
        return now
    return min(up_since, now)
