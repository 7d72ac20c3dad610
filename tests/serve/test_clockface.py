"""Instants as people read and write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.serve.clockface import BadTime, in_words, length_words, typed, utc_words
from tests.serve.world import NOW

MADRID = "Europe/Madrid"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T14:30", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        (" 2026-11-22 14:30 ", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ("2026-11-22T14:30Z", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("2026-11-22 14:30+05:45", datetime(2026, 11, 22, 8, 45, tzinfo=UTC)),
        ("14:30", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ("9:05", datetime(2026, 11, 22, 8, 5, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # twice that night: the later one
    ],
)
def test_what_people_type_is_read_in_the_installations_zone(text: str, instant: datetime) -> None:
    assert typed(text, MADRID, NOW) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "2026-11-22",
        "2026-03-29T02:30",
        "2026-13-01T10:00",
        "9999-12-31T23:59-10:00",
        "1:2:3",
    ],
)
def test_what_is_no_time_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadTime):
        typed(text, MADRID, NOW)


def test_the_day_is_named_when_it_is_not_today_and_the_year_when_it_is_another() -> None:
    assert in_words(NOW, MADRID, NOW) == "10:30"
    assert in_words(NOW + timedelta(days=1), MADRID, NOW) == "Mon 23 Nov 10:30"
    assert in_words(datetime(2027, 1, 2, 9, 0, tzinfo=UTC), MADRID, NOW) == "Sat 2 Jan 2027 10:00"
    assert utc_words(NOW) == "2026-11-22 09:30:00 UTC"


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_written_with_its_offset_is_read_back(instant: datetime) -> None:
    assert typed(instant.isoformat(), MADRID, NOW) == instant


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (45, "45 s"), (720, "12 min"), (7200, "2 h"), (7800, "2 h 10 min"), (86400, "1 d"), (273600, "3 d 4 h")],
)
def test_lengths_read_with_two_units(seconds: int, words: str) -> None:
    assert length_words(timedelta(seconds=seconds)) == words
