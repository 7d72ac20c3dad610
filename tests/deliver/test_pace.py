"""How many messages may leave now: never more than the rate allows, in any order of asking."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.deliver import pace
from sentinel.model.delivery import Rate

NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
RATES = st.builds(
    Rate, count=st.integers(1, 2000), per=st.sampled_from([timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)])
)


@settings(deadline=None)
@given(RATES, st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 20)), max_size=15))
def test_never_more_than_the_rate_and_one_burst_leave(rate: Rate, asks: list[tuple[int, int]]) -> None:
    at, arrival, left_at = NOW, None, []
    for milliseconds, wanted in asks:
        at += timedelta(milliseconds=milliseconds)
        left = pace.budget(rate, arrival, at)
        count = min(wanted, left.most)
        arrival = pace.spent(rate, left, count)
        left_at += [at] * count
    for first, since in enumerate(left_at):
        for last in range(first, len(left_at)):
            allowed = pace.burst(rate) + (left_at[last] - since) / pace.interval(rate)
            assert last - first + 1 <= allowed + 1e-6


@given(RATES)
def test_who_waits_as_long_as_told_may_send(rate: Rate) -> None:
    left = pace.budget(rate, None, NOW)
    arrival = pace.spent(rate, left, left.most)
    empty = pace.budget(rate, arrival, NOW)
    assert empty.most == 0
    assert pace.budget(rate, arrival, NOW + empty.wait).most >= 1


@pytest.mark.parametrize(
    ("rate", "burst"),
    [(Rate(count=50, per=timedelta(seconds=1)), 50), (Rate(count=1000, per=timedelta(hours=1)), 1)],
)
def test_a_burst_is_what_one_second_allows(rate: Rate, burst: int) -> None:
    assert pace.budget(rate, None, NOW).most == pace.burst(rate) == burst


def test_a_clock_that_went_back_gives_nothing_away() -> None:
    rate = Rate(count=10, per=timedelta(seconds=1))
    arrival = pace.spent(rate, pace.budget(rate, None, NOW), 10)
    assert pace.budget(rate, arrival, NOW - timedelta(hours=1)).most == 0
