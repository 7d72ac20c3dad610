"""The ledger: every change of a delivery's state in SQL. Each function is a function of the caller's transaction.

Belongs here: claiming, arming, marking, leases, cancelling, settling. Does not belong here: what follows from what
(deliver/ledger.py holds the table of moves; tests hold the two equal), how rows get here (expansion.py), the gates (gates.py),
late proof and bounces (proof.py), counting (books.py).

Who may change a row asks for it in the WHERE: a sender by id, fence and state, so that one that was paused or replaced changes
nothing; the customers' gates once at the claim and once more at the arming, in the statement itself (P5).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from sentinel.deliver.ledger import ONCE, trusted
from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.notice import NoticeState
from sentinel.store import broken, gates, rates, tables
from sentinel.store.bulk import Rows
from sentinel.store.column import Instant, lease_now, microseconds
from sentinel.store.gates import FIELDS, HELD, LEASE_END, SWITCH

_d, _n, _i = tables.delivery, tables.notice, tables.installation

AT_REST: Final = (State.ACCEPTED, State.REJECTED, State.SUPPRESSED, State.CANCELLED, State.IN_DOUBT, State.DEAD)
CANCELLABLE: Final = (State.QUEUED, State.RETRY, State.HELD, State.CLAIMED)
TOLD: Final = "told"
"""The audience rule of every word after the first: see expansion.py."""
STOPPED: Final = "its sender stopped while it was being sent"
LAPSED: Final = "its sender was not heard of while it was being sent"
UNPROVEN: Final = "it may have gone out earlier, and its provider cannot tell a second one from the first any more"
_LONGEST_DETAIL: Final = 500
_LONGEST_REF: Final = 255

Held = tuple[int, int]
"""(delivery id, fence): the right to a row that a claim gave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What became of a row in the hands of a sender: it `was` claimed or armed under `fence`, and becomes `state`.

    `attempts` is the new count. `due_at` None leaves it. `detail` and `ref` are cut to what the columns hold. `doubted`: it may
    have arrived, though it is to go again. `place` is what the try said of where it went, if anything.
    """

    id: int
    fence: int
    was: State
    state: State
    attempts: int
    due_at: datetime | None = None
    detail: str = ""
    ref: str = ""
    doubted: bool = False
    place: "Place | None" = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a try said of a channel: that all are to leave it alone for so long (`rest`), that it is broken, or that it knows
    no such recipient (`gone`: the address)."""

    channel: str
    rest: timedelta | None = None
    is_broken: bool = False
    gone: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """For how long a provider takes a second message with our key for the first, and which provider that is (`by`)."""

    window: timedelta
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """How many rows of senders that are gone went back to the queue, and how many are in doubt now."""

    requeued: int
    in_doubt: int


def as_delivery(row: Row[Any]) -> Delivery:
    """A row with all columns that the record names."""
    return Delivery(**{name: getattr(row, name) for name in FIELDS} | {"lane": Lane(row.lane), "state": State(row.state)})


_CLAIM: Final = {lane: gates.claiming(lane) for lane in Lane}
_ARM: Final = {lane: gates.arming(lane) for lane in Lane}
_RENEW: Final = (
    update(_d)
    .where(HELD, _d.c.state.in_([State.CLAIMED.value, State.ARMED.value]))
    .values(lease_until=LEASE_END)
    .returning(_d.c.id)
)
_RELEASE: Final = gates.releasing()
_IS_OPEN: Final = select(_i.c.id).where(*SWITCH)


def _is_open(c: Connection, now: datetime, epoch: int) -> bool:
    """Whether anything at all may go to customers now: the switch is off, the store is ours, and a notice is ready."""
    switch = c.execute(_IS_OPEN, {"epoch": epoch}).one_or_none()
    return switch is not None and c.execute(gates.READY, {"now": now}).one_or_none() is not None


def claim(
    c: Connection, lane: Lane, channels: Sequence[str], limit: int, now: datetime, lease: timedelta, epoch: int
) -> list[Delivery]:
    """Take up to `limit` rows of `lane` that are due and may go out by one of `channels`, for as long as `lease`.

    In the order of due_at and id. Each claim raises the row's fence. Safe for many claimers on databases with row locks.
    """
    if not channels or (lane is Lane.CUSTOMERS and not _is_open(c, now, epoch)):
        return []  # the statement below asks the same, but would look at every row of a long queue to find it out
    asked = {"channels": list(channels), "most": limit, "now": now, "lease": lease, "epoch": epoch}
    found = [_claimed(lane, row) for row in c.execute(_CLAIM[lane], asked)]
    return sorted(found, key=lambda each: (each.due_at or now, each.id))


def _claimed(lane: Lane, row: Row[Any]) -> Delivery:
    """As `as_delivery` makes it of a row whose columns stand in the order of the record: a third of the price."""
    return Delivery(**dict(zip(FIELDS, row, strict=True)) | {"lane": lane, "state": State.CLAIMED})


def _rows(rows: Sequence[Held]) -> dict[str, Any]:
    return {"ids": [each for each, _ in rows], "held": list(rows)}


def arm(
    c: Connection, lane: Lane, rows: Sequence[Held], now: datetime, epoch: int, trusts: Mapping[int, Trust] | None = None
) -> set[int]:
    """The ids among `rows` that may be sent now: still ours, every gate open. Theirs is the point of no return.

    `trusts`: row → what its provider dedupes on our key. It counts from the first arming, and for that provider alone.
    """
    armed: set[int] = set()
    for trust, some in _by_trust(rows, trusts or {}).items():
        asked = {"now": now, "epoch": epoch, "window": trust and trusted(trust.window), "by": trust and trust.by}
        armed.update(c.execute(_ARM[lane], _rows(some) | asked).scalars())
    return armed


def _by_trust(rows: Sequence[Held], trusts: Mapping[int, Trust]) -> dict[Trust | None, list[Held]]:
    """Nearly always one group: the rows of one page go by one channel, or by several that are trusted alike."""
    groups: dict[Trust | None, list[Held]] = {}
    for held in rows:
        groups.setdefault(trusts.get(held[0]), []).append(held)
    return groups


def renew(c: Connection, rows: Sequence[Held], now: datetime, lease: timedelta) -> set[int]:
    """Keep `rows` for as long as `lease` from now on; the ids that are still ours. Stop at once where one is missing."""
    if not rows:
        return set()
    return set(c.execute(_RENEW, _rows(rows) | {"now": now, "lease": lease}).scalars())


def release(c: Connection, rows: Sequence[Held]) -> int:
    """Give claimed rows back unsent; how many were still ours. One that somebody else has locked is left to its lease."""
    return len(c.execute(_RELEASE, _rows(rows)).all()) if rows else 0


_DOUBTS: Final = bindparam("doubts", type_=Boolean)
_NOTHING_TAKEN: Final = and_(_d.c.doubted_at.is_(None), bindparam("nothing_taken", type_=Boolean))
_AT: Final = bindparam("at", type_=Instant)
_RESULT: Final[dict[str, Any]] = {
    "state": bindparam("to_state"),
    "attempts": bindparam("tried"),
    "due_at": func.coalesce(bindparam("due", type_=BigInteger), _d.c.due_at),
    "settled_at": bindparam("settled", type_=BigInteger),
    "ref": bindparam("its_ref"),
    "detail": bindparam("said"),
    "lease_until": null(),
    "doubted_at": case((_DOUBTS, func.coalesce(_d.c.doubted_at, bindparam("at", type_=BigInteger))), else_=_d.c.doubted_at),
    # Where we know that no try was taken, the next one is the first again.
    "dedupes_until": case((_NOTHING_TAKEN, null()), else_=_d.c.dedupes_until),
}
_MINE: Final = (_d.c.id == bindparam("of_id"), _d.c.fence == bindparam("of_fence"))
_MARK: Final = update(_d).where(*_MINE, _d.c.state == bindparam("of_state")).values(**_RESULT)
_WAITING: Final = [State.QUEUED.value, State.RETRY.value, State.HELD.value]
# No IN: its list is expanded as a statement runs, which one that is run for many rows at once cannot be.
_WAITS: Final = or_(*(_d.c.state == state for state in _WAITING))
IS_UNPROVEN: Final = or_(
    _d.c.state == State.IN_DOUBT.value, and_(_WAITS, _d.c.doubted_at.is_not(None), _d.c.armed_at.is_not(None))
)
"""Rows that late proof settles: in doubt, or doubted and waiting to go again."""
_PROVE: Final = update(_d).where(*_MINE, IS_UNPROVEN).values(**_RESULT)


def mark(c: Connection, marks: Sequence[Mark], now: datetime) -> int:
    """Write what became of rows; how many were changed. One by a sender that lost its row changes nothing, except that an
    acceptance that comes late settles the doubt (P3: proof moves `in_doubt` to `accepted`)."""
    if not marks:
        return 0
    # In one order, as all who write several rows: two that wait for each other are a deadlock.
    marks, at = sorted(marks, key=lambda each: each.id), microseconds(now)
    changed = _marking(c.dialect).put(c, [_values(each, at) for each in marks])
    _see_to_places(c, marks, now)
    if changed == len(marks):
        return changed
    late = [_values(each, at) for each in marks if each.state is State.ACCEPTED]
    proven = c.execute(_PROVE, late).rowcount if late else 0
    if proven:
        ask_again_for(c, [row["of_id"] for row in late])
    return changed + proven


@lru_cache(maxsize=64)
def _marking(dialect: Dialect) -> Rows:
    return Rows(dialect, _MARK)


def _values(mark: Mark, now: int) -> dict[str, Any]:
    """As the columns hold them: a result a message, so what prepares each of them is most of the price."""
    return {
        "of_id": mark.id,
        "of_fence": mark.fence,
        "of_state": mark.was.value,
        "to_state": mark.state.value,
        "tried": mark.attempts,
        "due": None if mark.due_at is None else microseconds(mark.due_at),
        "settled": now if mark.state in AT_REST else None,
        "its_ref": _plain(mark.ref)[:_LONGEST_REF],
        "said": _plain(mark.detail)[:_LONGEST_DETAIL],
        "doubts": mark.doubted,
        "nothing_taken": mark.state is State.RETRY and not mark.doubted,
        "at": now,
    }


def _see_to_places(c: Connection, marks: Sequence[Mark], now: datetime) -> None:
    """Write down what the tries said of where they went."""
    said = [(each.place, each.detail) for each in marks if each.place is not None]
    pauses: dict[str, timedelta] = {}
    for place, _ in said:
        if place.rest is not None:
            pauses[place.channel] = max(place.rest, pauses.get(place.channel, place.rest))
    rates.rest(c, pauses, now)
    for place, why in sorted(said, key=lambda each: (each[0].channel, each[0].gone)):
        if place.is_broken:
            broken.breaks(c, place.channel, _plain(why), now)
        elif place.gone:
            broken.strike(c, place.channel, place.gone, _plain(why), now)


def _plain(text: str) -> str:
    """A provider's words as one line of characters that every database can hold."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def ask_again(c: Connection, subject: str, episode: int) -> None:
    """Somebody may be told after all: the notices to those who were told must look again (P6)."""
    told = (_n.c.rule == TOLD, _n.c.subject == subject, _n.c.episode == episode, _n.c.expanded)
    c.execute(update(_n).where(*told).values(expanded=False))


def ask_again_for(c: Connection, deliveries: Sequence[int]) -> None:
    """The same, for the episodes of these rows."""
    for row in c.execute(select(_d.c.subject, _d.c.episode).where(_d.c.id.in_(deliveries)).distinct()).all():
        ask_again(c, row.subject, row.episode)


def recover(c: Connection, now: datetime) -> Lost:
    """At the start of the only process: whatever was claimed or armed belonged to one that is gone."""
    return _lose(c, [], now, STOPPED)


_LEASED: Final = (_d.c.lane.in_([lane.value for lane in Lane]), _d.c.state.in_([State.CLAIMED.value, State.ARMED.value]))
_HAS_LAPSED: Final = select(exists().where(*_LEASED, _d.c.lease_until < lease_now()))


def lapse(c: Connection, now: datetime) -> Lost:
    """Take back the rows whose leases ran out."""
    if not c.execute(_HAS_LAPSED, {"now": now}).scalar_one():
        return Lost(requeued=0, in_doubt=0)  # as in nearly every round
    return _lose(c, [_d.c.lease_until < lease_now()], now, LAPSED)


def _lose(c: Connection, which: list[ColumnElement[bool]], now: datetime, why: str) -> Lost:
    def gone(lanes: Iterable[Lane], state: State, to: State, *more: ColumnElement[bool], **values: Any) -> int:
        mine = (_d.c.lane.in_([lane.value for lane in lanes]), _d.c.state == state.value, *which, *more)
        changed = update(_d).where(*mine).values(state=to.value, lease_until=None, **values)
        return c.execute(changed, {"now": now}).rowcount

    doubted = func.coalesce(_d.c.doubted_at, literal(now, Instant))
    twice_is_once = _d.c.dedupes_until > lease_now()
    # Asked again: on PostgreSQL the clock goes on from one statement to the next, and more leases may have run out by then.
    never_twice = or_(_d.c.dedupes_until.is_(None), _d.c.dedupes_until <= lease_now())
    claimed = gone(Lane, State.CLAIMED, State.QUEUED)
    again = gone(set(Lane) - ONCE, State.ARMED, State.QUEUED, detail=why, doubted_at=doubted)
    again += gone(ONCE, State.ARMED, State.QUEUED, twice_is_once, detail=why, doubted_at=doubted)
    doubts = gone(ONCE, State.ARMED, State.IN_DOUBT, never_twice, detail=why, settled_at=now)
    return Lost(requeued=claimed + again, in_doubt=doubts)


def cancel_notice(c: Connection, notice: int, now: datetime, why: str) -> int:
    """Cancel what of a notice has not gone out. What is armed can no longer be stopped."""
    return _cancel(c, [notice], now, why)


def _cancel(c: Connection, notices: Iterable[int], now: datetime, why: str) -> int:
    """Nobody can say of a customer's row that may have arrived that it was cancelled: it is in doubt."""
    some = (_d.c.notice.in_(list(notices)), _d.c.state.in_([state.value for state in CANCELLABLE]))
    may_have = and_(_d.c.lane.in_([lane.value for lane in ONCE]), _d.c.doubted_at.is_not(None))
    to = case((may_have, State.IN_DOUBT.value), else_=State.CANCELLED.value)
    ended = update(_d).where(*some).values(state=to, settled_at=now, lease_until=None, detail=why)
    return c.execute(ended).rowcount


_UNSENT: Final = exists().where(_d.c.notice == _n.c.id, _d.c.state.in_([state.value for state in CANCELLABLE]))
_NEVER: Final = or_(_n.c.void_at.is_not(None), _n.c.state != NoticeState.APPROVED.value)
_PAST: Final = select(_n.c.id).where(_n.c.sendable_until <= bindparam("now", type_=Instant), ~_NEVER, _UNSENT)
_GONE: Final = select(_n.c.id, _n.c.void_why).where(_NEVER, _UNSENT)


def expire(c: Connection, now: datetime) -> int:
    """Cancel the unsent rows of notices past `sendable_until`, and of those that will never go out (again)."""
    past, gone = c.execute(_PAST, {"now": now}).scalars().all(), c.execute(_GONE).all()
    cancelled = _cancel(c, past, now, "its time had passed before it could be sent") if past else 0
    for row in gone:
        cancelled += _cancel(c, [row.id], now, row.void_why or "its notice was cancelled")
    return cancelled + c.execute(_OUTLIVED, {"now": now, "at": now}).rowcount


_OUTLIVED: Final = (
    update(_d)
    .where(_d.c.doubted_at.is_not(None), _d.c.dedupes_until <= lease_now())
    .where(_d.c.lane.in_([lane.value for lane in ONCE]), _d.c.state.in_(_WAITING))
    .values(state=State.IN_DOUBT.value, settled_at=_AT, lease_until=None, detail=UNPROVEN)
)
"""Rows that may have arrived, whose providers dedupe on our key no longer: they never go again by themselves."""


def settle(c: Connection, delivery: int, arrived: bool, now: datetime) -> bool:
    """A person's word on a row in doubt: it arrived, or it did not and is sent again. False: it is not in doubt."""
    to = State.ACCEPTED if arrived else State.QUEUED
    values = {"state": to.value, "settled_at": now if arrived else None, "due_at": now}
    return _by_person(c, [delivery], State.IN_DOUBT, values) == 1


def revive(c: Connection, delivery: int, now: datetime) -> bool:
    """A person asks for one more round of tries for a dead row. False: it is not dead."""
    return _by_person(c, [delivery], State.DEAD, _afresh(now)) == 1


def revive_all(c: Connection, notice: int, limit: int, now: datetime) -> int:
    """The same for up to `limit` dead rows of a notice, in order; how many."""
    dead = select(_d.c.id).where(_d.c.notice == notice, _d.c.state == State.DEAD.value).order_by(_d.c.id).limit(limit)
    return _by_person(c, list(c.execute(dead).scalars()), State.DEAD, _afresh(now))


def _afresh(now: datetime) -> dict[str, Any]:
    return {"state": State.QUEUED.value, "settled_at": None, "due_at": now, "attempts": 0}


def _by_person(c: Connection, deliveries: Sequence[int], was: State, values: dict[str, Any]) -> int:
    fresh = {"doubted_at": None, "dedupes_until": None}
    some = update(_d).where(_d.c.id.in_(list(deliveries)), _d.c.state == was.value)
    changed = c.execute(some.values(**values, **fresh)).rowcount
    if changed:
        ask_again_for(c, deliveries)
    return changed
