"""Kaplan-Meier against answers worked out by hand, and what must be so of any history."""

from math import exp, inf, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sentinel.estimate.survival import Life, between, quantile, survival

WHOLE = st.integers(1, 10_000).map(float)
LIVES = st.lists(st.builds(Life, lasted=WHOLE, ended=st.booleans(), weight=st.sampled_from((0.25, 1.0, 1.0, 3.0))), max_size=40)
SHARE = st.floats(0.01, 0.99)


def ended(*weeks: int) -> list[Life]:
    return [Life(lasted=float(week)) for week in weeks]


def open_at(*weeks: int) -> list[Life]:
    return [Life(lasted=float(week), ended=False) for week in weeks]


def test_the_textbook_trial_of_6_mp_gives_the_textbook_curve() -> None:
    """Freireich 1963, the example of most textbooks: 21 patients, 9 relapses, 12 censored."""
    trial = ended(6, 6, 6, 7, 10, 13, 16, 22, 23) + open_at(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
    curve = {step.at: round(step.still_open, 4) for step in survival(trial)}
    assert curve == {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert quantile(survival(trial), 0.5) == 23
    assert quantile(survival(trial), 0.8) == inf


def test_without_censoring_it_is_the_order_statistic() -> None:
    curve = survival(ended(5, 1, 4, 2, 3))
    assert [quantile(curve, p) for p in (0.2, 0.5, 0.8, 1.0)] == [float(week) for week in (1, 3, 4, 5)]


def test_one_seen_open_at_the_instant_of_an_end_counts_as_open_then() -> None:
    assert [step.still_open for step in survival(ended(2, 4) + open_at(2))] == pytest.approx([2 / 3, 0])


def test_those_that_ended_before_the_elapsed_time_say_nothing() -> None:
    assert survival(ended(1, 2, 3, 8, 9), elapsed=3.0) == survival(ended(8, 9))


def test_a_weight_of_two_is_two_of_them() -> None:
    heavy = [Life(lasted=3.0, weight=2.0), *ended(5)]
    assert [step.still_open for step in survival(heavy)] == pytest.approx([1 / 3, 0])


def test_nothing_known_is_infinite() -> None:
    assert quantile(survival([]), 0.5) == inf
    assert quantile(survival(open_at(1, 2, 3)), 0.01) == inf


@pytest.mark.parametrize(("seen", "p80"), [(3, None), (4, 4), (9, 8), (19, 16)])
def test_with_the_next_one_unseen_the_quantile_is_number_p_times_n_plus_1(seen: int, p80: int | None) -> None:
    found = quantile(survival(ended(*range(1, seen + 1)), unseen=1), 0.8)
    assert found == (inf if p80 is None else p80)


@given(LIVES, WHOLE, SHARE, SHARE)
def test_quantiles_rise_with_p_and_lie_beyond_the_elapsed_time(lives: list[Life], elapsed: float, p: float, q: float) -> None:
    curve = survival(lives, elapsed, unseen=1)
    low, high = (quantile(curve, share) for share in sorted((p, q)))
    assert low <= high
    assert low > elapsed


@given(LIVES, WHOLE, SHARE, st.integers(2, 60))
def test_in_other_units_the_answer_is_the_same(lives: list[Life], elapsed: float, p: float, scale: int) -> None:
    scaled = [Life(lasted=life.lasted * scale, ended=life.ended, weight=life.weight) for life in lives]
    found = quantile(survival(lives, elapsed), p)
    assert quantile(survival(scaled, elapsed * scale), p) == found * scale


@given(LIVES)
def test_the_curve_falls_from_one_and_never_below_nothing(lives: list[Life]) -> None:
    shares = [1.0, *(step.still_open for step in survival(lives)), 0.0]
    assert shares == sorted(shares, reverse=True)


@given(LIVES, SHARE)
def test_an_incident_that_is_still_open_never_makes_an_estimate_shorter(lives: list[Life], p: float) -> None:
    """Forgetting open ones is the usual way to be too early."""
    assume(any(not life.ended for life in lives))
    forgetful = quantile(survival([life for life in lives if life.ended]), p)
    found = quantile(survival(lives), p)
    assert found >= forgetful


def test_between_two_ends_the_share_counts_by_the_ratio_of_what_remains() -> None:
    """Half way between ends at 20 and 50 after 10: what remains is the geometric mean of 10 and 40."""
    steps = survival(ended(15, 20, 50), elapsed=10, unseen=1)
    assert between(steps, 0.625, 10) == pytest.approx(10 + exp((log(10) + log(40)) / 2))
    assert between(steps, 0.25, 10) == 15
    assert between(steps, 0.9, 10) == inf


@given(LIVES, WHOLE, SHARE)
def test_between_is_never_beyond_the_quantile_nor_below_the_elapsed_time(lives: list[Life], elapsed: float, p: float) -> None:
    curve = survival(lives, elapsed, unseen=1)
    assert elapsed < between(curve, p, elapsed) <= quantile(curve, p)
