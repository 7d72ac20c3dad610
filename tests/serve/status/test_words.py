"""Instants on the status page, each with its offset."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sentinel.serve.status.words import ended, moment

MADRID = "Europe/Madrid"


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (datetime(2026, 10, 25, 1, 30, 20, tzinfo=UTC), "02:31 (UTC+1)"),
        (datetime(2026, 10, 25, 0, 59, 20, tzinfo=UTC), "02:00 (UTC+1)"),
        (datetime(2026, 3, 29, 0, 59, 20, tzinfo=UTC), "03:00 (UTC+2)"),
        (datetime(2026, 10, 25, 3, 30, 20, tzinfo=UTC), "04:31 (UTC+1)"),
    ],
)
def test_an_end_names_one_offset_and_that_of_its_own_minute(instant: datetime, said: str) -> None:
    assert ended(instant, MADRID, instant + timedelta(minutes=5), "en") == said


def test_a_moment_in_the_hour_that_comes_twice_names_its_offset_once() -> None:
    assert moment(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), MADRID, date(2026, 10, 25), "en") == "02:30 (UTC+1)"
