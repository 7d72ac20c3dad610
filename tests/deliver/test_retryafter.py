"""Retry-After as providers write it (F28)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.deliver import retryafter

NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("-7", 0),
        ("Mon, 08 Jun 2026 10:07:00 GMT", 120),
        ("Mon, 08 Jun 2026 10:07:00", 120),
        ("Monday, 08-Jun-26 10:07:00 GMT", 120),
        ("Mon Jun  8 10:07:00 2026", 120),
        ("Mon, 08 Jun 2026 09:00:00 GMT", 0),
        ("Mon, 08 Jun 2026 12:07:00 +0200", 120),
        ("315360000", retryafter.MOST),
        ("9" * 30, retryafter.MOST),
        ("Mon, 08 Jun 9999 10:07:00 GMT", retryafter.MOST),
    ],
)
def test_seconds_and_dates_are_understood(said: str, seconds: float) -> None:
    """F28"""
    assert retryafter.seconds(said, NOW) == seconds


@pytest.mark.parametrize(
    "said", [None, "", "  ", "soon", "1e9", "inf", "nan", "0x10", "٣٠", "30;40", "Mon, 99 Jun 2026", "1" * 65]
)
def test_what_cannot_be_read_says_nothing(said: str | None) -> None:
    """F28"""
    assert retryafter.seconds(said, NOW) is None


@given(st.text(max_size=80))
def test_no_text_breaks_it_or_asks_for_more_than_the_most(said: str) -> None:
    found = retryafter.seconds(said, NOW)
    assert found is None or 0 <= found <= retryafter.MOST


def test_headers_are_found_whatever_their_case() -> None:
    assert retryafter.of({"content-type": "x", "RETRY-AFTER": "3"}, NOW) == 3
    assert retryafter.of({}, NOW) is None
