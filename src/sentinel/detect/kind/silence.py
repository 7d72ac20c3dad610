"""`silence`: a heartbeat did not come in time. The time in which the hub could not have heard it does not count."""

from collections.abc import Callable
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


def heard_at(pinged_at: datetime | None, up_since: datetime, now: datetime) -> datetime:
    """The instant from which on a source's next word is waited for.

    `pinged_at`: the last ping, None if there was none yet. `up_since`: when the hub's present stretch of listening began; one
    that was interrupted (a stop, a store that stood still, a clock that jumped) begins anew, and with it each source's full
    patience. A ping later than `now` is the mark of a clock that was set back, and says nothing.
    """
    return up_since if pinged_at is None or pinged_at > now else max(pinged_at, up_since)


def overdue_at(heard: datetime, expected: Callable[[datetime], datetime | None], grace: timedelta) -> datetime | None:
    """From when on a source is overdue that was heard last at `heard`, and `expected` when its period or calendar says; None:
    never."""
    due = expected(heard)
    return None if due is None else due + grace


def run_ends_by(started_at: datetime | None, heard: datetime, limit: timedelta, overdue: datetime | None) -> datetime | None:
    """By when a run must end whose start was told; None where none is under way, or where it began too late to be waited for.

    A run that began in time is waited for by its own limit alone, even past its source's next time: it is at work.
    """
    if started_at is None or (overdue is not None and started_at > overdue):
        return None
    return max(started_at, heard) + limit


def stretch(up_since: datetime | None, seen_at: datetime | None, now: datetime, longest_gap: timedelta) -> datetime:
    """When the present stretch of listening began, seen at `now`: `seen_at` is when a hub last said that it listens.

    One that lies a little ahead is no gap: clocks are corrected, and `now` may have been read before the other was written."""
    if up_since is None or seen_at is None or not -longest_gap <= now - seen_at <= longest_gap:
        return now
    return min(up_since, now)
