"""When consent is given, what it binds, and from when until when it lets a notice go out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model.command import Approve, Refused
from sentinel.model.notice import Body, Draft, Finding, Notice, NoticePolicy, NoticeState, Occasion, Quoted, Towards
from sentinel.notify.approval import approved_beside, by_person, by_rule, least_ahead, refuse, release_at, sendable_until

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
POLICY = NoticePolicy()


def body(subject: str) -> Body:
    return Body(language="en", subject=subject, short="s", text="t", page="p", voice="v")


NOTICE = Notice(
    id=2,
    subject="incident:1",
    incident=1,
    episode=1,
    step="opened",
    cause=1,
    occasion=Occasion.OPENED,
    towards=Towards.CUSTOMERS,
    state=NoticeState.DRAFT,
    made_at=NOW,
    rule="audience:payers",
    snapshot=4,
)
DRAFT = Draft(
    notice=2,
    version=3,
    bodies=(body("opening"),),
    quoted=Quoted(services=("payments",)),
    hash="abc",
    holding=(body("holding"),),
    closing=(body("closing"),),
)
SEEN = Approve(notice=2, hash="abc", count=143)


def refused(
    command: Approve = SEEN,
    notice: Notice = NOTICE,
    draft: Draft = DRAFT,
    admitted: int | None = 143,
    until: datetime | None = None,
) -> Refused | None:
    seen = replace(draft, quoted=replace(draft.quoted, promise_at=until))
    return refuse(command, notice, seen, admitted=admitted, policy=POLICY, now=NOW)


def blocking(*, blocks: bool) -> Draft:
    return replace(DRAFT, findings=(Finding(language="en", form="text", what="names a host", blocks=blocks),))


def test_what_the_approver_saw_is_approved() -> None:
    assert refused() is None
    assert refused(until=NOW + least_ahead(POLICY)) is None
    assert refused(draft=blocking(blocks=False)) is None


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (refused(replace(SEEN, hash="abd")), "changed"),
        (refused(replace(SEEN, hash="")), "changed"),
        (refused(replace(SEEN, count=142)), "count"),
        (refused(admitted=None), "counting"),
        (refused(replace(SEEN, count=0), admitted=None), "counting"),
        (refused(draft=blocking(blocks=True)), "findings"),
        (refused(until=NOW), "too_late"),
        (refused(until=NOW + least_ahead(POLICY) - SECOND), "too_late"),
        (refused(notice=replace(NOTICE, state=NoticeState.APPROVED)), "not_a_draft"),
        (refused(notice=replace(NOTICE, state=NoticeState.CANCELLED)), "not_a_draft"),
        (refused(notice=replace(NOTICE, state=NoticeState.VOID, void_at=NOW, void_why="it is over")), "void"),
        (refused(notice=replace(NOTICE, void_at=NOW, void_why="it is over")), "void"),
    ],
)
def test_anything_else_is_refused_with_a_reason_that_says_what_to_do(found: Refused | None, code: str) -> None:
    assert found is not None
    assert found.code == code
    assert found.why.endswith((".", ")"))


def test_a_person_s_consent_binds_words_facts_and_audience_and_what_is_approved_beside() -> None:
    consent = by_person(SEEN, NOTICE, DRAFT, "Lena", 4, 143, NOW)
    assert (consent.by, consent.at, consent.rule) == ("Lena", NOW, "")
    assert (consent.draft_hash, consent.bodies, consent.quoted) == (DRAFT.hash, DRAFT.bodies, DRAFT.quoted)
    assert (consent.snapshot, consent.counted) == (4, 143)
    assert approved_beside(consent, Occasion.HOLDING) == DRAFT.holding
    assert approved_beside(consent, Occasion.CLOSED) == DRAFT.closing


@pytest.mark.parametrize(("occasion", "words"), [(Occasion.HOLDING, DRAFT.holding), (Occasion.CLOSED, DRAFT.closing)])
def test_a_rule_stands_on_a_person_s_consent_and_says_whose(occasion: Occasion, words: tuple[Body, ...]) -> None:
    opening = by_person(SEEN, NOTICE, DRAFT, "Lena", 4, 143, NOW)
    later = replace(NOTICE, id=9, occasion=occasion)
    made = by_rule(opening, later, replace(DRAFT, notice=9, hash="later"), 140, NOW + MINUTE)
    assert made.bodies == words
    assert (made.notice, made.by, made.counted, made.snapshot, made.draft_hash) == (9, "Lena", 140, None, "later")
    assert "Lena approved with message 2" in made.rule


def test_what_names_a_time_stops_going_out_before_it_and_other_words_never_go_stale() -> None:
    assert sendable_until(NOW, POLICY) == NOW - POLICY.send_margin
    assert sendable_until(None, POLICY) is None


# The desk knows first


def test_an_opening_waits_for_the_desk_and_never_leaves_inside_the_window_to_cancel() -> None:
    assert release_at(NOTICE, NOW, False, None, POLICY) is None, "a desk that has heard nothing holds it"
    assert release_at(NOTICE, NOW, False, NOW + SECOND, POLICY) == NOW + SECOND + POLICY.desk_first
    at_once = replace(POLICY, desk_first=timedelta(0))
    assert release_at(NOTICE, NOW, False, NOW + SECOND, at_once) == NOW + POLICY.cancel_window


def test_a_word_that_we_owe_does_not_wait_for_a_dead_channel() -> None:
    assert release_at(NOTICE, NOW, True, None, POLICY) == NOW + POLICY.desk_first
    assert release_at(NOTICE, NOW, True, NOW + 4 * MINUTE, POLICY) == NOW + POLICY.desk_first
    assert release_at(NOTICE, NOW, True, NOW - MINUTE, POLICY) == NOW - MINUTE + POLICY.desk_first


def test_words_found_due_late_leave_when_they_would_have_left_in_time() -> None:
    planned = POLICY.hold_before - POLICY.desk_first
    assert release_at(NOTICE, NOW, True, None, POLICY, NOW + POLICY.hold_before) == NOW + POLICY.desk_first
    assert release_at(NOTICE, NOW, True, None, POLICY, NOW + 3 * MINUTE) == NOW + 3 * MINUTE - planned
    assert release_at(NOTICE, NOW, True, None, POLICY, NOW + 10 * SECOND) == NOW, "at once: there is no time for the desk"


@given(ahead=st.integers(-1200, 7200), desk=st.none() | st.integers(0, 1200))
def test_words_owed_by_an_instant_still_ahead_never_leave_after_it(ahead: int, desk: int | None) -> None:
    owed_by = NOW + ahead * SECOND
    told = None if desk is None else NOW + desk * SECOND
    at = release_at(NOTICE, NOW, True, told, POLICY, owed_by)
    assert at is not None
    assert NOW <= at <= NOW + POLICY.desk_first
    if owed_by > NOW:
        assert at <= owed_by
