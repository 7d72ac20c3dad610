"""What each kind of entry does to an incident."""

from datetime import datetime

import pytest

from sentinel.incident.fold import BrokenTimelineError, extend, fold
from sentinel.model.incident import (
    MACHINE,
    Acknowledged,
    Declared,
    Dismissed,
    Entry,
    EtaSet,
    EtaUnknown,
    Incident,
    Noted,
    NoticeApproved,
    Opened,
    Phase,
    PhaseSet,
    PromiseHolds,
    Recovering,
    RecoveryBroken,
    Reopened,
    Resolved,
    Said,
    SignalCleared,
    SignalJoined,
)

from .world import LENA, at

START, SECOND, GOOD = at(0), at(1), at(9)


def signal(check: str, detector: str = "outage", place: str = "office", since: datetime = START) -> str:
    return f"{detector}:{check}@{place}:{since.isoformat()}"


def opened(statement: str | None = "payments.cannot_pay") -> Opened:
    return Opened(
        root="payments",
        service="payments",
        statement=statement,
        began_at=at(0),
        phase=Phase.SUSPECTED,
        signal=signal("payments.card-form"),
    )


def joined(
    check: str,
    statement: str | None = None,
    detector: str = "outage",
    place: str = "office",
    since: datetime = SECOND,
    root: str | None = None,
) -> SignalJoined:
    name = signal(check, detector, place, since)
    return SignalJoined(signal=name, service=check.partition(".")[0], statement=statement, since=since, root=root)


def cleared(check: str, detector: str = "outage", since: datetime = START, good_since: datetime = GOOD) -> SignalCleared:
    return SignalCleared(signal=signal(check, detector, since=since), good_since=good_since)


PEOPLES = (Declared, PhaseSet, Acknowledged, Noted, EtaSet, EtaUnknown, PromiseHolds, Dismissed)


def tell(*said: Said, by: dict[int, str] | None = None) -> Incident:
    """One entry a minute; people's kinds are Lena's, the others the machine's, but for those of `by` (seq → who)."""
    entries = [
        Entry(
            incident=17,
            seq=seq,
            at=at(seq),
            who=(by or {}).get(seq, LENA if isinstance(one, PEOPLES) else MACHINE),
            said=one,
        )
        for seq, one in enumerate(said, start=1)
    ]
    return fold(entries)


def felt(incident: Incident) -> list[tuple[str, int]]:
    return [(one.statement, one.cause) for one in incident.felt]


def test_a_signal_opens_it_as_suspected_dated_back_to_its_first_bad_sample() -> None:
    incident = tell(opened())
    assert (incident.phase, incident.reference, incident.services) == (Phase.SUSPECTED, "17-A", ("payments",))
    assert (incident.began_at, incident.detected_at, incident.confirmed_at) == (at(0), at(1), None)
    assert felt(incident) == [("payments.cannot_pay", 1)]


def test_a_declaration_opens_it_as_investigating_and_is_felt() -> None:
    said = Opened(root="payments", service="payments", statement="payments.slow", began_at=at(0), phase=Phase.INVESTIGATING)
    incident = tell(said, by={1: LENA})
    assert (incident.phase, incident.confirmed_at) == (Phase.INVESTIGATING, at(1))
    assert incident.standing == ()
    assert felt(incident) == [("payments.slow", 1)]


@pytest.mark.parametrize(
    ("another", "phase"),
    [
        (joined("payments.pay"), Phase.INVESTIGATING),
        (joined("payments.card-form", place="Madrid"), Phase.INVESTIGATING),
        (joined("payments.card-form", detector="slow"), Phase.SUSPECTED),
        (joined("ledger.api"), Phase.INVESTIGATING),
    ],
    ids=["another check", "another place", "another detector of the same look", "another service"],
)
def test_it_is_investigating_once_a_second_look_says_so_too(another: SignalJoined, phase: Phase) -> None:
    incident = tell(opened(), another)
    assert incident.phase is phase
    assert incident.confirmed_at == (at(2) if phase is Phase.INVESTIGATING else None)


def test_a_look_that_has_cleared_does_not_confirm_another() -> None:
    assert tell(opened(), cleared("payments.card-form"), joined("payments.pay")).phase is Phase.SUSPECTED


@pytest.mark.parametrize(
    "said", [Acknowledged(), Declared(service="payments", statement="payments.slow", began_at=at(0))], ids=lambda one: one.kind
)
def test_a_person_confirms_what_was_suspected(said: Said) -> None:
    incident = tell(opened(), said)
    assert (incident.phase, incident.confirmed_at) == (Phase.INVESTIGATING, at(2))


def test_more_signals_leave_the_phase_that_a_person_set() -> None:
    cause = {"en": "the ledger's disk is full"}
    incident = tell(opened(), PhaseSet(phase=Phase.IDENTIFIED, cause=cause), joined("payments.pay"))
    assert (incident.phase, incident.cause) == (Phase.IDENTIFIED, cause)


def test_going_back_to_investigating_takes_the_cause_back() -> None:
    cause = {"en": "the ledger's disk is full"}
    identified = (opened(), PhaseSet(phase=Phase.IDENTIFIED, cause=cause))
    assert tell(*identified, PhaseSet(phase=Phase.MONITORING)).cause == cause
    assert tell(*identified, PhaseSet(phase=Phase.INVESTIGATING)).cause is None


def test_an_outage_counts_over_slowness_of_the_same_check_and_not_of_another() -> None:
    slow = joined("payments.card-form", "payments.slow", detector="slow")
    assert felt(tell(opened(), slow)) == [("payments.cannot_pay", 1)]
    other = joined("payments.pay", "payments.slow", detector="slow")
    assert felt(tell(opened(), other)) == [("payments.cannot_pay", 1), ("payments.slow", 2)]


def test_slow_turns_into_cannot_pay_and_back() -> None:
    slow = Opened(
        root="payments",
        service="payments",
        statement="payments.slow",
        began_at=at(0),
        phase=Phase.SUSPECTED,
        signal=signal("payments.card-form", "slow"),
    )
    down = joined("payments.card-form", "payments.cannot_pay")
    assert felt(tell(slow, down)) == [("payments.cannot_pay", 2)]
    assert felt(tell(slow, down, cleared("payments.card-form", since=at(1)))) == [("payments.slow", 3)]


def test_an_outage_that_means_nothing_to_customers_still_supersedes_slowness() -> None:
    slow = joined("payments.settlement", "payments.slow", detector="slow")
    assert felt(tell(opened(None), slow, joined("payments.settlement"))) == []


def test_a_statement_that_several_stand_behind_stays_until_the_last_one_lets_go() -> None:
    both = (opened(), joined("payments.pay", "payments.cannot_pay"), cleared("payments.card-form"))
    assert felt(tell(*both)) == [("payments.cannot_pay", 1)]


def test_a_declared_statement_stays_in_force_when_the_checks_are_good() -> None:
    said = Declared(service="payments", statement="payments.slow", began_at=at(0))
    incident = tell(opened(), said, cleared("payments.card-form"))
    assert felt(incident) == [("payments.slow", 2)]


def test_when_nothing_stands_any_more_what_was_last_in_force_is_kept_for_the_closing() -> None:
    over = (opened(), cleared("payments.card-form"), Recovering(recovered_at=at(9), hold_until=at(14)))
    assert felt(tell(*over)) == [("payments.cannot_pay", 1)]
    assert felt(tell(*over, Resolved(recovered_at=at(9)))) == [("payments.cannot_pay", 1)]


def test_what_staff_only_signals_outlast_is_not_felt_meanwhile_and_named_in_the_end() -> None:
    told = (opened(), joined("payments.settlement"), cleared("payments.card-form"))
    assert felt(tell(*told)) == []
    assert felt(tell(*told, cleared("payments.settlement", since=at(1)))) == [("payments.cannot_pay", 1)]


def test_a_failure_within_the_hold_keeps_the_statement_as_the_same_one() -> None:
    again = joined("payments.card-form", "payments.cannot_pay", since=at(10))
    recovering = (opened(), cleared("payments.card-form"), Recovering(recovered_at=at(9), hold_until=at(14)))
    incident = tell(*recovering, RecoveryBroken(), again)
    assert felt(incident) == [("payments.cannot_pay", 1)]
    assert (incident.recovered_at, incident.hold_until) == (None, None)


RESOLVED = (
    opened(),
    joined("payments.pay"),
    Acknowledged(),
    PhaseSet(phase=Phase.IDENTIFIED, cause={"en": "a full disk"}),
    EtaSet(until=at(60), reason="disk ordered"),
    cleared("payments.card-form"),
    cleared("payments.pay", since=at(1)),
    Recovering(recovered_at=at(9), hold_until=at(14)),
    Resolved(recovered_at=at(9)),
)


def test_a_new_episode_begins_anew_and_stays_confirmed() -> None:
    again = joined("payments.card-form", "payments.cannot_pay", since=at(20))
    incident = tell(*RESOLVED, Reopened(episode=2, began_at=at(20)), again)
    assert (incident.reference, incident.phase, incident.opened_by) == ("17-B", Phase.INVESTIGATING, 10)
    assert (incident.first_began_at, incident.began_at, incident.detected_at) == (at(0), at(20), at(10))
    assert (incident.acknowledged_by, incident.cause, incident.eta, incident.cleared) == (None, None, None, ())
    assert (incident.recovered_at, incident.resolved_at, incident.over_by) == (None, None, None)
    assert incident.confirmed_at == at(10)
    assert felt(incident) == [("payments.cannot_pay", 11)]


def test_the_same_episode_goes_on_as_it_was() -> None:
    again = joined("payments.card-form", "payments.cannot_pay", since=at(20))
    incident = tell(*RESOLVED, Reopened(episode=1, began_at=at(0)), again)
    assert (incident.reference, incident.opened_by, incident.began_at) == ("17-A", 1, at(0))
    assert incident.acknowledged_by == LENA
    assert incident.eta is not None
    assert felt(incident) == [("payments.cannot_pay", 1)]


def test_what_nobody_ever_confirmed_is_suspected_again() -> None:
    over = (opened(), cleared("payments.card-form"), Recovering(recovered_at=at(9), hold_until=at(14)))
    incident = tell(*over, Resolved(recovered_at=at(9)), Reopened(episode=1, began_at=at(0)))
    assert (incident.phase, incident.confirmed_at) == (Phase.SUSPECTED, None)


def test_a_person_who_reopens_stands_behind_what_was_last_felt() -> None:
    incident = tell(*RESOLVED, Reopened(episode=2, began_at=at(20)), by={10: LENA})
    assert [(one.statement, one.since) for one in incident.declared] == [("payments.cannot_pay", at(20))]
    assert felt(incident) == [("payments.cannot_pay", 10)]


def test_a_persons_time_of_return_is_kept_with_its_author_until_a_person_takes_it_back() -> None:
    set_eta = (opened(), EtaSet(until=at(60), reason="disk ordered"), joined("payments.pay"))
    incident = tell(*set_eta)
    assert incident.eta is not None
    assert (incident.eta.until, incident.eta_by, incident.eta_at, incident.eta_seq) == (at(60), LENA, at(2), 2)
    assert tell(*set_eta, PromiseHolds(promise=3)).answered == {3: "holds"}
    unknown = tell(*set_eta, PromiseHolds(promise=3), EtaUnknown(promise=3))
    assert (unknown.answered, unknown.eta) == ({3: "unknown"}, None)


def test_the_disturbance_began_with_the_earliest_of_what_is_part_of_it() -> None:
    assert tell(opened(), joined("ledger.api", since=at(-2))).began_at == at(-2)


def test_the_root_is_what_the_last_word_on_it_says() -> None:
    assert tell(opened(), joined("documents.fetch", root="ledger"), joined("ledger.api")).root == "ledger"


def test_words_and_notices_change_nothing_but_the_count() -> None:
    before = tell(opened())
    for said in (Noted(text="looking"), NoticeApproved(notice=1, step="opened", people=9)):
        after = tell(opened(), said)
        assert after.last_seq == 2
        assert (after.phase, after.felt, after.standing) == (before.phase, before.felt, before.standing)


def test_signals_that_clear_in_a_dismissed_incident_leave_what_was_felt() -> None:
    incident = tell(opened(), Dismissed(reason="a drill"), cleared("payments.card-form"))
    assert incident.standing == ()
    assert felt(incident) == [("payments.cannot_pay", 1)]
    assert (incident.dismissed_at, incident.over_by) == (at(2), 2)


def test_what_was_felt_when_it_was_dismissed_stays_as_its_signals_clear_one_by_one() -> None:
    slow = joined("payments.pay", "payments.slow", detector="slow")
    incident = tell(opened(), slow, Dismissed(reason="a drill"), cleared("payments.card-form"))
    assert len(incident.standing) == 1
    assert felt(incident) == [("payments.cannot_pay", 1), ("payments.slow", 2)]


@pytest.mark.parametrize(
    "broken",
    [
        (Noted(text="nothing was opened"),),
        (opened(), opened()),
        (opened(), PhaseSet(phase=Phase.SUSPECTED)),
        (opened(), PhaseSet(phase=Phase.REVIEWED)),
        (opened(), Reopened(episode=2, began_at=at(2))),
        (opened(), Dismissed(reason="a drill"), Resolved(recovered_at=at(2))),
    ],
    ids=["not opened", "opened twice", "set to suspected", "reviewed before its end", "reopened while open", "ended twice"],
)
def test_a_timeline_off_the_table_is_broken(broken: tuple[Said, ...]) -> None:
    with pytest.raises(BrokenTimelineError):
        tell(*broken)


def test_a_timeline_with_a_gap_or_of_nobody_is_broken() -> None:
    with pytest.raises(BrokenTimelineError):
        fold([])
    first = Entry(incident=17, seq=1, at=at(0), who=MACHINE, said=opened())
    for incident, seq in ((17, 3), (18, 2), (17, 1)):
        with pytest.raises(BrokenTimelineError):
            extend(fold([first]), Entry(incident=incident, seq=seq, at=at(0), who=LENA, said=Noted(text="")))
