"""The ledger counted: books per notice, figures for metrics, pages of deliveries. Nothing here changes a row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from sentinel.model.delivery import Books, Delivery, Lane, State
from sentinel.model.notice import NoticeState
from sentinel.store import expansion, tables
from sentinel.store.ledger import TOLD, as_delivery

_d, _n, _p = tables.delivery, tables.notice, tables.snapshot_person

EXPANDING: Final = "expanding"
_OWED: Final = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY)


def books(c: Connection, notices: Sequence[int]) -> list[Books]:
    """Where everybody of each notice's snapshot is with regard to its step (P10), in the order of `notices`.

    The people are counted in the snapshot, those without a row by asking for each of them, and the states in the ledger: three
    counts that agree only if the books balance. A person who was told under an earlier draft of the step counts as told. A
    notice to those who were told has no snapshot: its people are its rows, and those whom the rule would name now.
    """
    rows = {row.id: row for row in c.execute(select(_n).where(_n.c.id.in_(notices)))}
    return [_book(c, rows[notice]) for notice in notices if notice in rows]


def _book(c: Connection, row: Row[Any]) -> Books:
    rows = _rows(c, row)
    states = select(_d.c.state, func.count().label("n")).where(*rows).group_by(_d.c.state)
    counts = {state.value: 0 for state in State} | {each.state: each.n for each in c.execute(states)}
    bounced = int(c.execute(select(func.count()).where(*rows, _d.c.bounced_at.is_not(None))).scalar_one())
    if row.snapshot is not None:
        snapshot = int(c.execute(select(func.count()).where(_p.c.snapshot == row.snapshot)).scalar_one())
        expanding = _without_row(c, row, snapshot, sum(counts.values()))
    else:
        expanding = expansion.untold(c, row.id) if row.rule == TOLD and not row.expanded else 0
        snapshot = expanding + sum(counts.values())
    if row.void_at is not None or row.state != NoticeState.APPROVED.value:
        # Whoever had no row yet when it was stopped gets none any more.
        counts[State.CANCELLED.value] += expanding
        expanding = 0
    return Books(notice=row.id, step=row.step, snapshot=snapshot, counts={EXPANDING: expanding, **counts}, bounced=bounced)


def _rows(c: Connection, row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """The rows of this step whose people are in this snapshot."""
    same = (_n.c.subject == row.subject, _n.c.episode == row.episode, _n.c.step == row.step)
    family = c.execute(select(_n.c.id, _n.c.snapshot).where(*same)).all()
    if all(each.snapshot == row.snapshot for each in family):
        return (_d.c.notice.in_([each.id for each in family]),)  # answered by indexes alone
    in_snapshot = exists().where(_p.c.snapshot == row.snapshot, _p.c.person == _d.c.person)
    return _d.c.subject == row.subject, _d.c.episode == row.episode, _d.c.step == row.step, in_snapshot


def _without_row(c: Connection, row: Row[Any], snapshot: int, rows: int) -> int:
    if row.expanded or not rows:
        return 0 if row.expanded else snapshot
    same = (_d.c.subject == row.subject, _d.c.episode == row.episode, _d.c.step == row.step, _d.c.person == _p.c.person)
    missing = select(func.count()).select_from(_p).where(_p.c.snapshot == row.snapshot, ~exists().where(*same))
    return int(c.execute(missing).scalar_one())


def counts(c: Connection) -> dict[tuple[Lane, State], int]:
    """(lane, state) → how many rows, for metrics. Those that are not there are 0."""
    counted = c.execute(select(_d.c.lane, _d.c.state, func.count().label("n")).group_by(_d.c.lane, _d.c.state))
    there = {(Lane(row.lane), State(row.state)): row.n for row in counted}
    return {(lane, state): there.get((lane, state), 0) for lane in Lane for state in State}


def oldest(c: Connection, lane: Lane, now: datetime) -> timedelta | None:
    """For how long the oldest undelivered row of `lane` has been due; None when nothing is."""
    firsts = [
        c.execute(select(func.min(_d.c.due_at)).where(_d.c.lane == lane.value, _d.c.state == state.value)).scalar_one()
        for state in _OWED
    ]
    due = [first for first in firsts if first is not None and first <= now]
    return now - min(due) if due else None


def deliveries(
    c: Connection, notice: int, after: int, limit: int, state: State | None = None, *, bounced: bool = False
) -> list[Delivery]:
    """A page of a notice's rows, by id, those after `after`; if asked, of one state, and only those that came back."""
    page = select(_d).where(_d.c.notice == notice, _d.c.id > after, *only(state, bounced)).order_by(_d.c.id).limit(limit)
    return [as_delivery(row) for row in c.execute(page)]


def only(state: State | None, bounced: bool) -> tuple[ColumnElement[bool], ...]:
    """What rows are asked for."""
    of_state = () if state is None else (_d.c.state == state.value,)
    return (*of_state, _d.c.bounced_at.is_not(None)) if bounced else of_state


def delivery(c: Connection, delivery_id: int) -> Delivery | None:
    """One row."""
    row = c.execute(select(_d).where(_d.c.id == delivery_id)).one_or_none()
    return None if row is None else as_delivery(row)


def how_many(c: Connection, notice: int, state: State) -> int:
    """How many rows of a notice are in one state."""
    return int(c.execute(select(func.count()).where(_d.c.notice == notice, _d.c.state == state.value)).scalar_one())
