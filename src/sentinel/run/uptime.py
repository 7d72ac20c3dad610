"""How much of the time checks were up, from scheduled samples. A day that is over is counted once, and kept.

Belongs here: windows in whole hours, and what is kept of them. Does not belong here: the counting itself (store/history.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock

from sqlalchemy import Connection

from sentinel.model.observation import Verdict
from sentinel.serve.services.port import Uptime
from sentinel.store import history

WINDOWS = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
SETTLED = timedelta(minutes=15)
"""A day is over this long after its midnight: what probers still had to tell of it has come."""
KEPT_SECONDS = 30
"""For how long a count of the day that runs is good enough."""

Tally = Mapping[Verdict, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Day:
    """Number of a check → its samples by hour. `counted_at`: when."""

    counted_at: datetime
    by_check: Mapping[int, Mapping[int, Tally]]
    whole: Mapping[int, Tally] = field(default_factory=dict)

    def of(self, check: int, hour: int) -> list[Tally]:
        """What one check counted from an hour of the day on."""
        if hour == 0:
            return [self.whole.get(check, {})]
        return [tally for each, tally in self.by_check.get(check, {}).items() if each >= hour]


class Uptimes:
    """Kept per hub; asked from several threads."""

    def __init__(self) -> None:
        self._days: dict[date, _Day] = {}
        self._lock = Lock()

    def of(self, c: Connection, checks: Collection[int], now: datetime) -> tuple[Uptime, ...]:
        """The uptime of these checks together, in each of the windows."""
        return tuple(self._window(c, checks, now, window) for window in WINDOWS)

    def _window(self, c: Connection, checks: Collection[int], now: datetime, window: timedelta) -> Uptime:
        start = (now - window).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        counts = dict.fromkeys(Verdict, 0)
        day = start.date()
        while day <= now.astimezone(UTC).date():
            counted = self._day(c, day, now)
            for tally in (each for check in checks for each in counted.of(check, start.hour if day == start.date() else 0)):
                for verdict, n in tally.items():
                    counts[verdict] += n
            day += timedelta(days=1)
        return Uptime(
            window=window,
            up=counts[Verdict.UP],
            degraded=counts[Verdict.DEGRADED],
            down=counts[Verdict.DOWN],
            unknown=counts[Verdict.UNKNOWN],
        )

    def _day(self, c: Connection, day: date, now: datetime) -> _Day:
        with self._lock:
            kept = self._days.get(day)
            if kept is None or not _is_good(kept, day, now):
                kept = self._days[day] = _count(c, day, now)
                oldest = (now - WINDOWS[-1]).astimezone(UTC).date()
                self._days = {each: counted for each, counted in self._days.items() if each >= oldest}
            return kept


def _is_good(kept: _Day, day: date, now: datetime) -> bool:
    over = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC) + SETTLED
    return kept.counted_at >= over or abs((now - kept.counted_at).total_seconds()) < KEPT_SECONDS


def _count(c: Connection, day: date, now: datetime) -> _Day:
    by_check: dict[int, dict[int, dict[Verdict, int]]] = {}
    whole: dict[int, dict[Verdict, int]] = {}
    for one in history.hours(c, day):
        by_check.setdefault(one.check, {}).setdefault(one.hour, {})[one.verdict] = one.n
        total = whole.setdefault(one.check, {})
        total[one.verdict] = total.get(one.verdict, 0) + one.n
    return _Day(counted_at=now, by_check=by_check, whole=whole)
