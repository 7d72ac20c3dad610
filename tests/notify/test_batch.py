"""The verdict over a first batch, from counts alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.limits import Guards
from sentinel.model.notice import Occasion
from sentinel.notify.batch import Batch, Verdict, judge, tolerated, turns_bad, why_paused, why_stopped

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
GUARDS = Guards()


def verdict(accepted: int, failed: int, under_way: int, after: int = 5, occasion: Occasion = Occasion.OPENED) -> Verdict:
    batch = Batch(accepted=accepted, failed=failed, under_way=under_way)
    return judge(batch, occasion, GUARDS, NOW, NOW + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((50, 0, 0), Verdict.GOOD),
        ((48, 2, 0), Verdict.GOOD),
        ((47, 3, 0), Verdict.BAD),
        ((0, 3, 47), Verdict.BAD),
        ((0, 0, 50), Verdict.WAIT),
        ((49, 0, 1), Verdict.GOOD),
        ((0, 0, 0), Verdict.GOOD),
    ],
)
def test_five_in_a_hundred_may_fail_and_no_more(counts: tuple[int, int, int], said: Verdict) -> None:
    assert verdict(*counts) is said


def test_what_was_taken_may_come_back_for_a_while_and_then_the_rest_goes() -> None:
    taken, back = Batch(accepted=50), Batch(accepted=47, failed=3)
    for batch, after, said in (
        (taken, 29, Verdict.WAIT),
        (taken, 30, Verdict.GOOD),
        (back, 1, Verdict.BAD),
        (Batch(accepted=48, failed=2), 30, Verdict.GOOD),
    ):
        assert judge(batch, Occasion.OPENED, GUARDS, NOW, NOW + timedelta(seconds=after), NOW) is said
    assert judge(taken, Occasion.HOLDING, GUARDS, NOW, NOW, NOW) is Verdict.GOOD


def test_after_a_while_those_at_rest_speak_for_the_slow_ones_if_they_are_half() -> None:
    assert verdict(30, 0, 20) is Verdict.WAIT
    assert verdict(30, 0, 20, after=61) is Verdict.GOOD
    assert verdict(20, 0, 30, after=3600) is Verdict.WAIT, "a provider that takes nothing is waited for"
    assert verdict(30, 2, 18, after=61) is Verdict.WAIT, "two of thirty-two are too many"


def test_holding_words_stop_only_where_most_of_them_fail() -> None:
    assert verdict(40, 10, 0, occasion=Occasion.HOLDING) is Verdict.GOOD
    assert verdict(20, 30, 0, occasion=Occasion.HOLDING) is Verdict.BAD
    assert verdict(40, 10, 0, occasion=Occasion.CLOSED) is Verdict.BAD
    assert "10 of the first 50 failed" in why_paused(Batch(accepted=40, failed=10), Occasion.CLOSED, GUARDS)


@given(accepted=st.integers(0, 50), failed=st.integers(0, 50), under_way=st.integers(0, 50), after=st.integers(0, 4000))
def test_a_good_verdict_never_stands_beside_too_many_failures(accepted: int, failed: int, under_way: int, after: int) -> None:
    batch = Batch(accepted=accepted, failed=failed, under_way=under_way)
    said = judge(batch, Occasion.OPENED, GUARDS, NOW, NOW + timedelta(seconds=after))
    too_many = failed > tolerated(Occasion.OPENED, GUARDS) / 100 * batch.size
    assert (said is Verdict.BAD) == too_many
    assert said is not Verdict.WAIT or under_way > 0, "what is at rest is judged"


def test_what_went_on_stops_when_more_than_the_same_share_fails_of_four_batches_at_least() -> None:
    for sent, failed, occasion, stops in (
        (60, 10, Occasion.OPENED, False),
        (60, 11, Occasion.OPENED, True),
        (1000, 50, Occasion.OPENED, False),
        (1000, 51, Occasion.CLOSED, True),
        (1000, 500, Occasion.HOLDING, False),
        (1000, 501, Occasion.HOLDING, True),
    ):
        assert turns_bad(sent, failed, occasion, GUARDS) is stops
    assert why_stopped(12_000, 601, Occasion.OPENED, GUARDS).startswith("601 of 12,000 sent so far failed or came back")
