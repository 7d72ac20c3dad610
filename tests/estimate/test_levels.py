"""The steering of the levels, and the past told anew: what is claimed is what holds, also when the world changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import exp, log, sqrt
from random import Random

import pytest

from sentinel.estimate.grade import MARKS, Shadow
from sentinel.estimate.history import History, outlook, present
from sentinel.estimate.levels import CLAIMS, FURTHEST, Levels, outcomes
from sentinel.estimate.past import past
from sentinel.estimate.rehearse import Rehearsed, rehearse, taught
from sentinel.model.estimate import EstimatePolicy, PastIncident
from tests.estimate import insurer
from tests.estimate.insurer import BEGAN, minutes

ZERO = MARKS[0]
HELD = Shadow(elapsed=ZERO, lasted=minutes(10), p50=minutes(20), p80=minutes(30))
MISSED = Shadow(elapsed=ZERO, lasted=minutes(90), p50=minutes(20), p80=minutes(30))
POLICY = EstimatePolicy()


def told_anew(lasts: Callable[[int, Random], float], count: int = 300, every: float = 240) -> list[Rehearsed]:
    """One incident every few hours; `lasts`: its number → minutes."""
    draw = Random("levels")
    rows = [
        PastIncident(service="payments", began_at=BEGAN + minutes(every * nth), lasted=minutes(lasts(nth, draw)))
        for nth in range(count)
    ]
    return list(rehearse(past(rows), POLICY, marks=lambda _: (ZERO,)))


def graded(levels: Levels, shadow: Shadow) -> Levels:
    for one in outcomes(shadow):
        levels = levels.graded(one)
    return levels


def covered(found: list[Rehearsed], since: int) -> float:
    shadows = [one.shadow for one in found if one.place >= since and one.shadow is not None]
    return sum(shadow.lasted <= shadow.p80 for shadow in shadows) / len(shadows)


def test_what_was_never_graded_is_said_as_the_past_says() -> None:
    assert Levels().at(minutes(45)) == (1.0, 1.0)


def test_one_miss_weighs_as_much_as_four_that_held() -> None:
    levels = graded(Levels(), MISSED)
    assert levels.at(ZERO)[1] == pytest.approx(1.049, abs=0.001)
    for _ in range(4):
        levels = graded(levels, HELD)
    assert levels.at(ZERO)[1] == pytest.approx(1.0)


def test_each_mark_is_steered_by_itself_and_holds_until_the_next() -> None:
    levels = graded(Levels(), replace(MISSED, elapsed=minutes(44)))
    assert levels.at(minutes(29)) == (1.0, 1.0)
    assert levels.at(minutes(30)) == levels.at(minutes(59)) != (1.0, 1.0)
    assert levels.at(minutes(60)) == (1.0, 1.0)


@pytest.mark.parametrize(("shadow", "bound"), [(MISSED, exp(FURTHEST)), (HELD, exp(-FURTHEST))], ids=["missed", "held"])
def test_a_level_never_leaves_its_bounds(shadow: Shadow, bound: float) -> None:
    levels = Levels()
    for _ in range(500):
        levels = graded(levels, shadow)
    assert levels.at(ZERO) == pytest.approx((bound, bound))


def test_it_is_what_remains_that_is_lengthened_and_not_beyond_the_longest() -> None:
    """After 30 minutes, of those of 40 to 139 minutes."""
    rows = past(insurer.past([40.0 + nth for nth in range(100)]))
    asked = present(insurer.incident(), None)
    plain = outlook(asked, History(past=rows), minutes(30), POLICY)
    longer = outlook(asked, History(past=rows, levels=Levels(added={minutes(30): (log(1.2), log(9.0))})), minutes(30), POLICY)
    assert plain.p50 is not None
    assert longer.p50 is not None
    assert (longer.p50 - minutes(30)) / (plain.p50 - minutes(30)) == pytest.approx(1.2)
    assert longer.p80 == minutes(139)
    at_first = outlook(asked, History(past=rows, levels=Levels(added={minutes(30): (1.0, 1.0)})), ZERO, POLICY)
    assert at_first == outlook(asked, History(past=rows), ZERO, POLICY)


def test_whatever_was_learned_of_either_no_claim_is_later_than_a_greater_one() -> None:
    rows = past(insurer.past([40.0 + nth for nth in range(100)]))
    crossed = History(past=rows, levels=Levels(added={ZERO: (log(1.2), log(0.5))}))
    found = outlook(present(insurer.incident(), None), crossed, ZERO, POLICY, CLAIMS)
    at = [one.within for one in found.curve]
    assert at == sorted(at)
    assert found.p50 == found.p80 == at[CLAIMS.index(0.5)] == at[CLAIMS.index(0.8)]


def test_a_long_run_of_one_kind_has_not_to_be_undone_step_by_step() -> None:
    levels = Levels()
    for _ in range(500):
        levels = graded(levels, HELD)
    for _ in range(34):
        levels = graded(levels, MISSED)
    assert levels.at(ZERO)[1] > 1


def test_four_in_five_hold_where_the_world_stays_as_it_is() -> None:
    share = covered(told_anew(lambda _, draw: draw.lognormvariate(4, 1.0)), since=20)
    assert share == pytest.approx(0.8, abs=2 * sqrt(0.16 / 280))


def test_and_where_incidents_grow_ever_longer() -> None:
    """Each lasts on average 1 % longer than the one before: the plain quantile of the past falls behind for ever."""
    share = covered(told_anew(lambda nth, draw: draw.lognormvariate(3 + nth / 100, 0.8)), since=20)
    assert share == pytest.approx(0.8, abs=0.05)


def test_and_soon_after_all_of_them_last_three_times_as_long() -> None:
    found = told_anew(lambda nth, draw: draw.lognormvariate(4 + (1.1 if nth >= 120 else 0), 0.8))
    assert covered([one for one in found if one.place < 150], since=120) < 0.7
    assert covered(found, since=200) > 0.74


def test_a_time_is_missed_when_it_has_passed_and_held_when_the_incident_is_over() -> None:
    assert [(one.claimed, one.held, one.after) for one in outcomes(MISSED)] == [
        (0.5, False, minutes(20)),
        (0.8, False, minutes(30)),
    ]
    assert [(one.claimed, one.held, one.after) for one in outcomes(HELD)] == [
        (0.5, True, minutes(10)),
        (0.8, True, minutes(10)),
    ]


def test_many_that_are_open_past_their_time_are_heard_of_before_they_end() -> None:
    """Forty that last for days: those of which it is asked an hour later know that the level is too low."""
    before = insurer.past([float(20 + one % 7) for one in range(40)])
    long = [PastIncident(service="payments", began_at=BEGAN + minutes(one), lasted=minutes(5000)) for one in range(40)]
    found = list(rehearse(past([*before, *long]), POLICY, marks=lambda _: (ZERO,)))
    assert found[-1].said.p80 is not None
    assert found[40].said.p80 is not None
    assert found[-1].said.p80 > found[40].said.p80


def test_an_incident_teaches_what_is_known_of_it_and_no_more() -> None:
    """Whatever the last one lasts beyond the next one's mark, what is said of the next is the same."""
    rows = list(insurer.past([float(20 + one % 7) for one in range(40)]))
    running = PastIncident(service="payments", began_at=BEGAN - minutes(30), lasted=minutes(5000))
    present = PastIncident(service="payments", began_at=BEGAN, lasted=minutes(90))
    said = [
        [one.said for one in rehearse(past([*rows, replace(running, lasted=lasted), present]), POLICY) if one.place == 41]
        for lasted in (minutes(5000), minutes(91))
    ]
    assert said[0] == said[1]
    assert len(said[0]) == len(MARKS)


def test_an_imported_history_brings_its_levels_along() -> None:
    """Each lasts longer than the one before; a new installation begins with the levels that this has led to."""
    growing = insurer.past([10 * 1.05**nth for nth in range(100)])
    assert taught(growing, POLICY, BEGAN).levels.at(ZERO)[1] > 1.5
    assert taught((), POLICY, BEGAN).levels == Levels()


def test_of_what_never_ended_nothing_is_graded() -> None:
    rows = insurer.past([50.0] * 30) + insurer.past([400.0] * 30, ended="open")
    assert taught(rows, POLICY, BEGAN).levels.at(timedelta(0))[1] <= 1
