"""Grading: what was said at each mark is what is graded, and the first published time."""

from datetime import timedelta
from math import log

import pytest

from sentinel.estimate.card import card, rehearsed
from sentinel.estimate.grade import Kept, Score, Shadow, first_eta, interval, kept, score
from sentinel.estimate.past import past
from sentinel.model.estimate import Basis, Claim, Episode, EstimatePolicy, Marked, Promise, PromiseKind, PromiseState
from tests.estimate import insurer
from tests.estimate.insurer import BEGAN, after, minutes, promise

ZERO = timedelta(0)


def marked(
    mark: float, p50: float | None, p80: float | None, basis: Basis = Basis.HISTORY, made: float | None = None
) -> Marked:
    return Marked(
        mark=minutes(mark),
        made_at=after(mark if made is None else made),
        began_at=BEGAN,
        basis=basis,
        p50=None if p50 is None else minutes(p50),
        p80=None if p80 is None else minutes(p80),
        curve=() if p80 is None else (Claim(0.5, minutes(p50 or 0)), Claim(0.8, minutes(p80))),
    )


def ended(
    lasted: float, marks: tuple[Marked, ...] = (), promises: tuple[Promise, ...] = (), service: str = "payments"
) -> Episode:
    return Episode(
        incident=17,
        episode=1,
        service=service,
        began_at=BEGAN,
        over_at=after(lasted + 5),
        recovered_at=after(lasted),
        marks=marks,
        promises=promises,
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


@pytest.mark.parametrize(
    ("held", "of", "between"),
    [(8, 10, (0.4902, 0.9433)), (10, 10, (0.7225, 1.0)), (0, 4, (0.0, 0.4899))],
    ids=["8", "all", "none"],
)
def test_the_interval_is_wilsons(held: int, of: int, between: tuple[float, float]) -> None:
    """Against the tables of Newcombe (1998), method 3."""
    assert interval(held, of) == pytest.approx(between, abs=1e-4)


def test_each_mark_grades_what_was_said_there_while_the_incident_was_open() -> None:
    made = (marked(0, 10, 20, made=1), marked(30, 40, 50), marked(60, 70, 100))
    at_0, at_30, at_60 = card([ended(55, made)]).whole.marks
    assert (at_0.graded, at_0.covered) == (1, 0.0)
    assert (at_30.graded, at_30.covered, at_30.width) == (1, 0.0, minutes(20))
    assert at_60.graded == 0


def test_what_was_made_after_it_had_recovered_is_not_graded() -> None:
    """The round came at 31 minutes; the first good sample had been at 30:30, and nobody knew."""
    assert card([ended(30.5, (marked(30, 40, 50, made=31),))]).whole.marks[1] == Score(mark=minutes(30), graded=0, withheld=0)


def test_an_open_one_and_a_dismissed_one_are_in_no_share() -> None:
    still = Episode(incident=1, episode=1, service="payments", began_at=BEGAN, marks=(marked(0, 10, 20),))
    dismissed = Episode(incident=2, episode=1, service="payments", began_at=BEGAN, over_at=after(9), marks=(marked(0, 10, 20),))
    found = card([still, dismissed])
    assert (found.episodes, found.open, found.dismissed) == (0, 1, 1)
    assert all(one.graded == one.withheld == 0 for one in found.whole.marks)


def test_what_was_made_long_after_its_mark_is_counted_apart() -> None:
    """A hub that came back after 40 minutes: what it said for 0 minutes was said of another question."""
    found = card([ended(90, (marked(0, 60, 80, made=40), marked(30, 60, 80, made=40)))]).whole.marks
    assert (found[0].graded, found[0].late) == (0, 1)
    assert (found[1].graded, found[1].late) == (1, 0)
    assert found[1].width == minutes(40), "counted from when it was really made"


def test_where_nothing_was_said_it_is_counted_apart_and_in_no_share() -> None:
    silent = ended(30, (marked(0, None, None, Basis.ASSESSING),))
    good = ended(30, (marked(0, 20, 40),))
    found = card([silent, good, ended(30)]).whole.marks[0]
    assert (found.graded, found.withheld, found.covered) == (1, 1, 1.0)


def test_lines_are_by_service_and_by_basis() -> None:
    cases = [ended(30, (marked(0, 20, 40),)), ended(30, (marked(0, 25, 25, Basis.ENGINEER),), service="quoting")]
    found = card(cases)
    assert {line.name: line.marks[0].covered for line in found.services} == {"payments": 1.0, "quoting": 0.0}
    assert {line.name: line.marks[0].covered for line in found.bases} == {"history": 1.0, "engineer": 0.0}
    assert [(one.claimed, one.held, one.graded) for one in found.reliability] == [(0.5, 0.0, 1), (0.8, 1.0, 1)]


def test_a_rehearsal_is_of_the_history_and_says_so() -> None:
    rows = past(insurer.past([20.0 + nth % 9 for nth in range(60)]))
    found = rehearsed(rows, EstimatePolicy())
    assert found.rehearsed
    assert found.whole.promises is None
    assert found.whole.marks[0].graded + found.whole.marks[0].withheld == found.episodes == 60
    assert rehearsed(rows, EstimatePolicy(), "quoting").episodes == 0


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
    assert kept([ended(200, promises=promises)]) == Kept(kept=0, broken=1, moved=1, held=0, withheld=0)


def test_kept_broken_and_withheld_are_counted_by_the_published_instant() -> None:
    """Kept to the second of the promise, though the range itself (P80 of 50 minutes) was missed."""
    cases = [
        ended(60, (marked(0, 20, 50),), (promise(at=60),)),
        ended(61, promises=(promise(at=60, state=PromiseState.BROKEN),)),
        ended(61, promises=(promise(at=60, state=PromiseState.HELD),)),
        ended(61),
    ]
    found = card(cases).whole
    assert found.promises == Kept(kept=1, broken=2, moved=0, held=1, withheld=1)
    assert found.marks[0].covered == 0.0
