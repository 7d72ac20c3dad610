"""Grading: what was said first is what is graded."""

from datetime import timedelta
from math import log

import pytest

from sentinel.estimate.grade import Ended, Kept, Score, Shadow, first_eta, score, scorecard
from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind, PromiseState
from tests.estimate.insurer import BEGAN, after, estimate_of, minutes, promise

ZERO = timedelta(0)


def ended(lasted: float, estimates: tuple[Estimate, ...] = (), promises: tuple[Promise, ...] = ()) -> Ended:
    return Ended(
        service="payments", episode=1, began_at=BEGAN, recovered_at=after(lasted), estimates=estimates, promises=promises
    )


def shadow(lasted: float, p50: float, p80: float, elapsed: float = 0) -> Shadow:
    return Shadow(elapsed=minutes(elapsed), lasted=minutes(lasted), p50=minutes(p50), p80=minutes(p80))


def test_the_figures_of_four_incidents_by_hand() -> None:
    found = score([shadow(10, 20, 40), shadow(20, 20, 40), shadow(30, 20, 40), shadow(80, 20, 40)], ZERO, withheld=2)
    assert (found.graded, found.withheld) == (4, 2)
    assert (found.covered, found.covered_half) == (0.75, 0.5)
    assert (found.width, found.miss, found.lean) == (minutes(40), minutes(10), minutes(5))
    by_hand = (0.2 * log(4) + 0.2 * log(2) + 0.2 * log(4 / 3) + 0.8 * log(2)) / 4
    assert found.pinball == pytest.approx(by_hand)


def test_width_and_loss_are_of_the_remaining_time() -> None:
    found = score([shadow(90, 80, 120, elapsed=60)], minutes(60))
    assert found.width == minutes(60)
    assert found.pinball == pytest.approx(0.2 * log(60 / 30))


def test_usually_too_early_leans_positive() -> None:
    lean = score([shadow(50, 20, 40), shadow(60, 20, 40), shadow(10, 20, 40)], ZERO).lean
    assert lean == minutes(30)


def test_nothing_graded_is_no_figure_rather_than_a_zero() -> None:
    assert score([], ZERO, withheld=1) == Score(mark=ZERO, graded=0, withheld=1)


def test_each_mark_grades_the_estimate_that_stood_then_while_the_incident_was_open() -> None:
    made = (
        estimate_of(10, 20, made_at=after(1)),
        estimate_of(40, 50, made_at=after(20)),
        estimate_of(70, 100, made_at=after(45)),
    )
    at_0, at_30, at_60 = scorecard([ended(55, made)]).shadow
    assert (at_0.graded, at_0.covered) == (1, 0.0)
    assert (at_30.graded, at_30.covered, at_30.width) == (1, 0.0, minutes(20))
    assert at_60.graded == 0


def test_what_was_said_of_another_episode_is_not_graded() -> None:
    made = (estimate_of(10, 20, episode=2), estimate_of(40, 80, made_at=after(1)))
    assert [one.covered for one in scorecard([ended(70, made)]).shadow] == [1.0, 1.0, 1.0]


def test_later_estimates_that_only_moved_up_win_nothing_for_the_first_one() -> None:
    """The published range was too short, was made longer twice, and still counts as a miss."""
    longer = (
        estimate_of(10, 20, made_at=after(1)),
        estimate_of(30, 60, made_at=after(20)),
        estimate_of(90, 200, made_at=after(60)),
    )
    assert scorecard([ended(100, longer)]).shadow[0].covered == 0.0


def test_where_nothing_was_said_it_is_counted_apart_and_in_no_share() -> None:
    silent = ended(30, (estimate_of(None, None, Basis.ASSESSING),))
    good = ended(30, (estimate_of(20, 40),))
    found = scorecard([silent, good, ended(30)]).shadow[0]
    assert (found.graded, found.withheld, found.covered) == (1, 1, 1.0)


def test_a_scorecard_may_be_of_one_basis() -> None:
    cases = [ended(30, (estimate_of(20, 40),)), ended(30, (estimate_of(25, 25, Basis.ENGINEER),))]
    assert scorecard(cases, Basis.ENGINEER).shadow[0].covered == 0.0
    assert scorecard(cases, Basis.HISTORY).shadow[0].covered == 1.0


def test_the_first_published_time_is_graded_whatever_was_promised_after() -> None:
    promises = (
        promise(at=60, id=1, state=PromiseState.MOVED),
        promise(at=240, id=2, published_at=after(50), state=PromiseState.KEPT),
        promise(at=30, id=3, published_at=after(2), kind=PromiseKind.NEXT_WORD),
        promise(at=45, id=4, published_at=after(3), state=PromiseState.WITHDRAWN),
        promise(at=500, id=5, published_at=after(1), episode=2),
    )
    first = first_eta(promises, episode=1)
    assert first is not None
    assert first.id == 1
    assert scorecard([ended(200, promises=promises)]).promises == Kept(kept=0, broken=1, moved=1, held=0, withheld=0)


def test_kept_broken_and_withheld_are_counted_by_the_published_instant() -> None:
    """Kept to the second of the promise, though the range itself (P80 of 50 minutes) was missed."""
    cases = [
        ended(60, (estimate_of(20, 50),), (promise(at=60),)),
        ended(61, promises=(promise(at=60, state=PromiseState.BROKEN),)),
        ended(61, promises=(promise(at=60, state=PromiseState.HELD),)),
        ended(61),
    ]
    assert scorecard(cases).promises == Kept(kept=1, broken=2, moved=0, held=1, withheld=1)
    assert scorecard(cases).shadow[0].covered == 0.0
