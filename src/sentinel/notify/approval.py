"""Consent: whether an approval may be given to what the approver saw, and from when until when it lets a notice go out.

The approval is one row that binds the wording, the audience's complete snapshot and the quoted facts (P4). What the ledger
asks before each claim and each arming (P5) are the gates computed here.
"""

from datetime import datetime, timedelta

from sentinel.model.command import Approve, Refused
from sentinel.model.limits import Guards
from sentinel.model.notice import Approval, Body, Draft, Notice, NoticePolicy, NoticeState, Occasion


def refuse(
    command: Approve, notice: Notice, draft: Draft, *, admitted: int | None, policy: NoticePolicy, now: datetime
) -> Refused | None:
    """Why this approval cannot be given, or None.

    `admitted`: how many people the complete snapshot holds, None while it is still being read.
    """
    if notice.state is NoticeState.VOID or notice.void_at is not None:
        return Refused(code="void", why=f"This draft is void: {notice.void_why}. Read the new one.")
    if notice.state is not NoticeState.DRAFT:
        return Refused(code="not_a_draft", why=f"This notice is {notice.state.value} already; it cannot be approved again.")
    if command.hash != draft.hash:
        return Refused(code="changed", why="The draft has changed since you read it. Read it again, then approve.")
    if admitted is None:
        return Refused(code="counting", why="The audience is still being read. Wait until its count is shown.")
    if command.count != admitted:
        return Refused(code="count", why=f"You typed {command.count}, but this goes to {admitted} people. Type their number.")
    blocking = [finding for finding in draft.findings if finding.blocks]
    if blocking:
        first = blocking[0]
        return Refused(code="findings", why=f"Mend first: {first.what} ({first.language}, {first.form}).")
    named = draft.quoted.promise_at or draft.quoted.next_word_at
    if named is not None and named - now < least_ahead(policy):
        return Refused(
            code="too_late", why="The time that this draft names is too near. Give a new time; the draft follows it."
        )
    return None


def signatures_wanted(notice: Notice, people: int, guards: Guards) -> int:
    """How many people must approve. One is enough for a retraction, whoever it goes to: false words of ours do their harm until
    they are taken back, and the second person who has to be woken for that costs more than a second look could save."""
    if notice.occasion is Occasion.RETRACTION:
        return 1
    return 2 if people > guards.two_above else 1


def by_person(
    command: Approve, notice: Notice, draft: Draft, who: str, snapshot: int | None, admitted: int, now: datetime
) -> Approval:
    """The consent itself, with the holding and closing words approved beside the opening."""
    return Approval(
        id=0,
        notice=notice.id,
        by=who,
        at=now,
        draft_hash=command.hash,
        bodies=draft.bodies,
        quoted=draft.quoted,
        snapshot=snapshot,
        counted=admitted,
        holding=draft.holding,
        closing=draft.closing,
    )


def by_rule(opening: Approval, notice: Notice, draft: Draft, told: int, now: datetime) -> Approval:
    """Holding and closing go out on the consent that the opening got; their facts are their own (P6, P7)."""
    return Approval(
        id=0,
        notice=notice.id,
        by=opening.by,
        at=now,
        draft_hash=draft.hash,
        bodies=approved_beside(opening, notice.occasion),
        quoted=draft.quoted,
        snapshot=None,
        counted=told,
        rule=f"{notice.occasion.value} words that {opening.by} approved with message {opening.notice}",
    )


def approved_beside(opening: Approval, occasion: Occasion) -> tuple[Body, ...]:
    """The words for a later occasion that were approved with the opening."""
    return opening.holding if occasion is Occasion.HOLDING else opening.closing


def least_ahead(policy: NoticePolicy) -> timedelta:
    """How far ahead a time must lie when it is approved: else its holding words would follow on the heels of the message."""
    return policy.cancel_window + policy.desk_first + policy.hold_before


def sendable_until(quoted_until: datetime | None, policy: NoticePolicy) -> datetime | None:
    """What names a time must not arrive when that time is about to pass."""
    return None if quoted_until is None else quoted_until - policy.send_margin


def release_at(
    notice: Notice,
    approved_at: datetime,
    by_rule: bool,
    desk_told_at: datetime | None,
    policy: NoticePolicy,
    owed_by: datetime | None = None,
) -> datetime | None:
    """The desk knows first: customers get their words `desk_first` after the desk had them, and never inside the window.

    A word that we owe (by rule) waits for the desk no longer than `desk_first`: the desk has had its wording since the opening,
    and a dead Slack must not make us break a promise (P7). Nor must a late round: words owed by an instant (`owed_by`) leave
    when they would have left had they been found due in time, and at once where that has passed and the promise has not.
    """
    after_desk = None if desk_told_at is None else desk_told_at + policy.desk_first
    if by_rule:
        latest = notice.made_at + policy.desk_first
        if owed_by is not None and notice.made_at < owed_by:
            latest = min(latest, max(notice.made_at, owed_by - (policy.hold_before - policy.desk_first)))
        return latest if after_desk is None else min(after_desk, latest)
    return None if after_desk is None else max(approved_at + policy.cancel_window, after_desk)
