"""Keep: how long each kind of thing is kept before it is let go of."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """Periods (RELIABILITY.md T20). What is kept for good: incidents, what was said of them, and the counts of deliveries."""

    observations: timedelta = timedelta(days=7)
    minutes: timedelta = timedelta(days=90)
    hours: timedelta = timedelta(days=730)
    deliveries: timedelta = timedelta(days=400)
    audit: timedelta = timedelta(days=1095)
    keys: timedelta = timedelta(hours=24)
    callbacks: timedelta = timedelta(days=30)
    quarantine: timedelta = timedelta(days=30)
