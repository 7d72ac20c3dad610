"""Carrying out a person's command: in one transaction with the audit line and with all that follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sentinel.incident.obey import concerned, obey
from sentinel.model.command import (
    AddTold,
    Answer,
    Approve,
    Cancel,
    Command,
    CountCaller,
    CountContacts,
    Declare,
    Done,
    EditDraft,
    Erase,
    GoOn,
    Hold,
    MakeAgent,
    MakeToken,
    Mend,
    Refused,
    Rehearse,
    Release,
    Result,
    Revive,
    ReviveAll,
    RevokeAgent,
    RevokeToken,
    SaveAccount,
    Settle,
    Subscribe,
    Unsubscribe,
)
from sentinel.model.estimate import PromiseState
from sentinel.model.incident import Incident
from sentinel.run import accounts, agents, callers, consent, contacts, erasing, failures, rehearsal, subscribers, timeline
from sentinel.run.round import EXPAND_BESIDE, Outcome, settle
from sentinel.run.world import World
from sentinel.store import audit, books, codec, incidents, installations, ledger, notices, tables
from sentinel.store.database import Store
from sentinel.store.redact import Whom


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """The result, what the shell has to see to, the epoch that begins with this command (an approval, a release)."""

    result: Result
    outcome: Outcome
    epoch: int | None = None
    erased: Whom = field(default_factory=Whom)
    """Who was taken out, for `erasing.finish`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command with whoever asks for it. `account` is for the audit; `key` makes asking again harmless."""

    command: Command
    who: str
    account: str = ""
    key: str = ""


def carry_out(c: Connection, world: World, store: Store, asked: Asked, now: datetime) -> Carried:
    """Do what was asked, or say why not. A refusal changes nothing but the audit."""
    installations.guard(c)
    command, who = asked.command, asked.who
    written = codec.to_text(Command, erasing.as_written(world.unsubscribe_key, command))
    before = _answered_before(c, asked, written)
    if before is not None:
        return Carried(result=before, outcome=Outcome(wants_audience=False, unfinished=False))
    epoch, erased = None, Whom()
    if isinstance(command, Release):
        epoch = store.adopt_epoch(c)
        c.execute(update(tables.installation).values(restored_from=None, restored_at=None))
        result: Result = Done(said="Customer work goes on.")
    elif isinstance(command, Approve) and store.is_restored(c):
        why = "This store was put back from a copy: what it holds as unsent may have been sent. Check, then release it."
        result = Refused(code="restored", why=why)
    elif isinstance(command, Erase):
        result, erased = erasing.erase(c, world.unsubscribe_key, command, who, now)
    elif isinstance(command, Approve):
        result = consent.approve(c, world, command, who, now, asked.account)
        if isinstance(result, Done):
            # From here on a copy of the store taken earlier is known as older: it must not send this again.
            epoch = store.advance_epoch(c)
    else:
        result = _ORDERS.get(type(command), _of_incident)(c, world, command, who, now)
    incident = result.incident if isinstance(result, Done) else None
    # The kill switch takes no rows of a million along: what it is to stop goes on until it is on disk.
    expands = 0 if isinstance(command, Hold) else EXPAND_BESIDE
    outcome = settle(c, world, now, touched=() if incident is None else (incident,), thorough=False, expands=expands)
    said = {"command": written, "result": codec.to_text(Result, result)}
    audit.write(c, at=now, who=who, account=asked.account, key=asked.key or None, **said)
    return Carried(result=result, outcome=outcome, epoch=epoch, erased=erased)


def _answered_before(c: Connection, asked: Asked, written: str) -> Result | None:
    """What this account was answered when it used this key before: asking again carries nothing out."""
    if not asked.key:
        return None
    t = tables.audit
    mine = select(t.c.command, t.c.result).where(t.c.account == asked.account, t.c.key == asked.key)
    row = c.execute(mine).one_or_none()
    if row is None:
        return None
    if row.command != written:
        why = "This idempotency key was used for another command. Give each command a key of its own."
        return Refused(code="key_reused", why=why)
    result: Result = codec.from_text(Result, row.result)  # type: ignore[arg-type]  # a union is a type here
    return result


def _of_incident(c: Connection, world: World, command: Any, who: str, now: datetime) -> Result:
    """Commands that speak in a timeline: the incident room knows what they say."""
    incident = _target(c, world, command, now)
    if isinstance(incident, Refused):
        return incident
    if isinstance(command, Answer) and (not isinstance(incident, Incident) or not _is_asked(c, command)):
        return Refused(code="unknown", why=f"Promise {command.promise} is not an open promise of incident {command.incident}.")
    said = obey(
        command,
        incident,
        now,
        who,
        services=world.installation.services,
        statements=world.installation.statements,
        told_of_end=incident is not None and timeline.is_told_of_end(c, incident),
    )
    if isinstance(said, Refused):
        return said
    number = None if incident is None else incident.id
    folded = timeline.write(c, number, said, who=who, why=getattr(command, "why", ""), now=now)
    return Done(incident=folded.id)


def _is_asked(c: Connection, command: Answer) -> bool:
    """Whether the promise that is answered is this incident's, and open."""
    mine = (promise for promise in incidents.promises(c, command.incident) if promise.id == command.promise)
    return any(promise.state is PromiseState.OPEN for promise in mine)


def _target(c: Connection, world: World, command: Any, now: datetime) -> Incident | Refused | None:
    """The incident that a command is about. Declaring joins an open one by the rules of grouping, or opens another (None)."""
    if isinstance(command, Declare):
        there = timeline.readable_ones(c, incidents.open_ids(c))
        return concerned(command, now, there, world.installation.services, world.installation.incident)
    try:
        return timeline.fold_of(c, command.incident)
    except KeyError:
        return Refused(code="unknown", why=f"There is no incident {command.incident}.")


def _cancel(c: Connection, world: World, command: Cancel, who: str, now: datetime) -> Result:
    return consent.cancel(c, world, command, who, now)


def _edit(c: Connection, world: World, command: EditDraft, who: str, now: datetime) -> Result:
    return consent.edit(c, world, command)


def _settle(c: Connection, world: World, command: Settle, who: str, now: datetime) -> Result:
    if not ledger.settle(c, command.delivery, command.arrived, now):
        return Refused(code="unknown", why=f"Delivery {command.delivery} is not in doubt.")
    row = books.delivery(c, command.delivery)
    notice = None if row is None else notices.one(c, row.notice)
    said = "Settled: it arrived." if command.arrived else "Settled: it did not arrive, and is sent again."
    return Done(incident=None if notice is None else notice.incident, said=said)


def _revive(c: Connection, world: World, command: Revive, who: str, now: datetime) -> Result:
    if not ledger.revive(c, command.delivery, now):
        return Refused(code="unknown", why=f"Delivery {command.delivery} is not dead.")
    return Done(said="It is tried once more.")


def _hold(c: Connection, world: World, command: Hold, who: str, now: datetime) -> Result:
    why = f"{who}: {command.why}" if command.on else ""
    c.execute(update(tables.installation).values(hold=command.on, hold_why=why, hold_at=now if command.on else None))
    return Done(said="Nothing goes to customers until it is switched off." if command.on else "Customers' lanes run again.")


_ORDERS: Mapping[type, Callable[[Connection, World, Any, str, datetime], Result]] = {
    GoOn: consent.go_on,
    Cancel: _cancel,
    EditDraft: _edit,
    Settle: _settle,
    Revive: _revive,
    ReviveAll: failures.revive_all,
    Mend: failures.mend,
    Hold: _hold,
    Rehearse: rehearsal.rehearse,
    CountCaller: contacts.count_caller,
    CountContacts: callers.put,
    AddTold: contacts.add_told,
    Subscribe: subscribers.subscribe,
    Unsubscribe: subscribers.unsubscribe,
    SaveAccount: accounts.save_account,
    MakeToken: accounts.make_token,
    RevokeToken: accounts.revoke_token,
    MakeAgent: agents.make_agent,
    RevokeAgent: agents.revoke_agent,
}
