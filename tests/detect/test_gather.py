"""Samples become rows: the middle one of those that came close together, at once where they come far apart."""

from datetime import UTC, datetime, timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.gather import MOST, Row, add
from sentinel.model.learned import Gathered

BEGAN = datetime(2026, 6, 8, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def rows(samples: list[tuple[float, float]]) -> list[Row]:
    """Of samples as (seconds, value)."""
    held: Gathered | None = None
    found: list[Row] = []
    for second, value in samples:
        held, full = add(held, BEGAN + timedelta(seconds=second), value, EVERY)
        found += full
    return found


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def test_a_row_is_the_middle_one_and_is_dated_to_its_first_sample() -> None:
    samples = [(30.0 * one, 9000.0 if one in (2, 3) else 100.0 + one) for one in range(10)]
    assert rows([*samples, (300, 1.0)]) == [Row(at(0), 106.0, 10)]


def test_of_two_in_the_middle_the_one_nearer_to_the_row_before_counts() -> None:
    pairs = [(0.0, 100.0), (150.0, 102.0), (300.0, 5000.0), (450.0, 101.0), (600.0, 5000.0), (750.0, 5001.0), (900.0, 1.0)]
    assert [row.value for row in rows(pairs)] == [100.0, 101.0, 5000.0]


def test_samples_that_come_as_rarely_as_rows_are_rows_at_once() -> None:
    samples = [(300.0 * one + one % 3, float(one)) for one in range(5)]
    assert rows(samples) == [Row(at(300.0 * one + one % 3), float(one), 1) for one in range(5)]


def test_after_a_pause_the_first_sample_of_a_quick_check_is_no_row_by_itself() -> None:
    samples = [
        *((10.0 * one, 100.0) for one in range(40)),
        (4000.0, 9000.0),
        *((4000.0 + 10 * one, 100.0) for one in range(1, 40)),
    ]
    assert {row.value for row in rows(samples)} == {100.0}


def test_a_check_that_is_asked_more_often_from_now_on_is_gathered_again() -> None:
    samples = [(0.0, 1.0), (300.0, 2.0), (600.0, 3.0), *((610.0 + 10 * one, 4.0) for one in range(60))]
    found = rows(samples)
    assert [row.samples for row in found] == [1, 1, 1, 30]
    assert found[3] == Row(at(610), 4.0, 30)


def test_a_sample_that_is_not_newer_changes_nothing() -> None:
    held, _ = add(None, at(10), 1.0, EVERY)
    for late in (10.0, 5.0):
        again, full = add(held, at(late), 2.0, EVERY)
        assert again is held
        assert full == ()


def test_a_sample_older_by_more_than_a_row_begins_a_new_one() -> None:
    held, _ = add(None, at(9000), 1.0, EVERY)
    again, full = add(held, at(10), 2.0, EVERY)
    assert full == ()
    assert (again.began, again.last, again.values) == (at(10), at(10), (2.0,))


def test_of_many_samples_every_other_one_is_kept_and_then_every_fourth() -> None:
    held: Gathered | None = None
    for one in range(100):
        held, _ = add(held, at(float(one)), float(one), EVERY)
    assert held is not None
    assert (held.seen, held.each) == (100, 4)
    assert held.values == tuple(float(one) for one in range(0, 100, 4))


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=400))
def test_however_many_samples_come_few_are_kept_and_the_middle_is_among_them(values: list[float]) -> None:
    held: Gathered | None = None
    for one, value in enumerate(values):
        held, full = add(held, at(0.5 * one), value, EVERY)
        assert not full
    assert held is not None
    assert len(held.values) < MOST
    assert held.seen == len(values)
    assert held.values == tuple(values[:: held.each])
    assert min(values) <= median(held.values) <= max(values)
