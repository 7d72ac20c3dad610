"""What the machine says in the timelines."""

from datetime import timedelta

import pytest

from sentinel.incident.decide import Move, decide
from sentinel.model.command import Acknowledge, Declare, Dismiss, Refused, Reopen, Resolve, SetPhase
from sentinel.model.incident import IncidentPolicy, Opened, Phase, Recovering, Resolved, SignalJoined

from .world import CHECKS, SERVICES, World, at

CARD, PAY, SETTLEMENT = "payments.card-form", "payments.pay", "payments.settlement"
CANNOT_PAY = Declare(service="payments", statement="payments.cannot_pay")


def failing(*checks: str) -> World:
    world = World()
    for check in checks or (CARD,):
        world.fail(check)
    world.decide()
    return world


def recovering(*checks: str) -> World:
    world = failing(*checks)
    world.later(10)
    for check in checks or (CARD,):
        world.heal(check)
    world.decide()
    return world


def resolved() -> World:
    world = recovering()
    world.later(5)
    world.decide()
    assert world.only().phase is Phase.RESOLVED
    return world


def test_a_signal_opens_an_incident_with_the_reason_in_plain_words() -> None:
    world = World()
    signal = world.fail(CARD)
    said = Opened(
        root="payments",
        service="payments",
        statement="payments.cannot_pay",
        began_at=at(0),
        phase=Phase.SUSPECTED,
        signal=signal.id,
    )
    assert world.moves() == (Move(incident=None, said=(said,), why="payments.card-form: down in 3 samples"),)


def test_what_fails_together_in_one_round_is_opened_as_a_whole() -> None:
    world = World()
    world.fail(CARD)
    world.fail("documents.fetch")
    (move,) = world.moves()
    assert [said.kind for said in move.said] == ["opened", "signal_joined"]
    joined = move.said[1]
    assert isinstance(joined, SignalJoined)
    assert joined.root == "ledger"


def test_what_failed_first_opens_it_whatever_the_order_of_the_signals() -> None:
    world = World()
    world.later(2)
    world.fail("documents.fetch", since=at(1))
    world.fail(CARD, since=at(0))
    ((opened, _),) = [move.said for move in world.moves()]
    assert isinstance(opened, Opened)
    assert (opened.service, opened.began_at) == ("payments", at(0))


def test_two_new_incidents_of_one_round_are_two_moves() -> None:
    world = World()
    world.fail("quoting.form")
    world.fail("accounts.login")
    assert [move.incident for move in world.moves()] == [None, None]


def test_a_statement_that_nobody_wrote_is_not_said() -> None:
    world = World()
    signal = world.fail(CARD)
    (move,) = decide(
        world.now,
        services=SERVICES,
        checks=CHECKS,
        statements={},
        policy=IncidentPolicy(),
        incidents=(),
        signals=(signal,),
        told_of_end=(),
        unknown=(),
    )
    assert isinstance(move.said[0], Opened)
    assert move.said[0].statement is None


def test_what_rose_and_cleared_between_two_rounds_opens_nothing() -> None:
    world = World()
    world.fail(CARD)
    world.heal(CARD)
    signals = tuple(world.signals.values())
    assert not decide(
        world.now,
        services=SERVICES,
        checks=CHECKS,
        statements={},
        policy=IncidentPolicy(),
        incidents=(),
        signals=signals,
        told_of_end=(),
        unknown=(),
    )


def test_one_check_alone_stays_suspected_until_a_person_or_a_second_check_says_so_too() -> None:
    world = failing(CARD)
    world.fail(CARD, "slow")
    world.decide()
    assert world.only().phase is Phase.SUSPECTED
    world.later(1)
    world.fail(PAY)
    world.decide()
    assert (world.only().phase, world.only().confirmed_at) == (Phase.INVESTIGATING, at(1))
    acknowledged = failing(CARD)
    acknowledged.ask(Acknowledge(incident=1))
    assert acknowledged.only().phase is Phase.INVESTIGATING


def test_it_recovers_when_the_last_signal_clears_dated_back_to_the_latest_first_good_sample() -> None:
    world = failing(CARD, SETTLEMENT)
    world.later(8)
    world.heal(CARD, good_since=at(7))
    world.decide()
    assert world.only().recovered_at is None
    world.later(2)
    world.heal(SETTLEMENT, good_since=at(6.5))
    world.decide()
    assert (world.only().recovered_at, world.only().hold_until) == (at(7), at(12))


def test_the_hold_is_three_intervals_of_the_slowest_check_that_failed_if_that_is_longer() -> None:
    assert recovering(CARD).only().hold_until == at(10 + 5)
    assert recovering(CARD, PAY).only().hold_until == at(10 + 3 * 5)


def test_it_ends_when_the_hold_is_over_and_not_before() -> None:
    world = recovering()
    world.later(4.99)
    assert world.moves() == ()
    world.later(0.01)
    assert world.moves() == (
        Move(incident=1, said=(Resolved(recovered_at=at(10)),), why="it stayed good for as long as it had to"),
    )


def test_after_a_pause_of_ours_recovery_and_end_are_said_in_one_round() -> None:
    world = failing()
    world.later(60)
    world.heal(CARD, good_since=at(2))
    world.decide()
    assert world.kinds() == ["opened", "signal_cleared", "recovering", "resolved"]


def test_a_failure_within_the_hold_breaks_it_and_the_next_hold_counts_anew() -> None:
    world = recovering()
    world.later(4)
    world.fail(CARD)
    world.decide()
    assert world.kinds()[-2:] == ["recovery_broken", "signal_joined"]
    world.later(1)
    world.heal(CARD)
    world.decide()
    assert world.only().hold_until == at(15 + 5)


def test_what_we_cannot_see_holds_the_recovery_which_always_keeps_half_its_time() -> None:
    world = recovering()
    world.unknown = {SETTLEMENT}
    world.later(2.5)
    assert world.moves() == ()
    world.later(0.1)
    (move,) = world.moves()
    assert move.said == (Recovering(recovered_at=at(10), hold_until=at(12.6 + 5)),)
    assert move.why == "the hold begins again: payments.settlement cannot be seen"
    world.decide()
    world.later(2.4)
    world.unknown = set()
    world.later(2.5)
    assert world.moves() == ()
    world.later(0.1)
    world.decide()
    assert world.only().phase is Phase.RESOLVED


def test_a_check_of_another_service_that_we_cannot_see_holds_nothing() -> None:
    world = recovering()
    world.unknown = {"quoting.form"}
    world.later(5)
    world.decide()
    assert world.only().phase is Phase.RESOLVED


def test_without_any_hold_it_still_does_not_end_while_blind_and_says_nothing_round_after_round() -> None:
    world = World(IncidentPolicy(hold=timedelta(0), hold_intervals=0))
    world.fail(CARD)
    world.decide()
    world.unknown = {CARD}
    world.heal(CARD)
    world.decide()
    for _ in range(3):
        world.later(1)
        assert world.moves() == ()
        assert not world.only().phase.is_over
    world.unknown = set()
    world.decide()
    assert world.only().phase is Phase.RESOLVED


def test_we_never_end_it_while_blind_however_long() -> None:
    world = recovering()
    world.unknown = {CARD}
    for _ in range(200):
        world.later(0.7)
        world.decide()
    assert world.only().phase is Phase.SUSPECTED


def test_what_a_person_has_reviewed_is_not_reopened_by_the_machine() -> None:
    world = resolved()
    world.ask(SetPhase(incident=1, phase=Phase.REVIEWED))
    world.fail(CARD)
    world.decide()
    assert [incident.phase for incident in world.folded.values()] == [Phase.REVIEWED, Phase.SUSPECTED]


def test_it_reopens_in_the_same_episode_if_nobody_was_told_of_the_end_and_else_in_a_new_one() -> None:
    for told, reference, began_at in ((False, "1-A", at(0)), (True, "1-B", at(25))):
        world = resolved()
        if told:
            world.told_of_end = {1}
        world.later(10)
        world.fail(CARD)
        world.decide()
        assert (world.only().reference, world.only().began_at) == (reference, began_at)


def test_two_services_of_one_ended_incident_that_fail_again_reopen_it_once() -> None:
    world = recovering(CARD, "documents.fetch")
    world.later(5)
    world.decide()
    world.told_of_end = {1}
    world.later(10)
    world.fail("documents.fetch")
    world.fail(CARD)
    world.decide()
    assert world.only().episode == 2
    assert world.kinds()[-3:] == ["reopened", "signal_joined", "signal_joined"]


def test_the_root_of_an_ended_incident_reopens_it_though_it_never_failed_itself() -> None:
    world = recovering(CARD, "documents.fetch")
    world.later(5)
    world.decide()
    world.fail("ledger.api")
    world.decide()
    assert world.only().episode == 1
    assert not world.only().phase.is_over


def test_what_a_person_dismissed_opens_nothing_again_until_it_clears() -> None:
    world = failing()
    world.ask(Dismiss(incident=1, reason="the check is wrong"))
    world.later(600)
    assert world.decide() == ()
    world.heal(CARD)
    world.decide()
    assert world.only().standing == ()
    world.later(1)
    world.fail(CARD)
    world.decide()
    assert len(world.folded) == 2
    assert world.folded[1].phase is Phase.DISMISSED


def test_worse_than_what_was_dismissed_is_news() -> None:
    world = World()
    world.fail(CARD, "slow")
    world.decide()
    world.ask(Dismiss(incident=1, reason="month's end"))
    world.later(1)
    world.fail(CARD)
    world.decide()
    assert [incident.phase for incident in world.folded.values()] == [Phase.DISMISSED, Phase.SUSPECTED]


def test_what_people_declared_and_no_check_saw_ends_by_a_person() -> None:
    world = World()
    world.ask(CANNOT_PAY)
    world.later(600)
    assert world.decide() == ()
    assert world.only().phase is Phase.INVESTIGATING
    world.ask(Resolve(incident=1))
    assert (world.only().phase, world.only().recovered_at) == (Phase.RESOLVED, world.now)


def test_what_people_declared_and_the_check_that_means_it_saw_too_ends_with_the_check() -> None:
    world = World()
    world.ask(CANNOT_PAY)
    world.later(1)
    world.fail(CARD)
    world.decide()
    world.later(9)
    world.heal(CARD)
    world.decide()
    assert world.only().recovered_at == at(10)


def test_a_check_that_means_something_else_does_not_end_what_people_declared() -> None:
    world = failing("quoting.form", SETTLEMENT)
    world.ask(CANNOT_PAY)
    world.later(10)
    world.heal(SETTLEMENT)
    assert [said.kind for move in world.decide() for said in move.said] == ["signal_cleared"]
    world.later(600)
    assert world.decide() == ()


def test_callers_who_still_say_so_after_the_check_is_good_keep_it_open() -> None:
    world = recovering()
    world.later(1)
    world.ask(CANNOT_PAY)
    world.later(600)
    assert world.decide() == ()
    assert world.kinds()[-2:] == ["recovery_broken", "declared"]
    world.fail(CARD)
    world.decide()
    world.later(1)
    world.heal(CARD)
    world.decide()
    assert world.only().recovered_at == world.now


def test_what_customers_never_felt_stays_open_too_when_a_person_reopened_it() -> None:
    world = recovering("ledger.api")
    world.later(5)
    world.decide()
    world.ask(Reopen(incident=1, why="it is not over"))
    world.later(600)
    assert world.decide() == ()
    assert not world.only().phase.is_over


def test_what_a_person_reopened_stays_open_until_a_person_or_its_checks_end_it() -> None:
    world = resolved()
    world.ask(Reopen(incident=1, why="callers still say so"))
    world.later(600)
    assert world.decide() == ()
    assert not isinstance(world.ask(Resolve(incident=1)), Refused)


@pytest.mark.parametrize(
    ("asked", "sees", "from_", "quorum"),
    [(1, "lab", "lab", None), (2, "office", "office", None), (2, "lab", "lab", False), (2, "office", "lab", False)],
    ids=["the only one asked", "the hub's own", "an agent's", "one that is deaf, and the hub's own does not agree"],
)
def test_a_place_that_is_left_alone_is_a_minority_unless_it_is_the_hubs_own(
    asked: int, sees: str, from_: str, quorum: bool | None
) -> None:
    world = World()
    world.places, world.asked = {CARD: {sees}}, {CARD: asked}
    world.fail(CARD, place=from_)
    ((opened,),) = (move.said for move in world.decide())
    assert isinstance(opened, Opened)
    assert opened.quorum is quorum
    assert bool(opened.statement) is (quorum is not False)
