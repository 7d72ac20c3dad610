"""The published instant: never early, never odd, and what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.estimate.promise import Lapse, lapse, next_word_at, promise_at, round_up, settle, why_withheld
from sentinel.model.estimate import Basis, EstimatePolicy, PromiseKind, PromiseState
from sentinel.model.incident import Incident, Phase
from sentinel.model.notice import NoticePolicy
from tests.estimate.insurer import BEGAN, after, estimate_of, incident, minutes, promise

POLICY = EstimatePolicy()
NOTICES = NoticePolicy()
QUARTER = minutes(15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 6, 8, hour, minute, tzinfo=UTC)


def test_it_is_p80_rounded_up_to_the_quarter_hour() -> None:
    """10:05 and 3 h 50 min is 13:55."""
    assert promise_at(estimate_of(150, 230), after(5), POLICY) == at(14, 0)


def test_an_instant_on_the_grid_stays_where_it_is() -> None:
    assert promise_at(estimate_of(100, 235), after(5), POLICY) == at(14, 0)


def test_it_is_never_nearer_than_the_least_that_is_of_use() -> None:
    """Expected back at 10:35; published at 10:30 that is 10:50 at least, on the grid 11:00."""
    assert promise_at(estimate_of(20, 30), after(25), POLICY) == at(11, 0)


def test_a_persons_time_is_promised_as_given_rounded_up_however_far() -> None:
    assert promise_at(estimate_of(471, 471, Basis.ENGINEER), after(30), POLICY) == at(18, 0)


@pytest.mark.parametrize(
    ("p50", "p80", "basis", "elapsed", "why"),
    [
        (None, None, Basis.ASSESSING, 5, "Nobody can say yet how long it will take."),
        (100, 241, Basis.HISTORY, 5, "It may take longer than 4 hours; no time is promised that far ahead."),
        (150, 400, Basis.HISTORY, 5, "It may take longer than 4 hours; no time is promised that far ahead."),
        (
            20,
            61,
            Basis.HISTORY,
            5,
            "It may take 20 minutes or 61 minutes: past incidents differ too much (more than 3 times) to promise a time.",
        ),
        (20, 30, Basis.HISTORY, 30, "The estimated time has already passed."),
        (30, 30, Basis.ENGINEER, 31, "The estimated time has already passed."),
    ],
)
def test_a_time_that_cannot_be_promised_is_withheld_with_its_reason(
    p50: float | None, p80: float | None, basis: Basis, elapsed: float, why: str
) -> None:
    made = estimate_of(p50, p80, basis)
    assert promise_at(made, after(elapsed), POLICY) is None
    assert why_withheld(made, after(elapsed), POLICY) == why


def test_the_limits_themselves_are_within() -> None:
    assert promise_at(estimate_of(80, 240), after(5), POLICY) == at(14, 15)


def test_why_nobody_can_say_is_passed_on() -> None:
    made = estimate_of(None, None, Basis.ASSESSING, reason="no past incident to go by")
    assert why_withheld(made, BEGAN, POLICY) == "Nobody can say yet how long it will take (no past incident to go by)."


def test_no_estimate_is_no_promise() -> None:
    assert promise_at(None, BEGAN, POLICY) is None
    assert why_withheld(None, BEGAN, POLICY) == "There is no estimate yet."


ANY = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: EPOCH + timedelta(milliseconds=milliseconds))
SPAN = st.integers(1, 20_000_000).map(lambda milliseconds: timedelta(milliseconds=milliseconds))
GRID = st.sampled_from([timedelta(seconds=1), timedelta(seconds=5), minutes(5), QUARTER, minutes(30), minutes(60)])


@given(ANY, SPAN, SPAN, GRID, st.sampled_from((Basis.HISTORY, Basis.ENGINEER)), SPAN)
def test_it_is_never_early_and_always_on_the_grid(
    began: datetime, p50: timedelta, more: timedelta, grid: timedelta, basis: Basis, elapsed: timedelta
) -> None:
    policy = EstimatePolicy(round_to=grid)
    made = replace(estimate_of(1, 1, basis), began_at=began, p50=p50, p80=p50 + more)
    now = began + elapsed
    promised = promise_at(made, now, policy)
    assert (promised is None) is (why_withheld(made, now, policy) is not None)
    if promised is not None:
        earliest = max(began + p50 + more, now + policy.least_ahead)
        assert earliest <= promised < earliest + grid
        assert (promised - EPOCH) % grid == timedelta(0)
        assert promised.utcoffset() == timedelta(0)


@given(ANY, GRID)
def test_rounding_again_changes_nothing(instant: datetime, grid: timedelta) -> None:
    assert round_up(round_up(instant, grid), grid) == round_up(instant, grid)


def test_it_reads_as_a_quarter_hour_on_every_clock_of_the_world() -> None:
    promised = promise_at(estimate_of(150, 230), after(5), POLICY)
    assert promised is not None
    assert {promised.astimezone(ZoneInfo(zone)).minute for zone in available_timezones()} <= {0, 15, 30, 45}
    assert promised.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M") == "19:30"
    assert promised.astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%H:%M") == "19:45"
    assert promised.astimezone(ZoneInfo("Australia/Eucla")).strftime("%H:%M") == "22:45"


def test_the_next_word_is_promised_rounded_up_too() -> None:
    assert next_word_at(at(10, 31), minutes(60), QUARTER) == at(11, 45)


@pytest.mark.parametrize(
    ("before", "ask", "hold", "lapsed"),
    [
        (11, False, False, False),
        (10, True, False, False),
        (6, True, True, False),
        (0, True, True, False),
        (-0.1, True, True, True),
    ],
)
def test_a_person_is_asked_then_words_are_due_then_it_has_lapsed(before: float, ask: bool, hold: bool, lapsed: bool) -> None:
    now = promise().at - minutes(before)
    assert lapse(promise(), now, NOTICES) == Lapse(ask_due=ask, hold_due=hold, lapsed=lapsed)


def test_a_settled_promise_asks_for_nothing() -> None:
    kept = promise(state=PromiseState.KEPT)
    assert lapse(kept, kept.at + minutes(60), NOTICES) == Lapse(ask_due=False, hold_due=False, lapsed=False)


def over(recovered: float, **more: object) -> Incident:
    return incident(phase=Phase.RESOLVED, recovered_at=after(recovered), resolved_at=after(recovered + 5), **more)


def recovering(recovered: float) -> Incident:
    return incident(recovered_at=after(recovered), hold_until=after(recovered + 5))


def dismissed(when: float) -> Incident:
    return incident(phase=Phase.DISMISSED, dismissed_at=after(when))


AGAIN = incident(episode=2, began_at=after(250), opened_by=9)
AGAIN_LATE = incident(episode=2, began_at=after(300), opened_by=9)

# incident, now, replaced at, held at → state; the promise is for minute 265, published at minute 15
ETA_TABLE = [
    ("it goes on", incident(), 200, None, None, None),
    ("it goes on at the very instant", incident(), 265, None, None, None),
    ("recovered before", over(200), 206, None, None, PromiseState.KEPT),
    ("recovered at the very instant", over(265), 271, None, None, PromiseState.KEPT),
    ("recovered a moment after, in silence", over(265.1), 271, None, None, PromiseState.BROKEN),
    ("recovered before, though a new time had been given", over(263), 269, 259, None, PromiseState.KEPT),
    ("recovered before, though holding words had gone", over(263), 269, None, 260, PromiseState.KEPT),
    ("passed in silence", incident(), 266, None, None, PromiseState.BROKEN),
    ("a new time in time", incident(), 256, 256, None, PromiseState.MOVED),
    ("a new time at the very instant", incident(), 266, 265, None, PromiseState.MOVED),
    ("a new time too late", incident(), 266, 265.5, None, PromiseState.BROKEN),
    ("a new time before this promise was made", incident(), 266, 10, None, PromiseState.BROKEN),
    ("holding words, not yet passed", incident(), 262, None, 259, None),
    ("holding words, then it passed", incident(), 266, None, 259, PromiseState.HELD),
    ("holding words too late", incident(), 266, None, 265.5, PromiseState.BROKEN),
    ("a new time after holding words, in time", incident(), 264, 263, 259, PromiseState.MOVED),
    ("holding words, and a new time too late", incident(), 280, 270, 259, PromiseState.HELD),
    ("recovered late, after holding words", over(300), 306, None, 259, PromiseState.HELD),
    ("recovering, not passed", recovering(255), 257, None, None, None),
    ("recovering in time, passed while the hold runs", recovering(263), 266, None, None, None),
    ("recovering, but too late", recovering(266), 267, None, None, PromiseState.BROKEN),
    ("dismissed before", dismissed(100), 101, None, None, PromiseState.KEPT),
    ("dismissed after it passed in silence", dismissed(300), 301, None, None, PromiseState.BROKEN),
    ("dismissed after it had moved", dismissed(300), 301, 250, None, PromiseState.MOVED),
    ("over, and broken again before", AGAIN, 260, None, None, PromiseState.KEPT),
    ("over we know not when, broken again after", AGAIN_LATE, 301, None, 259, PromiseState.HELD),
]


@pytest.mark.parametrize(
    ("of", "now", "replaced", "held", "state"), [row[1:] for row in ETA_TABLE], ids=[row[0] for row in ETA_TABLE]
)
def test_what_becomes_of_a_time_of_return(
    of: Incident, now: float, replaced: float | None, held: float | None, state: PromiseState | None
) -> None:
    replaced_at, held_at = (None if word is None else after(word) for word in (replaced, held))
    assert settle(promise(), of, after(now), replaced_at, held_at) is state


# now, replaced at, held at, closed at → state
WORD_TABLE = [
    ("not passed", 200, None, None, None, None),
    ("holding words before", 261, None, 260, None, PromiseState.KEPT),
    ("a new time before", 261, 260, None, None, PromiseState.KEPT),
    ("the closing before", 261, None, None, 260, PromiseState.KEPT),
    ("the words that made it do not keep it", 261, None, 15, None, None),
    ("a word too late", 270, None, 266, 268, PromiseState.BROKEN),
    ("no word", 266, None, None, None, PromiseState.BROKEN),
]


@pytest.mark.parametrize("of", [incident(), over(200)], ids=["open", "over"])
@pytest.mark.parametrize(
    ("now", "replaced", "held", "closed", "state"), [row[1:] for row in WORD_TABLE], ids=[row[0] for row in WORD_TABLE]
)
def test_what_becomes_of_a_promised_word(
    of: Incident, now: float, replaced: float | None, held: float | None, closed: float | None, state: PromiseState | None
) -> None:
    """That it is over is nothing that customers have heard: only a word keeps it."""
    replaced_at, held_at, closed_at = (None if word is None else after(word) for word in (replaced, held, closed))
    assert settle(promise(kind=PromiseKind.NEXT_WORD), of, after(now), replaced_at, held_at, closed_at) is state


@pytest.mark.parametrize("state", [state for state in PromiseState if state is not PromiseState.OPEN])
def test_what_is_settled_stays_settled(state: PromiseState) -> None:
    assert settle(promise(state=state), over(100), after(300), None, None) is None


@given(st.floats(16, 400), st.floats(16, 400) | st.none(), st.floats(16, 400) | st.none())
def test_a_promise_that_passed_is_always_settled_and_broken_only_in_silence(
    recovered: float, replaced: float | None, held: float | None
) -> None:
    replaced_at, held_at = (None if word is None else after(word) for word in (replaced, held))
    state = settle(promise(), over(recovered), after(500), replaced_at, held_at)
    spoke = any(word is not None and word <= promise().at for word in (replaced_at, held_at))
    assert (state is PromiseState.KEPT) is (after(recovered) <= promise().at)
    assert (state is PromiseState.BROKEN) is (after(recovered) > promise().at and not spoke)
