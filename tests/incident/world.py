"""The insurer in small, and a hub in small: timelines kept in memory, decided and obeyed as the real one does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sentinel.incident.decide import Move, decide
from sentinel.incident.fold import extend
from sentinel.incident.obey import Order, concerned, obey
from sentinel.model.check import Check
from sentinel.model.command import Declare, Refused
from sentinel.model.incident import MACHINE, Entry, Incident, IncidentPolicy, Phase, Said
from sentinel.model.observation import Verdict
from sentinel.model.service import Impact, Owner, Service
from sentinel.model.signal import Signal
from sentinel.model.statement import Statement

NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
LENA = "Lena Hart"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def at(count: float) -> datetime:
    """Noon and so many minutes."""
    return NOON + minutes(count)


def _service(name: str, *depends_on: str) -> Service:
    return Service(name=name, title={"en": name}, owner=Owner(team="Platform", person="Maria Okafor"), depends_on=depends_on)


SERVICES = {
    service.name: service
    for service in (
        _service("payments", "ledger", "card-processor"),
        _service("documents", "archive"),
        _service("archive", "ledger"),
        _service("ledger"),
        _service("quoting"),
        _service("accounts"),
    )
}
"""Payments and documents depend on the ledger, documents by way of the archive. Nobody wrote a file for the card processor."""


def _statement(name: str, impact: Impact) -> Statement:
    return Statement(id=name, service=name.partition(".")[0], impact=impact, say={"en": name})


STATEMENTS = {
    statement.id: statement
    for statement in (
        _statement("payments.cannot_pay", Impact.MAJOR_OUTAGE),
        _statement("payments.slow", Impact.DEGRADED_PERFORMANCE),
        _statement("documents.cannot_read", Impact.PARTIAL_OUTAGE),
        _statement("quoting.cannot_quote", Impact.PARTIAL_OUTAGE),
        _statement("accounts.cannot_sign_in", Impact.MAJOR_OUTAGE),
    )
}


def _check(name: str, every: float = 0.5, down: str | None = None, degraded: str | None = None) -> Check:
    means = {verdict: word for verdict, word in ((Verdict.DOWN, down), (Verdict.DEGRADED, degraded)) if word}
    return Check(id=name, service=name.partition(".")[0], kind="http", options={}, every=minutes(every), means=means)


CHECKS = {
    check.id: check
    for check in (
        _check("payments.card-form", down="payments.cannot_pay", degraded="payments.slow"),
        _check("payments.pay", every=5, down="payments.cannot_pay"),
        _check("payments.settlement"),
        _check("documents.fetch", down="documents.cannot_read"),
        _check("archive.api"),
        _check("ledger.api"),
        _check("quoting.form", down="quoting.cannot_quote"),
        _check("accounts.login", down="accounts.cannot_sign_in"),
    )
}
VERDICTS = {"outage": Verdict.DOWN, "slow": Verdict.DEGRADED, "unusual": Verdict.DEGRADED}


class World:
    """Time, signals and timelines. What is written has to follow, or `extend` says so."""

    def __init__(self, policy: IncidentPolicy | None = None) -> None:
        self.now = NOON
        self.policy = policy or IncidentPolicy()
        self.signals: dict[str, Signal] = {}
        self.timelines: dict[int, list[Entry]] = {}
        self.folded: dict[int, Incident] = {}
        self.told_of_end: set[int] = set()
        self.unknown: set[str] = set()
        self.places: dict[str, set[str]] = {}
        self.asked: dict[str, int] = {}

    def later(self, count: float) -> None:
        """So many minutes pass."""
        self.now += minutes(count)

    def fail(self, check: str, detector: str = "outage", since: datetime | None = None, place: str = "office") -> Signal:
        """A signal rises now; its first bad sample was at `since` (None: now)."""
        began = since or self.now
        verdict = VERDICTS[detector]
        signal = Signal(
            id=f"{detector}:{check}@{place}:{began.isoformat()}",
            detector=detector,
            service=CHECKS[check].service,
            check=check,
            place=place,
            verdict=verdict,
            statement=CHECKS[check].means.get(verdict),
            since=began,
            raised_at=self.now,
            evidence=f"{verdict} in 3 samples",
        )
        self.signals[signal.id] = signal
        return signal

    def heal(self, check: str, detector: str = "outage", good_since: datetime | None = None) -> None:
        """The standing signals of a check clear now; the first good sample was at `good_since` (None: now)."""
        for signal in self.standing():
            if (signal.check, signal.detector) == (check, detector):
                self.signals[signal.id] = replace(signal, good_since=good_since or self.now, cleared_at=self.now)

    def standing(self) -> list[Signal]:
        return [signal for signal in self.signals.values() if signal.stands]

    def incidents(self) -> list[Incident]:
        """Those that the hub hands to `decide`."""
        return [incident for incident in self.folded.values() if self._is_of_concern(incident)]

    def open(self) -> list[Incident]:
        return [incident for incident in self.folded.values() if not incident.phase.is_over]

    def only(self) -> Incident:
        """The incident, where there is one alone."""
        (incident,) = self.folded.values()
        return incident

    def decide(self) -> tuple[Move, ...]:
        """What the machine says now, written down."""
        moves = self.moves()
        for move in moves:
            self.write(move.incident, MACHINE, move.said, move.why)
        return moves

    def moves(self) -> tuple[Move, ...]:
        known = {one.signal for incident in self.folded.values() for one in incident.standing}
        signals = [signal for signal in self.signals.values() if signal.stands or signal.id in known]
        return decide(
            self.now,
            services=SERVICES,
            checks=CHECKS,
            statements=STATEMENTS,
            policy=self.policy,
            incidents=self.incidents(),
            signals=signals,
            told_of_end=self.told_of_end,
            unknown=self.unknown,
            places=self.places,
            asked=self.asked,
            own="office",
        )

    def ask(self, command: Order, who: str = LENA) -> tuple[Said, ...] | Refused:
        """A person's command, written down unless it is refused."""
        if isinstance(command, Declare):
            incident = concerned(command, self.now, self.open(), SERVICES, self.policy)
        else:
            incident = self.folded.get(command.incident)
        told = incident is not None and incident.id in self.told_of_end
        said = obey(command, incident, self.now, who, SERVICES, STATEMENTS, told_of_end=told)
        if not isinstance(said, Refused):
            self.write(incident.id if incident else None, who, said)
        return said

    def write(self, incident: int | None, who: str, said: Iterable[Said], why: str = "") -> None:
        number = len(self.timelines) + 1 if incident is None else incident
        timeline = self.timelines.setdefault(number, [])
        episode = self.folded[number].episode if number in self.folded else 1
        for one in said:
            entry = Entry(incident=number, seq=len(timeline) + 1, at=self.now, who=who, said=one, why=why)
            timeline.append(entry)
            self.folded[number] = extend(self.folded.get(number), entry)
        if self.folded[number].episode != episode:
            self.told_of_end.discard(number)

    def kinds(self, incident: int = 1) -> list[str]:
        return [entry.said.kind for entry in self.timelines[incident]]

    def _is_of_concern(self, incident: Incident) -> bool:
        ended_at = incident.resolved_at or incident.dismissed_at
        if ended_at is None or self.now - ended_at <= self.policy.reopen_within:
            return True
        return incident.phase is Phase.DISMISSED and bool(incident.standing)
