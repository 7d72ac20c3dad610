"""Which past incidents count, and how much."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sentinel.estimate.history import LATEST, Outlook, known, outlook, scopes
from sentinel.model.estimate import EstimatePolicy, PastIncident
from sentinel.model.service import Impact
from tests.estimate.insurer import BEGAN, after, incident, minutes, past

POLICY = EstimatePolicy()
MAJOR = Impact.MAJOR_OUTAGE


def seen(history: tuple[PastIncident, ...], elapsed: float = 0, impact: Impact | None = None) -> Outlook:
    return outlook(scopes(incident(), impact), history, minutes(elapsed), after(elapsed), POLICY)


def test_the_scopes_go_from_the_same_cause_to_everything() -> None:
    wide = incident(root="ledger", services=("payments", "documents"), cause={"en": "A failed disk"})
    names = [scope.name for scope in scopes(wide, MAJOR)]
    assert names == [
        "ledger / major_outage / same cause",
        "ledger / major_outage",
        "ledger",
        "documents, payments",
        "all",
    ]


def test_the_cause_is_known_by_its_words_in_any_language() -> None:
    narrow = scopes(incident(cause={"en": "Disk", "es": "Disco"}), MAJOR)[0]
    row = PastIncident(service="payments", began_at=BEGAN, lasted=minutes(1), cause="disco", impact="major_outage")
    assert narrow.holds(row)


def test_a_scope_with_enough_of_its_own_asks_nobody_else() -> None:
    found = seen(past([10] * 30, impact="major_outage") + past([500] * 300, service="documents"), impact=MAJOR)
    assert found == Outlook(scope="payments / major_outage", p50=minutes(10), p80=minutes(10), sample=30)


def test_a_scope_with_little_is_filled_up_from_the_next_and_no_further_than_needed() -> None:
    found = seen(past([10] * 8, impact="major_outage") + past([60] * 40) + past([500] * 300, service="quoting"), impact=MAJOR)
    assert found.scope == "payments / major_outage; filled up from payments"
    assert found.sample == POLICY.borrow_below
    assert found.p50 == minutes(60)


def test_the_own_few_count_in_full_whatever_the_number_of_others() -> None:
    """15 of its own against 5 of 1,000 others: the median stays its own."""
    found = seen(past([10] * 15) + past([500] * 190, service="documents"))
    assert (found.p50, found.p80) == (minutes(10), minutes(500))


def test_a_service_without_a_past_goes_by_all_others_with_caution() -> None:
    """Borrowed evidence counts as 20 incidents at most, so P80 is the 84th of a hundred, not the 80th."""
    found = seen(past([float(one) for one in range(1, 101)], service="documents"))
    assert found == Outlook(scope="all", p50=minutes(53), p80=minutes(84), sample=20)


def test_only_those_that_lasted_as_long_count_so_borrowing_begins_anew() -> None:
    history = past([10] * 30) + past([float(90 + one) for one in range(30)], service="documents")
    assert seen(history).scope == "payments"
    assert seen(history, elapsed=60).scope == "all"


def test_of_a_scope_the_latest_count() -> None:
    found = seen(past([600.0] * 300 + [10.0] * LATEST))
    assert (found.p80, found.sample) == (minutes(10), LATEST)


def test_open_ones_are_censored_not_ended() -> None:
    """Four that ended, and six that are still open longer than any of these."""
    assert seen(past([10, 20, 30, 40])).p80 == minutes(40)
    found = seen(past([10, 20, 30, 40]) + past([45] * 6, ended="open"))
    assert (found.p50, found.p80) == (None, None)


def test_rows_that_end_at_resolution_count_until_there_are_enough_exact_ones() -> None:
    late = past([100.0] * 30, ended="resolution")
    assert seen(past([10.0] * 19) + late).p80 == minutes(100)
    assert seen(past([10.0] * 20) + late).p80 == minutes(10)


def test_a_row_that_ends_at_resolution_makes_an_estimate_too_long_rather_than_too_short() -> None:
    exact, late = past([10, 20, 30, 40, 50]), past([15, 25, 35, 45, 55], ended="resolution")
    mixed = seen(exact + late).p80
    plain = seen(exact + past([10, 20, 30, 40, 50])).p80
    assert mixed is not None
    assert plain is not None
    assert mixed >= plain


def test_what_was_not_known_then_is_not_used() -> None:
    began = BEGAN - minutes(30)
    over, running, later = (
        PastIncident(service="payments", began_at=at, lasted=minutes(20)) for at in (began, BEGAN - minutes(5), BEGAN)
    )
    assert [(row.lasted, row.ended) for row in known((over, running, later), BEGAN)] == [
        (minutes(20), "recovery"),
        (minutes(5), "open"),
    ]


ROWS = st.lists(
    st.builds(
        PastIncident,
        service=st.sampled_from(("payments", "documents")),
        began_at=st.integers(1, 400).map(lambda days: BEGAN - timedelta(days=days)),
        lasted=st.integers(1, 3000).map(minutes),
        impact=st.sampled_from(("", "major_outage")),
        ended=st.sampled_from(("recovery", "resolution", "open")),
    ),
    max_size=60,
).map(tuple)


@given(ROWS, st.integers(0, 2000))
def test_p50_is_not_above_p80_and_both_lie_beyond_the_elapsed_time(history: tuple[PastIncident, ...], elapsed: int) -> None:
    found = seen(history, elapsed=elapsed, impact=MAJOR)
    if found.p80 is not None:
        assert found.p50 is not None
        assert minutes(elapsed) < found.p50 <= found.p80


@given(ROWS, st.integers(0, 2000))
def test_the_order_of_the_rows_says_nothing(history: tuple[PastIncident, ...], elapsed: int) -> None:
    turned = tuple(reversed(history))
    assert seen(turned, elapsed=elapsed, impact=MAJOR) == seen(history, elapsed=elapsed, impact=MAJOR)
