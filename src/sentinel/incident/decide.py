"""What the machine has to say in the timelines now: signals join, incidents open, reopen, recover and end.

Belongs here: the machine's part of an incident's life. Does not belong here: people's (obey.py), the rules of grouping
(group.py), the timers of recovery (recovery.py), and whom to tell (notify/).

Level, not edge: it looks at what stands and at what the timelines say already, and says the rest. On its own result it has
nothing to add.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sentinel.incident.felt import source
from sentinel.incident.fold import extend
from sentinel.incident.group import Dependencies, home, root_of, to_reopen
from sentinel.incident.quorum import Quorum
from sentinel.incident.recovery import settle
from sentinel.model.check import Check
from sentinel.model.incident import (
    MACHINE,
    Entry,
    Incident,
    IncidentPolicy,
    Opened,
    Phase,
    RecoveryBroken,
    Reopened,
    Said,
    SignalCleared,
    SignalJoined,
)
from sentinel.model.service import Service
from sentinel.model.signal import JOINS, OF_TOOLS, Signal
from sentinel.model.statement import Statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Entries to append to one timeline, in order, all by `MACHINE` at `now`. `incident` None: a new incident each time."""

    incident: int | None
    said: tuple[Said, ...]
    why: str


def decide(
    now: datetime,
    *,
    services: Mapping[str, Service],
    checks: Mapping[str, Check],
    statements: Mapping[str, Statement],
    policy: IncidentPolicy,
    incidents: Sequence[Incident],
    signals: Sequence[Signal],
    told_of_end: Collection[int],
    unknown: Collection[str],
    places: Mapping[str, Collection[str]] = MappingProxyType({}),
    asked: Mapping[str, int] = MappingProxyType({}),
    own: str = "",
) -> tuple[Move, ...]:
    """Everything that should be in the timelines at `now` and is not.

    `incidents`: the open ones, those that ended within `reopen_within`, and the dismissed ones in which a signal still stands
    (a person dismissed it: it opens nothing again until it clears). `signals`: those that stand, and those that cleared and
    still stand in one of `incidents`; one that rose and cleared without ever being seen standing is history and opens nothing.
    `told_of_end`: ids of incidents whose present episode's closing was armed; reopening such a one begins an episode.
    `unknown`: ids of checks whose last verdict is unknown; they hold the recovery of their services' incidents. Checks in a bad
    run that has not persisted yet may be named there too, and hold it in the same way.

    `places`: check → the places that look at it and can see. Of several, 2 of 3 must agree (both of two): what a minority says
    concerns staff alone, until a person or enough others say so too. `asked`: check → of how many places it is asked, 1 if it
    is not named. Where several are asked and one alone can see, that one is a minority too, unless it is the hub's `own`.

    Moves are to be carried out in order. A statement that is not in `statements` (any more) is left out of what is said.
    """
    work = _Work(now, incidents)
    _clear(work, signals)
    agreed = Quorum(signals=signals, places=places, asked=asked, own=own)
    _place(work, signals, Dependencies(services), statements, policy, told_of_end, agreed)
    for incident in work.all():
        for said, why in settle(now, incident, checks, policy, unknown):
            work.say(incident.id, why, said)
    return work.moves()


class _Work:
    """The incidents as they become while deciding, and what was said to make them so. New ones have ids below 0."""

    def __init__(self, now: datetime, incidents: Sequence[Incident]) -> None:
        self.now = now
        self._incidents = {incident.id: incident for incident in incidents}
        self._said: list[tuple[int, tuple[Said, ...], str]] = []
        self._opened = 0

    def all(self) -> tuple[Incident, ...]:
        return tuple(self._incidents.values())

    def open(self, said: Opened, why: str) -> None:
        self._opened -= 1
        self._incidents[self._opened] = extend(None, self._entry(self._opened, 1, said, why))
        self._said.append((self._opened, (said,), why))

    def say(self, incident: int, why: str, *said: Said) -> None:
        for one in said:
            before = self._incidents[incident]
            self._incidents[incident] = extend(before, self._entry(incident, before.last_seq + 1, one, why))
        self._said.append((incident, said, why))

    def moves(self) -> tuple[Move, ...]:
        """One move for each saying; but all that was said of a new incident in one: it has no name yet."""
        moves: list[Move] = []
        at: dict[int, int] = {}
        for incident, said, why in self._said:
            if incident not in at:
                at[incident] = len(moves)
                moves.append(Move(incident=None if incident < 0 else incident, said=said, why=why))
            elif incident < 0:
                first = moves[at[incident]]
                moves[at[incident]] = Move(incident=None, said=first.said + said, why=f"{first.why}; {why}")
            else:
                moves.append(Move(incident=incident, said=said, why=why))
        return tuple(moves)

    def _entry(self, incident: int, seq: int, said: Said, why: str) -> Entry:
        return Entry(incident=incident, seq=seq, at=self.now, who=MACHINE, said=said, why=why)


def _clear(work: _Work, signals: Sequence[Signal]) -> None:
    """Signals that stand in a timeline and have cleared since. Also in dismissed incidents, which then let go of them."""
    cleared = {signal.id: signal for signal in signals if not signal.stands}
    for incident in work.all():
        for standing in incident.standing:
            signal = cleared.get(standing.signal)
            if signal is not None:
                good = "says that it is over" if signal.detector in OF_TOOLS else "is good again"
                why = good if signal.good_since else "is watched no more, and was not seen to be good"
                work.say(incident.id, f"{signal.check} {why}", SignalCleared(signal=signal.id, good_since=signal.good_since))


def _place(
    work: _Work,
    signals: Sequence[Signal],
    dependencies: Dependencies,
    statements: Mapping[str, Statement],
    policy: IncidentPolicy,
    told_of_end: Collection[int],
    agreed: Quorum,
) -> None:
    """Signals that stand and are in no timeline: into the incident they belong to, the oldest first."""
    placed = {one.signal for incident in work.all() for one in (*incident.standing, *incident.cleared)}
    homeless = [one for one in signals if one.stands and one.id not in placed and not one.only_warns]
    for signal in sorted(homeless, key=lambda one: (one.since, one.id)):
        quorum = agreed.of(signal)
        statement = signal.statement if signal.statement in statements and quorum is not False else None
        found = home(signal.service, signal.since, work.all(), dependencies, policy)
        ended = None if found else to_reopen(signal.service, signal.since, work.all(), policy)
        if ended is not None and ended.confirmed_at is not None and source(signal.id).is_hearsay:
            ended = None  # what was confirmed is not confirmed anew by callers (our own message makes them call), or a tool
        if ended is not None and signal.lifted and not _is_of(ended, signal):
            ended = None  # it failed all the while, beside what ended: nothing has come back
        if found is not None:
            incident, tie = found
            joined = _join(incident, _from(incident.began_at, signal), statement, dependencies, quorum)
            broken = (RecoveryBroken(),) if incident.recovered_at is not None else ()
            work.say(incident.id, f"{signal.check}: {signal.evidence} ({tie})", *broken, joined)
        elif signal.detector in JOINS:
            continue
        elif ended is not None:
            anew = _from(ended.resolved_at or ended.began_at, signal)
            joined = _join(ended, anew, statement, dependencies, quorum)
            work.say(ended.id, f"{signal.check}: {signal.evidence} (again)", _again(ended, anew, told_of_end), joined)
        else:
            work.open(_opening(signal, statement, quorum), f"{signal.check}: {signal.evidence}")


def _opening(signal: Signal, statement: str | None, quorum: bool | None) -> Opened:
    return Opened(
        root=signal.service,
        service=signal.service,
        statement=statement,
        began_at=signal.since,
        phase=Phase.SUSPECTED,
        signal=signal.id,
        quorum=quorum,
    )


def _is_of(ended: Incident, signal: Signal) -> bool:
    """Whether a signal says what an incident was about: its check was part of it, or customers feel the same."""
    checks = {source(one.signal).check for one in (*ended.standing, *ended.cleared)}
    return signal.check in checks or any(felt.statement == signal.statement for felt in ended.felt)


def _from(earliest: datetime, signal: Signal) -> Signal:
    """The signal as it counts in an incident that there is. What only warned until now dates none back, and does not begin
    before the end of what it reopens: customers may have been told of both."""
    return replace(signal, since=max(signal.since, earliest)) if signal.lifted else signal


def _join(
    incident: Incident, signal: Signal, statement: str | None, dependencies: Dependencies, quorum: bool | None
) -> SignalJoined:
    failing = (*(name for name in incident.services if name != signal.service), signal.service)
    root = root_of(failing, incident.root, dependencies)
    return SignalJoined(
        signal=signal.id,
        service=signal.service,
        statement=statement,
        since=signal.since,
        root=None if root == incident.root else root,
        quorum=quorum,
    )


def _again(ended: Incident, signal: Signal, told_of_end: Collection[int]) -> Reopened:
    if ended.id in told_of_end:
        return Reopened(episode=ended.episode + 1, began_at=signal.since)
    return Reopened(episode=ended.episode, began_at=ended.began_at)
