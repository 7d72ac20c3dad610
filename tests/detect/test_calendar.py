"""Business days, counted by arithmetic and held against counting them one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.calendar import is_business, waited, week_of

MONDAY = date(2026, 6, 8)
WEEK = frozenset(range(5))
DAYS = st.integers(0, 400).map(lambda days: MONDAY + timedelta(days=days))


def one_by_one(came: date, today: date, week: frozenset[int], holidays: frozenset[date]) -> int:
    while came < today and not is_business(came, week, holidays):
        came += timedelta(days=1)
    between = (came + timedelta(days=more) for more in range(1, (today - came).days + 1))
    return sum(is_business(day, week, holidays) for day in between)


@given(DAYS, DAYS, st.frozensets(st.integers(0, 6), min_size=1), st.frozensets(DAYS, max_size=20))
def test_the_count_is_that_of_the_days_one_by_one(
    came: date, today: date, week: frozenset[int], holidays: frozenset[date]
) -> None:
    assert waited(came, today, week, holidays) == one_by_one(came, today, week, holidays)


def test_what_comes_on_monday_has_waited_five_days_on_the_next_monday() -> None:
    assert waited(MONDAY, MONDAY + timedelta(days=7), WEEK, ()) == 5


def test_what_comes_on_saturday_came_on_monday() -> None:
    assert waited(MONDAY - timedelta(days=2), MONDAY, WEEK, ()) == 0
    assert waited(MONDAY - timedelta(days=2), MONDAY + timedelta(days=1), WEEK, ()) == 1


def test_a_holiday_is_no_business_day() -> None:
    assert waited(MONDAY, MONDAY + timedelta(days=7), WEEK, {MONDAY + timedelta(days=2)}) == 4


@pytest.mark.parametrize(("text", "days"), [("Mo-Fr", {0, 1, 2, 3, 4}), ("Su-Th", {6, 0, 1, 2, 3}), ("Mo,We-Th", {0, 2, 3})])
def test_a_week_is_written_by_its_days(text: str, days: set[int]) -> None:
    assert week_of(text) == days


@pytest.mark.parametrize("text", ["", "Mon-Fri", "Mo-", "Mo;Tu"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        week_of(text)
