"""The figures of a report, from the record alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sentinel.model.delivery import Books
from sentinel.model.estimate import Basis, Estimate, PromiseKind, PromiseState
from sentinel.model.incident import Incident, Phase
from sentinel.report.dossier import Dossier
from sentinel.report.report import Durations, Instants, report
from tests.report.insurer import BEGAN, BOOKS, MADE, after, eta, history, incident, resolved, told


def test_the_instants_are_those_of_the_record() -> None:
    (found,) = report([told(resolved())], MADE).incidents
    assert found.instants == Instants(
        began_at=BEGAN,
        detected_at=after(0.25),
        confirmed_at=after(0.5),
        staff_told_at=after(0.3),
        customers_told_at=after(16.5),
        recovered_at=after(187),
        resolved_at=after(192),
        acknowledged_at=after(2),
    )


def test_durations_count_from_the_beginning_not_from_detection() -> None:
    (found,) = report([told(resolved())], MADE).incidents
    assert found.durations == Durations(
        to_detect=timedelta(seconds=15),
        to_tell_staff=timedelta(seconds=18),
        to_tell_customers=timedelta(minutes=16.5),
        to_acknowledge=timedelta(minutes=2),
        to_recover=timedelta(minutes=187),
    )


def test_what_has_not_come_to_pass_is_missing_not_zero() -> None:
    (found,) = report([Dossier(incident=incident(confirmed_at=None))], MADE).incidents
    assert found.instants.staff_told_at is None
    assert found.durations == Durations(
        to_detect=timedelta(seconds=15), to_tell_staff=None, to_tell_customers=None, to_acknowledge=None, to_recover=None
    )
    assert found.first_estimate is None


def test_after_it_broke_again_the_first_words_count_from_the_first_beginning() -> None:
    again = incident(episode=2, began_at=after(300), detected_at=after(300.5))
    (found,) = report([told(again)], MADE).incidents
    assert found.reference == "17-B"
    assert found.durations.to_tell_customers == timedelta(minutes=16.5)
    assert found.durations.to_detect == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("of", "first", "held"),
    [
        (resolved(), history(), True),
        (resolved(), history(p50=50, p80=187), True),
        (resolved(), history(p50=50, p80=186), False),
        (incident(), history(p50=50, p80=360), None),
        (incident(), history(), False),
        (incident(recovered_at=after(229), hold_until=after(359)), history(), None),
        (incident(recovered_at=after(231), hold_until=after(359)), history(), False),
        (incident(phase=Phase.DISMISSED, dismissed_at=after(20)), history(), None),
        (resolved(), history(p50=None, p80=None, basis=Basis.ASSESSING), None),
    ],
    ids=[
        "in time",
        "at the very instant",
        "late",
        "open and not past it",
        "open and past it",
        "in time if the hold runs out",
        "late whether or not the hold runs out",
        "dismissed",
        "nothing said",
    ],
)
def test_whether_the_first_estimate_held(of: Incident, first: Estimate, held: bool | None) -> None:
    (found,) = report([told(of, estimates=(history(id=9, made_at=after(30), p80=900), first))], MADE).incidents
    assert found.first_estimate is not None
    assert found.first_estimate.held is held


def test_totals_count_incidents_promises_and_estimates() -> None:
    dossiers = [
        told(resolved()),
        told(
            incident(),
            promises=(eta(state=PromiseState.MOVED), eta(id=5, at=400, published_at=after(250))),
        ),
        told(incident(), promises=(eta(kind=PromiseKind.NEXT_WORD, state=PromiseState.HELD),), estimates=()),
        told(incident(), promises=(eta(state=PromiseState.WITHDRAWN),), estimates=()),
        Dossier(incident=incident(phase=Phase.DISMISSED, dismissed_at=after(5))),
    ]
    totals = report(dossiers, MADE).totals
    assert (totals.incidents, totals.open, totals.dismissed) == (5, 3, 1)
    assert (totals.times_given, totals.times_withheld) == (2, 2)
    assert (totals.estimates_held, totals.estimates_graded) == (1, 2)
    counted = {state: count for state, count in totals.promises.items() if count}
    assert counted == {state: 1 for state in PromiseState if state is not PromiseState.BROKEN}
    assert totals.etas[PromiseState.HELD] == 0


def test_medians_leave_out_what_is_missing_and_what_was_dismissed() -> None:
    slow = told(resolved(), customers_told_at=after(60.5))
    false_alarm = told(incident(phase=Phase.DISMISSED, dismissed_at=after(5)), customers_told_at=after(500))
    median = report([told(resolved()), slow, Dossier(incident=incident()), false_alarm], MADE).totals.median
    assert median.to_tell_customers == timedelta(minutes=38.5)
    assert median.to_recover == timedelta(minutes=187)


def test_one_person_unaccounted_for_unbalances_the_whole() -> None:
    lost = replace(BOOKS, step="closed", counts={"accepted": 199})
    found = report([told(resolved(), books=(BOOKS, lost)), told(resolved())], MADE)
    assert not found.is_balanced
    assert [one.is_balanced for one in found.incidents] == [False, True]
    assert (found.totals.books, found.totals.books_balanced) == (3, 2)


def test_no_books_are_no_debt() -> None:
    assert report([Dossier(incident=incident())], MADE).is_balanced


def test_promises_of_all_episodes_are_in_the_order_in_which_they_were_given() -> None:
    later, sooner = eta(id=1, published_at=after(40), episode=2), eta(id=2)
    (found,) = report(
        [told(resolved(), promises=(later, sooner), books=(Books(notice=1, step="", snapshot=0, counts={}),))], MADE
    ).incidents
    assert [promise.id for promise in found.promises] == [2, 1]
