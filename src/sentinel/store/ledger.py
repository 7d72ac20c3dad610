"""The ledger: every change of a delivery's state in SQL. Each function is a function of the caller's transaction.

Belongs here: claiming, arming, marking, leases, cancelling, settling. Does not belong here: what follows from what
(deliver/ledger.py holds the table of moves; tests hold the two equal), how rows get here (expansion.py), counting (books.py).

Who may change a row asks for it in the WHERE: a sender by id, fence and state, so that one that was paused or replaced changes
nothing; the customers' gates once at the claim and once more at the arming, in the statement itself (P5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Connection, Row, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.notice import NoticeState
from sentinel.store import tables
from sentinel.store.column import Instant

_d, _n, _i = tables.delivery, tables.notice, tables.installation

AT_REST: Final = (State.ACCEPTED, State.REJECTED, State.SUPPRESSED, State.CANCELLED, State.IN_DOUBT, State.DEAD)
CANCELLABLE: Final = (State.QUEUED, State.RETRY, State.HELD, State.CLAIMED)
TOLD: Final = "told"
"""The audience rule of every word after the first: see expansion.py."""
STOPPED: Final = "its sender stopped while it was being sent"
LAPSED: Final = "its sender was not heard of while it was being sent"
_LONGEST_DETAIL: Final = 500
_LONGEST_REF: Final = 255
_FIELDS: Final = tuple(Delivery.__dataclass_fields__)
_SHOWN: Final = [_d.c[name] for name in _FIELDS]

Held = tuple[int, int]
"""(delivery id, fence): the right to a row that a claim gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What became of a row in the hands of a sender: it `was` claimed or armed under `fence`, and becomes `state`.

    `attempts` is the new count. `due_at` None leaves it. `detail` and `ref` are cut to what the columns hold.
    """

    id: int
    fence: int
    was: State
    state: State
    attempts: int
    due_at: datetime | None = None
    detail: str = ""
    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """How many rows of senders that are gone went back to the queue, and how many are in doubt now."""

    requeued: int
    in_doubt: int


def as_delivery(row: Row[Any]) -> Delivery:
    """A row with all columns that the record names."""
    return Delivery(**{name: getattr(row, name) for name in _FIELDS} | {"lane": Lane(row.lane), "state": State(row.state)})


# The statements of every wave are built once: building one costs more than running it.

_NOW: Final = bindparam("now", type_=Instant)
_SWITCH: Final = (_i.c.id == 1, _i.c.hold.is_(False), _i.c.epoch == bindparam("epoch"))


def _gates(lane: Lane) -> tuple[ColumnElement[bool], ...]:
    """What must be so for a row to go out. Staff notices are approved from birth, and no switch holds them (P1, P9)."""
    standing = and_(_n.c.id == _d.c.notice, _n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None))
    if lane is Lane.STAFF:
        return (exists().where(standing),)
    in_time = or_(_n.c.sendable_until.is_(None), _n.c.sendable_until > _NOW)
    return exists().where(standing, in_time, _n.c.release_at <= _NOW), exists().where(*_SWITCH)


def _due(lane: Lane, state: State) -> CTE:
    """The first rows of one state that may go out."""
    mine = (_d.c.lane == lane.value, _d.c.state == state.value, _d.c.due_at <= _NOW)
    by_channel = _d.c.channel.in_(bindparam("channels", expanding=True))
    first = select(_d.c.id, _d.c.due_at).where(*mine, by_channel, *_gates(lane)).order_by(_d.c.due_at, _d.c.id)
    locked = first.limit(bindparam("most")).with_for_update(skip_locked=True, of=_d)
    return locked.cte(state.value).prefix_with("MATERIALIZED", dialect="postgresql")


def _claiming(lane: Lane) -> ReturningUpdate[Any]:
    # One look a state: over both at once no index has the order, and a queue of a million would be sorted at every claim.
    queued, retry = _due(lane, State.QUEUED), _due(lane, State.RETRY)
    both = select(queued.c.id, queued.c.due_at).union_all(select(retry.c.id, retry.c.due_at)).subquery()
    pick = select(both.c.id).order_by(both.c.due_at, both.c.id).limit(bindparam("most")).cte("pick")
    taken = update(_d).where(_d.c.id.in_(select(pick.c.id)))
    until = bindparam("until", type_=Instant)
    return taken.values(state=State.CLAIMED.value, fence=_d.c.fence + 1, lease_until=until).returning(*_SHOWN)


# The first clause finds the rows by their key; the second is the one that matters.
_HELD: Final = and_(
    _d.c.id.in_(bindparam("ids", expanding=True)), tuple_(_d.c.id, _d.c.fence).in_(bindparam("held", expanding=True))
)


def _arming(lane: Lane) -> ReturningUpdate[Any]:
    mine = (_HELD, _d.c.state == State.CLAIMED.value, _d.c.lane == lane.value, *_gates(lane))
    values = {"state": State.ARMED.value, "armed_at": _NOW, "attempts": _d.c.attempts + 1}
    return update(_d).where(*mine).values(**values).returning(_d.c.id)


_CLAIM: Final = {lane: _claiming(lane) for lane in Lane}
_ARM: Final = {lane: _arming(lane) for lane in Lane}
_RENEW: Final = (
    update(_d)
    .where(_HELD, _d.c.state.in_([State.CLAIMED.value, State.ARMED.value]))
    .values(lease_until=bindparam("until", type_=Instant))
    .returning(_d.c.id)
)
_RELEASE: Final = update(_d).where(_HELD, _d.c.state == State.CLAIMED.value).values(state=State.QUEUED.value, lease_until=None)
_IS_OPEN: Final = select(_i.c.id).where(*_SWITCH)
# Whether any notice that may go out has rows to claim. Recent ones are looked at first: they are the likely ones.
_READY: Final = (
    select(_n.c.id)
    .where(_n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None), _n.c.release_at <= _NOW)
    .where(exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([State.QUEUED.value, State.RETRY.value])))
    .order_by(_n.c.id.desc())
    .limit(1)
)


def _is_open(c: Connection, now: datetime, epoch: int) -> bool:
    """Whether anything at all may go to customers now: the switch is off, the store is ours, and a notice is ready."""
    switch = c.execute(_IS_OPEN, {"epoch": epoch}).one_or_none()
    return switch is not None and c.execute(_READY, {"now": now}).one_or_none() is not None


def claim(
    c: Connection, lane: Lane, channels: Sequence[str], limit: int, now: datetime, lease: timedelta, epoch: int
) -> list[Delivery]:
    """Take up to `limit` rows of `lane` that are due and may go out by one of `channels`, until `now + lease`.

    In the order of due_at and id. Each claim raises the row's fence. Safe for many claimers on databases with row locks.
    """
    if not channels or (lane is Lane.CUSTOMERS and not _is_open(c, now, epoch)):
        return []  # the statement below asks the same, but would look at every row of a long queue to find it out
    asked = {"channels": list(channels), "most": limit, "now": now, "until": now + lease, "epoch": epoch}
    found = [as_delivery(row) for row in c.execute(_CLAIM[lane], asked)]
    return sorted(found, key=lambda each: (each.due_at or now, each.id))


def _rows(rows: Sequence[Held]) -> dict[str, Any]:
    return {"ids": [each for each, _ in rows], "held": list(rows)}


def arm(c: Connection, lane: Lane, rows: Sequence[Held], now: datetime, epoch: int) -> set[int]:
    """The ids among `rows` that may be sent now: still ours, every gate open. Theirs is the point of no return."""
    if not rows:
        return set()
    return set(c.execute(_ARM[lane], _rows(rows) | {"now": now, "epoch": epoch}).scalars())


def renew(c: Connection, rows: Sequence[Held], now: datetime, lease: timedelta) -> set[int]:
    """Keep `rows` until `now + lease`; the ids that are still ours. Stop at once where one is missing."""
    if not rows:
        return set()
    return set(c.execute(_RENEW, _rows(rows) | {"until": now + lease}).scalars())


def release(c: Connection, rows: Sequence[Held]) -> int:
    """Give claimed rows back unsent; how many were still ours."""
    return c.execute(_RELEASE, _rows(rows)).rowcount if rows else 0


_MARK = (
    update(_d)
    .where(_d.c.id == bindparam("of_id"), _d.c.fence == bindparam("of_fence"), _d.c.state == bindparam("of_state"))
    .values(
        state=bindparam("to_state"),
        attempts=bindparam("tried"),
        due_at=func.coalesce(bindparam("due", type_=Instant), _d.c.due_at),
        settled_at=bindparam("settled", type_=Instant),
        ref=bindparam("its_ref"),
        detail=bindparam("said"),
        lease_until=None,
    )
)


def mark(c: Connection, marks: Sequence[Mark], now: datetime) -> int:
    """Write what became of rows; how many were changed. One by a sender that lost its row changes nothing, except that an
    acceptance that comes late settles the doubt (P3: proof moves `in_doubt` to `accepted`)."""
    if not marks:
        return 0
    changed = c.execute(_MARK, [_values(each, each.was, now) for each in marks]).rowcount
    if changed == len(marks):
        return changed
    late = [_values(each, State.IN_DOUBT, now) for each in marks if each.state is State.ACCEPTED]
    proven = c.execute(_MARK, late).rowcount if late else 0
    if proven:
        _ask_again_for(c, [row["of_id"] for row in late])
    return changed + proven


def _values(mark: Mark, was: State, now: datetime) -> dict[str, Any]:
    return {
        "of_id": mark.id,
        "of_fence": mark.fence,
        "of_state": was.value,
        "to_state": mark.state.value,
        "tried": mark.attempts,
        "due": mark.due_at,
        "settled": now if mark.state in AT_REST else None,
        "its_ref": _plain(mark.ref)[:_LONGEST_REF],
        "said": _plain(mark.detail)[:_LONGEST_DETAIL],
    }


def _plain(text: str) -> str:
    """A provider's words as one line of characters that every database can hold."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def ask_again(c: Connection, subject: str, episode: int) -> None:
    """Somebody may be told after all: the notices to those who were told must look again (P6)."""
    told = (_n.c.rule == TOLD, _n.c.subject == subject, _n.c.episode == episode, _n.c.expanded)
    c.execute(update(_n).where(*told).values(expanded=False))


def _ask_again_for(c: Connection, deliveries: Sequence[int]) -> None:
    for row in c.execute(select(_d.c.subject, _d.c.episode).where(_d.c.id.in_(deliveries)).distinct()).all():
        ask_again(c, row.subject, row.episode)


def recover(c: Connection, now: datetime) -> Lost:
    """At the start of the only process: whatever was claimed or armed belonged to one that is gone."""
    return _lose(c, [], now, STOPPED)


def lapse(c: Connection, now: datetime) -> Lost:
    """Take back the rows whose leases ran out."""
    return _lose(c, [_d.c.lease_until < now], now, LAPSED)


def _lose(c: Connection, which: list[ColumnElement[bool]], now: datetime, why: str) -> Lost:
    def gone(lane: Lane, state: State, to: State, **values: Any) -> int:
        mine = (_d.c.lane == lane.value, _d.c.state == state.value, *which)
        return c.execute(update(_d).where(*mine).values(state=to.value, lease_until=None, **values)).rowcount

    claimed = sum(gone(lane, State.CLAIMED, State.QUEUED) for lane in Lane)
    staff = gone(Lane.STAFF, State.ARMED, State.QUEUED, detail=why)
    doubts = gone(Lane.CUSTOMERS, State.ARMED, State.IN_DOUBT, detail=why, settled_at=now)
    return Lost(requeued=claimed + staff, in_doubt=doubts)


def cancel_notice(c: Connection, notice: int, now: datetime, why: str) -> int:
    """Cancel what of a notice has not gone out. What is armed can no longer be stopped."""
    return _cancel(c, [notice], now, why)


def _cancel(c: Connection, notices: Iterable[int], now: datetime, why: str) -> int:
    waiting = (_d.c.notice.in_(list(notices)), _d.c.state.in_([state.value for state in CANCELLABLE]))
    cancelled = update(_d).where(*waiting)
    values = {"state": State.CANCELLED.value, "settled_at": now, "lease_until": None, "detail": why}
    return c.execute(cancelled.values(**values)).rowcount


def expire(c: Connection, now: datetime) -> int:
    """Cancel the unsent rows of notices past `sendable_until`, and of those that will never go out (again)."""
    some = exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([state.value for state in CANCELLABLE]))
    never = or_(_n.c.void_at.is_not(None), _n.c.state != NoticeState.APPROVED.value)
    past = select(_n.c.id).where(_n.c.sendable_until <= now, ~never, some)
    gone = select(_n.c.id, _n.c.void_why).where(never, some)
    cancelled = _cancel(c, list(c.execute(past).scalars()), now, "its time had passed before it could be sent")
    for row in c.execute(gone).all():
        cancelled += _cancel(c, [row.id], now, row.void_why or "its notice was cancelled")
    return cancelled


def settle(c: Connection, delivery: int, arrived: bool, now: datetime) -> bool:
    """A person's word on a row in doubt: it arrived, or it did not and is sent again. False: it is not in doubt."""
    to = State.ACCEPTED if arrived else State.QUEUED
    values = {"state": to.value, "settled_at": now if arrived else None, "due_at": now}
    return _by_person(c, delivery, State.IN_DOUBT, values)


def revive(c: Connection, delivery: int, now: datetime) -> bool:
    """A person asks for one more round of tries for a dead row. False: it is not dead."""
    values = {"state": State.QUEUED.value, "settled_at": None, "due_at": now, "attempts": 0}
    return _by_person(c, delivery, State.DEAD, values)


def _by_person(c: Connection, delivery: int, was: State, values: dict[str, Any]) -> bool:
    changed = c.execute(update(_d).where(_d.c.id == delivery, _d.c.state == was.value).values(**values)).rowcount
    if changed:
        _ask_again_for(c, [delivery])
    return bool(changed)
