"""What people may ask of an incident, and what they are refused."""

from datetime import datetime, timedelta

import pytest

from sentinel.incident.obey import Order, concerned
from sentinel.model.command import (
    Acknowledge,
    Answer,
    Declare,
    Dismiss,
    Note,
    Refused,
    Reopen,
    Resolve,
    SetEta,
    SetPhase,
)
from sentinel.model.incident import (
    Acknowledged,
    Declared,
    Dismissed,
    EtaSet,
    EtaUnknown,
    Noted,
    Opened,
    Phase,
    PhaseSet,
    PromiseHolds,
    RecoveryBroken,
    Reopened,
    Resolved,
    Said,
)

from .world import LENA, SERVICES, World, at, minutes

CARD = "payments.card-form"
NAIVE = datetime(2026, 6, 9, 15)  # noqa: DTZ001 - that is the point
CANNOT_PAY = Declare(service="payments", statement="payments.cannot_pay")
CAUSE = {"en": "A disk is full.", "es": "Un disco está lleno."}


def failing() -> World:
    world = World()
    world.fail(CARD)
    world.decide()
    world.later(10)
    return world


def good_again() -> World:
    world = failing()
    world.heal(CARD)
    world.decide()
    return world


def resolved() -> World:
    world = good_again()
    world.later(5)
    world.decide()
    return world


ALLOWED: list[tuple[Order, tuple[Said, ...]]] = [
    (Acknowledge(incident=1), (Acknowledged(),)),
    (Note(incident=1, text="Looking.\nThe ledger is slow too."), (Noted(text="Looking.\nThe ledger is slow too."),)),
    (SetPhase(incident=1, phase=Phase.IDENTIFIED, cause=CAUSE), (PhaseSet(phase=Phase.IDENTIFIED, cause=CAUSE),)),
    (SetPhase(incident=1, phase=Phase.MONITORING), (PhaseSet(phase=Phase.MONITORING),)),
    (SetEta(incident=1, until=at(60), reason="disk ordered"), (EtaSet(until=at(60), reason="disk ordered"),)),
    (
        SetEta(incident=1, until=at(60), reason="they said so", vendor=" Redsys "),
        (EtaSet(until=at(60), reason="they said so", vendor="Redsys"),),
    ),
    (Answer(incident=1, promise=3, answer="holds"), (PromiseHolds(promise=3),)),
    (Answer(incident=1, promise=3, answer="unknown"), (EtaUnknown(promise=3),)),
    (Dismiss(incident=1, reason="a drill"), (Dismissed(reason="a drill"),)),
    (CANNOT_PAY, (Declared(service="payments", statement="payments.cannot_pay", began_at=at(10)),)),
]


@pytest.mark.parametrize(("command", "said"), ALLOWED, ids=lambda one: getattr(one, "do", ""))
def test_what_may_be_asked_of_an_open_incident(command: Order, said: tuple[Said, ...]) -> None:
    assert failing().ask(command) == said


REFUSED: list[tuple[Order, str, str]] = [
    (Acknowledge(incident=9), "no_incident", "there is no incident 9"),
    (Note(incident=1, text=" \n "), "text", "the note is empty"),
    (Note(incident=1, text="x" * 4001), "text", "the note has 4001 characters; 4000 are the most"),
    (Note(incident=1, text="a\x00b"), "text", "the note holds a control character (U+0000) at place 2"),
    (Note(incident=1, text="pay\u202eyap"), "text", "the note holds a control character (U+202E) at place 4"),
    (Dismiss(incident=1, reason="two\nlines"), "text", "the reason holds a control character (U+000A) at place 4"),
    (Dismiss(incident=1, reason=""), "text", "the reason is empty"),
    (SetPhase(incident=1, phase=Phase.SUSPECTED), "phase", "the phase suspected is not set by hand"),
    (SetPhase(incident=1, phase=Phase.RESOLVED), "phase", "use resolve"),
    (SetPhase(incident=1, phase=Phase.DISMISSED), "phase", "use dismiss"),
    (SetPhase(incident=1, phase=Phase.REVIEWED), "phase", "incident 1-A is suspected; it cannot be set to reviewed"),
    (SetPhase(incident=1, phase=Phase.INVESTIGATING, cause=CAUSE), "cause", "from phase identified on"),
    (SetPhase(incident=1, phase=Phase.IDENTIFIED, cause={"en": "x", "es": ""}), "text", "the cause (es) is empty"),
    (SetEta(incident=1, until=at(10), reason="now"), "instant", "is not in the future"),
    (SetEta(incident=1, until=at(9), reason="past"), "instant", "is not in the future"),
    (SetEta(incident=1, until=at(10) + timedelta(days=31), reason="far"), "instant", "is later than"),
    (SetEta(incident=1, until=NAIVE, reason="noon"), "instant", "needs a time zone"),
    (SetEta(incident=1, until=at(60), reason=""), "text", "the reason is empty"),
    (SetEta(incident=1, until=at(60), reason="x", vendor="y" * 101), "text", "the vendor has 101 characters; 100 are the most"),
    (Resolve(incident=1), "standing", "still failing: outage:payments.card-form@office:"),
    (Reopen(incident=1, why="it is not over"), "open", "incident 1-A is suspected, not over"),
    (Declare(service="payment", statement="payments.slow"), "no_service", "did you mean 'payments'?"),
    (Declare(service="payments", statement="payments.cant_pay"), "no_statement", "did you mean 'payments.cannot_pay'?"),
    (Declare(service="payments", statement="quoting.cannot_quote"), "no_statement", "payments has no statement"),
    (Declare(service="ledger", statement="ledger.down"), "no_statement", "ledger has no statement 'ledger.down'"),
    (Declare(service="payments", statement="payments.slow", began_at=at(11)), "instant", "is later than"),
    (Declare(service="documents", statement="documents.cannot_read", began_at=NAIVE), "instant", "needs a time zone"),
    (Declare(service="payments", statement="payments.slow", began_at=at(-60 * 24 * 31)), "instant", "is earlier than"),
]


@pytest.mark.parametrize(("command", "code", "why"), REFUSED, ids=[why for _, _, why in REFUSED])
def test_what_is_refused_says_why_and_changes_nothing(command: Order, code: str, why: str) -> None:
    world = failing()
    before = world.only()
    refused = world.ask(command)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert why in refused.why
    assert world.only() == before


def test_an_acknowledgement_is_given_once_and_a_second_one_is_told_by_whom() -> None:
    world = failing()
    world.ask(Acknowledge(incident=1))
    assert world.ask(Acknowledge(incident=1), "Omar") == Refused(
        code="already", why="Lena Hart has acknowledged incident 1-A already"
    )
    assert world.ask(Acknowledge(incident=1)) == Refused(code="already", why="you have acknowledged incident 1-A already")


def test_an_answer_may_be_changed_but_not_given_twice() -> None:
    world = failing()
    world.ask(Answer(incident=1, promise=3, answer="holds"))
    assert isinstance(world.ask(Answer(incident=1, promise=3, answer="holds")), Refused)
    assert world.ask(Answer(incident=1, promise=3, answer="unknown")) == (EtaUnknown(promise=3),)


def test_a_declaration_opens_an_incident_where_there_is_none() -> None:
    world = World()
    said = world.ask(Declare(service="payments", statement="payments.slow", began_at=at(-20)))
    assert said == (
        Opened(
            root="payments",
            service="payments",
            statement="payments.slow",
            began_at=at(-20),
            phase=Phase.INVESTIGATING,
        ),
    )
    assert (world.only().detected_at, world.only().confirmed_at) == (at(0), at(0))


def test_a_declaration_joins_the_incident_of_a_dependency_too() -> None:
    world = World()
    world.fail("ledger.api")
    world.decide()
    world.later(90)
    assert concerned(CANNOT_PAY, world.now, world.open(), SERVICES, world.policy) == world.only()
    world.ask(CANNOT_PAY)
    assert world.only().services == ("ledger", "payments")


def test_a_declaration_breaks_a_recovery() -> None:
    said = good_again().ask(CANNOT_PAY)
    assert not isinstance(said, Refused)
    assert said[0] == RecoveryBroken()


def test_a_person_ends_it_at_the_first_good_sample_or_where_there_is_none_when_they_say() -> None:
    assert good_again().ask(Resolve(incident=1)) == (Resolved(recovered_at=at(10)),)
    world = World()
    world.ask(CANNOT_PAY)
    world.later(30)
    assert world.ask(Resolve(incident=1, recovered_at=at(20))) == (Resolved(recovered_at=at(20)),)
    assert world.only().recovered_at == at(20)


@pytest.mark.parametrize("recovered_at", [at(-1), at(31)], ids=["before it began", "in the future"])
def test_nothing_recovers_before_it_began_or_in_the_future(recovered_at: datetime) -> None:
    world = World()
    world.ask(CANNOT_PAY)
    world.later(30)
    assert isinstance(world.ask(Resolve(incident=1, recovered_at=recovered_at)), Refused)


@pytest.mark.parametrize(
    "command",
    [
        Acknowledge(incident=1),
        SetEta(incident=1, until=at(600), reason="disk ordered"),
        Answer(incident=1, promise=3, answer="holds"),
        Resolve(incident=1),
        Dismiss(incident=1, reason="a drill"),
        SetPhase(incident=1, phase=Phase.IDENTIFIED),
    ],
    ids=lambda one: one.do,
)
def test_what_is_over_is_left_alone_until_it_is_reopened(command: Order) -> None:
    assert isinstance(resolved().ask(command), Refused)


def test_what_is_over_can_still_be_reviewed_and_noted() -> None:
    world = resolved()
    assert world.ask(Note(incident=1, text="see the review")) == (Noted(text="see the review"),)
    assert world.ask(SetPhase(incident=1, phase=Phase.REVIEWED, cause=CAUSE)) == (PhaseSet(phase=Phase.REVIEWED, cause=CAUSE),)
    assert (world.only().phase, world.only().cause) == (Phase.REVIEWED, CAUSE)


def test_reopening_begins_an_episode_exactly_if_people_were_told_of_the_end() -> None:
    world = resolved()
    world.later(3)
    assert world.ask(Reopen(incident=1, why="callers")) == (Reopened(episode=1, began_at=at(0)),)
    told = resolved()
    told.told_of_end = {1}
    told.later(3)
    assert told.ask(Reopen(incident=1, why="callers")) == (Reopened(episode=2, began_at=told.now),)


def test_what_was_dismissed_by_mistake_is_reopened_with_its_standing_signals() -> None:
    world = failing()
    world.ask(Dismiss(incident=1, reason="a drill"))
    world.later(1)
    world.ask(Reopen(incident=1, why="it was none"))
    assert world.decide() == ()
    assert len(world.only().standing) == 1
    world.heal(CARD)
    world.decide()
    assert world.only().recovered_at == world.now


def test_every_word_is_written_under_the_name_of_who_said_it() -> None:
    world = failing()
    world.ask(SetEta(incident=1, until=at(60), reason="disk ordered"))
    assert world.timelines[1][-1].who == LENA
    assert world.only().eta_by == LENA
    assert world.only().eta_at == world.now
    assert world.now == at(0) + minutes(10)
