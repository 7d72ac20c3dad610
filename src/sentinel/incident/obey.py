"""What people ask of an incident → what is said in its timeline, or why it is refused.

Belongs here: what a command must hold, and when it is allowed. Does not belong here: who may give it (serve/), the phases
(phases.py), notices and deliveries (their commands are not about the incident itself).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TypeAlias, assert_never

from sentinel.incident import text
from sentinel.incident.felt import source
from sentinel.incident.group import Dependencies, home
from sentinel.incident.phases import SET_BY_HAND, Event, move
from sentinel.model.command import (
    Acknowledge,
    Answer,
    Declare,
    Dismiss,
    Note,
    Refused,
    Reopen,
    Resolve,
    SetEta,
    SetPhase,
)
from sentinel.model.incident import (
    Acknowledged,
    Declared,
    Dismissed,
    EtaSet,
    EtaUnknown,
    Incident,
    IncidentPolicy,
    Noted,
    Opened,
    Phase,
    PhaseSet,
    PromiseHolds,
    RecoveryBroken,
    Reopened,
    Resolved,
    Said,
)
from sentinel.model.service import Service
from sentinel.model.statement import Statement

Order: TypeAlias = Declare | Acknowledge | Note | SetPhase | SetEta | Answer | Resolve | Dismiss | Reopen
"""The commands that are about an incident."""

ETA_WITHIN = timedelta(days=30)
DECLARED_WITHIN = timedelta(days=30)
"""How far back a declared disturbance may have begun."""


def concerned(
    command: Declare, now: datetime, incidents: Iterable[Incident], services: Mapping[str, Service], policy: IncidentPolicy
) -> Incident | None:
    """The open incident that a declaration belongs to, by the rules of grouping; None: it opens a new one."""
    began_at = command.began_at or now
    since = began_at if began_at.tzinfo is not None else now  # `obey` refuses one without a zone; it cannot be compared here
    found = home(command.service, since, incidents, Dependencies(services), policy)
    return found[0] if found else None


def obey(
    command: Order,
    incident: Incident | None,
    now: datetime,
    who: str,
    services: Mapping[str, Service],
    statements: Mapping[str, Statement],
    *,
    told_of_end: bool = False,
) -> tuple[Said, ...] | Refused:
    """The entries that `who`'s command adds at `now`, or the reason that it adds none.

    `incident` is the one that the command names; for `Declare` the open one that it joins (`concerned`), None opens a new one.
    `told_of_end`: whether the closing of its present episode was armed, so that reopening begins a new one. That a promise
    named by `Answer` is this incident's, and open, is the caller's to know.
    """
    if isinstance(command, Declare):
        return _declare(command, incident, now, services, statements)
    if incident is None:
        return Refused(code="no_incident", why=f"there is no incident {command.incident}")
    if isinstance(command, Note):
        return text.refuse("note", command.text, text.NOTE, many_lines=True) or (Noted(text=command.text),)
    if isinstance(command, SetPhase):
        return _set_phase(command, incident)
    if isinstance(command, Reopen):
        return _reopen(command, incident, now, told_of_end=told_of_end)
    if incident.phase.is_over:
        return Refused(code="over", why=f"incident {incident.reference} is {incident.phase}; reopen it first")
    match command:
        case Acknowledge():
            return _acknowledge(incident, who)
        case SetEta():
            return _set_eta(command, incident, now)
        case Answer():
            return _answer(command, incident)
        case Resolve():
            return _resolve(command, incident, now)
        case Dismiss():
            return text.refuse("reason", command.reason, text.REASON) or (Dismissed(reason=command.reason),)
        case _:
            assert_never(command)


def _declare(
    command: Declare,
    incident: Incident | None,
    now: datetime,
    services: Mapping[str, Service],
    statements: Mapping[str, Statement],
) -> tuple[Said, ...] | Refused:
    if command.service not in services:
        return Refused(code="no_service", why=f"there is no service {command.service!r}{_nearest(command.service, services)}")
    own = [statement.id for statement in statements.values() if statement.service == command.service]
    if command.statement not in own:
        why = f"{command.service} has no statement {command.statement!r}{_nearest(command.statement, own)}"
        return Refused(code="no_statement", why=why)
    refused = text.refuse("reason", command.why, text.REASON, may_be_empty=True)
    began_at = command.began_at or now
    refused = refused or _refuse_instant("the beginning", began_at, earliest=now - DECLARED_WITHIN, latest=now)
    if refused is not None:
        return refused
    if incident is None:
        return (
            Opened(
                root=command.service,
                service=command.service,
                statement=command.statement,
                began_at=began_at,
                phase=Phase.INVESTIGATING,
            ),
        )
    if incident.phase.is_over:
        return Refused(code="over", why=f"incident {incident.reference} is {incident.phase}; reopen it, or declare a new one")
    broken = (RecoveryBroken(),) if incident.recovered_at is not None else ()
    return (*broken, Declared(service=command.service, statement=command.statement, began_at=began_at))


def _acknowledge(incident: Incident, who: str) -> tuple[Said, ...] | Refused:
    if incident.acknowledged_by is not None:
        by = "you have" if incident.acknowledged_by == who else f"{incident.acknowledged_by} has"
        return Refused(code="already", why=f"{by} acknowledged incident {incident.reference} already")
    return (Acknowledged(),)


def _set_phase(command: SetPhase, incident: Incident) -> tuple[Said, ...] | Refused:
    event = SET_BY_HAND.get(command.phase)
    if event is None:
        instead = {Phase.RESOLVED: "resolve", Phase.DISMISSED: "dismiss"}.get(command.phase)
        hint = f"use {instead}" if instead else "it is what an incident is before anybody confirms it"
        return Refused(code="phase", why=f"the phase {command.phase} is not set by hand: {hint}")
    if move(incident.phase, event) is None:
        why = f"incident {incident.reference} is {incident.phase}; it cannot be set to {command.phase}"
        return Refused(code="phase", why=why)
    if command.cause is not None and event is Event.INVESTIGATING:
        return Refused(code="cause", why="a cause can be told from phase identified on, not while investigating")
    for language, words in (command.cause or {}).items():
        refused = text.refuse(f"cause ({language})", words, text.CAUSE)
        if refused is not None:
            return refused
    refused = text.refuse("reason", command.why, text.REASON, may_be_empty=True)
    return refused or (PhaseSet(phase=command.phase, cause=command.cause or None),)


def _set_eta(command: SetEta, incident: Incident, now: datetime) -> tuple[Said, ...] | Refused:
    refused = text.refuse("reason", command.reason, text.REASON)
    refused = refused or text.refuse("vendor", command.vendor, text.VENDOR, may_be_empty=True)
    refused = refused or _refuse_instant("the time of return", command.until, latest=now + ETA_WITHIN)
    if refused is not None:
        return refused
    if command.until <= max(now, incident.began_at):
        return Refused(code="instant", why=f"the time of return {command.until.isoformat()} is not in the future")
    return (EtaSet(until=command.until, reason=command.reason, vendor=command.vendor.strip()),)


def _answer(command: Answer, incident: Incident) -> tuple[Said, ...] | Refused:
    if incident.answered.get(command.promise) == command.answer:
        return Refused(code="already", why=f"promise {command.promise} was answered with {command.answer!r} already")
    if command.answer == "holds":
        return (PromiseHolds(promise=command.promise),)
    return (EtaUnknown(promise=command.promise),)


def _resolve(command: Resolve, incident: Incident, now: datetime) -> tuple[Said, ...] | Refused:
    failing = [one.signal for one in incident.standing if not source(one.signal).is_hearsay]
    if failing:
        names = ", ".join(failing)
        why = f"still failing: {names}. It ends by itself when they are good; dismiss it if there is no disturbance"
        return Refused(code="standing", why=why)
    recovered_at = command.recovered_at or incident.recovered_at or now
    refused = text.refuse("reason", command.why, text.REASON, may_be_empty=True)
    refused = refused or _refuse_instant("the recovery", recovered_at, earliest=incident.began_at, latest=now)
    return refused or (Resolved(recovered_at=recovered_at),)


def _reopen(command: Reopen, incident: Incident, now: datetime, *, told_of_end: bool) -> tuple[Said, ...] | Refused:
    refused = text.refuse("reason", command.why, text.REASON)
    if refused is not None:
        return refused
    if move(incident.phase, Event.REOPENED) is None:
        return Refused(code="open", why=f"incident {incident.reference} is {incident.phase}, not over")
    if told_of_end:
        return (Reopened(episode=incident.episode + 1, began_at=now),)
    return (Reopened(episode=incident.episode, began_at=incident.began_at),)


def _refuse_instant(what: str, at: datetime, *, latest: datetime, earliest: datetime | None = None) -> Refused | None:
    if at.tzinfo is None:
        return Refused(code="instant", why=f"{what} needs a time zone: {at.isoformat()}")
    if at > latest:
        return Refused(code="instant", why=f"{what} {at.isoformat()} is later than {latest.isoformat()}")
    if earliest is not None and at < earliest:
        return Refused(code="instant", why=f"{what} {at.isoformat()} is earlier than {earliest.isoformat()}")
    return None


def _nearest(name: str, known: Iterable[str]) -> str:
    """ "; did you mean ...?" or, where nothing is near, what there is."""
    names: Sequence[str] = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(names[:10])}" if names else ""
