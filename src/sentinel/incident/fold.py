"""A timeline → the incident that it tells.

Belongs here: what each kind of entry changes. Does not belong here: whether an entry may be said (decide.py, obey.py).
`fold(entries)` is `extend` repeated, so a stored incident and a replayed one are the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sentinel.incident.felt import felt_after, source
from sentinel.incident.phases import SET_BY_HAND, Event, move
from sentinel.model.incident import (
    MACHINE,
    Acknowledged,
    Declared,
    Dismissed,
    Entry,
    EtaSet,
    EtaUnknown,
    Felt,
    Incident,
    Noted,
    NoticeApproved,
    NoticeCancelled,
    NoticeVoided,
    Opened,
    Phase,
    PhaseSet,
    PromiseHolds,
    Recovering,
    RecoveryBroken,
    Reopened,
    Resolved,
    SignalCleared,
    SignalJoined,
    Standing,
)


class BrokenTimelineError(ValueError):
    """A timeline that nobody can have written: entries missing, of another incident, or off the table of phases."""


def fold(entries: Sequence[Entry]) -> Incident:
    """The incident that `entries` tell, in order of `seq` from 1. BrokenTimelineError if they do not follow."""
    incident: Incident | None = None
    for entry in entries:
        incident = extend(incident, entry)
    if incident is None:
        raise BrokenTimelineError("a timeline without entries")
    return incident


def extend(incident: Incident | None, entry: Entry) -> Incident:
    """The incident after one more entry; None and an `Opened` entry begin one. BrokenTimelineError if it does not follow."""
    if incident is None:
        return _opened(entry)
    if entry.incident != incident.id or entry.seq != incident.last_seq + 1:
        raise BrokenTimelineError(f"{entry.incident}/{entry.seq} does not follow {incident.id}/{incident.last_seq}")
    after = replace(_said(incident, entry), last_seq=entry.seq)
    if after.standing is incident.standing and after.declared is incident.declared:
        return after
    return replace(after, felt=felt_after(after, entry.seq))


def _opened(entry: Entry) -> Incident:
    said = entry.said
    if not isinstance(said, Opened) or entry.seq != 1:
        raise BrokenTimelineError(f"{entry.incident}/{entry.seq} says {said.kind}, and nothing was opened")
    by_signal = said.signal is not None
    if said.phase is not move(None, Event.SIGNAL if by_signal else Event.DECLARED):
        raise BrokenTimelineError(f"{entry.incident} cannot begin as {said.phase}")
    standing: tuple[Standing, ...] = ()
    declared: tuple[Felt, ...] = ()
    if said.signal is not None:
        standing = (
            Standing(
                signal=said.signal,
                service=said.service,
                statement=said.statement,
                since=said.began_at,
                cause=entry.seq,
                quorum=said.quorum,
            ),
        )
    elif said.statement is not None:
        declared = (Felt(statement=said.statement, service=said.service, since=said.began_at, cause=entry.seq),)
    incident = Incident(
        id=entry.incident,
        root=said.root,
        services=(said.service,),
        phase=said.phase,
        episode=1,
        first_began_at=said.began_at,
        began_at=said.began_at,
        detected_at=entry.at,
        confirmed_at=None if by_signal else entry.at,
        last_seq=entry.seq,
        opened_by=entry.seq,
        standing=standing,
        declared=declared,
    )
    return replace(incident, felt=felt_after(incident, entry.seq))


def _said(incident: Incident, entry: Entry) -> Incident:
    said = entry.said
    match said:
        case SignalJoined() | SignalCleared() | Declared():
            return _evidence(incident, entry)
        case Acknowledged() | PhaseSet() | EtaSet() | EtaUnknown() | PromiseHolds():
            return _word(incident, entry)
        case Noted() | NoticeApproved() | NoticeCancelled() | NoticeVoided():
            return incident
        case Recovering():
            return replace(incident, recovered_at=said.recovered_at, hold_until=said.hold_until)
        case RecoveryBroken():
            return replace(incident, recovered_at=None, hold_until=None)
        case Resolved():
            event = Event.HELD if entry.who == MACHINE else Event.ENDED
            over = replace(incident, recovered_at=said.recovered_at, hold_until=None, resolved_at=entry.at, over_by=entry.seq)
            return _moved(over, event, entry)
        case Dismissed():
            over = replace(incident, hold_until=None, dismissed_at=entry.at, over_by=entry.seq)
            return _moved(over, Event.DISMISSED, entry)
        case Reopened():
            return _reopened(incident, entry, said)
        case Opened():
            raise BrokenTimelineError(f"{entry.incident}/{entry.seq} opens it a second time")
        case _:
            assert_never(said)


def _evidence(incident: Incident, entry: Entry) -> Incident:
    """What checks and declaring people say of the disturbance itself."""
    match entry.said:
        case SignalJoined() as said:
            return _joined(incident, entry, said)
        case SignalCleared() as said:
            return _cleared(incident, entry, said)
        case Declared() as said:
            known = [felt for felt in incident.declared if felt.statement == said.statement]
            since = min((felt.since for felt in known), default=said.began_at)
            felt = Felt(statement=said.statement, service=said.service, since=min(since, said.began_at), cause=entry.seq)
            others = tuple(one for one in incident.declared if one.statement != said.statement)
            told = replace(_touched(incident, said.service, said.began_at), declared=(*others, felt))
            return _moved(told, Event.DECLARED, entry)
        case _:
            return incident


def _word(incident: Incident, entry: Entry) -> Incident:
    """What people say about the incident."""
    match entry.said:
        case Acknowledged():
            return _moved(replace(incident, acknowledged_by=incident.acknowledged_by or entry.who), Event.ACKNOWLEDGED, entry)
        case PhaseSet(phase=phase, cause=cause):
            if phase not in SET_BY_HAND:
                raise BrokenTimelineError(f"{entry.incident}/{entry.seq} sets the phase {phase}, which nobody can set")
            known = None if phase is Phase.INVESTIGATING else cause or incident.cause
            return _moved(replace(incident, cause=known), SET_BY_HAND[phase], entry)
        case EtaSet() as said:
            return replace(incident, eta=said, eta_by=entry.who, eta_at=entry.at, eta_seq=entry.seq)
        case EtaUnknown(promise=promise):
            answered = {**incident.answered, promise: "unknown"}
            return replace(incident, answered=answered, eta=None, eta_by=None, eta_at=None, eta_seq=None)
        case PromiseHolds(promise=promise):
            return replace(incident, answered={**incident.answered, promise: "holds"})
        case _:
            return incident


def _joined(incident: Incident, entry: Entry, said: SignalJoined) -> Incident:
    if any(one.signal == said.signal for one in incident.standing):
        return incident
    joined = Standing(
        signal=said.signal,
        service=said.service,
        statement=said.statement,
        since=said.since,
        cause=entry.seq,
        quorum=said.quorum,
    )
    touched = replace(_touched(incident, said.service, said.since), root=said.root or incident.root)
    after = replace(touched, standing=(*incident.standing, joined))
    views = {source(one.signal).view for one in after.standing if one.quorum is not False}
    return _moved(after, Event.SECOND_SIGNAL, entry) if said.quorum or len(views) > 1 else after


def _cleared(incident: Incident, entry: Entry, said: SignalCleared) -> Incident:
    gone = [one for one in incident.standing if one.signal == said.signal]
    if not gone:
        return incident
    same = source(said.signal)
    earlier = tuple(one for one in incident.cleared if source(one.signal) != same)
    cleared = replace(gone[0], good_since=said.good_since, cleared_by=entry.seq)
    standing = tuple(one for one in incident.standing if one.signal != said.signal)
    return replace(incident, standing=standing, cleared=(*earlier, cleared))


def _reopened(incident: Incident, entry: Entry, said: Reopened) -> Incident:
    """A person who reopens stands behind what was last felt. A new episode knows nothing of the old one's course."""
    by_person = entry.who != MACHINE
    event = Event.REOPENED if by_person or incident.confirmed_at is not None else Event.RECURRED
    again = replace(
        incident,
        began_at=said.began_at,
        declared=tuple(replace(felt, cause=entry.seq) for felt in incident.felt) if by_person else (),
        cleared=(),
        recovered_at=None,
        hold_until=None,
        resolved_at=None,
        dismissed_at=None,
        over_by=None,
    )
    if said.episode != incident.episode:
        again = replace(
            again,
            episode=said.episode,
            opened_by=entry.seq,
            detected_at=entry.at,
            confirmed_at=None,
            felt=(),
            declared=tuple(replace(felt, since=said.began_at) for felt in again.declared),
            acknowledged_by=None,
            cause=None,
            eta=None,
            eta_by=None,
            eta_at=None,
            eta_seq=None,
        )
    return _moved(again, event, entry)


def _touched(incident: Incident, service: str, since: datetime) -> Incident:
    """The disturbance reaches `service`, and began no later than `since`."""
    services = incident.services if service in incident.services else (*incident.services, service)
    return replace(
        incident,
        services=services,
        began_at=min(incident.began_at, since),
        first_began_at=min(incident.first_began_at, since),
    )


def _moved(incident: Incident, event: Event, entry: Entry) -> Incident:
    phase = move(incident.phase, event)
    if phase is None:
        raise BrokenTimelineError(f"{entry.incident}/{entry.seq}: {event} does not happen to one that is {incident.phase}")
    is_confirmed = phase not in (Phase.SUSPECTED, Phase.RESOLVED, Phase.DISMISSED)
    confirmed_at = entry.at if is_confirmed and incident.confirmed_at is None else incident.confirmed_at
    return replace(incident, phase=phase, confirmed_at=confirmed_at)
