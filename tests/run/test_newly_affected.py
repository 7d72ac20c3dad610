"""More people come to be affected: they get the opening form once, the others no second one, and all hear of the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sentinel.model.command import Cancel, Declare
from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Notice, NoticeState, Occasion
from sentinel.model.person import Reason
from sentinel.store import notices

from .world import CARD, DOCUMENTS, EVERYBODY, HOUR, MINUTE, PAYERS, SECOND, UNKNOWN, House

NEW = EVERYBODY - PAYERS
"""Who is affected only once documents fail too: eve."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, watched=(CARD, DOCUMENTS))
    yield made
    made.close()


def grown(house: House) -> Notice:
    """Payments fail and the payers are told; two minutes later documents fail too, whose audience is everybody."""
    house.breaks(CARD)
    house.tell()
    return grows(house)


def grows(house: House) -> Notice:
    house.now += MINUTE
    house.breaks(DOCUMENTS)
    return opening(house)


def opening(house: House) -> Notice:
    """The newest opening for those who are newly affected."""
    return [each for each in house.notices("opened") if each.step.startswith("opened#")][-1]


def send(house: House, notice: Notice) -> None:
    found = house.read(lambda c: notices.draft_of(c, notice.id))
    assert found is not None
    house.done(house.approval(found[0], desk_knows=True))
    house.now += 61 * SECOND
    house.post()


def test_whoever_is_new_gets_the_opening_form_and_nobody_a_second_one(house: House) -> None:
    new = grown(house)
    assert (new.occasion, new.rule) == (Occasion.OPENED, "audience:customers+payers")
    snapshot = house.read(lambda c: notices.snapshot(c, new.snapshot or 0))
    assert snapshot is not None
    assert snapshot.complete
    assert snapshot.admitted == len(NEW), "only these are to be approved"
    # clo shares the address of ada, who was told; dan gave no consent
    assert snapshot.left_out == {Reason.ALREADY_TOLD: len(PAYERS) + 1, Reason.NO_CONSENT: 1}
    send(house, new)
    assert house.postman.heard("opened") == PAYERS
    assert house.postman.heard(new.step) == NEW
    assert all(book.balanced for book in house.books()), "P10"
    house.heals(CARD, DOCUMENTS)
    house.run(20 * MINUTE)
    assert house.postman.heard("closed") == EVERYBODY
    assert all(len(house.postman.letters("closed", person)) == 1 for person in EVERYBODY)


def test_those_who_were_told_get_the_update_and_the_new_ones_do_not(house: House) -> None:
    new = grown(house)
    worse = next(each for each in house.notices("widened"))
    send(house, new)
    assert house.count(worse.id) == len(PAYERS)
    send(house, worse)
    assert house.postman.heard(worse.step) == PAYERS
    assert all(book.balanced for book in house.books())


def test_what_gets_worse_after_they_were_told_is_told_to_them_too(house: House) -> None:
    new = grown(house)
    send(house, new)
    house.run(MINUTE)
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    worse = house.notices("widened")[-1]
    assert worse.cause > new.cause
    send(house, worse)
    assert house.postman.heard(worse.step) == EVERYBODY


def test_the_new_ones_are_given_the_time_that_the_others_have(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    given = house.promises()
    new = grows(house)
    send(house, new)
    assert house.promises() == given, "nobody holds us to two times"
    assert house.notice(new.id).promise == given[-1].id


def test_taking_the_wider_opening_back_takes_nobodys_promise(house: House) -> None:
    new = grown(house)
    found = house.read(lambda c: notices.draft_of(c, new.id))
    assert found is not None
    house.done(house.approval(found[0], desk_knows=True))
    house.done(Cancel(notice=new.id, why="not yet"))
    assert all(promise.state == "open" for promise in house.promises())
    assert house.postman.heard(new.step) == set()


def test_one_thrown_away_is_not_made_again_until_something_changes(house: House) -> None:
    new = grown(house)
    house.done(Cancel(notice=new.id, why="they need not know"))
    house.run(5 * MINUTE)
    assert opening(house).id == new.id
    assert opening(house).state is NoticeState.CANCELLED
    house.heals(CARD, DOCUMENTS)
    house.run(20 * MINUTE)
    assert house.postman.heard("closed") == PAYERS


def test_one_cut_short_is_made_again_for_those_who_never_got_it(house: House) -> None:
    house.posts = False
    house.breaks(CARD)
    house.tell()
    first = grows(house)
    found = house.read(lambda c: notices.draft_of(c, first.id))
    assert found is not None
    house.done(house.approval(found[0], desk_knows=True))
    house.heals(CARD, DOCUMENTS)  # before anything of it left
    house.breaks(CARD, DOCUMENTS)
    again = opening(house)
    assert again.id != first.id
    assert house.notice(first.id).void_at is not None
    send(house, again)
    assert house.postman.heard(again.step) == NEW
    assert {row.state for row in house.rows(first.step) if row.person == "eve"} <= {State.CANCELLED}


def test_it_is_left_out_again_when_the_rows_are_written(house: House) -> None:
    """Told after the snapshot was taken, by an opening that was on its way: no second message (P3)."""
    new = grown(house)
    rows = house.rows(new.step)
    assert rows == []
    house.do(lambda c: c.exec_driver_sql("UPDATE snapshot_person SET reason = NULL WHERE reason = 'already_told'"))
    house.do(lambda c: c.exec_driver_sql("UPDATE snapshot SET admitted = 5 WHERE rule LIKE '%#%'"))
    send(house, new)
    assert house.postman.heard(new.step) == NEW
    reasons = {row.person: row.detail for row in house.rows(new.step) if row.state is State.SUPPRESSED}
    assert reasons == {**dict.fromkeys([*PAYERS, "clo"], "already_told"), "dan": "no_consent"}
    assert all(book.balanced for book in house.books())


def test_wider_words_thrown_away_are_not_drafted_again_until_something_changes(house: House) -> None:
    grown(house)
    worse = house.notices("widened")[-1]
    house.done(Cancel(notice=worse.id, why="they know"))
    house.run(5 * MINUTE)
    assert [each.id for each in house.notices("widened")] == [worse.id]
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    assert house.notices("widened")[-1].id != worse.id, "something else is felt: a person is asked again"


def test_whoever_only_a_wider_opening_reached_is_told_of_the_end(house: House) -> None:
    """The first opening is in doubt for everybody: those of the second are told, and owed all that follows."""
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.post(lambda _: UNKNOWN)
    new = grows(house)
    send(house, new)
    assert set(house.states("opened").values()) == {"in_doubt", "accepted"}
    assert house.postman.heard(new.step) == NEW
    house.heals(CARD, DOCUMENTS)
    house.run(20 * MINUTE)
    assert house.postman.heard("closed") == NEW


def test_who_asked_for_no_more_between_two_drafts_gets_neither(house: House) -> None:
    """Their row was cancelled with the first draft; it does not come to life with the second."""
    house.posts = False
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.round()
    assert set(house.states("opened")) == PAYERS
    house.heals(CARD)
    house.do(lambda c: notices.unsubscribe(c, "ben", house.now))
    house.breaks(CARD)
    send(house, house.notice(house.draft().notice))
    assert house.postman.heard("opened") == PAYERS - {"ben"}
    assert all(book.balanced for book in house.books())


def test_who_gets_the_redraft_does_not_get_the_update_too(house: House) -> None:
    """A wave stopped half way by a worse turn: who was left gets all of it in the opening, and only the others the update."""
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    (first,) = house.postman.heard("opened")
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    send(house, house.notices("opened")[-1])
    assert house.postman.heard("opened") == PAYERS
    worse = house.notices("widened")[-1]
    assert house.count(worse.id) == 1
    send(house, worse)
    assert house.postman.heard(worse.step) == {first}


def test_who_gets_the_redraft_is_given_the_time_that_the_others_have(house: House) -> None:
    """Else the first promise would lapse in silence: holding words follow the last one that was published."""
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    given = house.promises()
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    house.now += 5 * MINUTE
    house.set_eta(given[0].at + HOUR)
    send(house, house.notices("opened")[-1])
    assert house.postman.heard("opened") == PAYERS
    assert house.promises() == given, "nobody holds us to two times"
    house.run(given[0].at, step=MINUTE)
    assert house.postman.heard(f"holding#{given[0].id}") == PAYERS, "and the first ones hear of it in time"


def test_a_draft_that_repeats_the_time_that_stands_is_not_written_anew_in_every_round(house: House) -> None:
    """Whoever reads or edits it would be told over and over that it has changed."""
    house.breaks(CARD)
    house.tell()
    (given,) = house.promises()
    house.now = given.at - 13 * MINUTE
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    (worse,) = house.notices("widened")
    house.now = given.at - 8 * MINUTE
    seen = set()
    for _ in range(5):
        house.round()
        found = house.read(lambda c: notices.draft_of(c, worse.id))
        assert found is not None
        seen.add(found[0].version)
    assert len(seen) == 1


def test_who_is_affected_only_when_it_breaks_again_reads_an_opening(house: House) -> None:
    """They were never told that anything was over, and nothing of theirs has come back (P13)."""
    house.breaks(CARD)
    house.tell()
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert house.postman.heard("closed") == PAYERS
    house.breaks(CARD)
    assert house.tell().occasion is Occasion.AGAIN
    new = grows(house)
    send(house, new)
    assert (new.episode, new.occasion) == (2, Occasion.OPENED)
    (letter,) = house.postman.letters(new.step)
    assert letter.row.person == "eve"
    assert letter.wording is not None
    assert "this was over" not in letter.wording.text
    house.heals(CARD, DOCUMENTS)
    house.run(20 * MINUTE)
    assert {row.person for row in house.rows("closed") if row.episode == 2 and row.state is State.ACCEPTED} == EVERYBODY


def test_a_mailbox_that_was_told_is_told_once_however_it_is_spelled(tmp_path: Path) -> None:
    """Somebody newly affected has ada's address, in capitals."""
    house = House(tmp_path, watched=(CARD, DOCUMENTS))
    path = house.folder / "customers.csv"
    path.write_text(path.read_text("utf-8").replace("eve@example.com", "ADA@example.com"), "utf-8")
    new = grown(house)
    assert house.count(new.id) == 0
    house.close()
