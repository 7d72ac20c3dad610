"""`outage`: raised after 15 s and 3 samples of down, cleared by 2 good ones."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.kind.outage import Options, step
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

from .samples import DEGRADED, DOWN, UNKNOWN, UP, at, sample, samples


def run(told: Iterable[tuple[float, Verdict]], options: Options | None = None) -> Hysteresis:
    held = Hysteresis()
    for seen in samples(told):
        held = step(held, seen, options or Options())
    return held


def test_raised_once_down_for_the_persistence_time_and_dated_back_to_the_first_bad_sample() -> None:
    confirmed = [(30, UP), (60, DOWN), (61, DOWN), (62, DOWN), (70, DOWN)]
    assert run(confirmed).raised_since is None
    assert run([*confirmed, (75, DOWN)]).raised_since == at(60)


def test_long_enough_but_too_few_samples_raises_nothing() -> None:
    assert run([(0, DOWN), (30, DOWN)]).raised_since is None
    assert run([(0, DOWN), (30, DOWN), (60, DOWN)]).raised_since == at(0)


def test_persistence_zero_raises_with_the_third_sample() -> None:
    at_once = Options(persistence=timedelta(0))
    assert run([(0, DOWN), (1, DOWN)], at_once).raised_since is None
    assert run([(0, DOWN), (1, DOWN), (2, DOWN)], at_once).raised_since == at(0)


def test_persistence_zero_and_one_sample_raises_at_once() -> None:
    assert run([(0, DOWN)], Options(persistence=timedelta(0), samples=1)).raised_since == at(0)


@pytest.mark.parametrize("good", [UP, DEGRADED])
def test_one_good_sample_starts_the_count_anew_and_degraded_is_good_too(good: Verdict) -> None:
    held = run([(0, DOWN), (10, DOWN), (14, good), (20, DOWN), (30, DOWN), (34, DOWN)])
    assert held.raised_since is None
    assert held.bad_since == at(20)


def test_unknown_between_neither_breaks_a_run_nor_counts_in_it() -> None:
    assert run([(0, DOWN), (5, UNKNOWN), (10, UNKNOWN), (16, DOWN)]).raised_since is None
    assert run([(0, DOWN), (5, UNKNOWN), (10, DOWN), (16, DOWN)]).raised_since == at(0)


def test_it_clears_with_the_second_good_sample_in_a_row_and_says_since_when() -> None:
    down = [(0, DOWN), (8, DOWN), (16, DOWN)]
    assert run([*down, (30, UP), (31, DOWN), (32, UP)]).raised_since == at(0)
    cleared = run([*down, (30, UP), (31, DOWN), (32, UP), (33, DEGRADED)])
    assert cleared.raised_since is None
    assert cleared.good_since == at(32)


def test_a_sample_that_came_late_neither_breaks_the_run_nor_dates_it_back() -> None:
    held = run([(10, DOWN), (18, DOWN)])
    assert step(held, sample(4, UP), Options()) is held
    assert step(held, sample(4, DOWN), Options()) is held
    assert step(held, sample(10, UP), Options()) is held


def test_a_late_bad_sample_does_not_undo_a_recovery() -> None:
    held = run([(0, DOWN), (8, DOWN), (16, DOWN), (30, UP), (31, UP)])
    assert step(held, sample(20, DOWN), Options()) is held


def test_a_steady_check_leaves_its_memory_as_it_was_so_that_nothing_is_stored() -> None:
    well = run([(0, UP)])
    assert step(well, sample(30, UP), Options()) is well
    ill = run([(0, DOWN), (8, DOWN), (16, DOWN)])
    assert step(ill, sample(30, DOWN), Options()) is ill


MANY = st.lists(
    st.tuples(st.floats(min_value=0.5, max_value=20), st.sampled_from(Verdict)),
    max_size=40,
)
OPTIONS = st.builds(
    Options,
    persistence=st.integers(0, 40).map(lambda seconds: timedelta(seconds=seconds)),
    samples=st.integers(1, 5),
    clears_after=st.integers(1, 4),
)


def spaced(gaps: list[tuple[float, Verdict]]) -> list[Observation]:
    seconds, told = 0.0, []
    for gap, verdict in gaps:
        seconds += gap
        told.append(sample(seconds, verdict))
    return told


@given(MANY, OPTIONS)
def test_it_stands_exactly_when_the_definition_says_so(gaps: list[tuple[float, Verdict]], options: Options) -> None:
    """The step by step result against the definition, written the slow way over the whole history."""
    told = spaced(gaps)
    held = Hysteresis()
    for count, seen in enumerate(told, start=1):
        held = step(held, seen, options)
        assert held.raised_since == by_definition([one for one in told[:count] if one.verdict is not UNKNOWN], options)


def by_definition(told: list[Observation], options: Options) -> object:
    raised = None
    for last in range(len(told)):
        run_of = told[: last + 1]
        tail: list[Observation] = []
        is_down = told[last].verdict is DOWN
        while run_of and (run_of[-1].verdict is DOWN) == is_down:
            tail.insert(0, run_of.pop())
        if is_down and raised is None:
            if len(tail) >= options.samples and tail[-1].at - tail[0].at >= options.persistence:
                raised = tail[0].at
        elif not is_down and len(tail) >= options.clears_after:
            raised = None
    return raised


@given(MANY, OPTIONS)
def test_one_of_the_two_runs_is_always_empty_and_a_claim_begins_no_later_than_its_run(
    gaps: list[tuple[float, Verdict]], options: Options
) -> None:
    held = Hysteresis()
    for seen in spaced(gaps):
        held = step(held, seen, options)
        assert held.bad_since is None or held.good_since is None
        assert (held.bad_samples == 0) == (held.bad_since is None)
        assert (held.good_samples == 0) == (held.good_since is None)


@given(MANY, OPTIONS, st.lists(st.tuples(st.integers(0, 39), st.sampled_from([UP, DOWN])), max_size=8))
def test_samples_older_than_the_present_run_change_nothing_wherever_they_come_in(
    gaps: list[tuple[float, Verdict]], options: Options, late: list[tuple[int, Verdict]]
) -> None:
    held, disturbed = Hysteresis(), Hysteresis()
    for index, seen in enumerate(spaced(gaps)):
        held, disturbed = step(held, seen, options), step(disturbed, seen, options)
        began = held.bad_since or held.good_since
        for where, verdict in late:
            if where == index and began is not None:
                disturbed = step(disturbed, sample(0, verdict), options)
        assert disturbed == held
