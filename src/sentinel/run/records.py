"""The report's input, read from the store: one dossier an incident."""

from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.delivery import Lane
from sentinel.model.notice import Towards
from sentinel.report.dossier import Dossier
from sentinel.report.layout import as_json, as_text
from sentinel.report.report import report
from sentinel.run import case as cases
from sentinel.serve.port import ReportView
from sentinel.store import books, incidents

MOST = 200
"""The latest incidents that one report holds."""


def dossier(c: Connection, number: int) -> Dossier:
    """Everything that one incident's report is made from. KeyError if there is none of that number."""
    case = cases.load(c, number)
    sent = [n.id for n in case.record.notices if n.towards is Towards.CUSTOMERS and n.approval is not None]
    return Dossier(
        incident=case.incident,
        entries=case.timeline,
        promises=tuple(case.record.promises),
        estimates=tuple(incidents.estimates(c, number)),
        staff_told_at=case.told_at(Lane.STAFF),
        customers_told_at=case.told_at(Lane.CUSTOMERS),
        books=tuple(books.books(c, sent)),
    )


def report_view(c: Connection, now: datetime) -> ReportView:
    """The report of the latest incidents, oldest first, as data and as text."""
    numbers = sorted(incidents.all_ids(c, MOST))
    made = report([dossier(c, number) for number in numbers], now)
    return ReportView(data=as_json(made), text=as_text(made))
