"""Dossiers → Report: the instants and durations of each incident, what was promised and kept, whether the books balance.

Belongs here: which figure means what. Does not belong here: how they look (layout.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sentinel.model.delivery import Books
from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind, PromiseState
from sentinel.model.incident import Acknowledged, Entry, Phase
from sentinel.report.dossier import Dossier


@dataclass(frozen=True, kw_only=True, slots=True)
class Instants:
    """The seven of an incident's present episode, and the acknowledgement. None: it has not come to that (yet)."""

    began_at: datetime
    detected_at: datetime
    confirmed_at: datetime | None
    staff_told_at: datetime | None
    customers_told_at: datetime | None
    recovered_at: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Durations:
    """Each counted from the beginning of the episode in which it ended."""

    to_detect: timedelta | None
    to_tell_staff: timedelta | None
    to_tell_customers: timedelta | None
    to_acknowledge: timedelta | None
    to_recover: timedelta | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """The first estimate of the present episode against what came, on the raw P80 whether it was published or not.

    `held` is None while it may still go either way, and where nothing was said (`assessing`).
    """

    basis: Basis
    made_at: datetime
    p50: timedelta | None
    p80: timedelta | None
    held: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentReport:
    """One incident. `promises` are those of every episode, as published; `estimates` how many were made in all."""

    id: int
    reference: str
    services: tuple[str, ...]
    phase: Phase
    episodes: int
    instants: Instants
    durations: Durations
    promises: tuple[Promise, ...]
    estimates: int
    first_estimate: Graded | None
    books: tuple[Books, ...]

    @property
    def is_balanced(self) -> bool:
        return all(books.balanced for books in self.books)

    @property
    def gave_a_time(self) -> bool:
        """Whether customers were given any time of return (one taken back before it went out was not given)."""
        etas = (promise for promise in self.promises if promise.kind is PromiseKind.ETA)
        return any(eta.state is not PromiseState.WITHDRAWN for eta in etas)


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Over all incidents. `promises`: state → how many, of both kinds; `etas`: of times of return alone.

    `times_given` and `times_withheld`: incidents whose customers were told, with and without any time of return. Medians are
    over the incidents that have the figure and were not dismissed: durations have heavy tails, so no means.
    """

    incidents: int
    open: int
    dismissed: int
    promises: Mapping[PromiseState, int]
    etas: Mapping[PromiseState, int]
    times_given: int
    times_withheld: int
    estimates_held: int
    estimates_graded: int
    books: int
    books_balanced: int
    median: Durations


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    made_at: datetime
    incidents: tuple[IncidentReport, ...]
    totals: Totals

    @property
    def is_balanced(self) -> bool:
        return self.totals.books == self.totals.books_balanced


def report(dossiers: Iterable[Dossier], made_at: datetime) -> Report:
    """The report of these incidents, in the order given, as things stood at `made_at`."""
    incidents = tuple(_incident(dossier, made_at) for dossier in dossiers)
    return Report(made_at=made_at, incidents=incidents, totals=_totals(incidents))


def _incident(dossier: Dossier, made_at: datetime) -> IncidentReport:
    incident = dossier.incident
    instants = _instants(dossier)
    return IncidentReport(
        id=incident.id,
        reference=incident.reference,
        services=incident.services,
        phase=incident.phase,
        episodes=incident.episode,
        instants=instants,
        durations=_durations(dossier, instants),
        promises=tuple(sorted(dossier.promises, key=lambda promise: (promise.published_at, promise.id))),
        estimates=len(dossier.estimates),
        first_estimate=_graded(dossier, made_at),
        books=dossier.books,
    )


def _instants(dossier: Dossier) -> Instants:
    incident = dossier.incident
    return Instants(
        began_at=incident.began_at,
        detected_at=incident.detected_at,
        confirmed_at=incident.confirmed_at,
        staff_told_at=dossier.staff_told_at,
        customers_told_at=dossier.customers_told_at,
        recovered_at=incident.recovered_at,
        resolved_at=incident.resolved_at,
        acknowledged_at=_acknowledged_at(dossier.entries),
    )


def _acknowledged_at(entries: Iterable[Entry]) -> datetime | None:
    return min((entry.at for entry in entries if isinstance(entry.said, Acknowledged)), default=None)


def _durations(dossier: Dossier, instants: Instants) -> Durations:
    def since_began(at: datetime | None) -> timedelta | None:
        """The first words of an incident that broke again belong to its first episode: count from the beginning before them."""
        if at is None:
            return None
        began_at = instants.began_at if at >= instants.began_at else dossier.incident.first_began_at
        return max(timedelta(0), at - began_at)

    return Durations(
        to_detect=since_began(instants.detected_at),
        to_tell_staff=since_began(instants.staff_told_at),
        to_tell_customers=since_began(instants.customers_told_at),
        to_acknowledge=since_began(instants.acknowledged_at),
        to_recover=since_began(instants.recovered_at),
    )


def _graded(dossier: Dossier, made_at: datetime) -> Graded | None:
    incident = dossier.incident
    made = [one for one in dossier.estimates if one.episode == incident.episode]
    if not made:
        return None
    first = min(made, key=lambda one: (one.made_at, one.id))
    return Graded(basis=first.basis, made_at=first.made_at, p50=first.p50, p80=first.p80, held=_held(dossier, first, made_at))


def _held(dossier: Dossier, first: Estimate, made_at: datetime) -> bool | None:
    incident = dossier.incident
    if first.p80 is None or incident.phase is Phase.DISMISSED:
        return None
    bound_at = first.began_at + first.p80
    if incident.recovered_at is not None and incident.phase.is_over:
        return incident.recovered_at <= bound_at
    may_have_recovered = incident.recovered_at is not None and incident.recovered_at <= bound_at
    return False if made_at > bound_at and not may_have_recovered else None


def _totals(incidents: Sequence[IncidentReport]) -> Totals:
    promises = [promise for incident in incidents for promise in incident.promises]
    etas = [promise for promise in promises if promise.kind is PromiseKind.ETA]
    told = [one for one in incidents if one.instants.customers_told_at is not None]
    given = sum(one.gave_a_time for one in told)
    graded = [one.first_estimate.held for one in incidents if one.first_estimate and one.first_estimate.held is not None]
    books = [books for incident in incidents for books in incident.books]
    return Totals(
        incidents=len(incidents),
        open=sum(not incident.phase.is_over for incident in incidents),
        dismissed=sum(incident.phase is Phase.DISMISSED for incident in incidents),
        promises=_by_state(promises),
        etas=_by_state(etas),
        times_given=given,
        times_withheld=len(told) - given,
        estimates_held=sum(graded),
        estimates_graded=len(graded),
        books=len(books),
        books_balanced=sum(one.balanced for one in books),
        median=_median([one.durations for one in incidents if one.phase is not Phase.DISMISSED]),
    )


def _by_state(promises: Iterable[Promise]) -> Mapping[PromiseState, int]:
    counts = Counter(promise.state for promise in promises)
    return {state: counts[state] for state in PromiseState}


def _median(durations: Sequence[Durations]) -> Durations:
    def of(found: Iterable[timedelta | None]) -> timedelta | None:
        seconds = [one.total_seconds() for one in found if one is not None]
        return timedelta(seconds=median(seconds)) if seconds else None

    return Durations(
        to_detect=of(one.to_detect for one in durations),
        to_tell_staff=of(one.to_tell_staff for one in durations),
        to_tell_customers=of(one.to_tell_customers for one in durations),
        to_acknowledge=of(one.to_acknowledge for one in durations),
        to_recover=of(one.to_recover for one in durations),
    )
