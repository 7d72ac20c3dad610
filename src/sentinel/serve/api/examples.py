"""One example of what each read answers, made of the records themselves, so that none can fall behind them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from sentinel.model.command import Done
from sentinel.model.delivery import Books, Delivery, Lane, State
from sentinel.model.estimate import Basis, Estimate
from sentinel.model.incident import Acknowledged, Entry, Incident, Opened, Phase
from sentinel.model.notice import Notice, NoticeState, Occasion, Towards
from sentinel.model.service import Impact
from sentinel.serve.api.port import EstimatesPage, IncidentsPage, TimelinePage
from sentinel.serve.api.reads import BooksView
from sentinel.serve.api.values import Stored
from sentinel.serve.port import (
    AudienceCount,
    Board,
    CheckView,
    DeliveryPage,
    Health,
    HoldView,
    IncidentLine,
    IncidentPage,
    NoticeView,
    ReportView,
    ServiceView,
    Shown,
)

_NOW: Final = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_BEGAN: Final = _NOW - timedelta(minutes=25)
_INCIDENT = Incident(
    id=17,
    root="payments",
    services=("payments",),
    phase=Phase.INVESTIGATING,
    episode=1,
    first_began_at=_BEGAN,
    began_at=_BEGAN,
    detected_at=_BEGAN + timedelta(seconds=15),
    confirmed_at=_BEGAN + timedelta(seconds=20),
    last_seq=2,
    opened_by=1,
)
_LINE = IncidentLine(
    incident=_INCIDENT,
    reference="17-A",
    headline="You cannot pay on our website at the moment",
    impact=Impact.MAJOR_OUTAGE,
    to_approve=(12,),
)
_OPENED = Opened(
    root="payments", service="payments", statement="payments.cannot_pay", began_at=_BEGAN, phase=Phase.INVESTIGATING
)
_ENTRIES = (
    Entry(incident=17, seq=1, at=_BEGAN + timedelta(seconds=20), who="sentinel", said=_OPENED),
    Entry(incident=17, seq=2, at=_NOW, who="Lena Hart", said=Acknowledged()),
)
_ESTIMATE = Estimate(
    id=40, incident=17, episode=1, made_at=_NOW, basis=Basis.HISTORY, began_at=_BEGAN, p50=timedelta(hours=1),
    p80=timedelta(hours=4), sample=23, scope="payments / cannot_pay",
)  # fmt: skip
_NOTICE = Notice(
    id=12, subject="incident:17", incident=17, episode=1, step="opened", cause=1, occasion=Occasion.OPENED,
    towards=Towards.CUSTOMERS, state=NoticeState.DRAFT, made_at=_NOW, rule="payers",
)  # fmt: skip
_VIEW = NoticeView(notice=_NOTICE, audience=AudienceCount(rule="payers", complete=True, sending=184))
_DELIVERY = Delivery(
    id=501, notice=12, lane=Lane.CUSTOMERS, channel="email", subject="incident:17", episode=1, step="opened", person="C-1",
    name="Ana Ortiz", address="ana@example.com", language="es", zone="Europe/Madrid", state=State.ACCEPTED, attempts=1,
)  # fmt: skip
_CHECK = CheckView(id="payments.card-form", shown=Shown.DOWN, since=_BEGAN, reason="status 503")
_SERVICE = ServiceView(name="payments", title="Online payments", shown=Shown.DOWN, checks=(_CHECK,), incident=17)
_COUNTS = {"expanding": 0, "accepted": 183, "in_doubt": 1}

EXAMPLES: Mapping[str, Any] = {
    "list_incidents": IncidentsPage(incidents=(_LINE,), next=17),
    "get_incident": IncidentPage(
        incident=_INCIDENT, reference="17-A", headline=_LINE.headline, impact=_LINE.impact, entries=_ENTRIES, notices=(_VIEW,)
    ),
    "list_timeline": TimelinePage(incident=17, entries=_ENTRIES),
    "list_estimates": EstimatesPage(incident=17, estimates=(_ESTIMATE,)),
    "get_notice": _VIEW,
    "list_deliveries": DeliveryPage(notice=12, deliveries=(_DELIVERY,), next=501),
    "get_delivery": _DELIVERY,
    "list_books": [BooksView(books=Books(notice=12, step="opened", snapshot=184, counts=_COUNTS), balanced=True)],
    "get_board": Board(at=_NOW, zone="Europe/Madrid", services=(_SERVICE,), open=(_LINE,), recent=()),
    "get_report": ReportView(data={"incidents": []}, text="No incident yet.\n"),
    "get_hold": HoldView(on=True, why="Wrong numbers.", by="Lena Hart", since=_NOW),
    "get_status": Health(ready=True),
    "push_value": Stored(),
}
"""Operation → what it may answer."""

DONE = Done(incident=17, said="Done.")


def shown(example: Any) -> Any:
    """An example as JSON-able data."""
    kind: Any = list[type(example[0])] if isinstance(example, list) else type(example)  # type: ignore[misc]  # made at run time
    return TypeAdapter(kind).dump_python(example, mode="json")
