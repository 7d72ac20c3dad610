"""When an estimate is made, on which basis, and when the last one stands."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.estimate.decide import DROPPED_AFTER, estimate
from sentinel.estimate.history import History
from sentinel.estimate.past import past as made_ready
from sentinel.model.estimate import Basis, Estimate, EstimatePolicy, PastIncident
from sentinel.model.incident import Incident, Phase
from sentinel.model.service import Impact
from tests.estimate.insurer import BEGAN, MARIA, after, incident, minutes, past, with_eta

POLICY = EstimatePolicy()
TENS = past([float(10 * one) for one in range(1, 30)])
"""29 past incidents of 10 to 290 minutes: P50 is 150, P80 240."""


def said(
    of: Incident,
    elapsed: float,
    last: Estimate | None = None,
    history: tuple[PastIncident, ...] = TENS,
    impact: Impact | None = None,
) -> Estimate | None:
    return estimate(of, impact, History(past=made_ready(history)), after(elapsed), last, POLICY)


def first(of: Incident, elapsed: float = 0, history: tuple[PastIncident, ...] = TENS) -> Estimate:
    made = said(of, elapsed, history=history)
    assert made is not None
    return made


def near(found: timedelta | None, of: float) -> bool:
    """Younger rows count a little more than older ones, so no figure is a round one."""
    return found is not None and abs(found - minutes(of)) < minutes(of) / 40


def test_from_history_it_is_the_range_of_such_incidents() -> None:
    made = first(incident())
    assert (made.basis, near(made.p50, 150), near(made.p80, 240), made.sample) == (Basis.HISTORY, True, True, 29)
    assert (made.scope, made.began_at, made.author, made.confidence) == ("payments", BEGAN, "sentinel", 0.8)


def test_it_is_conditional_on_the_time_already_elapsed() -> None:
    """Of those that had lasted 200 minutes, nine, the eighth in length is P80."""
    made = first(incident(), elapsed=200)
    assert (near(made.p50, 250), near(made.p80, 280), made.sample) == (True, True, 9)


def test_a_persons_time_overrides_history_with_its_author_and_reason() -> None:
    made = first(with_eta(after(55), at=after(10)), elapsed=12)
    assert (made.basis, made.p50, made.p80) == (Basis.ENGINEER, minutes(55), minutes(55))
    assert (made.author, made.reason) == (MARIA, "replacing the card gateway's certificate")


def test_a_vendors_time_names_the_vendor_and_gives_way_to_history_in_its_name() -> None:
    theirs = with_eta(after(55), at=after(10), vendor="Redsys")
    made = first(theirs, elapsed=12)
    assert (made.basis, made.p50, made.p80, made.author) == (Basis.VENDOR, minutes(55), minutes(55), MARIA)
    assert made.reason == "on the word of Redsys: replacing the card gateway's certificate"
    assert said(theirs, 30, last=made) is None
    assert said(with_eta(after(70), at=after(30), vendor="Redsys"), 30, last=made) is not None
    missed = said(theirs, 55, last=made)
    assert missed is not None
    assert (missed.basis, "the time named by Redsys has passed" in missed.reason) == (Basis.HISTORY, True)


def test_without_a_past_nothing_is_said_and_the_reason_is() -> None:
    made = first(incident(), history=())
    assert (made.basis, made.p50, made.p80) == (Basis.ASSESSING, None, None)
    assert made.reason == "while investigating: no past incident to go by"


def test_three_past_incidents_are_too_few_for_a_claim_of_four_in_five() -> None:
    made = first(incident(), history=past([10, 20, 30]))
    assert (made.basis, made.sample) == (Basis.ASSESSING, 3)
    assert "too few" in made.reason


@pytest.mark.parametrize("elapsed", [0, 1, 60, 149.9])
def test_the_last_one_stands_while_nothing_changed(elapsed: float) -> None:
    assert said(incident(), elapsed, last=first(incident())) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"phase": Phase.IDENTIFIED},
        {"services": ("payments", "documents"), "root": "ledger"},
        {"began_at": BEGAN - minutes(2)},
        {"episode": 2, "began_at": BEGAN + minutes(3)},
    ],
    ids=lambda changed: ", ".join(changed),
)
def test_a_change_of_the_incident_makes_it_again(changed: dict[str, object]) -> None:
    assert said(incident(**changed), 5, last=first(incident())) is not None


def test_a_change_of_impact_makes_it_again() -> None:
    history = TENS + past([30.0] * 30, impact="major_outage")
    last = first(incident(), history=history)
    made = said(incident(), 5, last=last, history=history, impact=Impact.MAJOR_OUTAGE)
    assert made is not None
    assert made.scope == "payments / major_outage"


def test_a_persons_time_given_moved_or_taken_back_makes_it_again() -> None:
    given_, moved = with_eta(after(55), at=after(10)), with_eta(after(90), at=after(40))
    assert said(given_, 10, last=first(incident())) is not None
    assert said(given_, 30, last=first(given_, elapsed=10)) is None
    assert said(moved, 40, last=first(given_, elapsed=10)) is not None
    assert said(incident(), 40, last=first(given_, elapsed=10)) is not None


def test_a_history_that_grew_by_a_row_is_no_reason_to_say_something_else() -> None:
    grown = (*TENS, PastIncident(service="payments", began_at=BEGAN - minutes(30), lasted=minutes(31)))
    assert said(incident(), 5, last=first(incident()), history=grown) is None


def test_that_fewer_past_incidents_lasted_so_long_is_no_reason_either() -> None:
    """After 140 minutes only 15 of its own are left, so a new one would borrow; the last one stands all the same."""
    history = TENS + past([400.0] * 30, service="documents")
    assert first(incident(), elapsed=140, history=history).scope == "payments; filled up from all"
    assert said(incident(), 140, last=first(incident(), history=history), history=history) is None


def test_a_history_that_came_late_is() -> None:
    assert said(incident(), 5, last=first(incident(), history=())) is not None


def test_it_is_made_again_at_once_when_either_figure_would_lie_in_the_past() -> None:
    last = first(incident())
    assert last.p50 is not None
    again = said(incident(), last.p50 / minutes(1), last=last)
    assert again is not None
    assert again.p50 is not None
    assert again.p50 > last.p50


def test_a_persons_time_that_has_passed_gives_way_to_history_and_says_so() -> None:
    missed = with_eta(after(55), at=after(10))
    made = said(missed, 55, last=first(missed, elapsed=10))
    assert made is not None
    assert made.basis is Basis.HISTORY
    assert f"the time named by {MARIA} has passed" in made.reason


def test_past_three_times_the_first_bound_the_range_is_dropped_and_the_reason_said() -> None:
    """P80 is 8 minutes at first; those few that last for days would make it a range of days."""
    history = past([2000.0 + one for one in range(10)] + [float(one % 8 + 1) for one in range(60)])
    last = first(incident(), elapsed=10, history=history)
    assert last.basis is Basis.HISTORY
    assert last.p50 is not None
    assert last.p50 > minutes(1000)
    bound = first(incident(), history=history).p80
    assert bound is not None
    assert said(incident(), DROPPED_AFTER * bound / minutes(1), last=last, history=history) is None
    dropped = said(incident(), DROPPED_AFTER * bound / minutes(1) + 0.1, last=last, history=history)
    assert dropped is not None
    assert (dropped.basis, dropped.p80) == (Basis.ASSESSING, None)
    assert "over 3 times as long as first thought" in dropped.reason
    assert said(incident(), 500, last=dropped, history=history) is None


def test_a_person_may_still_name_a_time_when_the_range_was_dropped() -> None:
    assert first(with_eta(after(3000), at=after(2000)), elapsed=2000).basis is Basis.ENGINEER


@pytest.mark.parametrize("over", [{"phase": Phase.RESOLVED}, {"phase": Phase.DISMISSED}, {"recovered_at": BEGAN + minutes(5)}])
def test_one_that_is_over_or_recovering_needs_none(over: dict[str, object]) -> None:
    assert said(incident(**over), 10) is None


LENGTHS = st.lists(st.integers(1, 600).map(float), max_size=40)
PATH = st.lists(
    st.tuples(st.floats(0, 120), st.sampled_from((None, Phase.IDENTIFIED, Phase.INVESTIGATING, 40, 5))), max_size=12
)


@given(LENGTHS, PATH)
def test_along_any_life_it_lies_ahead_and_is_idempotent(
    lengths: list[float], path: list[tuple[float, Phase | int | None]]
) -> None:
    """Asked again at the same instant, the estimate just made stands; and nothing that stands lies in the past."""
    now, current, last, history = 0.0, incident(), None, past(lengths)
    for wait, event in path:
        now += wait
        if isinstance(event, Phase):
            current = replace(current, phase=event)
        elif event is not None:
            eta = with_eta(after(now + event), at=after(now)).eta
            current = replace(current, eta=eta, eta_by=MARIA, eta_at=after(now))
        last = said(current, now, last, history) or last
        assert last is not None
        assert said(current, now, last, history) is None
        assert last.p50 is None or last.p50 > after(now) - BEGAN
        assert (last.p50 is None) is (last.p80 is None) is (last.basis is Basis.ASSESSING)
        assert last.p50 is None or last.p80 is None or last.p50 <= last.p80


@given(LENGTHS, st.integers(0, 300), st.integers(2, 30))
def test_a_world_that_runs_slower_is_estimated_as_much_longer(lengths: list[float], elapsed: int, scale: int) -> None:
    made = first(incident(), elapsed=elapsed, history=past(lengths))
    slower = tuple(
        replace(row, began_at=BEGAN - (BEGAN - row.began_at) * scale, lasted=row.lasted * scale) for row in past(lengths)
    )
    again = first(incident(), elapsed=elapsed * scale, history=slower)
    assert (again.p80 is None) is (made.p80 is None)
    assert again.p80 is None or made.p80 is None or abs(again.p80 - made.p80 * scale) < timedelta(seconds=scale)


@pytest.mark.parametrize("elapsed", [0, 30, 60])
@pytest.mark.parametrize("size", [6, 40])
def test_four_in_five_log_normal_incidents_end_within_p80(size: int, elapsed: int) -> None:
    """250 worlds of their own history each. The standard error of a share of 0.8 is then 0.025; the bounds are three of them,
    and above also what a small history must err by: with n of them P80 covers up to 1/(n + 1) more than 0.8."""
    draw = Random(f"{size} {elapsed}")
    covered: list[bool] = []
    while len(covered) < 250:
        lengths = [draw.lognormvariate(4, 1.2) for _ in range(size + 1)]
        if lengths[0] <= elapsed:
            continue
        made = first(incident(), elapsed=elapsed, history=past(lengths[1:]))
        if made.p80 is None:
            continue
        covered.append(timedelta(minutes=lengths[0]) <= made.p80)
    at_risk = min(size, max(4, round(size * {0: 1, 30: 0.69, 60: 0.47}[elapsed])))
    assert 0.8 - 0.076 <= sum(covered) / 250 <= 0.8 + 1 / (at_risk + 1) + 0.076
