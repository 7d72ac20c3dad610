"""Contacts: what is usual of an hour of the week, and what is too many."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import exp, factorial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.contacts import Judged, judge
from sentinel.detect.tail import at_least
from sentinel.detect.usual import Usual, usual
from sentinel.model.contact import SLOT, ContactPolicy, slot_of, start_of

ZONE = "Europe/Madrid"
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FIRST = slot_of(MONDAY - timedelta(days=56))
POLICY = ContactPolicy()


def desk(rate: Mapping[int, float] | None = None, closed: tuple[date, ...] = ()) -> dict[int, int]:
    """Eight weeks of a desk that is open from 9 to 18 on working days: 40 callers a quarter of an hour at most, a wave over
    the day; with a little that differs from day to day, the same at each run."""
    counts = {}
    for slot in range(FIRST, slot_of(MONDAY)):
        at = start_of(slot).astimezone(ZoneInfo(ZONE))
        if at.weekday() < 5 and 9 <= at.hour < 18 and at.date() not in closed:
            wobble = (at.toordinal() * 7919 + slot * 104_729) % 13 - 6
            counts[slot] = max(0, 20 + 5 * (4 - abs(at.hour - 13)) + wobble)
    return counts


def known(counts: Mapping[int, int], slot: int, until: int | None = None, first: int = FIRST) -> Usual:
    days = frozenset(start_of(each).date() for each in counts)
    return usual(counts, slot, ZONE, first=first, days=days, until=slot - 4 if until is None else until)


def judged(counts: Mapping[int, int], slot: int, since: datetime | None = None, first: int = FIRST) -> Judged:
    return judge(
        lambda each: counts.get(each, 0), lambda each: known(counts, each, slot - 4, first), slot, POLICY,
        about="paying", raised_since=since,
    )  # fmt: skip


# The tail


@given(st.integers(1, 60), st.floats(0.05, 30), st.floats(0.001, 3))
def test_the_tail_is_the_sum_of_the_probabilities(count: int, mean: float, spread: float) -> None:
    size = 1 / spread
    below, term = 0.0, (size / (size + mean)) ** size
    for k in range(count):
        below += term
        term *= (k + size) / (k + 1) * mean / (size + mean)
    if count > mean:
        assert at_least(count, mean, spread) == pytest.approx(1 - below, rel=1e-6, abs=1e-9)


def test_without_spread_the_tail_is_that_of_poisson() -> None:
    below = sum(exp(-3) * 3**k / factorial(k) for k in range(9))
    assert at_least(9, 3, 0) == pytest.approx(1 - below, rel=1e-3)


def test_a_tail_is_found_for_counts_of_any_size() -> None:
    assert at_least(100_000, 50_000, 0.01) < 1e-9
    assert at_least(3, 0, 1) == 0
    assert at_least(0, 3, 1) == 1


# What is usual


def test_an_hour_of_the_week_is_known_from_its_like() -> None:
    found = known(desk(), slot_of(MONDAY))
    assert found.is_learned
    assert found.mean == pytest.approx(25, abs=8)


def test_at_night_and_on_sunday_hardly_anybody_calls() -> None:
    assert known(desk(), slot_of(MONDAY - timedelta(hours=7))).mean < 0.5
    assert known(desk(), slot_of(MONDAY - timedelta(days=1))).mean < 1


def test_a_past_disturbance_does_not_become_usual() -> None:
    counts = desk()
    week = slot_of(MONDAY - timedelta(days=7))
    before = known(counts, slot_of(MONDAY)).mean
    counts |= {week + n: 900 for n in range(-8, 8)}
    assert known(counts, slot_of(MONDAY)).mean < 1.6 * before


def test_a_day_that_is_busier_as_a_whole_is_known_for_one() -> None:
    counts = desk()
    slot = slot_of(MONDAY - timedelta(days=3)) + 8
    busy = {each: 2 * n for each, n in counts.items() if slot - 12 <= each}
    assert known({**counts, **busy}, slot).mean > 1.5 * known(counts, slot).mean


def test_clocks_that_are_put_back_move_no_hour() -> None:
    """Madrid went back on 25 October 2026: 10:00 there was 8:00 UTC before and is 9:00 UTC since."""
    counts = {
        slot_of(day.replace(hour=8 if day < datetime(2026, 10, 25, tzinfo=UTC) else 9, minute=0)): 50
        for day in (MONDAY - timedelta(days=n) for n in range(1, 56))
    }
    assert known(counts, slot_of(MONDAY.replace(hour=9))).mean > 40


# What is too many


def test_far_more_than_usual_is_raised_with_its_evidence() -> None:
    counts, slot = desk(), slot_of(MONDAY)
    found = judged({**counts, slot: 150}, slot)
    assert found.raised_since == MONDAY
    assert found.evidence.startswith("150 callers in 15 minutes about paying; at this hour of the week ")
    assert found.evidence.endswith("are usual")


def test_a_busy_quarter_of_an_hour_is_not_raised() -> None:
    counts, slot = desk(), slot_of(MONDAY)
    assert judged({**counts, slot: 45}, slot).raised_since is None


def test_twice_the_usual_of_a_few_is_chance() -> None:
    counts, slot = dict.fromkeys(range(FIRST, slot_of(MONDAY)), 4), slot_of(MONDAY)
    assert judged({**counts, slot: 10}, slot).raised_since is None
    assert judged({**counts, slot: 25}, slot).raised_since == MONDAY


def test_a_quiet_desk_raises_nothing_for_a_week() -> None:
    counts = desk()
    for slot in range(slot_of(MONDAY) - 5 * 96, slot_of(MONDAY), 11):
        assert judged(counts, slot).raised_since is None, start_of(slot)


def test_the_monday_after_a_holiday_raises_nothing() -> None:
    friday = MONDAY - timedelta(days=3)
    counts = desk(closed=(friday.date(),))
    slot = slot_of(MONDAY)
    catching_up = dict.fromkeys(range(slot - 4, slot + 1), 45)
    assert judged({**counts, **catching_up}, slot).raised_since is None


def test_what_comes_slowly_is_found_in_an_hour() -> None:
    counts, slot = desk(), slot_of(MONDAY) - 20  # 5:00, when nobody calls
    few = {slot - 3: 3, slot - 2: 4, slot - 1: 4, slot: 4}
    assert judged({**counts, slot: 4}, slot).raised_since is None
    found = judged({**counts, **few}, slot)
    assert found.raised_since is not None
    assert found.raised_since < start_of(slot)
    assert "in 30 minutes" in found.evidence or "in 60 minutes" in found.evidence


def test_what_stands_clears_after_two_usual_quarters_and_is_dated_back() -> None:
    counts, slot = desk(), slot_of(MONDAY)
    counts |= {slot: 150, slot + 1: 140, slot + 2: 24, slot + 3: 25}
    assert judged(counts, slot + 1, MONDAY).raised_since == MONDAY
    assert judged(counts, slot + 3, MONDAY).raised_since == MONDAY
    found = judged({**counts, slot + 4: 20}, slot + 4, MONDAY)
    assert found.raised_since is None
    assert found.good_since == start_of(slot + 2)


def test_while_it_is_learning_only_what_was_never_seen_is_raised() -> None:
    """A day of history: no hour of the week is known."""
    first = slot_of(MONDAY) - 96
    counts = dict.fromkeys(range(first, first + 96, 2), 10)
    slot = slot_of(MONDAY)
    assert judged({**counts, slot: 10}, slot, first=first).raised_since is None
    found = judged({**counts, slot: 90}, slot, first=first)
    assert found.raised_since is not None
    assert not found.is_learned
    assert "(learning)" in found.evidence


def test_looking_each_minute_is_looking_once() -> None:
    """What has come so far of a quarter of an hour is held against the whole of it: only more callers can raise it."""
    counts, slot = desk(), slot_of(MONDAY)
    raised = [judged({**counts, slot: n}, slot).raised_since is not None for n in range(0, 200, 5)]
    assert raised == sorted(raised)
    assert timedelta(minutes=15) == SLOT
