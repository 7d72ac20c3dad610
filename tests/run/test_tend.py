"""Promises and words, as time passes over one incident: nothing lapses in silence, nothing stale goes out."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentinel.model.command import Cancel, Hold, SetPhase
from sentinel.model.delivery import Lane, State
from sentinel.model.estimate import PromiseKind, PromiseState
from sentinel.model.incident import Phase
from sentinel.model.notice import NoticeState, Occasion
from sentinel.model.observation import Verdict
from sentinel.run import case as cases
from tests import postgres

from .world import CARD, DOCUMENTS, HOUR, LEDGER, MINUTE, NOW, PAY, PAYERS, REFUSED, SECOND, UNKNOWN, House

UNTIL = datetime(2026, 11, 22, 11, 45, tzinfo=UTC)
"""What history promises for payments that fail at 10:00: 12:45 on the clocks of Madrid."""


def told(house: House) -> None:
    """Payments failed at 10:00, and every payer has been promised 11:45."""
    house.breaks(CARD)
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    assert [promise.at for promise in house.promises()] == [UNTIL]


# Nobody answers


def test_where_nobody_answers_holding_words_reach_all_before_the_promise_lapses(house: House) -> None:
    told(house)
    house.run(UNTIL - 9 * MINUTE)
    asked = [each.brief for each in house.postman.sent if each.row.step == "staff.promise_due#1"]
    assert asked, "a person is asked first"
    assert all(brief is not None and "12:45" in brief.ask for brief in asked)
    house.run(UNTIL + SECOND, step=MINUTE)
    letters = house.postman.letters("holding#1")
    assert {each.row.person for each in letters} == PAYERS
    assert all(each.at <= UNTIL for each in letters)
    english = next(each.wording for each in letters if each.row.person == "ada")
    assert english is not None
    assert "We told you 12:45" in english.text
    assert "cannot name a new time" in english.text
    assert "by 13:45" in english.text, "no new time of return, but always the next word"
    house.run(MINUTE)
    given, next_word = house.promises()
    assert given.state is PromiseState.HELD
    assert (next_word.kind, next_word.state, next_word.at) == (PromiseKind.NEXT_WORD, PromiseState.OPEN, UNTIL + HOUR)


def test_a_promised_next_word_is_kept_by_the_next_holding_words(house: House) -> None:
    told(house)
    house.run(UNTIL + HOUR + MINUTE, step=MINUTE)
    assert [promise.state for promise in house.promises()][:2] == [PromiseState.HELD, PromiseState.KEPT]
    for step in ("holding#1", "holding#2"):
        assert house.postman.heard(step) == PAYERS
    assert all(len(house.postman.letters("holding#2", person)) == 1 for person in PAYERS)


def test_nobody_knows_sends_the_holding_words_at_once(house: House) -> None:
    told(house)
    house.run(20 * MINUTE)
    house.answer(1, "unknown")
    assert len(house.notices("holding")) == 1
    house.run(10 * MINUTE)
    assert house.postman.heard("holding#1") == PAYERS


def test_it_holds_keeps_the_holding_words_back_and_recovery_keeps_the_promise(house: House) -> None:
    told(house)
    house.run(UNTIL - 9 * MINUTE)
    house.answer(1, "holds")
    house.run(UNTIL - 4 * MINUTE)
    assert house.notices("holding") == []
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert house.postman.letters("holding#1") == []
    assert house.postman.heard("closed") == PAYERS
    assert house.promises()[0].state is PromiseState.KEPT


def test_a_round_that_comes_late_still_sends_the_holding_words_in_time(house: House) -> None:
    told(house)
    house.now = UNTIL - 3 * MINUTE
    house.round()
    house.post()
    house.run(UNTIL, step=30 * SECOND)
    assert house.postman.heard("holding#1") == PAYERS
    assert all(each.at <= UNTIL for each in house.postman.letters("holding#1"))


def test_a_promise_that_lapsed_while_the_hub_was_down_is_still_owned(house: House) -> None:
    told(house)
    house.now = UNTIL + 2 * MINUTE
    house.round()
    house.run(12 * MINUTE)
    assert house.promises()[0].state is PromiseState.BROKEN
    assert house.postman.heard("holding#1") == PAYERS
    assert house.promises()[1].state is PromiseState.OPEN, "and a next word is promised"


def test_a_new_time_after_a_broken_promise_is_told_and_owns_the_old_one(house: House) -> None:
    told(house)
    house.now = UNTIL + 2 * MINUTE
    house.set_eta(UNTIL + 40 * MINUTE)
    draft = house.draft()
    assert house.notice(draft.notice).occasion is Occasion.DELAYED
    assert "{until_was}" in draft.bodies[0].text, "it owns the old time"


def test_it_holds_that_did_not_hold_is_owned_once_it_has_lapsed(house: House) -> None:
    told(house)
    house.run(UNTIL - 9 * MINUTE)
    house.answer(1, "holds")
    house.run(UNTIL + 10 * MINUTE)
    assert house.postman.heard("holding#1") == PAYERS
    assert house.promises()[0].state is PromiseState.BROKEN


def test_nobody_was_told_so_nothing_is_held(house: House) -> None:
    house.breaks(CARD)
    house.run(2 * HOUR, step=5 * MINUTE)
    assert house.notices("holding") == []
    assert house.promises() == []


def test_holding_words_that_a_moment_of_recovery_stopped_are_written_anew_when_it_breaks_again(house: House) -> None:
    """And nobody holds us to the next word that the first ones would have promised."""
    told(house)
    house.now = UNTIL - 6 * MINUTE
    house.round()
    house.heals(CARD)
    (stopped,) = house.notices("holding")
    assert stopped.void_why == "the service answers again"
    house.breaks(CARD)
    house.run(UNTIL, step=30 * SECOND)
    assert house.postman.heard("holding#1") == PAYERS
    assert all(each.at <= UNTIL for each in house.postman.letters("holding#1"))
    house.run(MINUTE)
    states = [promise.state for promise in house.promises()]
    assert states == [PromiseState.HELD, PromiseState.WITHDRAWN, PromiseState.OPEN]
    assert all(book.balanced for book in house.books())


def test_one_that_flaps_over_its_promise_does_not_put_the_holding_words_off_for_ever(house: House) -> None:
    """Each moment of recovery stops them, and each time the desk knows them already."""
    told(house)
    house.run(UNTIL - 15 * MINUTE, step=MINUTE)
    while house.now < UNTIL + 10 * MINUTE:
        house.heals(CARD)
        house.run(MINUTE, step=30 * SECOND)
        house.breaks(CARD)
        house.run(MINUTE, step=30 * SECOND)
    letters = house.postman.letters("holding#1")
    assert {each.row.person for each in letters} == PAYERS
    assert all(each.at <= UNTIL + 3 * MINUTE for each in letters)
    assert all(len(house.postman.letters("holding#1", person)) == 1 for person in PAYERS)


# A new time


def test_a_later_time_by_a_person_is_drafted_and_moves_the_promise(house: House) -> None:
    told(house)
    house.run(30 * MINUTE)
    house.set_eta(UNTIL + 40 * MINUTE)
    draft = house.draft()
    delayed = house.notice(draft.notice)
    assert (delayed.step, delayed.occasion) == ("delayed#1", Occasion.DELAYED)
    assert draft.quoted.promise_at == UNTIL + 45 * MINUTE, "rounded outwards"
    house.tell()
    assert house.postman.heard("delayed#1") == PAYERS
    letter = house.postman.letters("delayed#1", "ada")[0].wording
    assert letter is not None
    assert "12:45" in letter.text, "it owns the old time"
    assert "13:30" in letter.text
    first, second = house.promises()
    assert first.state is PromiseState.MOVED
    assert (second.at, second.kind, second.state) == (UNTIL + 45 * MINUTE, PromiseKind.ETA, PromiseState.OPEN)
    house.run(UNTIL + MINUTE)
    assert house.notices("holding") == [], "the old promise is not held as well"


def test_a_sooner_time_stays_out_of_the_inbox(house: House) -> None:
    told(house)
    house.set_eta(UNTIL - 30 * MINUTE)
    house.run(5 * MINUTE)
    assert house.drafts() == []


def test_a_delay_that_nobody_approves_does_not_stop_the_holding_words(house: House) -> None:
    told(house)
    house.run(30 * MINUTE)
    house.set_eta(UNTIL + 40 * MINUTE)
    house.run(UNTIL, step=MINUTE)
    assert house.postman.heard("holding#1") == PAYERS
    assert all(each.at <= UNTIL for each in house.postman.letters("holding#1"))


def test_a_sooner_time_does_not_stop_a_delay_that_is_on_its_way(house: House) -> None:
    told(house)
    house.set_eta(UNTIL + 40 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    assert house.postman.wave(Lane.CUSTOMERS, house.now, limit=1) == 1
    house.set_eta(UNTIL + 30 * MINUTE)
    house.run(10 * MINUTE)
    assert house.postman.heard("delayed#1") == PAYERS, (
        "else those that were not reached would hold the old time, and hear nothing"
    )


def test_a_delay_that_is_approved_after_the_holding_words_keeps_the_next_word_that_they_promised(house: House) -> None:
    """Its step names the promise about which it was drafted, and it is a word all the same."""
    told(house)
    house.run(UNTIL - 15 * MINUTE)
    house.set_eta(UNTIL + 3 * HOUR)
    house.run(UNTIL, step=MINUTE)
    assert house.postman.heard("holding#1") == PAYERS
    house.tell()
    assert house.postman.heard("delayed#1") == PAYERS
    house.run(UNTIL + HOUR + 2 * MINUTE)
    assert [promise.state for promise in house.promises()] == [PromiseState.HELD, PromiseState.KEPT, PromiseState.OPEN]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_delay_stopped_half_way_leaves_each_with_a_word_before_their_own_time(tmp_path: Path, database: str) -> None:
    """One has read the new time and two have not when a newer one is given, which nobody approves."""
    with closing(House(tmp_path, database=postgres.shared().new_store() if database == "postgresql" else "")) as house:
        _half_way(house)


def _half_way(house: House) -> None:
    told(house)
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    (first,) = house.postman.heard("delayed#1")
    house.set_eta(UNTIL + 3 * HOUR)
    rest = PAYERS - {first}
    house.run(UNTIL, step=MINUTE)
    assert house.postman.heard("holding#1") == rest, "the old time is theirs alone"
    letters = house.postman.letters("holding#1")
    assert all(each.at <= UNTIL and each.wording is not None and "12:45" in each.wording.text for each in letters)
    house.run(UNTIL + HOUR, step=MINUTE)
    assert house.postman.heard("holding#3") == rest, "and so is the next word that these promised"
    assert len(house.promises()) == 4
    house.run(UNTIL + 75 * MINUTE, step=MINUTE)
    assert house.postman.heard("holding#2") == {first}
    (theirs,) = house.postman.letters("holding#2")
    assert theirs.wording is not None
    assert "14:00" not in theirs.wording.text, "words are one for all, and not all were ever told so"
    assert all(book.balanced for book in house.books())


def test_a_delay_owns_the_time_that_all_have_had(house: House) -> None:
    told(house)
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.set_eta(UNTIL + 3 * HOUR)
    house.tell()
    letters = house.postman.letters("delayed#2")
    assert {each.row.person for each in letters} == PAYERS
    assert all(each.wording is not None and "12:45" in each.wording.text for each in letters)
    house.run(UNTIL + 90 * MINUTE, step=MINUTE)
    assert house.notices("holding") == [], "all have the newest time"


def test_where_the_desk_s_channels_take_no_words_of_a_delay_the_holding_words_keep_the_promise(house: House) -> None:
    told(house)
    house.run(UNTIL - 15 * MINUTE)
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve()
    house.posts = False
    while house.now < UNTIL:
        house.run(MINUTE, step=MINUTE)
        house.postman.wave(Lane.CUSTOMERS, house.now)
    assert house.postman.heard("holding#1") == PAYERS
    assert house.notices("delayed")[0].release_at is None


def test_a_draft_anew_counts_those_whose_messages_were_stopped(house: House) -> None:
    told(house)
    house.set_eta(UNTIL + 40 * MINUTE)
    assert house.approve(desk_knows=True).step == "delayed#1"
    house.round()
    assert {row.state for row in house.rows("delayed#1")} == {State.QUEUED}
    house.set_eta(UNTIL + 100 * MINUTE)
    assert {row.state for row in house.rows("delayed#1")} == {State.CANCELLED}
    assert house.count(house.draft().notice) == len(PAYERS), "or nobody would be asked for a second signature"
    again = house.tell()
    house.run(10 * MINUTE)
    assert house.postman.heard(again.step) == PAYERS
    assert house.count(again.id) == 0


def test_a_delay_says_only_what_is_so_when_it_leaves(house: House) -> None:
    """It says what is so for now beside the new time, and that was no longer so."""
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.tell()
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve()
    assert (
        "payments.cannot_pay" in house.read(lambda c: cases.load(c, 1)).record.quoted[house.notices("delayed")[0].id].statements
    )
    house.heals(PAY)
    first, second = house.notices("delayed")
    assert (first.void_why, second.state) == ("what customers feel has changed", NoticeState.DRAFT)
    house.tell()
    (letter,) = house.postman.letters("delayed#1", "ada")
    assert letter.wording is not None
    assert "takes longer than usual" in letter.wording.text
    assert "cannot pay" not in letter.wording.text
    house.run(5 * MINUTE)
    assert len(house.notices("delayed")) == 2
    assert [promise.state for promise in house.promises()] == [PromiseState.MOVED, PromiseState.WITHDRAWN, PromiseState.OPEN]
    assert house.postman.heard("delayed#1") == PAYERS
    assert all(book.balanced for book in house.books())


def test_whom_a_delay_did_not_reach_before_it_was_no_longer_so_gets_it_anew(house: House) -> None:
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.tell()
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.heals(PAY)
    again = house.notice(house.draft().notice)
    assert (again.step, house.count(again.id)) == ("delayed#1", len(PAYERS) - 1)
    house.tell()
    house.run(UNTIL, step=MINUTE)
    assert all(len(house.postman.letters("delayed#1", person)) == 1 for person in PAYERS)
    assert house.notices("holding") == [], "all have the new time"
    assert all(book.balanced for book in house.books())


def test_a_delay_thrown_away_is_not_drafted_again_when_something_else_changes(house: House) -> None:
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.tell()
    house.set_eta(UNTIL + 75 * MINUTE)
    house.done(Cancel(notice=house.draft().notice, why="not sure"))
    house.heals(PAY)
    house.run(5 * MINUTE)
    assert len(house.notices("delayed")) == 1


def half_of_a_delay(house: House) -> str:
    """A new time has reached one person, who is named, when the statement beside it is so no longer."""
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.tell()
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.heals(PAY)
    (first,) = house.postman.heard("delayed#1")
    return first


def test_a_delay_that_is_stopped_twice_is_drafted_anew_all_the_same(house: House) -> None:
    """What the first left over had gone to the second, and nobody had that one."""
    first = half_of_a_delay(house)
    house.approve(desk_knows=True)
    house.now += 5 * SECOND
    house.round()
    house.breaks(PAY)
    assert house.count(house.draft().notice) == len(PAYERS - {first})
    house.tell()
    house.run(UNTIL, step=MINUTE)
    assert all(len(house.postman.letters("delayed#1", person)) == 1 for person in PAYERS)
    assert house.notices("holding") == []
    assert all(book.balanced for book in house.books())


def test_holding_words_about_a_time_drafted_anew_hold_it_for_those_who_had_it_first(house: House) -> None:
    """One instant was published twice, and words about the later one go to all."""
    half_of_a_delay(house)
    house.tell()
    house.run(UNTIL + 76 * MINUTE, step=MINUTE)
    assert house.postman.heard("holding#3") == PAYERS
    states = [promise.state for promise in house.promises()]
    assert states == [PromiseState.MOVED, PromiseState.HELD, PromiseState.HELD, PromiseState.OPEN]


@pytest.mark.parametrize("is_approved", [False, True])
def test_a_delay_that_holding_words_overtook_is_drafted_anew_where_it_is_so_no_longer(house: House, is_approved: bool) -> None:
    """The time that a person gave waits to be told, newer promise or not."""
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.tell()
    house.run(UNTIL - 15 * MINUTE)
    house.set_eta(UNTIL + 3 * HOUR)
    house.run(UNTIL, step=MINUTE)
    assert house.postman.heard("holding#1") == PAYERS
    if is_approved:
        house.approve()
    house.heals(PAY)
    assert house.notice(house.draft().notice).step == "delayed#1"
    house.tell()
    assert house.postman.heard("delayed#1") == PAYERS


def test_no_delay_is_drafted_while_customers_feel_nothing(tmp_path: Path) -> None:
    """The cause is not mended, and nothing that it breaks is felt: words of it would be void as soon as they are made."""
    with closing(House(tmp_path, watched=(CARD, LEDGER))) as house:
        house.breaks(CARD)
        house.tell()
        house.breaks(LEDGER)
        house.set_eta(UNTIL + 75 * MINUTE)
        house.heals(CARD)
        written = len(house.entries())
        for _ in range(3):
            house.round()
        assert len(house.entries()) == written
        assert house.drafts() == []
        house.breaks(CARD)
        house.tell()
        assert house.postman.heard("delayed#1") == PAYERS


def test_a_next_word_that_some_have_is_kept_by_words_about_that_of_the_others(house: House) -> None:
    """A moment of recovery stopped holding words half way: two next words by the same time, and one message that keeps both."""
    told(house)
    house.run(UNTIL - 6 * MINUTE, step=MINUTE)
    house.now += 5 * MINUTE
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.heals(CARD)
    house.breaks(CARD)
    house.run(UNTIL + HOUR + MINUTE, step=MINUTE)
    assert house.postman.heard("holding#3") == PAYERS
    states = [promise.state for promise in house.promises()]
    assert states == [PromiseState.HELD, PromiseState.KEPT, PromiseState.KEPT, PromiseState.OPEN]


def test_who_has_a_time_by_an_opening_that_repeats_it_gets_the_holding_words(house: House) -> None:
    """The opening that published it has reached nobody for certain."""
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.breaks(PAY)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, lambda _: UNKNOWN, limit=1)
    house.heals(PAY)
    house.tell()
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.set_eta(UNTIL + 3 * HOUR)
    house.run(UNTIL, step=MINUTE)
    (left,) = house.postman.heard("opened") - house.postman.heard("delayed#1")
    assert house.postman.heard("holding#1") == {left}


def test_a_promise_of_an_episode_that_ended_in_time_is_kept_though_another_began_before_it(house: House) -> None:
    """The closing is on its way when it breaks again, so close to the time that no message may name it any more."""
    told(house)
    house.run(UNTIL - 12 * MINUTE, step=MINUTE)
    house.posts = False
    house.heals(CARD)
    while house.now < UNTIL - 90 * SECOND:
        house.run(30 * SECOND, step=30 * SECOND)
        house.postman.wave(Lane.STAFF, house.now)
    closings = house.postman.claim(Lane.CUSTOMERS, house.now)
    assert all(house.postman.arm(row, house.now) for row in closings)
    house.breaks(CARD)
    assert (len(closings), house.incident().episode) == (len(PAYERS), 2)
    assert [promise.state for promise in house.promises()] == [PromiseState.KEPT]


def test_holding_words_own_no_time_that_nobody_was_given(house: House) -> None:
    """Messages are held until the time of a delay has nearly passed: one word about the older one, which all have."""
    told(house)
    house.set_eta(UNTIL + 30 * MINUTE)
    house.approve(desk_knows=True)
    house.done(Hold(on=True, why="the audit"))
    house.run(UNTIL + 40 * MINUTE, step=MINUTE)
    house.done(Hold(on=False, why="it is over"))
    house.run(5 * MINUTE, step=MINUTE)
    assert [notice.step for notice in house.notices("holding")] == ["holding#1"]
    letters = house.postman.letters("holding#1")
    assert {each.row.person for each in letters} == PAYERS
    assert all(each.wording is not None and "12:45" in each.wording.text for each in letters)
    assert not any(each.wording is None or "13:15" in each.wording.text for each in letters)


def test_a_second_new_time_voids_the_draft_of_the_first(house: House) -> None:
    told(house)
    house.set_eta(UNTIL + 40 * MINUTE)
    first = house.draft()
    house.run(2 * MINUTE)
    house.set_eta(UNTIL + 100 * MINUTE)
    assert house.notice(first.notice).state is NoticeState.VOID
    second = house.draft()
    assert second.quoted.promise_at == UNTIL + 105 * MINUTE
    house.tell()
    assert house.postman.heard("delayed#1") == PAYERS


# Worse, and better


def test_a_worse_turn_is_told_to_those_who_were_told_and_repeats_the_time_that_stands(house: House) -> None:
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.tell()
    given = house.promises()[0]
    house.run(10 * MINUTE)
    house.breaks(PAY)
    draft = house.draft()
    widened = house.notice(draft.notice)
    assert widened.occasion is Occasion.WIDENED
    assert "payments.cannot_pay" in draft.quoted.statements
    assert (draft.quoted.promise_at or draft.quoted.next_word_at) == given.at
    house.tell()
    assert house.postman.heard(widened.step) == PAYERS
    assert [promise.id for promise in house.promises()] == [given.id]
    house.heals(CARD, PAY)
    house.run(15 * MINUTE)
    assert house.postman.heard("closed") == PAYERS
    assert all(len(house.postman.letters("closed", person)) == 1 for person in PAYERS)


def test_recovery_voids_what_has_not_gone_out(house: House) -> None:
    house.breaks(CARD)
    opening = house.approve(desk_knows=True)
    house.heals(CARD)
    void = house.notice(opening.id)
    assert void.void_at == house.now
    assert void.void_why == "the service answers again"
    house.run(20 * MINUTE)
    assert house.postman.letters("opened") == []
    assert house.notices("closed") == [], "who was not told of the start is not told of the end"
    assert set(house.states("opened").values()) <= {"cancelled"}


def test_a_promise_that_nobody_was_given_is_withdrawn_with_its_notice(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.heals(CARD)
    house.run(MINUTE)
    house.breaks(CARD)
    house.tell()
    assert [promise.state for promise in house.promises()] == [PromiseState.WITHDRAWN, PromiseState.OPEN]
    house.run(UNTIL + 2 * MINUTE, step=MINUTE)
    assert PromiseState.BROKEN not in {promise.state for promise in house.promises()}


def test_a_promise_whose_words_were_stopped_on_their_way_and_then_refused_is_withdrawn(house: House) -> None:
    """One was armed when they became void, so somebody might have been given it; nobody was."""
    told(house)
    house.set_eta(UNTIL + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    (row,) = house.postman.claim(Lane.CUSTOMERS, house.now, limit=1)
    assert house.postman.arm(row, house.now)
    house.set_eta(UNTIL + 3 * HOUR)
    house.postman.end(row, REFUSED, house.now)
    house.round()
    assert [promise.state for promise in house.promises()] == [PromiseState.OPEN, PromiseState.WITHDRAWN]


def test_a_promise_that_came_too_late_for_anybody_is_withdrawn_and_not_broken(house: House) -> None:
    """Messages were held until its time had nearly passed: who is told afterwards gets another one."""
    house.breaks(CARD)
    house.done(Hold(on=True, why="the audit"))
    house.approve(desk_knows=True)
    house.run(UNTIL + MINUTE)
    house.done(Hold(on=False, why="it is over"))
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    assert [promise.state for promise in house.promises()] == [PromiseState.WITHDRAWN, PromiseState.OPEN]


def test_an_assurance_that_expires_at_midnight_voids_the_draft_that_gives_it(tmp_path: Path) -> None:
    house = House(tmp_path, now=datetime(2027, 1, 31, 22, 50, tzinfo=UTC))  # 23:50 in Madrid
    house.breaks(CARD)
    draft = house.draft()
    assert "payments.cannot_pay#POL-214" in draft.quoted.assurances
    house.run(20 * MINUTE)
    assert house.notice(draft.notice).state is NoticeState.VOID
    fresh = house.draft()
    assert "payments.cannot_pay#POL-214" not in fresh.quoted.assurances
    assert any("POL-214" in line for line in fresh.left_out), "and the lead is told"
    house.close()


def test_an_opening_whose_time_passed_unsent_is_drafted_anew(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.done(Hold(on=True, why="the mail server loops"))
    house.run(UNTIL, step=5 * MINUTE)
    assert set(house.states("opened").values()) == {"cancelled"}
    house.done(Hold(on=False))
    house.run(5 * MINUTE)
    assert house.postman.letters("opened") == []
    assert house.draft().quoted.promise_at != UNTIL
    house.tell()
    assert house.postman.heard("opened") == PAYERS


def test_a_time_stands_where_it_breaks_again_before_customers_heard_of_the_end(house: House) -> None:
    """It was over at 10:07, but nobody had been told so when it broke again: 11:45 is still what customers hold us to."""
    told(house)
    house.heals(CARD)
    house.run(6 * MINUTE, step=MINUTE)
    assert house.notices("closed")
    house.breaks(CARD)
    house.run(UNTIL, step=MINUTE)
    assert house.postman.heard("holding#1") == PAYERS
    assert house.promises()[0].state is PromiseState.OPEN
    house.run(2 * MINUTE)
    assert house.promises()[0].state is PromiseState.HELD


def test_a_cause_is_named_only_once_it_is_known(house: House) -> None:
    told(house)
    cause = {"en": "A certificate had run out.", "es": "Había caducado un certificado."}
    house.done(SetPhase(incident=1, phase=Phase.IDENTIFIED, cause=cause), "Omar")
    house.heals(CARD)
    house.run(15 * MINUTE)
    letter = house.postman.letters("closed", "ada")[0].wording
    assert letter is not None
    # The closing words were approved with the opening, when nobody knew the cause: they do not name it.
    assert "certificate" not in letter.text


def test_the_desk_is_not_told_to_say_that_it_is_broken_once_it_is_over(house: House) -> None:
    told(house)
    house.heals(CARD)
    house.run(10 * MINUTE)
    brief = next(each.brief for each in house.postman.sent if each.row.step.startswith("staff.recovered"))
    assert brief is not None
    assert "cannot pay" not in brief.say
    assert "back to normal" in brief.say


def test_staff_hear_of_trouble_that_customers_do_not_feel(tmp_path: Path) -> None:
    house = House(tmp_path, watched=(LEDGER,))
    house.breaks(LEDGER)
    house.run(5 * MINUTE)
    assert any(each.row.lane is Lane.STAFF for each in house.postman.sent)
    assert house.drafts() == []
    house.heals(LEDGER)
    house.run(10 * MINUTE)
    assert len(house.notices("staff.recovered")) == 1
    assert house.rows() == []
    house.close()


def test_trouble_that_spreads_before_anybody_was_told_makes_one_message_to_both_audiences(tmp_path: Path) -> None:
    house = House(tmp_path, watched=(CARD, DOCUMENTS))
    house.breaks(CARD)
    first = house.draft()
    house.breaks(DOCUMENTS)
    assert house.incident().services == ("payments", "documents")
    assert house.incident().root == "ledger"
    assert house.notice(first.notice).state is NoticeState.VOID
    assert [house.notice(draft.notice).rule for draft in house.drafts()] == ["audience:customers+payers"]
    house.tell()
    letters = house.postman.letters("opened")
    assert sorted(each.row.person for each in letters) == ["ada", "ben", "eve", "fay"]
    house.heals(CARD, DOCUMENTS)
    house.run(15 * MINUTE)
    assert sorted(each.row.person for each in house.postman.letters("closed")) == ["ada", "ben", "eve", "fay"]
    assert house.now > NOW
    house.close()
