"""F38: one instant in each reader's zone: summer time both ways, the leap day, zones with half and quarter hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.notify.language import due, point
from sentinel.notify.slots import values

from .world import facts

MADRID, LORD_HOWE = "Europe/Madrid", "Australia/Lord_Howe"


def shown(instant: datetime, zone: str, now: datetime | None = None, language: str = "en") -> str:
    local = instant.astimezone(ZoneInfo(zone))
    return due(local, (now or instant).astimezone(ZoneInfo(zone)).date(), language)


@pytest.mark.parametrize(
    ("instant", "zone", "words"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), MADRID, "01:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), MADRID, "03:00"),
        (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), MADRID, "01:59"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), MADRID, "02:30 (UTC+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), MADRID, "02:30 (UTC+1)"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), MADRID, "03:00"),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "America/New_York", "01:30 (UTC-4)"),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York", "01:30 (UTC-5)"),
        (datetime(2026, 4, 4, 14, 45, tzinfo=UTC), LORD_HOWE, "01:45 (UTC+11)"),
        (datetime(2026, 4, 4, 15, 15, tzinfo=UTC), LORD_HOWE, "01:45 (UTC+10:30)"),
        (datetime(2026, 4, 4, 15, 30, tzinfo=UTC), LORD_HOWE, "02:00"),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), MADRID, "13:00"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "Asia/Kathmandu", "14:45"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "Asia/Kolkata", "14:30"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "Pacific/Chatham", "22:45"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "America/St_Johns", "05:30"),
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "UTC", "09:00"),
    ],
)
def test_an_instant_reads_as_the_readers_own_clock_and_never_as_two(instant: datetime, zone: str, words: str) -> None:
    assert shown(instant, zone) == words


def test_the_leap_day_is_named() -> None:
    leap = datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
    assert shown(leap, MADRID, leap - timedelta(days=1)) == "10:00 on Tuesday 29 February"
    assert shown(leap, MADRID, leap - timedelta(days=1), "es") == "el martes 29 de febrero a las 10:00"


def test_a_span_over_the_change_has_two_ends_that_can_be_told_apart() -> None:
    zone = ZoneInfo(MADRID)
    first, last = (datetime(2026, 10, 25, hour, 10, tzinfo=UTC).astimezone(zone) for hour in (0, 1))
    assert point(first, first.date(), "en") != point(last, first.date(), "en")


def test_a_promise_across_the_change_of_clocks_is_the_same_instant_for_everybody() -> None:
    """Made before it, due after it: three hours later by the sun is two by the clock in Madrid, three in Kolkata."""
    now = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    made = facts(now=now, began_at=now - timedelta(hours=1), until=now + timedelta(hours=3))
    assert values(made, "en", MADRID, "")["until"] == "03:00"
    assert values(made, "en", "Asia/Kolkata", "")["until"] == "07:30"


ZONES = (MADRID, LORD_HOWE, "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Africa/Casablanca")


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_no_two_minutes_of_a_day_read_alike(at: datetime, zone: str) -> None:
    first = at.replace(second=0, microsecond=0, tzinfo=UTC)
    local = first.astimezone(ZoneInfo(zone))
    for ahead in (timedelta(minutes=30), timedelta(hours=1)):
        second = (first + ahead).astimezone(ZoneInfo(zone))
        if second.date() == local.date():
            assert due(local, local.date(), "en") != due(second, local.date(), "en")
