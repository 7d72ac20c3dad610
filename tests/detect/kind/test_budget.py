"""The error budget: burn rates over two windows, never of too few samples, told by how fast it is spent."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect import ring
from sentinel.detect.kind import budget
from sentinel.model.observation import Verdict
from tests.detect.samples import DEGRADED, DOWN, NOON, UNKNOWN, UP

from .play import bytes_of, confirming, every, play

MINUTE = timedelta(minutes=1)
HALF = timedelta(seconds=30)
HOUR = timedelta(hours=1)


def day(minutes: int, *bad: tuple[int, int]) -> list[Verdict]:
    """A sample a minute; down from one minute to another."""
    return [DOWN if any(begin <= at < end for begin, end in bad) else UP for at in range(minutes)]


def test_a_short_sharp_outage_burns_fast_and_is_dated_back_to_its_first_sample() -> None:
    _, turns = play(budget, every(MINUTE, day(600, (300, 303))))
    assert (turns[0].since, turns[0].at) == (NOON + 300 * MINUTE, NOON + 302 * MINUTE)
    assert turns[0].says == (
        "the error budget of 99.9 % is spent 50.0 times as fast as it lasts: 3 of 60 samples bad in 60 min; "
        "at this rate all of it is gone within 14 h"
    )


def test_one_or_two_bad_samples_are_no_rate_however_seldom_it_is_looked() -> None:
    assert play(budget, every(5 * MINUTE, day(500, (300, 302))))[1] == []


def test_nothing_is_claimed_of_too_few_samples() -> None:
    assert play(budget, every(MINUTE, day(11, (0, 11))), slow_burns=False)[1] == []
    assert len(play(budget, every(MINUTE, day(12, (0, 12))), slow_burns=False)[1]) == 1


def test_the_long_window_alone_claims_nothing_once_the_trouble_is_past() -> None:
    """3 of 56 are too many for an hour; the last five minutes, and the last thirty, are well."""
    assert play(budget, every(MINUTE, day(60, (10, 13))), slow_burns=False, least=56)[1] == []
    assert len(play(budget, every(MINUTE, day(60, (53, 56))), slow_burns=False, least=56)[1]) == 1


def test_it_ends_by_the_long_window_and_does_not_flap_with_the_short_one() -> None:
    pattern = [*day(120), *([DOWN] * 2 + [UP] * 18) * 6, *day(400)]
    _, turns = play(budget, every(MINUTE, pattern), slow_burns=False, objective=99)
    assert [one.since is not None for one in turns[:2]] == [True, False][: len(turns)]
    assert len(turns) <= 2


def test_a_slow_burn_is_seen_by_the_longest_windows() -> None:
    """One bad sample in 700 of a minute each is 1.4 times too fast: no faster pair sees it."""
    slow = [DOWN if at % 700 == 699 else UP for at in range(5000)]
    _, turns = play(budget, every(MINUTE, slow), objective=99.9, least=800)
    assert turns


def test_what_grows_from_slow_to_fast_is_a_claim_of_its_own() -> None:
    slow = [DOWN if at % 700 == 699 else UP for at in range(5000)]
    held, turns = play(budget, every(MINUTE, slow + [DOWN] * 30), least=50)
    rises = [one for one in turns if one.since]
    assert len(rises) > 1
    assert len({one.since for one in rises}) == len(rises)
    assert held.raised_since == rises[-1].since


def test_degraded_spends_the_budget_only_where_it_is_said() -> None:
    samples = every(MINUTE, [UP] * 60 + [DEGRADED] * 20)
    assert play(budget, samples)[1] == []
    assert len(play(budget, samples, spent_by="degraded")[1]) == 1


def test_unknown_counts_neither_way_and_so_do_samples_that_confirm() -> None:
    held, _ = play(budget, every(MINUTE, [UP] * 20))
    assert play(budget, every(MINUTE, [UNKNOWN] * 20, NOON + HOUR), held)[0] is held
    assert play(budget, map(confirming, every(MINUTE, [DOWN] * 20, NOON + HOUR)), held)[0] is held


def test_the_windows_are_in_proportion_to_the_objectives() -> None:
    """Of a month, the slower of the fast pairs has 6 hours; of a week, 84 minutes. What is past for so long is over."""
    pattern = day(600, (100, 103))
    (_, month_end) = play(budget, every(MINUTE, pattern), slow_burns=False)[1]
    (_, week_end) = play(budget, every(MINUTE, pattern), slow_burns=False, window="P7D")[1]
    assert 70 * MINUTE < week_end.at - (NOON + 103 * MINUTE) < 84 * MINUTE
    assert 340 * MINUTE < month_end.at - (NOON + 103 * MINUTE) < 360 * MINUTE


def test_a_new_objective_window_begins_to_count_anew() -> None:
    held, _ = play(budget, every(MINUTE, day(60, (50, 60))))
    after, turns = play(budget, every(MINUTE, [UP] * 5, NOON + HOUR), held, window="P7D")
    assert after.learned.count(" ") < held.learned.count(" ")
    assert all(one.since is None for one in turns)


def test_a_clock_set_back_by_days_stops_nothing() -> None:
    held, _ = play(budget, every(MINUTE, [UP] * 60))
    _, turns = play(budget, every(MINUTE, [DOWN] * 20, NOON - timedelta(days=400)), held)
    assert len(turns) == 1


COUNTED = st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=150)


@given(COUNTED)
def test_what_is_counted_is_exact_but_for_the_edge_of_a_slot(gaps: Sequence[tuple[int, bool]]) -> None:
    """The window holds all of the last 47 slots, and nothing that is older than 48."""
    length, open_slots, past, at = 4800.0, "", "", 1_000_000.0
    told: list[tuple[float, bool]] = []
    for gap, bad in gaps:
        at += gap
        told.append((at, bad))
        counted = ring.count(open_slots, past, (length,), ring.Came(at, good=int(not bad), bad=int(bad)))
        open_slots, past = counted.open_slots, counted.past
        first = (at // 100 - 47) * 100
        inside = [is_bad for when, is_bad in told if when >= first]
        assert counted.long == ((inside.count(False), inside.count(True)),)
        recent = [is_bad for when, is_bad in told if when >= (at // 100 - 3) * 100]
        assert counted.short(0) == (recent.count(False), recent.count(True))


@given(st.lists(st.sampled_from(list(Verdict)), max_size=60))
def test_a_restart_at_any_sample_changes_nothing(verdicts: list[Verdict]) -> None:
    samples = every(HALF, verdicts)
    assert play(budget, samples, restarts=True) == play(budget, samples)


def test_what_is_remembered_is_bounded() -> None:
    held, _ = play(budget, every(timedelta(minutes=10), day(3000, (0, 3000))))
    assert bytes_of(held) < 2000


@pytest.mark.parametrize("objective", ["99.95%", 99.95])
def test_the_objective_is_written_with_or_without_percent(objective: object) -> None:
    assert budget.Options.model_validate({"objective": objective}).objective == 99.95
