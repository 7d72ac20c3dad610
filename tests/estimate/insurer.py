"""The insurer's payments incident and its past, for the tests of this room."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentinel.model.estimate import Basis, Estimate, PastIncident, Promise, PromiseKind
from sentinel.model.incident import EtaSet, Incident, Phase

BEGAN = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
MARIA = "Maria Okafor"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def after(count: float) -> datetime:
    """That many minutes after the beginning."""
    return BEGAN + minutes(count)


def incident(**known: Any) -> Incident:
    """Payments have failed since 10:05 and are being looked into."""
    began = Incident(
        id=17,
        root="payments",
        services=("payments",),
        phase=Phase.INVESTIGATING,
        episode=1,
        first_began_at=BEGAN,
        began_at=BEGAN,
        detected_at=BEGAN + timedelta(seconds=15),
        confirmed_at=None,
        last_seq=1,
        opened_by=1,
    )
    return replace(began, **known)


def with_eta(
    until: datetime, at: datetime, reason: str = "replacing the card gateway's certificate", vendor: str = ""
) -> Incident:
    return incident(eta=EtaSet(until=until, reason=reason, vendor=vendor), eta_by=MARIA, eta_at=at, eta_seq=2)


def past(
    lasted: Sequence[float], service: str = "payments", impact: str = "", ended: str = "recovery"
) -> tuple[PastIncident, ...]:
    """One past incident a day, of these minutes each, the last one the day before."""
    return tuple(
        PastIncident(
            service=service,
            began_at=BEGAN - timedelta(days=len(lasted) - nth),
            lasted=minutes(one),
            impact=impact,
            ended=ended,
        )
        for nth, one in enumerate(lasted)
    )


def estimate_of(p50: float | None, p80: float | None, basis: Basis = Basis.HISTORY, **more: Any) -> Estimate:
    made = Estimate(
        incident=17,
        episode=1,
        made_at=BEGAN,
        basis=basis,
        began_at=BEGAN,
        p50=None if p50 is None else minutes(p50),
        p80=None if p80 is None else minutes(p80),
    )
    return replace(made, **more)


def promise(at: float = 265, kind: PromiseKind = PromiseKind.ETA, **more: Any) -> Promise:
    """Published 15 minutes in; by default back by 14:30."""
    made = Promise(id=4, incident=17, episode=1, kind=kind, at=after(at), published_at=after(15), notice=2)
    return replace(made, **more)
