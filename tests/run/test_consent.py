"""Approving, editing and taking back: nothing goes to customers but on the word of somebody who saw exactly that."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from sentinel.model.command import Cancel, Dismiss, EditDraft
from sentinel.model.delivery import Lane
from sentinel.model.estimate import PromiseState
from sentinel.model.incident import Acknowledged, NoticeApproved, NoticeCancelled
from sentinel.model.notice import NoticeState, Occasion
from sentinel.model.observation import Verdict
from sentinel.run import audience
from sentinel.store import notices, tables

from .world import CARD, MINUTE, PAY, PAYERS, SECOND, House


def approvals(house: House) -> int:
    return house.read(lambda c: c.execute(select(func.count()).select_from(tables.approval)).scalar_one())


def test_from_failure_to_the_words_in_the_inbox(house: House) -> None:
    """At 0:00 payments fails; by 0:20 a draft waits; once approved, it reaches each payer once, and the desk before them."""
    house.breaks(CARD)
    suspected = house.notices("staff.suspected")
    assert len(suspected) == 1
    assert house.rows(lane=Lane.STAFF)
    draft = house.draft()
    assert {body.language for body in draft.bodies} == {"en", "es"}
    assert draft.quoted.promise_at is not None
    assert house.count(draft.notice) == len(PAYERS)
    assert house.rows() == []

    opening = house.approve()
    words = house.notices("staff.words")
    assert [each.words_of for each in words] == [opening.id]
    assert house.notice(opening.id).release_at is None, "nothing is released before the desk has had the words"
    house.run(MINUTE, step=30 * SECOND)
    released = house.notice(opening.id).release_at
    desk_had_them = next(each.at for each in house.postman.sent if each.row.notice == words[0].id)
    assert released == desk_had_them + 5 * MINUTE
    house.run(released - SECOND)
    assert house.postman.letters("opened") == []
    house.run(SECOND, step=SECOND)
    assert house.postman.heard("opened") == PAYERS
    assert all(len(house.postman.letters("opened", person)) == 1 for person in PAYERS)
    spanish = house.postman.letters("opened", "ben")[0].wording
    assert spanish is not None
    assert "no puede pagar" in spanish.text


def test_the_desk_gets_the_words_that_customers_get(house: House) -> None:
    house.breaks(CARD)
    house.approve()
    house.run(8 * MINUTE)
    brief = next(each.brief for each in house.postman.sent if each.row.step.startswith("staff.words"))
    letter = house.postman.letters("opened", "ada")[0].wording
    assert brief is not None
    assert letter is not None
    assert brief.words["en"] == letter.text.replace("Dear {name}", "Dear customer")
    assert brief.who.startswith(str(len(PAYERS)))


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"hash": "0" * 64}, "changed"), ({"count": 4}, "count"), ({"count": 0}, "count"), ({"notice": 99}, "unknown")],
)
def test_an_approval_of_something_else_is_refused_and_changes_nothing(
    house: House, changed: dict[str, object], code: str
) -> None:
    house.breaks(CARD)
    before = house.entries()
    refused = house.refused(replace(house.approval(), **changed))  # type: ignore[arg-type]  # tests name fields
    assert refused.code == code
    assert approvals(house) == 0
    assert house.entries() == before
    assert house.rows() == []


def test_an_audience_that_is_still_being_read_cannot_be_approved(house: House) -> None:
    house.reads = False
    house.breaks(CARD)
    draft = house.draft()
    assert house.refused(replace(house.approval(draft), count=0)).code == "counting"
    snapshot = house.notice(draft.notice).snapshot
    assert snapshot is not None
    found = house.read(lambda c: notices.snapshot(c, snapshot))
    assert found is not None
    assert not found.complete
    assert audience.read_all(house.world.installation, house.store, house.now) == 1
    house.done(house.approval(draft))


def test_what_is_approved_cannot_be_approved_again(house: House) -> None:
    house.breaks(CARD)
    approval = house.approval()
    house.done(approval)
    assert house.refused(approval).code == "not_a_draft"
    assert approvals(house) == 1
    assert len(house.promises()) == 1
    assert sum(isinstance(entry.said, NoticeApproved) for entry in house.entries()) == 1


def test_a_draft_that_names_a_time_too_near_is_refused_until_it_follows_the_clock(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    assert draft.quoted.promise_at is not None
    house.now = draft.quoted.promise_at - 5 * MINUTE
    assert house.refused(house.approval(draft)).code == "too_late"
    house.round()
    fresh = house.draft()
    assert fresh.version > draft.version
    assert house.refused(house.approval(draft)).code == "changed"
    house.done(house.approval(fresh))


def test_who_approves_stands_behind_it_and_a_promise_is_published_with_it(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    opening = house.approve()
    assert [type(entry.said) for entry in house.entries()][-2:] == [Acknowledged, NoticeApproved]
    assert house.incident().acknowledged_by == "Lena"
    promise = house.promises()[0]
    assert (promise.at, promise.notice, promise.state) == (draft.quoted.promise_at, opening.id, PromiseState.OPEN)
    assert opening.promise == promise.id
    assert opening.sendable_until == promise.at - 5 * MINUTE


# Taking back


def test_an_approval_taken_back_in_its_window_tells_nobody_and_leaves_a_new_draft(house: House) -> None:
    house.breaks(CARD)
    opening = house.approve(desk_knows=True)
    house.now += 30 * SECOND
    house.done(Cancel(notice=opening.id, why="wrong words"))
    assert house.notice(opening.id).state is NoticeState.CANCELLED
    assert [promise.state for promise in house.promises()] == [PromiseState.WITHDRAWN]
    house.run(10 * MINUTE)
    assert house.postman.letters("opened") == []
    redraft = house.draft()
    assert redraft.notice != opening.id
    assert house.notice(redraft.notice).occasion is Occasion.OPENED
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    assert all(book.balanced for book in house.books())


def test_what_is_going_out_can_no_longer_be_taken_back(house: House) -> None:
    house.breaks(CARD)
    opening = house.approve(desk_knows=True)
    house.now += 60 * SECOND
    assert house.refused(Cancel(notice=opening.id)).code == "too_late"


def test_a_draft_thrown_away_stays_away_until_more_is_felt(house: House) -> None:
    house.breaks(CARD)
    house.done(Cancel(notice=house.draft().notice, why="we telephone them"))
    house.run(30 * MINUTE)
    assert house.drafts() == []
    assert isinstance(house.entries()[1].said, NoticeCancelled)
    house.watched = (CARD, PAY)
    house.breaks(PAY, verdict=Verdict.DEGRADED)
    house.run(10 * MINUTE)
    assert len(house.drafts()) == 1, "something else is felt: a person is asked again"


def test_a_void_draft_cannot_be_taken_back_or_approved(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    approval = house.approval(draft)
    house.heals(CARD)
    assert house.notice(draft.notice).state is NoticeState.VOID
    assert house.refused(approval).code == "void"
    assert house.refused(Cancel(notice=draft.notice)).code == "over"


def test_a_word_that_we_owe_cannot_be_thrown_away(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.answer(1, "unknown")
    assert house.refused(Cancel(notice=house.notices("holding")[0].id)).code == "owed"
    house.heals(CARD)
    house.run(6 * MINUTE)
    assert house.refused(Cancel(notice=house.notices("closed")[0].id)).code == "owed"
    house.run(10 * MINUTE)
    assert house.postman.heard("closed") == PAYERS


def test_a_retraction_can_be_taken_back_for_better_words_but_not_thrown_away(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.done(Dismiss(incident=1, reason="the probe was wrong"))
    first = house.draft().notice
    assert house.refused(Cancel(notice=first)).code == "owed"
    house.approve(desk_knows=True)
    house.done(Cancel(notice=first, why="wrong words"))
    assert house.draft().notice != first
    house.tell()
    assert house.postman.heard("retraction") == PAYERS
    assert len(house.postman.letters("retraction")) == len(PAYERS)


# Editing


def test_a_clock_time_typed_by_hand_is_refused(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    typed = EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"text": "It will be back by 14:30."})
    refused = house.refused(typed)
    assert "a time written by hand" in refused.why
    assert house.draft() == draft


def test_one_language_edited_sets_the_others_back_to_their_standard_text(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    standard = {body.language: body for body in draft.bodies}
    mine = standard["en"].text + "\n\nOur desk has more people today."
    house.done(EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"text": mine}))
    edited = house.draft()
    assert (edited.version, edited.edited, edited.fell_back) == (draft.version + 1, ("en",), ("es",))
    assert {body.language: body for body in edited.bodies}["es"] == standard["es"]
    assert house.refused(house.approval(draft)).code == "changed", "who read the old words did not read these"
    stale = EditDraft(notice=draft.notice, version=draft.version, language="es", forms={"short": "Nada"})
    assert house.refused(stale).code == "changed"


def test_words_that_were_approved_can_no_longer_be_edited(house: House) -> None:
    house.breaks(CARD)
    draft = house.draft()
    house.approve()
    late = EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"short": "Nothing"})
    assert house.refused(late).code == "not_a_draft"
