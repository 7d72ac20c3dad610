"""Approving, editing and taking back, each in one transaction: the consent, the promise that it publishes, and the gates."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sentinel.model.command import Approve, Cancel, Done, EditDraft, GoOn, Refused, Result
from sentinel.model.estimate import PromiseKind, PromiseState
from sentinel.model.incident import Acknowledged, Noted, NoticeApproved, NoticeCancelled, Said
from sentinel.model.notice import Draft, Notice, NoticeState, Occasion, Towards
from sentinel.notify import approval, standing
from sentinel.notify.due import was_given
from sentinel.notify.edit import edit as edited
from sentinel.notify.facts import Facts
from sentinel.run import batches, placed, signing, timeline
from sentinel.run import case as cases
from sentinel.run.case import Case
from sentinel.run.world import World
from sentinel.store import codec, expansion, incidents, ledger, notices, signatures
from sentinel.store.signatures import Signature

PUBLISHES = (Occasion.OPENED, Occasion.AGAIN, Occasion.CORRECTION, Occasion.DELAYED)
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
        return expansion.reached(c, notice.id)
    snapshot = notices.snapshot(c, notice.snapshot)
    return snapshot.admitted if snapshot is not None and snapshot.complete else None


def _unread(c: Connection, notice: Notice) -> Refused | None:
    """Why nobody can approve this yet, where a source of its audience could not be read."""
    found = None if notice.snapshot is None else notices.snapshot(c, notice.snapshot)
    if found is None or found.complete or not found.problems:
        return None
    why = f"The audience cannot be read: {found.problems[0]}. It is tried again by itself; approve once its count is shown."
    return Refused(code="unread", why=why)


def approve(c: Connection, world: World, command: Approve, who: str, now: datetime, account: str = "") -> Result:
    """Give consent to exactly what the approver saw, or say why not. `account`: what they signed in with."""
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
    signed = _sign(c, world, _Signing(command=command, notice=notice, draft=draft, people=people), who, account, now)
    if not isinstance(signed, _Names):
        return signed
    rule = standing.rule_of(world.installation.standing, account)
    consented = approval.by_person(command, notice, draft, signed.all, notice.snapshot, people, now)
    number = notices.keep_approval(c, replace(consented, rule=rule), facts)
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
    if case.incident.acknowledged_by is None and not case.incident.phase.is_over and not rule:
        # Who tells customers of it stands behind it: that is the second word which one check alone does not have. A rule is
        # nobody: it takes nothing in hand, and is no reason for itself to approve more.
        said.insert(0, Acknowledged())
    timeline.write(c, notice.incident, said, who=who, why="", now=now)
    return Done(incident=notice.incident, notice=notice.id, said=f"Approved for {people} people.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signing:
    """What is being signed."""

    command: Approve
    notice: Notice
    draft: Draft
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """Everybody whose consent is there."""

    all: str


def _sign(c: Connection, world: World, signing_of: _Signing, who: str, account: str, now: datetime) -> _Names | Result:
    """Keep one person's consent. Where one is not enough and this is not the last one needed, say how it stands."""
    notice, draft, people = signing_of.notice, signing_of.draft, signing_of.people
    mine = signing.account_of(account, who)
    if mine.startswith(signing.RULE) and (why := _beyond_rule(c, world, signing_of, mine, now)):
        return Refused(code="rule", why=why)
    if not signing.may_approve(c, world, mine, now):
        return Refused(code="forbidden", why="Your account may not approve (any more). Somebody with the role lead may.")
    wanted = approval.signatures_wanted(notice, people, world.installation.guards)
    earlier = signing.standing(c, world, notice, draft, now)
    hands = signing.persons(c, world, mine)
    if wanted > 1:
        if any(hands & signing.persons(c, world, each.account) for each in earlier):
            why = f"You have approved this already. It goes to {people} people: somebody else must approve it too."
            return Refused(code="signed", why=why)
        if not earlier and len(signing.approvers(c, world) | hands) < wanted and not mine.startswith("name:"):
            return Refused(code="alone", why=_alone(world, people))
    if any(each.account == mine for each in signatures.of_draft(c, notice.id, draft.hash)):
        return Refused(code="signed", why=_SIGNED)
    signature = Signature(
        notice=notice.id, account=mine, who=who, at=now, draft_hash=draft.hash, snapshot=notice.snapshot, counted=people
    )
    signatures.keep(c, signature)
    names = [*(each.who for each in earlier), who] if wanted > 1 else [who]
    if len(names) >= wanted:
        return _Names(all=" and ".join(names)[:200])
    said = Noted(text=f"Message {notice.id} ({people} people) is approved by {len(names)} of {wanted}.")
    timeline.write(c, notice.incident, (said,), who=who, why="", now=now)
    more = f"Approved by {len(names)} of {wanted}: it goes to {people} people, so somebody else must approve these words too."
    return Done(incident=notice.incident, notice=notice.id, said=more)


_SIGNED = (
    "You have signed these very words before, when that was not enough. Somebody else can approve them now; or edit them, and "
    "approve what you wrote."
)
"""Who may approve alone changed since, as where `two_above` was raised: a signature is given once under the same words."""


def _alone(world: World, people: int) -> str:
    most = world.installation.guards.two_above
    return (
        f"This goes to {people} people, nobody approves alone above {most}, and nobody else here may approve. Add a second "
        "person with the role lead: under Accounts, or under `people:` in sentinel.yaml"
        " (the number is `policies.guards.two_above`)."
    )


def _beyond_rule(c: Connection, world: World, signing_of: _Signing, account: str, now: datetime) -> str:
    """Why a written rule may not approve this, asked again in the very transaction; empty if it may."""
    name = account.removeprefix(signing.RULE)
    rule = next((each for each in world.installation.standing if each.name == name), None)
    if rule is None:
        return f"There is no rule {name} any more."
    incident = timeline.fold_of(c, signing_of.notice.incident)
    return standing.why_not(
        rule,
        signing_of.notice,
        signing_of.draft,
        people=signing_of.people,
        incident=incident,
        is_borne_out=placed.is_borne_out(c, world, incident, now),
        given_today=notices.approved_by_rule(c, standing.named(rule), now - standing.DAY),
        local=now.astimezone(ZoneInfo(world.installation.zone)),
    )


def go_on(c: Connection, world: World, command: GoOn, who: str, now: datetime) -> Result:
    """Send the rest of a notice that is paused, on the word of somebody who has seen how many there are."""
    notice = notices.one(c, command.notice)
    if notice is None or notice.towards is not Towards.CUSTOMERS:
        return Refused(code="unknown", why=f"There is no notice to customers {command.notice}.")
    if notice.state is not NoticeState.APPROVED or notice.void_at is not None or notice.paused_at is None:
        return Refused(code="not_paused", why=f"Message {notice.id} is not paused.")
    rest = batches.rest_of(c, notice)
    if command.count != rest:
        return Refused(code="count", why=f"You typed {command.count}, but {rest} have still to get it. Type their number.")
    notices.change(c, notice.id, paused_at=None, paused_why="", tried_at=now)
    said = Noted(text=f"Message {notice.id} goes on to the {rest} who have not had it yet.")
    timeline.write(c, notice.incident, (said,), who=who, why=command.why, now=now)
    return Done(incident=notice.incident, notice=notice.id, said=f"It goes on to {rest} people.")


def _publish(c: Connection, case: Case, notice: Notice, draft: Draft, now: datetime) -> int | None:
    """The promise that these words make, as one instant; for wider words the one that they repeat."""
    at = draft.quoted.promise_at or draft.quoted.next_word_at
    if case.given is not None and cases.repeats(case, notice):
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
    is_owed = notice.occasion in OWED and notice.paused_at is None
    if is_owed or (notice.occasion is Occasion.RETRACTION and notice.state is NoticeState.DRAFT):
        return Refused(code="owed", why=_OWED_WHY[notice.occasion])
    is_out = notice.state is NoticeState.APPROVED and notice.release_at is not None and now >= notice.release_at
    if is_out and notice.paused_at is None:
        return Refused(
            code="too_late", why="It is going out already. Switch the hold on to stop what has not left: sentinel hold on."
        )
    notices.change(c, notice.id, state=NoticeState.CANCELLED.value)
    was_draft = notice.state is NoticeState.DRAFT
    ledger.cancel_notice(c, notice.id, now, f"taken back by {who}")
    case = cases.load(c, notice.incident)
    made = cases.published_by(case, notice.id)
    heard = is_out and notice.id in case.record.heard
    if made is not None and notice.occasion in PUBLISHES and not was_given(made, case.record):
        incidents.settle_promise(c, made.id, PromiseState.WITHDRAWN, now)
    said = NoticeCancelled(notice=notice.id, step=notice.step)
    timeline.write(c, notice.incident, (said,), who=who, why=command.why, now=now)
    return Done(
        incident=notice.incident,
        notice=notice.id,
        said="The draft is thrown away."
        if was_draft
        else "The rest is stopped: nobody else gets it."
        if heard
        else "Taken back: nobody was told.",
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
