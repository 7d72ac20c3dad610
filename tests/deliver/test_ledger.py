"""The table of moves: promises P1 and P3 as properties of every path through it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.deliver import ledger
from sentinel.deliver.ledger import AT_REST, BY_PERSON, MOVES, Attempt, Event, after_failure, after_outcome, backoff, move
from sentinel.deliver.outcome import Broken, Down, Gone, Limited, Poisoned
from sentinel.model.delivery import Accepted, Failed, Lane, State, Unknown

NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
CHANCE = st.floats(0, 1)
ARMED = Attempt(lane=Lane.CUSTOMERS, state=State.ARMED)
ARMED_3, CLAIMED, STAFF = replace(ARMED, attempts=3), replace(ARMED, state=State.CLAIMED), replace(ARMED, lane=Lane.STAFF)
PAGE = Path(__file__).parents[2] / "docs/reference/ledger.md"


@given(st.lists(st.sampled_from(Event), max_size=60))
def test_no_path_of_the_customers_lane_sends_twice_without_a_person(events: list[Event]) -> None:
    state, may_have_arrived = State.QUEUED, False
    for event in events:
        if event in (Event.LOST_STAFF, Event.LOST_DEDUPED, Event.AGAIN) or (state, event) not in MOVES:
            continue  # staff's, and what only a provider that dedupes allows
        if event in BY_PERSON:
            may_have_arrived = False
        if state is State.ARMED and event in (Event.ACCEPT, Event.DOUBT, Event.LOST_CUSTOMERS):
            may_have_arrived = True
        state = move(state, event)
        assert not (state is State.ARMED and may_have_arrived)


def test_a_crash_never_puts_an_armed_customer_row_back_in_the_queue_but_a_staff_row_always() -> None:
    assert move(State.ARMED, ledger.lost(Lane.CUSTOMERS)) is State.IN_DOUBT
    assert move(State.ARMED, ledger.lost(Lane.STAFF)) is State.QUEUED


def test_a_crash_puts_an_armed_customer_row_back_only_where_its_provider_dedupes() -> None:
    assert move(State.ARMED, ledger.lost(Lane.CUSTOMERS, dedupes=True)) is State.QUEUED
    assert {move(State.ARMED, ledger.lost(lane)) for lane in Lane if lane is not Lane.CUSTOMERS} == {State.QUEUED}


def test_less_than_the_whole_window_of_a_provider_is_relied_on() -> None:
    assert ledger.trusted(timedelta(hours=24)) == timedelta(hours=21, minutes=36)


def test_every_state_that_is_not_at_rest_has_a_way_to_rest_that_needs_no_person() -> None:
    reaches = set(AT_REST)
    for _ in State:
        reaches |= {state for (state, event), to in MOVES.items() if to in reaches and event not in BY_PERSON}
    assert reaches == set(State)


def test_a_state_at_rest_is_left_only_by_a_person_or_by_proof() -> None:
    assert {event for state, event in MOVES if state in AT_REST} == BY_PERSON | {Event.PROVE}


def test_every_state_is_reached_and_every_event_is_used_and_explained() -> None:
    assert set(MOVES.values()) == set(State)
    assert {event for _, event in MOVES} == set(Event) == set(ledger.MEANING)


def test_what_the_table_does_not_hold_cannot_happen() -> None:
    with pytest.raises(ledger.NoSuchMove, match="arm cannot happen to a delivery that is accepted"):
        move(State.ACCEPTED, Event.ARM)


@given(st.integers(-1, 10_000), CHANCE)
def test_backoff_stays_within_its_bounds(attempts: int, chance: float) -> None:
    assert timedelta(0) <= backoff(attempts, chance) <= ledger.LONGEST_WAIT


def test_backoff_doubles_up_to_five_minutes() -> None:
    assert [backoff(n, 1.0).total_seconds() for n in (1, 2, 3, 4, 8, 9, 40)] == [2, 4, 8, 16, 256, 300, 300]
    assert backoff(3, 0.25) == timedelta(seconds=2)


def test_a_provider_that_is_away_for_half_an_hour_outlives_no_row() -> None:
    assert sum((backoff(n, 0.5) for n in range(1, ledger.MOST_ATTEMPTS)), timedelta()) > timedelta(hours=1)


@pytest.mark.parametrize(
    ("after", "seconds"), [(0, 0), (7.5, 7.5), (-3, 0), (315_360_000, 900), (float("inf"), 900), (float("nan"), 900)]
)
def test_retry_after_is_honoured_and_capped(after: float, seconds: float) -> None:
    result = after_failure(ARMED_3, Failed(reason="slow down", after=after), NOW, 1.0)
    assert result.state is State.RETRY
    assert result.due_at == NOW + timedelta(seconds=seconds)
    assert result.attempts == 3, "a provider that says when to come back burns no try"


def test_a_permanent_failure_is_rejected_at_once() -> None:
    assert after_failure(CLAIMED, Failed(reason="550 no such user", permanent=True), NOW, 0.5).state is State.REJECTED


@given(st.sampled_from([State.CLAIMED, State.ARMED]), CHANCE)
def test_failures_end_in_dead_after_the_bound_and_not_before(state: State, chance: float) -> None:
    attempts = 0
    for tried in range(1, ledger.MOST_ATTEMPTS + 1):
        one = Attempt(lane=Lane.CUSTOMERS, state=state, attempts=attempts)
        result = after_failure(one, Failed(reason="451 later"), NOW, chance)
        attempts = result.attempts
        assert result.state is (State.DEAD if tried == ledger.MOST_ATTEMPTS else State.RETRY)


def test_an_unknown_fate_is_a_doubt_for_customers_and_another_try_for_staff() -> None:
    unknown = Unknown(reason="the connection broke")
    assert after_outcome(ARMED, unknown, NOW, 0.5).state is State.IN_DOUBT
    staff = after_outcome(STAFF, unknown, NOW, 0.5)
    assert (staff.state, staff.due_at) == (State.RETRY, NOW + timedelta(seconds=1))


def test_an_unknown_fate_goes_again_under_the_same_key_where_the_provider_dedupes() -> None:
    again = after_outcome(replace(ARMED, dedupes=True), Unknown(reason="the connection broke"), NOW, 0.5)
    assert (again.state, again.doubted, again.due_at) == (State.RETRY, True, NOW + timedelta(seconds=1))
    spent = replace(ARMED, dedupes=True, attempts=ledger.MOST_ATTEMPTS - 1)
    assert after_outcome(spent, Unknown(reason="the connection broke"), NOW, 0.5).state is State.IN_DOUBT


def test_what_may_have_arrived_is_never_called_dead() -> None:
    spent = replace(ARMED, attempts=ledger.MOST_ATTEMPTS - 1, doubted=True)
    assert after_failure(spent, Failed(reason="451"), NOW, 0.5).state is State.IN_DOUBT
    assert after_failure(replace(spent, state=State.CLAIMED), Failed(reason="451"), NOW, 0.5).state is State.IN_DOUBT
    assert after_failure(replace(spent, lane=Lane.STAFF), Failed(reason="451"), NOW, 0.5).state is State.DEAD


def test_a_limit_and_a_broken_channel_burn_no_try() -> None:
    limited = after_outcome(ARMED_3, Limited(reason="429"), NOW, 0.5)
    assert (limited.state, limited.attempts, limited.due_at) == (State.RETRY, 3, NOW + timedelta(seconds=30))
    broken = after_outcome(ARMED_3, Broken(reason="401"), NOW, 0.5)
    assert (broken.state, broken.attempts, broken.due_at) == (State.RETRY, 3, NOW)


def test_a_recipient_that_nobody_knows_is_rejected_and_a_poisoned_row_is_tried_three_times() -> None:
    assert after_outcome(ARMED, Gone(reason="550 5.1.1"), NOW, 0.5).state is State.REJECTED
    assert after_outcome(replace(CLAIMED, attempts=1), Poisoned(reason="no words"), NOW, 0.5).state is State.RETRY
    assert after_outcome(replace(CLAIMED, attempts=2), Poisoned(reason="no words"), NOW, 0.5).state is State.DEAD


@pytest.mark.parametrize(
    ("down", "seconds"),
    [
        (Down(reason="503"), 8),
        (Down(reason="503", after=100), 102),
        (Limited(reason="429"), 32),
        (Limited(reason="429", after=315_360_000), 900),
        (Limited(reason="429", after=0), 2),
    ],
)
def test_a_channel_rests_as_long_as_it_asks_and_a_little_more_by_chance(down: Down, seconds: float) -> None:
    """F28: so that not everybody comes back in the same instant."""
    assert ledger.rest(down, 3, 1.0) == timedelta(seconds=seconds)
    assert ledger.rest(down, 3, 0.0) <= ledger.rest(down, 3, 1.0)


def test_an_acceptance_keeps_the_providers_reference() -> None:
    result = after_outcome(replace(STAFF, attempts=2), Accepted(ref="17.5"), NOW, 0.5)
    assert (result.state, result.attempts, result.ref) == (State.ACCEPTED, 3, "17.5")


def test_the_reference_page_holds_the_table_and_the_diagram_as_they_are() -> None:
    page = PAGE.read_text()
    assert ledger.table() in page
    assert ledger.diagram() in page
