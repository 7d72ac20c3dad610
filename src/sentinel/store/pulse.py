"""What the self-audit asks of the store: whether the work of others lies about undone. Nothing here changes a row.

The questions are independent of the code that does the work: asked of the rows themselves, so that a round that runs and does
nothing is found out too.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, exists, func, or_, select

from sentinel.model.delivery import CANARY, Lane, State
from sentinel.model.estimate import PromiseState
from sentinel.model.limits import OWED, Guards
from sentinel.model.notice import NoticeState, Occasion, Towards
from sentinel.store import caps, gates, tables
from sentinel.store.column import Duration, lease_now

_d, _n, _i, _p = tables.delivery, tables.notice, tables.incident, tables.promise

LOOKED_AT: Final = 50
"""So many notices with waiting rows are looked at in each lane."""
_WAITING: Final = _d.c.state.in_([State.QUEUED.value, State.RETRY.value])
_IN_HAND: Final = _d.c.state.in_([State.CLAIMED.value, State.ARMED.value])


def waiting_since(c: Connection, lane: Lane, now: datetime, late: timedelta, epoch: int) -> datetime | None:
    """When a row of the lane became due that could go, has been able to for longer than `late`, and nobody works on its notice.

    Rows whose gate is closed (the kill switch, a paused batch, a channel that rests or is broken) wait with a reason.
    """
    asked = {"now": now, "epoch": epoch, "lane": lane.value, "past": now - late}
    found: list[datetime] = []
    for notice in c.execute(_candidates(lane), asked).scalars().all():
        mine = (_d.c.notice == notice, _d.c.lane == lane.value)
        if c.execute(select(_d.c.id).where(*mine, _IN_HAND, _d.c.lease_until > lease_now()).limit(1), asked).first():
            continue
        could_go = select(_d.c.due_at).where(*mine, _WAITING, _d.c.due_at <= bindparam("past", type_=_d.c.due_at.type))
        first = c.execute(could_go.where(*gates._gates(lane)).limit(1), asked).scalar_one_or_none()
        if first is not None:
            found.append(first)
    return min(found, default=None)


def _candidates(lane: Lane) -> Select[Any]:
    """Notices with waiting rows of the lane."""
    if lane is Lane.CUSTOMERS:
        there = exists().where(_d.c.notice == _n.c.id, _WAITING)
        open_ = (_n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None), _n.c.paused_at.is_(None))
        return (
            select(_n.c.id)
            .where(*open_, _n.c.towards == Towards.CUSTOMERS.value, there)
            .order_by(_n.c.id.desc())
            .limit(LOOKED_AT)
        )
    due = (_d.c.lane == lane.value, _WAITING, _d.c.due_at <= bindparam("past", type_=_d.c.due_at.type))
    return select(_d.c.notice).where(*due).distinct().order_by(_d.c.notice.desc()).limit(LOOKED_AT)


def waiting_by_channel(c: Connection, since: datetime, before: datetime) -> dict[str, datetime]:
    """Channel → when the oldest message to staff was made that it has still not taken, of those made in between. For whatever
    reason: that nobody hears by a channel that rests is worth a word by another one."""
    mine = (_d.c.lane == Lane.STAFF.value, or_(_WAITING, _IN_HAND), _d.c.made_at > since, _d.c.made_at <= before)
    found = select(_d.c.channel, func.min(_d.c.made_at).label("at")).where(*mine).group_by(_d.c.channel)
    return {row.channel: row.at for row in c.execute(found.order_by(_d.c.channel))}


def lapsed_leases(c: Connection, now: datetime, late: timedelta) -> int:
    """Rows in the hands of somebody who has not been heard of for so long, and whom nobody took them back from."""
    past = lease_now() - bindparam("late", type_=Duration)
    counted = select(func.count()).select_from(_d).where(_IN_HAND, _d.c.lease_until < past)
    return int(c.execute(counted, {"now": now, "late": late}).scalar_one())


def untold_incidents(c: Connection, before: datetime) -> int:
    """Incidents that were opened before then, and of which no notice to staff was made (P1)."""
    told = exists().where(_n.c.incident == _i.c.id, _n.c.towards == Towards.STAFF.value)
    counted = select(func.count()).select_from(_i).where(_i.c.open, _i.c.opened_at < before, ~told)
    return int(c.execute(counted).scalar_one())


def past_promises(c: Connection, before: datetime) -> list[int]:
    """The incidents of promises that lapsed before then and are still open (P7)."""
    open_ = (_p.c.state == PromiseState.OPEN.value, _p.c.at < before)
    return list(c.execute(select(_p.c.incident).where(*open_).distinct().order_by(_p.c.incident).limit(LOOKED_AT)).scalars())


def unexpanded_notices(c: Connection, now: datetime, late: timedelta, guards: Guards) -> int:
    """Approved notices to customers that were released longer ago than `late`, owe rows to the ledger, and get none.

    What waits for the verdict over its first batch, for room under a cap, or is past its time, waits with a reason.
    """
    before, d = now - late, _d.alias("written")
    owing = (_n.c.state == NoticeState.APPROVED.value, _n.c.void_at.is_(None), ~_n.c.expanded, _n.c.paused_at.is_(None))
    mine = (_n.c.towards == Towards.CUSTOMERS.value, _n.c.snapshot.is_not(None), _n.c.release_at < before)
    in_time = or_(_n.c.sendable_until.is_(None), _n.c.sendable_until > now)
    is_judged = or_(_n.c.tried_at < before, ~exists().where(d.c.notice == _n.c.id))
    stands_still = ~exists().where(d.c.notice == _n.c.id, d.c.made_at >= before)
    found = list(c.execute(select(_n.c.occasion).where(*owing, *mine, in_time, is_judged, stands_still)).scalars())
    if found and caps.left(c, guards, now).messages <= 0:
        found = [occasion for occasion in found if Occasion(occasion) in OWED]
    return len(found)


def canary_under_way(c: Connection) -> int | None:
    """The canary's delivery that has not arrived; None when the last one did, or none was sent yet."""
    mine = (_d.c.subject == CANARY, _d.c.state != State.ACCEPTED.value)
    found = c.execute(select(_d.c.id).where(*mine).order_by(_d.c.id).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)
