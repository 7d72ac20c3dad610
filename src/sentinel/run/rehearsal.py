""" "Send it to me first": the words of a draft, as one customer would get them, to the account that asks.

A row of the ledger like any other, on the lane of confirmations and under a subject of its own (`rehearsal:<notice>`): no
customer's key is touched, nobody counts as told, no promise is published, the kill switch of customers' lanes does not hold it,
and a mail server that is down neither holds up staff's briefs behind it nor counts as staff who were not told.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert

from sentinel.model.account import Right, plain_email, rights_of
from sentinel.model.command import Done, Refused, Rehearse, Result
from sentinel.model.delivery import Lane, State
from sentinel.model.notice import Approval, Body, Draft, Notice, NoticeState, Towards
from sentinel.run.reader import Reader, reader_of
from sentinel.run.world import World
from sentinel.store import accounts, notices, tables

BY = "email"
"""The kind of channel that a rehearsal goes by."""
MARK = "[Only to you]"
"""Before the subject, so that nobody takes it for the message itself. Everything else is as a customer gets it."""
NO_INCIDENT = 0
"""A rehearsal is about no incident, so that nothing that is decided of one ever counts it."""


def rehearse(c: Connection, world: World, command: Rehearse, who: str, now: datetime) -> Result:
    """Queue the draft for the asker's own address, or say why not."""
    notice, stored = notices.one(c, command.notice), notices.draft_of(c, command.notice)
    if notice is None or stored is None or notice.towards is not Towards.CUSTOMERS:
        return Refused(code="unknown", why=f"There is no draft {command.notice}.")
    draft, facts = stored
    rights = _rights(c, world, command.to)
    refused = _refusal(command, notice, draft, rights)
    if refused is not None:
        return refused
    body = next(body for body in draft.bodies if body.language == (command.language or draft.bodies[0].language))
    reader = _reader(c, world, notice, body.language, is_named=Right.CUSTOMERS in rights)
    if reader is None:
        return Refused(
            code="no_channel", why="No channel of this installation sends mail to customers, so there is none to show."
        )
    made = notices.make(c, _notice(notice, draft, body.language, command.to, now))
    if made is None:
        return Refused(code="already", why=f"These very words went to {command.to} already. Look there, or edit them first.")
    notices.change(c, made.id, expanded=True)
    notices.keep_approval(c, _consent(made, draft, body, who, now), facts)
    c.execute(insert(tables.delivery).values(**_row(made, reader, command.to, body.language, now)))
    # No name: the answer stands in the audit, which is read by people who may see no customer.
    return Done(notice=notice.id, said=f"Sent to {command.to} alone, as one customer would get it.")


def _refusal(command: Rehearse, notice: Notice, draft: Draft, rights: frozenset[Right]) -> Refused | None:
    if notice.state is not NoticeState.DRAFT or notice.void_at is not None:
        return Refused(code="not_a_draft", why="These words wait for nobody's approval any more: there is nothing to try out.")
    if command.hash != draft.hash:
        return Refused(
            code="changed", why="The words changed since you read them. Read them again, then send them to yourself."
        )
    if not any(command.language in ("", body.language) for body in draft.bodies):
        return Refused(code="unknown", why=f"This draft has no text in {command.language!r}.")
    if not rights:
        return Refused(code="not_yours", why="It goes to the address of an account that may sign in here, and to no other.")
    return None


def _rights(c: Connection, world: World, address: str) -> frozenset[Right]:
    """What whoever signs in with this address may; nothing where nobody does. The faces pass on the address of whoever is
    signed in, or an account's that a program names; this holds should one of them ever pass on another."""
    plain = plain_email(address)
    for login in world.installation.logins:
        if plain_email(login.email) == plain:
            return rights_of(login.roles)
    there = accounts.one(c, plain)
    return frozenset() if there is None or there.disabled_at is not None else rights_of(there.roles)


def _reader(c: Connection, world: World, notice: Notice, language: str, *, is_named: bool) -> Reader | None:
    """Somebody who would get this mail in this language. Without one, or for whoever may not see customers: nobody by name."""
    channels = [name for name, channel in world.installation.channels.items() if channel.kind == BY]
    found = reader_of(c, notice, language, channels)
    if found is not None:
        return found if is_named else Reader(name="", zone=world.installation.zone, channel=found.channel)
    promised = [name for service in world.installation.services.values() for name in service.by if name in channels]
    return Reader(name="", zone=world.installation.zone, channel=promised[0]) if promised else None


def _notice(notice: Notice, draft: Draft, language: str, to: str, now: datetime) -> Notice:
    account = sha256(to.casefold().encode()).hexdigest()[:12]
    return replace(
        notice,
        id=0,
        subject=f"rehearsal:{notice.id}",
        incident=NO_INCIDENT,
        step=f"rehearsal#{draft.version}#{language}#{account}",
        towards=Towards.STAFF,
        state=NoticeState.APPROVED,
        made_at=now,
        rule="rehearsal",
        approval=None,
        promise=None,
        snapshot=None,
        sendable_until=None,
        release_at=now,
    )


def _consent(made: Notice, draft: Draft, body: Body, who: str, now: datetime) -> Approval:
    """Whoever asks consents to their own copy: what is sent is read from here, as for any notice."""
    marked = replace(body, subject=f"{MARK} {body.subject}")
    return Approval(
        id=0,
        notice=made.id,
        by=who,
        at=now,
        draft_hash=draft.hash,
        bodies=(marked,),
        quoted=draft.quoted,
        snapshot=None,
        counted=1,
        rule="rehearsal",
    )


def _row(made: Notice, reader: Reader, to: str, language: str, now: datetime) -> dict[str, object]:
    return {
        "notice": made.id,
        "snapshot": None,
        "lane": Lane.CONFIRMATIONS.value,
        "channel": reader.channel,
        "subject": made.subject,
        "episode": made.episode,
        "step": made.step,
        # Never the customer's own id: the link that stops messages is made of it.
        "person": f"account:{to.casefold()}"[:128],
        "name": reader.name,
        "address": to,
        "language": language,
        "zone": reader.zone,
        "state": State.QUEUED.value,
        "due_at": now,
        "made_at": now,
    }
