"""What the past says of one incident: which rows count, how much, and nothing that was not known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.estimate.history import History, Outlook, outlook, present
from sentinel.estimate.past import LATEST, Word, last_told, past
from sentinel.model.estimate import EstimatePolicy, PastIncident, Told
from sentinel.model.incident import Incident
from sentinel.model.service import Impact
from tests.estimate import insurer
from tests.estimate.insurer import BEGAN, after, incident, minutes

POLICY = EstimatePolicy()
MAJOR = Impact.MAJOR_OUTAGE


def seen(
    rows: Sequence[PastIncident],
    elapsed: float = 0,
    impact: Impact | None = None,
    told: Sequence[Told] = (),
    of: Incident | None = None,
    policy: EstimatePolicy = POLICY,
) -> Outlook:
    return outlook(present(of or incident(), impact, told), History(past=past(rows)), minutes(elapsed), policy)


def p80_of(rows: Sequence[PastIncident], elapsed: float = 0, impact: Impact | None = None) -> timedelta:
    found = seen(rows, elapsed, impact)
    assert found.p80 is not None
    return found.p80


def test_with_one_service_and_nothing_else_known_it_is_the_quantile() -> None:
    found = seen(insurer.past([float(10 * one) for one in range(1, 30)]))
    assert found.p50 is not None
    assert found.p80 is not None
    assert found.p50 / minutes(1) == pytest.approx(150, rel=0.02)
    assert found.p80 / minutes(1) == pytest.approx(240, rel=0.02)
    assert found.scope == "payments"


def test_other_services_count_for_as_many_as_may_be_borrowed_however_many_they_are() -> None:
    """300 others against 15, and against 200 of its own."""
    own, others = insurer.past([10, 11, 12, 13, 14] * 3), insurer.past([500.0] * 300, service="documents")
    found = seen(own + others, of=incident())
    alone = seen(others)
    assert found.scope == "payments; filled up from all"
    assert found.p80 == minutes(500)
    assert alone.scope == "all"
    more = seen(insurer.past([10, 11, 12, 13, 14] * 40) + others)
    assert more.p80 is not None
    assert more.p80 < minutes(20)


def test_with_enough_alike_ones_those_of_the_same_impact_lead() -> None:
    minor, major = insurer.past([10, 12, 14] * 30), insurer.past([200, 220, 240] * 30, impact="major_outage")
    assert p80_of(minor + major, impact=MAJOR) >= p80_of(minor + major)
    half = seen(minor + major, impact=MAJOR).p50
    assert half is not None
    assert half >= minutes(200)


def test_a_cause_is_known_by_its_words_in_any_language() -> None:
    disks = tuple(replace(row, cause="disco") for row in insurer.past([300, 310, 320] * 20))
    found = seen(insurer.past([10, 12, 14] * 20) + disks, of=incident(cause={"en": "Disk", "es": "Disco"}))
    assert found.p50 is not None
    assert found.p50 >= minutes(300)
    assert found.scope == "payments / same cause"


def test_where_the_cause_was_told_the_past_of_that_phase_leads() -> None:
    """After 30 minutes: those that were identified by then were over soon."""
    soon = tuple(replace(row, told=(Told(after=minutes(20), phase="identified"),)) for row in insurer.past([40, 42, 44] * 20))
    late = tuple(replace(row, told=(Told(after=minutes(0), phase="investigating"),)) for row in insurer.past([300, 320] * 30))
    known = seen(soon + late, 30, told=(Told(after=minutes(20), phase="identified"),)).p50
    unknown = seen(soon + late, 30, told=(Told(after=minutes(0), phase="investigating"),)).p50
    assert known is not None
    assert unknown is not None
    assert known < minutes(100) < unknown


def fixed(found_after: Sequence[float], left: float) -> tuple[PastIncident, ...]:
    """Incidents that were being watched from so many minutes on, and then took as long as each other."""
    return tuple(
        replace(row, told=(Told(after=minutes(0), phase="investigating"), Told(after=minutes(after), phase="monitoring")))
        for after, row in zip(found_after, insurer.past([after + left for after in found_after]), strict=True)
    )


WATCHED = (Told(after=minutes(0), phase="investigating"), Told(after=minutes(85), phase="monitoring"))


def test_in_a_later_phase_it_counts_how_long_that_has_stood_and_not_how_long_it_took_to_get_there() -> None:
    """None that was watched after 85 minutes: the others took 10 minutes more whenever that was."""
    rows = fixed([5.0, 20.0, 40.0, 200.0] * 6, left=10) + insurer.past([300.0] * 40)
    found = seen(rows, 90, told=WATCHED)
    assert found.p80 == minutes(95)
    again = (*WATCHED, Told(after=minutes(89), phase="monitoring"))
    assert seen(rows, 90, told=again).p80 == found.p80, "the same phase told again is no new one"


def test_with_too_few_that_were_in_that_phase_the_elapsed_time_counts() -> None:
    found = seen(fixed([5.0] * 19, left=10) + insurer.past([300.0] * 40), 90, told=WATCHED)
    assert found.p80 is not None
    assert found.p80 > minutes(250)


def test_many_that_are_open_at_once_make_none_seem_longer_than_it_is() -> None:
    """One begins every minute; six in seven last ten minutes and the others a day."""
    began = [BEGAN - minutes(one) for one in range(3000, 0, -1)]
    rows = [
        PastIncident(service="payments", began_at=at, lasted=minutes(10 if nth % 7 else 1440)) for nth, at in enumerate(began)
    ]
    assert p80_of(rows) == minutes(10)


def test_what_many_checks_saw_of_one_event_does_not_outvote_the_rest() -> None:
    """Sixty rows that began in the same minute weigh as much as the root of sixty."""
    storm = tuple(PastIncident(service="payments", began_at=BEGAN - minutes(900), lasted=minutes(600)) for _ in range(60))
    assert p80_of(insurer.past([10.0] * 60) + storm) < minutes(600)
    apart = insurer.past([10.0] * 60 + [600.0] * 60)
    assert p80_of(apart) == minutes(600)


def test_no_more_than_the_latest_count() -> None:
    assert p80_of(insurer.past([600.0] * 300 + [10.0] * LATEST)) == minutes(10)


def test_open_ones_are_censored_not_ended() -> None:
    """Four that ended, and six that are still open longer than any of these."""
    assert p80_of(insurer.past([10, 20, 30, 40])) == minutes(40)
    found = seen(insurer.past([10, 20, 30, 40]) + insurer.past([45] * 6, ended="open"))
    assert (found.p50, found.p80) == (None, None)


def test_of_what_will_last_it_is_known_how_long_it_has_lasted_and_no_more() -> None:
    """Six that began 15 minutes before, beside thirty of 10 to 39 minutes."""
    running = tuple(replace(row, began_at=after(-15), lasted=minutes(5000)) for row in insurer.past([1.0] * 6))
    ended = insurer.past([float(10 + one) for one in range(30)])
    assert p80_of(ended + running) < minutes(40)
    assert seen(ended + running).p50 == seen(ended + tuple(replace(row, lasted=minutes(16)) for row in running)).p50


def test_rows_that_end_at_resolution_count_until_there_are_enough_exact_ones() -> None:
    late = insurer.past([100.0] * 30, ended="resolution")
    assert p80_of(insurer.past([10.0] * 19) + late) == minutes(100)
    assert p80_of(insurer.past([10.0] * 20) + late) == minutes(10)


def test_where_too_few_lasted_so_long_those_of_half_the_length_are_asked_at_twice_the_scale() -> None:
    """After 60 minutes none is left; of the 20 that outlasted 30, P80 is 48, which is said as 96."""
    found = seen(insurer.past([float(30 + one) for one in range(1, 21)]), elapsed=60)
    assert found.p80 is not None
    assert minutes(92) < found.p80 < minutes(96)
    assert seen(insurer.past([1.0] * 30), elapsed=600) == Outlook(scope="", p50=None, p80=None, sample=0)


def test_three_past_incidents_are_no_claim_of_four_in_five() -> None:
    assert seen(insurer.past([10, 20, 30])).p80 is None


def test_a_phase_told_later_is_not_known_yet() -> None:
    told = (Word(0.0, "investigating"), Word(45.0, "identified"))
    assert last_told(told, 30) == ("investigating", 30)
    assert last_told(told, 45) == ("identified", 0)


def test_who_was_open_when_one_began_counts_its_elders_alone() -> None:
    rows = [
        PastIncident(service="payments", began_at=after(began), lasted=minutes(lasted))
        for began, lasted in ((-60, 30), (-50, 80), (-10, 40), (0, 10), (5, 10))
    ]
    assert [row.beside for row in past(rows).rows] == [0, 1, 1, 2, 3]


ROWS = st.lists(
    st.builds(
        PastIncident,
        service=st.sampled_from(("payments", "documents")),
        began_at=st.integers(1, 400).map(lambda hours: BEGAN - timedelta(hours=hours)),
        lasted=st.integers(1, 3000).map(minutes),
        impact=st.sampled_from(("", "major_outage")),
        ended=st.sampled_from(("recovery", "resolution", "open")),
        told=st.lists(
            st.builds(Told, after=st.integers(0, 90).map(minutes), phase=st.sampled_from(("identified", "monitoring"))),
            max_size=2,
        ).map(tuple),
    ),
    max_size=40,
).map(tuple)


@given(ROWS, st.integers(0, 2000))
def test_p50_is_not_above_p80_and_both_lie_beyond_the_elapsed_time(rows: tuple[PastIncident, ...], elapsed: int) -> None:
    found = seen(rows, elapsed=elapsed, impact=MAJOR)
    assert (found.p50 is None) is (found.p80 is None)
    if found.p50 is not None and found.p80 is not None:
        assert minutes(elapsed) < found.p50 <= found.p80


@given(ROWS, st.integers(0, 2000))
def test_the_order_of_the_rows_says_nothing(rows: tuple[PastIncident, ...], elapsed: int) -> None:
    """But for incidents that began in the very same instant."""
    distinct = tuple({row.began_at: row for row in rows}.values())
    assert seen(distinct[::-1], elapsed, MAJOR) == seen(distinct, elapsed, MAJOR)


@given(ROWS, ROWS, st.integers(0, 300), st.lists(st.integers(1, 3000), min_size=40, max_size=40))
def test_nothing_that_happened_later_is_known(
    rows: tuple[PastIncident, ...], others: tuple[PastIncident, ...], elapsed: int, lengths: list[int]
) -> None:
    """What began later, how long what is open will last, and what will be told of it, change nothing."""
    now = after(elapsed)
    known = [row for row in rows if row.ended != "open"]
    later = [replace(row, began_at=now + (BEGAN - row.began_at)) for row in others]
    changed = [
        row
        if row.began_at + row.lasted <= now
        else replace(
            row,
            lasted=now - row.began_at + minutes(length),
            told=(*(one for one in row.told if row.began_at + one.after <= now), Told(after=minutes(9999), phase="x")),
        )
        for row, length in zip(known, lengths, strict=False)
    ]
    told = (Told(after=minutes(min(elapsed, 5)), phase="identified"),)
    future = (*told, Told(after=minutes(elapsed + 1), phase="monitoring"))
    of_two = replace(POLICY, borrow_below=2)
    assert seen([*changed, *later], elapsed, told=future, policy=of_two) == seen(known, elapsed, told=told, policy=of_two)
