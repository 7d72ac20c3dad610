"""Dossiers of the insurer's incidents, for the tests of this room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentinel.model.delivery import Books
from sentinel.model.estimate import Basis, Estimate, Promise, PromiseKind, PromiseState
from sentinel.model.incident import Acknowledged, Entry, Incident, Phase
from sentinel.report.dossier import Dossier

BEGAN = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
MADE = datetime(2026, 6, 8, 16, 0, tzinfo=UTC)
BOOKS = Books(notice=2, step="opened", snapshot=200, counts={"accepted": 190, "suppressed": 10, "queued": 0})


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def eta(at: float = 265, **more: Any) -> Promise:
    made = Promise(
        id=4, incident=17, episode=1, kind=PromiseKind.ETA, at=after(at), published_at=after(16), notice=2, estimate=1
    )
    return replace(made, **more)


def history(p50: float | None = 150, p80: float | None = 230, **more: Any) -> Estimate:
    p50_, p80_ = (None if one is None else timedelta(minutes=one) for one in (p50, p80))
    made = Estimate(
        id=1,
        incident=17,
        episode=1,
        made_at=after(1),
        basis=Basis.HISTORY,
        began_at=BEGAN,
        p50=p50_,
        p80=p80_,
        scope="payments",
    )
    return replace(made, **more)


def incident(**known: Any) -> Incident:
    made = Incident(
        id=17,
        root="payments",
        services=("payments",),
        phase=Phase.INVESTIGATING,
        episode=1,
        first_began_at=BEGAN,
        began_at=BEGAN,
        detected_at=after(0.25),
        confirmed_at=after(0.5),
        last_seq=2,
        opened_by=1,
    )
    return replace(made, **known)


def resolved(**known: Any) -> Incident:
    return incident(phase=Phase.RESOLVED, recovered_at=after(187), resolved_at=after(192), **known)


def told(of: Incident, **more: Any) -> Dossier:
    """An incident that the desk and 190 customers heard of, with a time of return by 14:30."""
    acknowledged = Entry(incident=17, seq=2, at=after(2), who="Maria Okafor", said=Acknowledged())
    made = Dossier(
        incident=of,
        entries=(acknowledged, replace(acknowledged, seq=3, at=after(9))),
        promises=(eta(state=PromiseState.KEPT),),
        estimates=(history(), history(id=2, made_at=after(150), p50=200, p80=300)),
        staff_told_at=after(0.3),
        customers_told_at=after(16.5),
        books=(BOOKS,),
    )
    return replace(made, **more)
