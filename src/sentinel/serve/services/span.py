"""Spans: what a check counted in stretches of time, for pictures and for programs. Part of the port (port.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One stretch of time from `at` on. Times are in milliseconds, of samples that had an answer; None without any.

    `bad` counts samples that were down, `degraded` those that were slow, `unknown` those that could not see. `share`: of those
    that could see, how many were not down.
    """

    at: datetime
    samples: int
    share: float | None = None
    median: float | None = None
    p95: float | None = None
    p99: float | None = None
    bad: int = 0
    degraded: int = 0
    unknown: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Scheduled samples of all places in buckets of `width` from `since` on, oldest first, empty ones left out.

    Times are told to within 1 %: they are kept as sketches, not one by one.
    """

    hours: int
    since: datetime
    until: datetime
    width: timedelta
    spans: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Scheduled samples of a check, of all places, in steps from `since` on, oldest first, empty ones left out; and the whole.

    Times are told to within 1 %.
    """

    check: str
    since: datetime
    until: datetime
    step: timedelta
    whole: Span
    spans: tuple[Span, ...]
