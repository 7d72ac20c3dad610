"""Approving, editing and taking back, each in one transaction: the consent, the promise that it publishes, and the gates."""

from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.command import Approve, Cancel, Done, EditDraft, Refused, Result
from sentinel.model.estimate import PromiseKind, PromiseState
from sentinel.model.incident import Acknowledged, NoticeApproved, NoticeCancelled, Said
from sentinel.model.notice import Draft, Notice, NoticeState, Occasion, Towards
from sentinel.notify import approval
from sentinel.notify.edit import edit as edited
from sentinel.notify.facts import Facts
from sentinel.run import case as cases
from sentinel.run import timeline
from sentinel.run.case import Case
from sentinel.run.world import World
from sentinel.store import codec, expansion, incidents, ledger, notices

PUBLISHES = (Occasion.OPENED, Occasion.AGAIN, Occasion.DELAYED)
"""Occasions whose approval publishes a promise. Wider words repeat the one that stands."""

OWED = (Occasion.HOLDING, Occasion.CLOSED)
"""Words that those who were told are owed (P6, P7): nobody throws them away, but what they say can be made untrue."""
_OWED_WHY = {
    Occasion.HOLDING: "Customers were promised a word by now. Give a new time, and approve that instead.",
    Occasion.CLOSED: "Who was told of the start is told of the end. If it is not over, reopen the incident: that stops it.",
    Occasion.RETRACTION: "Customers were told of trouble that was none: edit this draft and approve it, or reopen it.",
}


def admitted(c: Connection, notice: Notice) -> int | None:
    """How many people a notice would go to; None while its audience is still being read."""
    if notice.snapshot is None:
        return expansion.untold(c, notice.id)
    snapshot = notices.snapshot(c, notice.snapshot)
    return snapshot.admitted if snapshot is not None and snapshot.complete else None


def _unread(c: Connection, notice: Notice) -> Refused | None:
    """Why nobody can approve this yet, where a source of its audience could not be read."""
    found = None if notice.snapshot is None else notices.snapshot(c, notice.snapshot)
    if found is None or found.complete or not found.problems:
        return None
    why = f"The audience cannot be read: {found.problems[0]}. It is tried again by itself; approve once its count is shown."
    return Refused(code="unread", why=why)


def approve(c: Connection, world: World, command: Approve, who: str, now: datetime) -> Result:
    """Give consent to exactly what the approver saw, or say why not."""
    notice = notices.one(c, command.notice)
    stored = notices.draft_of(c, command.notice)
    if notice is None or stored is None:
        return Refused(code="unknown", why=f"There is no draft {command.notice}.")
    draft, facts = stored
    policy = world.installation.notice
    until = approval.sendable_until(draft.quoted.promise_at or draft.quoted.next_word_at, policy)
    people = admitted(c, notice)
    unread = _unread(c, notice)
    if unread is not None:
        return unread
    refused = approval.refuse(command, notice, draft, admitted=people, policy=policy, now=now)
    if refused is not None or people is None:
        return refused or Refused(code="counting", why="The audience is still being read.")
    number = notices.keep_approval(c, approval.by_person(command, notice, draft, who, notice.snapshot, people, now), facts)
    case = cases.load(c, notice.incident)
    notices.change(
        c,
        notice.id,
        state=NoticeState.APPROVED.value,
        approval=number,
        promise=_publish(c, case, notice, draft, now),
        sendable_until=until,
        release_at=now + policy.cancel_window if command.desk_knows else None,
    )
    said: list[Said] = [NoticeApproved(notice=notice.id, step=notice.step, people=people)]
    if case.incident.acknowledged_by is None and not case.incident.phase.is_over:
        # Who tells customers of it stands behind it: that is the second word which one check alone does not have.
        said.insert(0, Acknowledged())
    timeline.write(c, notice.incident, said, who=who, why="", now=now)
    return Done(incident=notice.incident, notice=notice.id, said=f"Approved for {people} people.")


def _publish(c: Connection, case: Case, notice: Notice, draft: Draft, now: datetime) -> int | None:
    """The promise that these words make, as one instant; for wider words the one that they repeat."""
    at = draft.quoted.promise_at or draft.quoted.next_word_at
    if case.given is not None and (notice.occasion is Occasion.WIDENED or cases.repeats(case, notice)):
        return case.given.id
    if notice.occasion not in PUBLISHES or at is None:
        return None
    is_time = draft.quoted.promise_at is not None
    return incidents.publish_promise(
        c,
        incident=notice.incident,
        episode=notice.episode,
        kind=PromiseKind.ETA if is_time else PromiseKind.NEXT_WORD,
        at=at,
        published_at=now,
        notice=notice.id,
        estimate=case.estimate.id if is_time and case.estimate is not None else None,
    )


def cancel(c: Connection, world: World, command: Cancel, who: str, now: datetime) -> Result:
    """Throw a draft away, or take an approval back while nothing of it may have gone out."""
    notice = notices.one(c, command.notice)
    if notice is None or notice.towards is not Towards.CUSTOMERS:
        return Refused(code="unknown", why=f"There is no notice to customers {command.notice}.")
    if notice.void_at is not None or notice.state not in (NoticeState.DRAFT, NoticeState.APPROVED):
        return Refused(code="over", why=f"Notice {notice.id} is {notice.state.value} already.")
    if notice.occasion in OWED or (notice.occasion is Occasion.RETRACTION and notice.state is NoticeState.DRAFT):
        return Refused(code="owed", why=_OWED_WHY[notice.occasion])
    if notice.state is NoticeState.APPROVED and notice.release_at is not None and now >= notice.release_at:
        return Refused(
            code="too_late", why="It is going out already. Switch the hold on to stop what has not left: sentinel hold on."
        )
    notices.change(c, notice.id, state=NoticeState.CANCELLED.value)
    was_draft = notice.state is NoticeState.DRAFT
    ledger.cancel_notice(c, notice.id, now, f"taken back by {who}")
    made = cases.published_by(cases.load(c, notice.incident), notice.id)
    if made is not None and notice.occasion in PUBLISHES:
        incidents.settle_promise(c, made.id, PromiseState.WITHDRAWN, now)
    said = NoticeCancelled(notice=notice.id, step=notice.step)
    timeline.write(c, notice.incident, (said,), who=who, why=command.why, now=now)
    return Done(
        incident=notice.incident,
        notice=notice.id,
        said="The draft is thrown away." if was_draft else "Taken back: nobody was told.",
    )


def edit(c: Connection, world: World, command: EditDraft) -> Result:
    """New wording for one language. It must be of the version that the person had before them."""
    notice = notices.one(c, command.notice)
    stored = notices.draft_of(c, command.notice)
    if notice is None or stored is None:
        return Refused(code="unknown", why=f"There is no draft {command.notice}.")
    if notice.state is not NoticeState.DRAFT:
        return Refused(code="not_a_draft", why=f"This notice is {notice.state.value}: its words stand.")
    draft, facts = stored
    if command.version != draft.version:
        return Refused(code="changed", why="Somebody or the facts changed the draft since you began. Read it again.")
    wording = edited(draft, command.language, command.forms, world.templates, codec.from_text(Facts, facts), world.lexicon)
    if isinstance(wording, Refused):
        return Refused(code="invalid", why=wording.why)
    notices.keep_draft(c, wording, facts)
    return Done(incident=notice.incident, notice=notice.id)
