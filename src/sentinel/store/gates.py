"""What must be so for a row of the ledger to go out, in SQL: the gates, and the statements of a wave that ask for them.

Belongs here: the WHERE of claiming and arming. Does not belong here: who runs them, and every other change of a row
(ledger.py).

Each statement is built once a lane: building one costs more than running it. They take `now` (by the application's clock),
`epoch`, `channels` and `most`; `lease` is how long a lease lasts, on the clock of leases.
"""

from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, String, and_, bindparam, case, exists, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.notice import NoticeState
from sentinel.store import tables
from sentinel.store.column import Duration, Instant, lease_now

_d, _n, _i, _r, _b = tables.delivery, tables.notice, tables.installation, tables.rate, tables.broken

FIELDS: Final = tuple(Delivery.__dataclass_fields__)
NOW: Final = bindparam("now", type_=Instant)
_WINDOW: Final = bindparam("window", type_=Duration)
LEASE_END: Final = lease_now() + bindparam("lease", type_=Duration)
SWITCH: Final = (_i.c.id == 1, _i.c.hold.is_(False), _i.c.epoch == bindparam("epoch"))
# The first clause finds the rows by their key; the second is the one that matters.
HELD: Final = and_(
    _d.c.id.in_(bindparam("ids", expanding=True)), tuple_(_d.c.id, _d.c.fence).in_(bindparam("held", expanding=True))
)


def _gates(lane: Lane) -> tuple[ColumnElement[bool], ...]:
    """What must be so for a row to go out.

    Its notice stands, and its channel neither rests nor is broken. Other lanes than the customers' are approved from birth, and
    no switch holds them (P1, P9).
    """
    standing = (_n.c.id == _d.c.notice, _n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None))
    rests = exists().where(_r.c.key == _d.c.channel, _r.c.rest_until > lease_now())
    is_broken = exists().where(_b.c.channel == _d.c.channel, _b.c.address == "", _b.c.mended_at.is_(None))
    if lane is not Lane.CUSTOMERS:
        return exists().where(*standing), ~rests, ~is_broken
    in_time = or_(_n.c.sendable_until.is_(None), _n.c.sendable_until > NOW)
    goes_on = (*standing, in_time, _n.c.release_at <= NOW, _n.c.paused_at.is_(None))
    # What may have arrived goes again only while its provider takes our key twice for one.
    is_safe = or_(_d.c.doubted_at.is_(None), _d.c.dedupes_until > lease_now())
    return exists().where(*goes_on), exists().where(*SWITCH), ~rests, ~is_broken, is_safe


def _due(lane: Lane, state: State) -> CTE:
    """The first rows of one state that may go out."""
    mine = (_d.c.lane == lane.value, _d.c.state == state.value, tables.claimable, _d.c.due_at <= NOW)
    by_channel = _d.c.channel.in_(bindparam("channels", expanding=True))
    first = select(_d.c.id, _d.c.due_at).where(*mine, by_channel, *_gates(lane)).order_by(_d.c.due_at, _d.c.id)
    locked = first.limit(bindparam("most")).with_for_update(skip_locked=True, of=_d)
    return locked.cte(state.value).prefix_with("MATERIALIZED", dialect="postgresql")


def claiming(lane: Lane) -> ReturningUpdate[Any]:
    """Takes the first rows that may go out."""
    # One look a state: over both at once no index has the order, and a queue of a million would be sorted at every claim.
    queued, retry = _due(lane, State.QUEUED), _due(lane, State.RETRY)
    both = select(queued.c.id, queued.c.due_at).union_all(select(retry.c.id, retry.c.due_at)).subquery()
    pick = select(both.c.id).order_by(both.c.due_at, both.c.id).limit(bindparam("most")).cte("pick")
    taken = update(_d).where(_d.c.id.in_(select(pick.c.id)))
    values = {"state": State.CLAIMED.value, "fence": _d.c.fence + 1, "lease_until": LEASE_END}
    return taken.values(**values).returning(*(_d.c[name] for name in FIELDS))


def arming(lane: Lane) -> ReturningUpdate[Any]:
    """Puts rows `held` on disk as armed, where every gate is still open. `window`: for how long the provider `by` dedupes on
    our key from the first arming on; None where it does not.

    It waits for nobody. A statement that waits for a row goes by what the gates said before it waited, and the switch may have
    been turned off meanwhile (P8): a row that somebody else has locked is not armed now.
    """
    mine = (HELD, _d.c.state == State.CLAIMED.value, _d.c.lane == lane.value, *_gates(lane))
    is_first = and_(_d.c.dedupes_until.is_(None), _WINDOW.is_not(None))
    values = {
        "state": State.ARMED.value,
        "armed_at": NOW,
        "attempts": _d.c.attempts + 1,
        "dedupes_until": case((is_first, lease_now() + _WINDOW), else_=_d.c.dedupes_until),
        "dedupes_by": case((is_first, bindparam("by", type_=String)), else_=_d.c.dedupes_by),
    }
    return update(_d).where(_d.c.id.in_(_free(*mine))).values(**values).returning(_d.c.id)


def releasing() -> ReturningUpdate[Any]:
    """Gives claimed rows `held` back. One that somebody else has locked is left to its lease: the page must not wait for it."""
    mine = (HELD, _d.c.state == State.CLAIMED.value)
    return update(_d).where(_d.c.id.in_(_free(*mine))).values(state=State.QUEUED.value, lease_until=None).returning(_d.c.id)


def _free(*mine: ColumnElement[bool]) -> Select[Any]:
    """Those of our rows that nobody else has locked; locked by us from now on."""
    free = select(_d.c.id).where(*mine).with_for_update(skip_locked=True, of=_d)
    return select(free.cte("free").prefix_with("MATERIALIZED", dialect="postgresql").c.id)


def _has(state: State) -> ColumnElement[bool]:
    """Whether a notice has a row in this state. In the order of an index and with a limit: PostgreSQL would count on finding
    one soon among all that there are, and in a long queue they lie at its end."""
    first = select(_d.c.id).where(_d.c.notice == _n.c.id, _d.c.state == state.value).order_by(_d.c.settled_at).limit(1)
    return first.scalar_subquery().is_not(None)


# Whether any notice that may go out has rows to claim. Recent ones are looked at first: they are the likely ones.
READY: Final = (
    select(_n.c.id)
    .where(_n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None), _n.c.release_at <= NOW, _n.c.paused_at.is_(None))
    .where(or_(_has(State.QUEUED), _has(State.RETRY)))
    .order_by(_n.c.id.desc())
    .limit(1)
)
