"""What is usual is learned; what leaves it is claimed, stands, and ends when it is back or has become usual itself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf, nan, pi, sin
from random import Random

import pytest

from sentinel.detect import baseline
from sentinel.detect.kind import unusual
from sentinel.detect.kind.unusual import Options, says, step
from sentinel.detect.place import forgotten
from sentinel.detect.watch import fit, watch
from sentinel.model.check import Check
from sentinel.model.learned import Learned
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis, Signal
from sentinel.store.codec import from_text, to_text

BEGAN = datetime(2026, 6, 8, tzinfo=UTC)
EVERY = timedelta(minutes=5)
A_DAY = 288
OPTIONS = Options()
PATIENT = Options(samples=3, persistence=timedelta(minutes=1))


def seen(row: int, value: Fact, verdict: Verdict = Verdict.UP, sample: SampleKind = SampleKind.SCHEDULED) -> Observation:
    return Observation(
        check="payments.card-form",
        place="head-office",
        at=BEGAN + row * EVERY,
        sample=sample,
        verdict=verdict,
        facts={"total_ms": value},
    )


def calm(rows: int, begin: int = 0) -> list[float]:
    """Around 200 ms, more by day than by night."""
    dice = Random(7)
    every = [200 + 60 * sin(row / A_DAY * 2 * pi) + dice.gauss(0, 4) for row in range(begin + rows)]
    return every[begin:]


def told(held: Hysteresis) -> Learned:
    """What was learned of the number."""
    known = baseline.from_text(held.learned, OPTIONS.fact)
    assert known is not None
    return known


def quick(values: Iterable[float], held: Hysteresis) -> list[tuple[timedelta, Hysteresis]]:
    """What is remembered so long after three days, and after each of these samples, of which one comes every ten seconds."""
    after, now = [], forgotten(held)
    for row, value in enumerate(values):
        later = row * timedelta(seconds=10)
        now = step(now, replace(seen(3 * A_DAY, value), at=BEGAN + 3 * A_DAY * EVERY + later), OPTIONS)
        after.append((later, now))
    return after


def run(values: Iterable[Fact], held: Hysteresis | None = None, begin: int = 0, options: Options = OPTIONS) -> list[Hysteresis]:
    """What is remembered after each of the samples."""
    after, now = [], held or Hysteresis()
    for row, value in enumerate(values, begin):
        now = step(now, seen(row, value), options)
        after.append(now)
    return after


@pytest.fixture(scope="module")
def learned() -> Hysteresis:
    """After three calm days."""
    return run(calm(3 * A_DAY))[-1]


def raised(after: Iterable[Hysteresis]) -> list[bool]:
    return [one.raised_since is not None for one in after]


def test_a_calm_number_raises_nothing_once_its_days_are_known(learned: Hysteresis) -> None:
    assert not any(raised(run(calm(4 * A_DAY, 3 * A_DAY), learned, 3 * A_DAY)))


def test_nothing_is_said_while_it_learns() -> None:
    after = run([*calm(100), *[2000.0] * 50])
    assert not any(raised(after))
    assert baseline.is_learning(told(after[-1]))


def test_many_samples_of_one_hour_are_no_day() -> None:
    now = baseline.begin("total_ms", BEGAN, 1.0)
    for second in range(1, 1000):
        now = baseline.take(now, BEGAN + timedelta(seconds=second), 1.0).known
    assert baseline.is_learning(now)


def test_a_level_that_stays_away_is_claimed_at_the_third_row_since_the_first_where_that_is_wanted(learned: Hysteresis) -> None:
    after = run([900.0] * 3, learned, 3 * A_DAY, PATIENT)
    assert raised(after) == [False, False, True]
    assert after[-1].raised_since == BEGAN + 3 * A_DAY * EVERY


def test_a_level_far_below_is_as_unusual_as_one_far_above(learned: Hysteresis) -> None:
    assert raised(run([5.0] * 3, learned, 3 * A_DAY))[-1]


def test_one_row_alone_is_not_claimed_where_three_are_wanted(learned: Hysteresis) -> None:
    assert not any(raised(run([90_000.0, *calm(60, 3 * A_DAY + 1)], learned, 3 * A_DAY, PATIENT)))


def test_one_wild_row_does_not_widen_what_is_usual_to_itself(learned: Hysteresis) -> None:
    after = run([90_000.0, *calm(80, 3 * A_DAY + 1), 900.0, 900.0, 900.0], learned, 3 * A_DAY, PATIENT)
    assert raised(after)[-4:] == [False, False, False, True]


def test_one_row_is_enough_and_of_a_check_every_five_minutes_each_sample_is_one(learned: Hysteresis) -> None:
    assert raised(run([900.0], learned, 3 * A_DAY)) == [True]


def test_of_a_check_every_ten_seconds_one_slow_answer_in_a_row_of_them_is_nothing(learned: Hysteresis) -> None:
    now = calm(1, 3 * A_DAY)[0]
    values = [9000.0 if row % 5 == 2 else now for row in range(200)]
    assert not any(raised(held for _, held in quick(values, learned)))


def test_of_a_check_every_ten_seconds_what_lasts_is_claimed_with_its_first_row_and_dated_to_it(learned: Hysteresis) -> None:
    after = quick([900.0] * 31, learned)
    first = next(later for later, held in after if held.raised_since is not None)
    assert first == timedelta(minutes=5)
    assert after[-1][1].raised_since == BEGAN + 3 * A_DAY * EVERY


def test_what_is_large_changes_once_a_row(learned: Hysteresis) -> None:
    after = quick([200.0] * 120, learned)
    texts = [held.learned for _, held in after]
    assert sum(one != other for one, other in pairwise(texts)) == 3
    assert max(len(to_text(Hysteresis, replace(held, learned=""))) for _, held in after) < 1024


def test_it_ends_after_two_usual_rows(learned: Hysteresis) -> None:
    after = run([900.0] * 3 + calm(2, 3 * A_DAY + 3), learned, 3 * A_DAY)
    assert raised(after[-3:]) == [True, True, False]
    assert told(after[-1]).line is None


def test_a_new_level_becomes_the_usual_one_after_its_time(learned: Hysteresis) -> None:
    after = run([900.0] * 60, learned, 3 * A_DAY)
    stands = raised(after)
    assert all(stands[:13]), "an hour, and two rows that count as usual"
    assert not any(stands[13:])


def test_what_is_usual_by_day_is_unusual_by_night() -> None:
    """Nothing leaves its whole range here: only the hour tells."""

    def opened(row: int) -> float:
        return 500.0 + (row % 7) if 108 <= row % A_DAY < 216 else 100.0 + (row % 5)

    held = run([opened(row) for row in range(5 * A_DAY)])[-1]
    assert raised(run([500.0] * 12, held, 5 * A_DAY))[-1]


def test_a_trend_that_is_slow_beside_the_days_is_learned_on_the_way() -> None:
    values = [value + row / A_DAY for row, value in enumerate(calm(6 * A_DAY))]
    assert not any(raised(run(values)[3 * A_DAY :]))


@pytest.mark.parametrize("value", [None, True, "slow", nan, inf, -inf, 1e200], ids=str)
def test_what_is_no_number_changes_nothing(learned: Hysteresis, value: Fact) -> None:
    assert step(learned, seen(9000, value), OPTIONS) is learned


@pytest.mark.parametrize("verdict", [Verdict.DOWN, Verdict.UNKNOWN])
def test_samples_that_found_no_answer_teach_nothing(learned: Hysteresis, verdict: Verdict) -> None:
    assert step(learned, seen(9000, 30_000.0, verdict), OPTIONS) is learned


@pytest.mark.parametrize("sample", [SampleKind.CONFIRM, SampleKind.MANUAL])
def test_only_scheduled_samples_teach(learned: Hysteresis, sample: SampleKind) -> None:
    assert step(learned, seen(9000, 200.0, sample=sample), OPTIONS) is learned


def test_a_sample_that_comes_twice_or_late_changes_nothing(learned: Hysteresis) -> None:
    assert step(learned, seen(3 * A_DAY - 1, 900.0), OPTIONS) is learned
    assert step(learned, seen(3 * A_DAY - 2, 900.0), OPTIONS) is learned


@pytest.mark.parametrize("far", [2 * A_DAY, 365 * A_DAY], ids=["two-days", "a-year"])
@pytest.mark.parametrize("value", [200.0, 90_000.0], ids=["usual", "far-away"])
@pytest.mark.parametrize("ahead", [1, 4], ids=["once", "for-some-time"])
def test_after_samples_from_the_future_it_hears_again(learned: Hysteresis, far: int, value: float, ahead: int) -> None:
    held = run([value] * ahead, learned, 3 * A_DAY + far)[-1]
    after = run(calm(60, 3 * A_DAY), from_text(Hysteresis, to_text(Hysteresis, held)), 3 * A_DAY)
    assert not raised(after)[-1]
    assert told(after[-1]).at == (BEGAN + (3 * A_DAY + 59) * EVERY).timestamp()
    assert raised(run([900.0] * 60, after[-1], 3 * A_DAY + 60)).count(True) > 10


def test_what_was_first_seen_in_the_future_is_learned_from_now_on() -> None:
    held = run([200.0] * 3, None, 365 * A_DAY)[-1]
    after = run([*calm(3 * A_DAY), 900.0], held)
    assert raised(after)[-1]


def test_a_claim_about_another_number_is_over_with_the_first_row_of_this_one(learned: Hysteresis) -> None:
    held = run([900.0], learned, 3 * A_DAY)[-1]
    assert raised([held]) == [True]
    options = Options(fact="connect_ms")
    one = replace(seen(3 * A_DAY + 1, 5.0), facts={"connect_ms": 5.0})
    after = step(held, one, options)
    assert (after.raised_since, after.bad_since, after.good_since) == (None, None, one.at)


@pytest.mark.parametrize("text", ["", "{", '{"rows":1}'])
def test_a_claim_whose_learned_text_cannot_be_read_is_over(learned: Hysteresis, text: str) -> None:
    held = replace(run([900.0], learned, 3 * A_DAY)[-1], learned=text)
    assert raised(run([900.0], held, 3 * A_DAY + 1)) == [False]


def test_a_claim_without_a_line_is_over_with_the_next_row(learned: Hysteresis) -> None:
    held = replace(run([900.0], learned, 3 * A_DAY)[-1], learned=learned.learned)
    after = run([201.0], replace(held, learned=baseline.to_text(replace(told(held), line=None))), 3 * A_DAY + 1)
    assert raised(after) == [False]


def test_a_claim_about_a_number_that_is_found_no_more_is_over_after_its_time(learned: Hysteresis) -> None:
    held = run([900.0], learned, 3 * A_DAY)[-1]
    after = run([None] * 14, held, 3 * A_DAY + 1)
    assert raised(after) == [True] * 11 + [False] * 3
    assert told(after[-1]).line is None, "or the next row would be judged by it"
    assert after[-1].good_since == BEGAN + (3 * A_DAY + 12) * EVERY


def test_a_large_integer_is_the_same_after_a_restart(learned: Hysteresis) -> None:
    number = 2**53 + 1
    held = run([number] * 2)[-1]
    assert from_text(Hysteresis, to_text(Hysteresis, held)) == held
    assert held.gathered is not None
    assert held.gathered.before == float(number)
    assert isinstance(held.gathered.before, float)


def test_it_goes_on_after_a_restart_at_any_sample_as_if_there_had_been_none(learned: Hysteresis) -> None:
    now = calm(1, 3 * A_DAY)[0]
    ahead = [*[now] * 70, *[900.0 + row % 7 for row in range(100)], *[now] * 130]
    after, kept = quick(ahead, learned), forgotten(learned)
    assert {held.raised_since is None for _, held in after} == {True, False}
    for (later, held), value in zip(after, ahead, strict=True):
        kept = from_text(Hysteresis, to_text(Hysteresis, kept))
        kept = step(kept, replace(seen(0, value), at=BEGAN + 3 * A_DAY * EVERY + later), OPTIONS)
        assert kept == held


def test_another_number_and_a_memory_that_cannot_be_read_are_learned_anew(learned: Hysteresis) -> None:
    for held, options in ((learned, Options(fact="connect_ms")), (replace(learned, learned='{"rows":1}'), OPTIONS)):
        one = replace(seen(3 * A_DAY, 900.0), facts={options.fact: 900.0})
        known = baseline.from_text(step(held, one, options).learned, options.fact)
        assert known is not None
        assert known.rows == 1


def test_what_is_remembered_stays_small_over_weeks() -> None:
    held = run(calm(15 * A_DAY))[-1]
    assert len(to_text(Hysteresis, held)) < 4096


def test_memories_of_before_are_read() -> None:
    assert from_text(Hysteresis, '{"bad_samples":2}') == Hysteresis(bad_samples=2)


def test_a_blind_place_forgets_the_run_and_keeps_what_was_learned(learned: Hysteresis) -> None:
    held = replace(learned, bad_since=BEGAN, bad_samples=2, good_since=None, good_samples=0)
    assert forgotten(held) == Hysteresis(learned=learned.learned)


def test_what_a_blind_place_had_gathered_is_no_part_of_a_row(learned: Hysteresis) -> None:
    assert learned.gathered is not None
    after = forgotten(learned)
    assert after.gathered is None
    assert forgotten(after) is after


def test_staff_read_which_number_left_which_range(learned: Hysteresis) -> None:
    check = Check(
        id="payments.card-form",
        service="payments",
        kind="http",
        options={},
        every=EVERY,
        timeout=timedelta(seconds=5),
        detectors={"unusual": {}},
        means={Verdict.DEGRADED: "payments.slow"},
    )
    fitted, held, found = fit(check, {"unusual": unusual}), learned, list[Signal]()
    for row in range(3 * A_DAY, 3 * A_DAY + 3):
        one = seen(row, 900.0)
        watched = watch(check, {"unusual": held}, one, one.at, fitted)
        held = watched.held["unusual"]
        found += watched.signals
    assert len(found) == 1
    words = "total_ms is 900; the value has left 133 to 265.9; seen from head-office"
    assert found[0].evidence == words


def test_staff_read_of_how_many_samples_the_row_is(learned: Hysteresis) -> None:
    held = quick([900.0] * 31, learned)[-1][1]
    assert says(held, seen(0, 1.0), OPTIONS) == "total_ms is 900 (the middle of 30 samples); the value has left 133 to 265.9"


def test_where_nothing_is_known_it_says_so_in_few_words() -> None:
    assert says(Hysteresis(), seen(0, 200.0), OPTIONS) == "total_ms is unusual"
