"""Rounds: what is taken in, what follows from it, and that the loop is closed with exactly those who were told."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from sentinel.model.command import Dismiss, Reopen, Resolve, Settle
from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.incident import Phase, Reopened
from sentinel.model.notice import NoticeState, Occasion
from sentinel.model.observation import Verdict
from sentinel.store import tables, watching

from .world import ACCEPTED, BUSY, CARD, DOCUMENTS, MINUTE, PAYERS, QUOTES, REFUSED, SECOND, UNKNOWN, Fate, House


def count(house: House, table: str) -> int:
    named = tables.metadata.tables[table]
    return house.read(lambda c: c.execute(select(func.count()).select_from(named)).scalar_one())


def told(house: House, person: str = "", fate: Fate = ACCEPTED) -> None:
    """Payments failed and the opening went out, to one person with another fate."""
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND

    def one_differs(row: Delivery) -> Fate:
        return fate if row.person == person else ACCEPTED

    house.post(one_differs)


def over(house: House) -> None:
    house.heals(CARD)
    house.run(16 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED


# What comes in


def test_a_batch_sent_again_changes_nothing(house: House) -> None:
    house.breaks(CARD)
    again = house.batch({CARD: Verdict.DOWN})
    assert house.round(again).refused == ()
    before = {name: count(house, name) for name in tables.metadata.tables}
    stored = house.read(watching.observations_stored)
    assert house.round(again).refused == ("batch 2 of head-office-1 came again: left aside",)
    assert {name: count(house, name) for name in tables.metadata.tables} == before
    assert house.read(watching.observations_stored) == stored


def test_a_batch_before_its_time_is_refused_and_taken_in_its_turn(house: House) -> None:
    first, second = house.batch({CARD: Verdict.UP}), house.batch({CARD: Verdict.UP})
    assert house.round(second).refused == ("batch 2 of head-office-1 came before batch 1: left aside",)
    assert house.read(watching.observations_stored) == 0
    assert house.round(first, second).refused == ()
    assert house.read(watching.observations_stored) == 2


def test_a_check_that_nobody_knows_any_more_is_left_out_and_its_batch_is_consumed(house: House) -> None:
    assert house.round(house.batch({"payments.gone": Verdict.DOWN, CARD: Verdict.UP})).refused == ()
    assert house.read(watching.observations_stored) == 1


def test_a_second_round_at_the_same_instant_has_nothing_to_add(house: House) -> None:
    told(house)
    house.settle_down()
    before = {name: count(house, name) for name in tables.metadata.tables}
    house.round()
    assert {name: count(house, name) for name in tables.metadata.tables} == before


def test_unknown_opens_nothing_and_holds_the_recovery(house: House) -> None:
    house.breaks(CARD, verdict=Verdict.UNKNOWN)
    house.run(10 * MINUTE)
    assert count(house, "incident") == 0
    house.breaks(CARD)
    house.heals(CARD)
    house.ill[CARD] = Verdict.UNKNOWN
    house.run(20 * MINUTE)
    assert not house.incident().phase.is_over
    house.ill.clear()
    house.run(10 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED


# The loop closes


def test_exactly_those_who_were_told_of_the_start_are_told_of_the_end_once(house: House) -> None:
    told(house, "ben", REFUSED)
    over(house)
    assert house.states("opened") == {"ada": "accepted", "ben": "rejected", "fay": "accepted"}
    assert house.states("closed") == {"ada": "accepted", "fay": "accepted"}
    house.run(60 * MINUTE, step=10 * MINUTE)
    assert [len(house.postman.letters("closed", person)) for person in ("ada", "ben", "fay")] == [1, 0, 1]
    closing = house.notices("closed")
    assert len(closing) == 1
    assert all(book.balanced for book in house.books())


def test_a_busy_provider_delays_the_words_and_nobody_gets_them_twice(house: House) -> None:
    told(house, "fay", BUSY)
    assert house.states("opened")["fay"] == "retry"
    house.run(2 * MINUTE)
    assert house.postman.heard("opened") == PAYERS
    assert len(house.postman.letters("opened", "fay")) == 1


def test_an_opening_in_doubt_that_did_arrive_gets_its_closing_late(house: House) -> None:
    told(house, "ben", UNKNOWN)
    over(house)
    assert house.states("opened")["ben"] == "in_doubt"
    assert set(house.states("closed")) == {"ada", "fay"}
    house.run(60 * MINUTE, step=10 * MINUTE)
    doubtful = next(row for row in house.rows("opened") if row.state is State.IN_DOUBT)
    house.done(Settle(delivery=doubtful.id, arrived=True))
    house.run(2 * MINUTE)
    assert house.states("closed") == dict.fromkeys(sorted(PAYERS), "accepted")
    assert house.refused(Settle(delivery=doubtful.id, arrived=True)).code == "unknown"


def test_an_opening_in_doubt_that_did_not_arrive_is_not_sent_after_the_end(house: House) -> None:
    told(house, "ben", UNKNOWN)
    over(house)
    doubtful = next(row for row in house.rows("opened") if row.state is State.IN_DOUBT)
    house.done(Settle(delivery=doubtful.id, arrived=False))
    house.run(10 * MINUTE)
    assert house.states("opened")["ben"] == "cancelled"
    assert len(house.postman.letters("opened", "ben")) == 1, "only the one whose fate was unknown"
    assert set(house.states("closed")) == {"ada", "fay"}


# It breaks again


def test_what_breaks_before_the_closing_left_is_the_same_episode_and_the_closing_is_void(house: House) -> None:
    told(house)
    house.heals(CARD)
    house.run(6 * MINUTE)
    closing = house.notices("closed")[0]
    assert house.postman.letters("closed") == []
    house.breaks(CARD)
    incident = house.incident()
    assert (incident.episode, incident.phase) == (1, Phase.INVESTIGATING)
    assert house.notice(closing.id).void_at is not None
    house.run(20 * MINUTE)
    assert house.postman.letters("closed") == []
    assert house.drafts() == [], "they know already"
    over(house)
    assert house.postman.heard("closed") == PAYERS
    assert len(house.postman.letters("closed")) == len(PAYERS)


def test_what_breaks_after_the_all_clear_is_a_new_episode_and_is_told_as_again(house: House) -> None:
    told(house)
    over(house)
    house.breaks(CARD)
    incident = house.incident()
    assert (incident.id, incident.episode) == (1, 2)
    assert any(isinstance(entry.said, Reopened) for entry in house.entries())
    assert house.notice(house.draft().notice).occasion is Occasion.AGAIN
    house.tell()
    assert [each.row.episode for each in house.postman.letters("opened", "ada")] == [1, 2]
    over(house)
    assert [each.row.episode for each in house.postman.letters("closed", "ada")] == [1, 2]
    assert house.states("closed", episode=2) == dict.fromkeys(sorted(PAYERS), "accepted")


def test_what_breaks_long_after_is_another_incident(house: House) -> None:
    told(house)
    over(house)
    house.run(40 * MINUTE, step=5 * MINUTE)
    house.breaks(CARD)
    assert count(house, "incident") == 2
    assert house.notices("opened", incident=2)


def test_what_was_called_a_false_alarm_and_was_none_begins_for_those_who_read_that(house: House) -> None:
    told(house)
    house.done(Dismiss(incident=1, reason="the probe was wrong"))
    house.tell()
    house.run(3 * MINUTE)
    assert house.states("retraction") == dict.fromkeys(sorted(PAYERS), "accepted")
    house.done(Reopen(incident=1, why="callers cannot pay"))
    assert house.incident().episode == 2
    words = house.draft()
    assert house.notice(words.notice).occasion is Occasion.OPENED, "we did not say that it was over, but that it never was"
    house.tell()
    house.run(3 * MINUTE)
    assert house.states("opened", episode=2) == dict.fromkeys(sorted(PAYERS), "accepted")


def test_a_person_who_reopens_stands_behind_what_was_felt(house: House) -> None:
    told(house)
    over(house)
    house.done(Reopen(incident=1, why="callers still cannot pay"))
    assert house.incident().episode == 2
    assert house.notice(house.draft().notice).occasion is Occasion.AGAIN
    house.tell()
    house.run(60 * MINUTE, step=5 * MINUTE)
    assert not house.incident().phase.is_over, "no check bore it out, so a person ends it"
    house.done(Resolve(incident=1))
    house.run(8 * MINUTE)
    assert house.states("closed", episode=2) == dict.fromkeys(sorted(PAYERS), "accepted")


# There was nothing


def test_a_false_alarm_that_customers_heard_of_is_taken_back_by_a_person_to_exactly_them(house: House) -> None:
    told(house, "ben", REFUSED)
    house.done(Dismiss(incident=1, reason="the probe was wrong"))
    house.run(10 * MINUTE)
    assert house.postman.letters("retraction") == []
    draft = house.draft()
    assert house.count(draft.notice) == 2
    house.tell()
    assert house.postman.heard("retraction") == {"ada", "fay"}
    assert house.postman.letters("closed") == []
    house.run(30 * MINUTE, step=5 * MINUTE)
    assert len(house.postman.letters("retraction")) == 2
    assert count(house, "incident") == 1, "the signal that still stands opens nothing new"


def test_a_false_alarm_that_nobody_heard_of_owes_nothing(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    house.done(Dismiss(incident=1, reason="the probe was wrong"))
    house.run(10 * MINUTE)
    assert house.notice(draft.notice).state is NoticeState.VOID
    assert house.drafts() == []
    assert house.rows() == []


# One disturbance


def test_services_that_fail_together_over_a_common_dependency_are_one_incident_and_one_message_a_person(tmp_path: Path) -> None:
    house = House(tmp_path, watched=(CARD, DOCUMENTS, QUOTES))
    house.breaks(CARD, DOCUMENTS)
    assert count(house, "incident") == 1
    incident = house.incident()
    assert (incident.root, set(incident.services)) == ("ledger", {"payments", "documents"})
    assert len(house.drafts()) == 1
    assert set(house.draft().quoted.statements) == {"payments.cannot_pay", "documents.cannot_get_documents"}
    house.tell()
    assert sorted(each.row.person for each in house.postman.letters("opened")) == ["ada", "ben", "eve", "fay"]
    house.breaks(QUOTES)
    assert count(house, "incident") == 2, "quoting depends on nothing that these do"
    house.close()


@pytest.mark.parametrize("recovers", [True, False])
def test_the_end_needs_all_of_it_to_be_good(tmp_path: Path, *, recovers: bool) -> None:
    house = House(tmp_path, watched=(CARD, DOCUMENTS))
    house.breaks(CARD, DOCUMENTS)
    house.tell()
    house.heals(CARD, *((DOCUMENTS,) if recovers else ()))
    house.run(16 * MINUTE)
    assert house.incident().phase.is_over is recovers
    assert bool(house.postman.letters("closed")) is recovers
    house.close()


def test_who_was_told_of_the_start_is_told_of_the_end_although_it_breaks_again_in_the_middle(house: House) -> None:
    """P6: some have the all-clear, the rest are on their way, it breaks again, and nobody approves the new message."""
    told(house)
    house.heals(CARD)
    house.run(6 * MINUTE, step=MINUTE)
    house.posts = False
    house.run(6 * MINUTE, step=MINUTE)
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=2)
    assert 0 < len(house.postman.heard("closed")) < len(PAYERS)
    house.breaks(CARD)
    assert house.incident().episode == 2
    house.posts = True
    house.run(4 * MINUTE, step=MINUTE)
    assert house.postman.heard("closed") == PAYERS
    assert {each.row.episode for each in house.postman.letters("closed")} == {1}
