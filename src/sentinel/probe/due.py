"""Due: when something that reports by itself is expected next: at a period, or by a calendar in a zone.

Pure. Does not belong here: when it is overdue (detect/kind/silence.py).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from oncalendar import OnCalendar, OnCalendarError

LONGEST: Final = 256
"""Characters of an expression."""
Expected: TypeAlias = Callable[[datetime], datetime | None]
"""When it is expected next after an instant; None: never."""


def every(period: timedelta) -> Expected:
    return lambda after: after + period


def by_cron(expression: str, zone: str) -> Expected:
    """By five fields of cron, as Debian's reads them, in a zone."""
    return lambda after: _cron(expression, zone, after)


def by_calendar(expression: str, zone: str) -> Expected:
    """By a systemd OnCalendar expression, in a zone."""
    return lambda after: _calendar(expression, zone, after)


@lru_cache(maxsize=4096)
def _cron(expression: str, zone: str, after: datetime) -> datetime | None:
    found = next(CronSim(expression, after.astimezone(ZoneInfo(zone))), None)
    return None if found is None else found.astimezone(UTC)


@lru_cache(maxsize=4096)
def _calendar(expression: str, zone: str, after: datetime) -> datetime | None:
    found = next(OnCalendar(expression, after.astimezone(ZoneInfo(zone))), None)
    return None if found is None else found.astimezone(UTC)


def check_cron(expression: str) -> str:
    """`expression` if it can be read and ever comes. ValueError says what is wrong."""
    try:
        found = next(CronSim(expression, _SOME_DAY), None)
    except CronSimError as error:
        raise ValueError(f"this is no cron expression of five fields ({error}), such as 0 3 * * 1-5") from None
    return _comes(expression, found)


def check_calendar(expression: str) -> str:
    """The same of an OnCalendar expression."""
    try:
        found = next(OnCalendar(expression, _SOME_DAY), None)
    except OnCalendarError as error:
        raise ValueError(f"this is no OnCalendar expression ({error}), such as Mon..Fri 03:00") from None
    return _comes(expression, found)


_SOME_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


def _comes(expression: str, found: datetime | None) -> str:
    if found is None:
        raise ValueError("this never comes")
    return expression


def check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("there is no such time zone; write one such as Europe/Madrid") from None
    return name
