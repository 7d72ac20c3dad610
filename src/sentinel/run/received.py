"""What one person received, word for word, and finding their delivery: the hub's answers for the console's deliveries."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from sentinel.model.delivery import Lane, State
from sentinel.run.contents import NAME, wording_of
from sentinel.run.reads import Reads
from sentinel.serve.console.port import Received
from sentinel.serve.port import DeliveryPage
from sentinel.store import failures, notices, tables
from sentinel.store.books import only
from sentinel.store.ledger import AT_REST, as_delivery

_d = tables.delivery

_ENDS = {
    State.ACCEPTED: "Accepted by the provider.",
    State.REJECTED: "Refused by the provider.",
    State.SUPPRESSED: "Not sent to: they are left out.",
    State.CANCELLED: "Cancelled before it left.",
    State.IN_DOUBT: "In doubt: nobody knows whether it arrived.",
    State.DEAD: "Given up after the last try.",
}


class ReceivedViews(Reads):
    """Implements serve.console.port.ConsolePort."""

    async def received(self, delivery: int) -> Received | None:
        return await self._read(lambda c: received(c, delivery))

    async def find_deliveries(
        self, notice: int, text: str, state: State | None, limit: int, *, bounced: bool = False
    ) -> DeliveryPage:
        return await self._read(lambda c: find(c, notice, text, only(state, bounced), limit))


def received(c: Connection, delivery: int) -> Received | None:
    row = c.execute(select(_d).where(_d.c.id == delivery)).one_or_none()
    notice = None if row is None else notices.one(c, row.notice)
    if row is None or notice is None:
        return None
    wording = wording_of(c, row.notice, row.language, row.zone) if row.language else None
    return Received(
        delivery=as_delivery(row),
        notice=notice,
        # The name is put in as the channel does it: where the slot stands, and nowhere else.
        subject="" if wording is None else wording.subject.replace(NAME, row.name),
        text="" if wording is None else wording.text.replace(NAME, row.name),
        short="" if wording is None else wording.short.replace(NAME, row.name),
        brief=notices.brief_of(c, row.notice) if row.lane == Lane.STAFF.value else None,
        moves=tuple(sorted(_moves(row), key=lambda move: move[0])),
        ref=row.ref,
        is_unwritten=bool(failures.unwritten(c, [as_delivery(row)])),
    )


def _moves(row: Row[Any]) -> Iterator[tuple[datetime, str]]:
    """What its row remembers: the first instant, the last try and the end. (Tries in between leave only their number.)"""
    state = State(row.state)
    yield row.made_at, "Put into the queue."
    if row.armed_at is not None:
        yield row.armed_at, f"Handed over, try {row.attempts}." if row.attempts > 1 else "Handed over."
    if row.settled_at is not None and state in AT_REST:
        yield row.settled_at, _ENDS[state]
    elif state is State.RETRY:
        yield row.due_at, "To be tried again."
    if row.bounced_at is not None:
        yield row.bounced_at, "It bounced: it was taken, and came back."


def find(c: Connection, notice: int, text: str, which: Iterable[ColumnElement[bool]], limit: int) -> DeliveryPage:
    """Plain text, never a pattern: what a database would take for a wildcard is a character here."""
    holds = [column.icontains(text, autoescape=True) for column in (_d.c.person, _d.c.name, _d.c.address)]
    mine = [_d.c.notice == notice, or_(*holds), *which]
    found = tuple(as_delivery(row) for row in c.execute(select(_d).where(*mine).order_by(_d.c.id).limit(limit)))
    return DeliveryPage(notice=notice, deliveries=found, unwritten=tuple(sorted(failures.unwritten(c, found))))
