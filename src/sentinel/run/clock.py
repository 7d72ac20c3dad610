"""The one place where the wall clock is read. Everywhere else `now` is an argument."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class WallClock:
    """The machine's clock. Intervals are never measured with it: schedules run on the monotonic clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
