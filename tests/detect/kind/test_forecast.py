"""When a number reaches its limit: claimed only when even the latest likely instant is near."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import floor, inf, pi, sin
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sentinel.detect import trend
from sentinel.detect.kind import forecast
from sentinel.model.observation import Observation
from sentinel.model.signal import Hysteresis
from tests.detect.samples import NOON, UNKNOWN

from .play import Turn, bytes_of, confirming, numbers, play, seen

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def hourly(days: float, at: Callable[[float], float]) -> list[Observation]:
    """A number that is `at(day)`, looked at each hour."""
    return numbers(HOUR, [at(hour / 24) for hour in range(round(days * 24))])


def claims(days: float, at: Callable[[float], float], **options: Any) -> list[Turn]:
    return play(forecast, hourly(days, at), **options)[1]


def test_a_certificate_is_told_three_days_before_it_has_seven_left_and_a_new_one_ends_it() -> None:
    turns = claims(14, lambda day: round((15 - day if day < 13 else 103 - day) * 10) / 10, below=7)
    assert [one.since is not None for one in turns] == [True, False]
    assert turns[0].says == "value reaches 7 in 3 days"
    assert abs(turns[0].at - (NOON + 5 * DAY)) < timedelta(hours=6)
    assert turns[1].at < NOON + 13 * DAY + timedelta(hours=4)


def test_a_number_of_whole_days_is_as_good() -> None:
    turns = claims(8, lambda day: floor(15.4 - day), below=7)
    assert len(turns) == 1
    assert turns[0].at < NOON + 7.5 * DAY


def test_it_says_when_at_the_soonest_and_at_the_latest() -> None:
    noise = Random(5)
    turns = claims(11, lambda day: 50 + 4 * day + noise.gauss(0, 0.8), above=95)
    assert len(turns) == 1
    assert turns[0].says.startswith("value reaches 95 in ")
    assert " to " in turns[0].says
    assert turns[0].at + timedelta(days=2) < NOON + 11.25 * DAY < turns[0].at + timedelta(days=4)


def test_what_fills_all_of_a_sudden_is_told_within_a_day() -> None:
    noise = Random(5)
    turns = claims(7, lambda day: 40 + noise.gauss(0, 0.3) + 36 * max(0.0, day - 5), above=95)
    assert turns
    assert NOON + 5 * DAY < turns[0].at < NOON + 6 * DAY


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(lambda day, noise: 90 + noise.gauss(0, 1.5), id="near its limit and level"),
        pytest.param(lambda day, noise: 50 + 40 * sin(2 * pi * day), id="a tide each day"),
        pytest.param(lambda day, noise: 96 - 2 * day, id="it moves away"),
    ],
)
def test_what_goes_nowhere_is_not_told(at: Callable[[float, Random], float]) -> None:
    noise = Random(7)
    assert claims(10, lambda day: at(day, noise), above=95) == []


def test_a_log_that_is_rotated_each_night_is_told_of_once_at_most() -> None:
    noise = Random(7)
    turns = claims(9, lambda day: 40 + 36 * (day % 1) + noise.gauss(0, 0.3), above=95)
    assert len([one for one in turns if one.since]) <= 1


def test_nothing_is_foretold_for_longer_than_was_looked_at() -> None:
    turns = claims(3, lambda day: 50 + 10 * day, above=75)
    assert turns[0].at >= NOON + 1.25 * DAY - 2 * HOUR


def test_one_sample_of_a_slot_is_kept_and_the_others_cost_nothing() -> None:
    held, _ = play(forecast, hourly(2, lambda day: day), above=95)
    options = forecast.Options(above=95)
    again = seen(NOON + 47 * HOUR + timedelta(minutes=2), value=47 / 24)
    assert forecast.step(held, again, options) is held
    assert forecast.step(held, confirming(seen(NOON + 48 * HOUR, value=2.0)), options) is held
    assert forecast.step(held, seen(NOON + 48 * HOUR, UNKNOWN, value=2.0), options) is held
    assert forecast.step(held, seen(NOON + 48 * HOUR, text="many"), options) is held
    assert forecast.step(held, seen(NOON + 47 * HOUR - timedelta(minutes=4), value=2.0), options) is held


def test_not_all_checks_work_out_their_trend_at_one_moment() -> None:
    began = []
    for check in ("payments.queue", "documents.disk"):
        options, held, turns = forecast.Options(above=95), Hysteresis(), 0
        for minute in range(61):
            before, one = held, seen(NOON + timedelta(minutes=minute), value=1.0)
            held = forecast.step(held, replace(one, check=check), options)
            turns = minute if held is not before else turns
        began.append(turns)
    assert 0 < began[0] != began[1] > 0


def test_what_a_clock_that_was_ahead_has_dated_is_forgotten_once_it_is_right() -> None:
    options, held = forecast.Options(above=95), Hysteresis()
    for hours in (0, 1, 26):
        held = forecast.step(held, seen(NOON + hours * HOUR, value=1.0), options)
    held = forecast.step(held, seen(NOON + 3 * HOUR, value=2.0), options)
    assert [value for _, value in forecast.points_of(held.learned)] == [1.0, 1.0, 2.0]


@given(st.lists(st.floats(-1e12, 1e12), max_size=100), st.integers(20, 200))
@settings(max_examples=20)
def test_whatever_comes_the_memory_is_bounded_and_a_restart_changes_nothing(values: list[float], minutes: int) -> None:
    samples = numbers(timedelta(minutes=minutes), values)
    held, turns = play(forecast, samples, above=95)
    assert play(forecast, samples, above=95, restarts=True) == (held, turns)
    assert bytes_of(held) < 2500


@pytest.mark.parametrize("options", [{}, {"above": 1, "below": 2}, {"above": float("nan")}])
def test_one_limit_is_wanted(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        forecast.Options.model_validate(options)


# The fit


@given(st.floats(-1e3, 1e3), st.floats(-1e6, 1e6), st.integers(12, 40))
def test_a_straight_line_is_found_exactly(slope: float, level: float, many: int) -> None:
    found = trend.fit([(float(at), level + slope * at) for at in range(many)])
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.low <= found.slope <= found.high


def test_a_quarter_of_wild_points_hardly_moves_it() -> None:
    points = [(float(at), 2.0 * at + (500.0 if at % 4 == 0 else 0.0)) for at in range(60)]
    assert trend.fit(points).slope == pytest.approx(2.0, abs=0.7)


def test_the_interval_holds_the_true_slope_nine_times_in_ten() -> None:
    noise = Random(11)
    held = 0
    for _ in range(200):
        found = trend.fit([(float(at), 0.5 * at + noise.gauss(0, 3)) for at in range(24)])
        held += found.low <= 0.5 <= found.high
    assert 170 <= held <= 196


def test_neighbours_that_err_alike_widen_it() -> None:
    wave = [(float(at), 0.1 * at + 5 * sin(at / 4)) for at in range(48)]
    found = trend.fit(wave)
    assert found.until(30, rising=True)[2] == inf
