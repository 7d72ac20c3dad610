"""Too many changes are a claim of their own: Icinga's weighted share over the last 20 samples."""

from datetime import timedelta
from itertools import cycle, islice

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.kind import flapping
from sentinel.model.observation import Verdict
from tests.detect.samples import DEGRADED, DOWN, NOON, UNKNOWN, UP

from .play import bytes_of, confirming, every, play

MINUTE = timedelta(minutes=1)
VERDICTS = st.lists(st.sampled_from(list(Verdict)), max_size=80)


def flap(count: int) -> list[Verdict]:
    return list(islice(cycle((UP, DOWN)), count))


def test_the_share_is_icingas() -> None:
    assert flapping.percent("0" * 20) == 0
    assert round(flapping.percent("1" * 20), 6) == 99
    assert flapping.percent("1" + "0" * 19) < flapping.percent("0" * 19 + "1")


def test_it_is_claimed_once_and_dated_back_to_the_first_change() -> None:
    _, turns = play(flapping, every(MINUTE, [UP] * 20 + flap(20)))
    assert [one.since for one in turns] == [NOON + 21 * MINUTE]
    assert turns[0].at == NOON + 26 * MINUTE
    assert turns[0].says == "it flaps: 6 of the last 20 samples changed the verdict, 34 % by weight"


def test_it_ends_below_the_lower_mark_and_not_between_the_two() -> None:
    _, turns = play(flapping, every(MINUTE, flap(20) + [DOWN] * 30))
    assert [one.since is None for one in turns] == [False, True]
    assert turns[1].at == NOON + (20 + 14) * MINUTE
    assert flapping.percent("1" * 5 + "0" * 15) < 25 < flapping.percent("1" * 6 + "0" * 14)


def test_a_single_outage_of_any_length_is_no_flapping() -> None:
    assert play(flapping, every(MINUTE, [UP] * 5 + [DOWN] * 9 + [UP] * 30))[1] == []


def test_slow_and_well_in_turn_is_flapping_too() -> None:
    assert len(play(flapping, every(MINUTE, list(islice(cycle((UP, DEGRADED)), 12))))[1]) == 1


def test_samples_that_confirm_and_unknown_ones_count_for_nothing() -> None:
    samples = every(MINUTE, flap(40))
    assert play(flapping, map(confirming, samples))[0].kept == ""
    assert play(flapping, every(MINUTE, [UP, UNKNOWN] * 30))[1] == []


def test_a_steady_check_is_not_written_again() -> None:
    steady, _ = play(flapping, every(MINUTE, [UP] * 2))
    assert flapping.step(steady, every(MINUTE, [UP] * 3)[2], flapping.Options()) is steady


@given(VERDICTS)
def test_a_restart_at_any_sample_changes_nothing(verdicts: list[Verdict]) -> None:
    samples = every(MINUTE, verdicts)
    assert play(flapping, samples, restarts=True) == play(flapping, samples)


@given(VERDICTS)
def test_what_is_remembered_stays_small(verdicts: list[Verdict]) -> None:
    assert bytes_of(play(flapping, every(MINUTE, verdicts))[0]) < 300
