"""Batches: how the rows of an approved notice come into the ledger: the first batch, its verdict, then the rest under the caps;
and the watch over how these fare.

Belongs here: asking the pure rooms and writing their answer. Does not belong here: the verdict (notify/batch.py), the rows
(store/expansion.py), what a person says to a pause (consent.py).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, case, false, func, select

from sentinel.model.delivery import State
from sentinel.model.incident import Noted
from sentinel.model.limits import OWED
from sentinel.model.notice import Approval, Notice, NoticeState, Towards
from sentinel.model.returned import Ways
from sentinel.model.service import Impact
from sentinel.notify.batch import Batch, Verdict, judge, turns_bad, why_paused, why_stopped
from sentinel.run import poison, timeline
from sentinel.run.case import Case
from sentinel.run.world import World
from sentinel.store import caps, expansion, notices, tables
from sentinel.store.column import Instant
from sentinel.store.expansion import Written
from sentinel.store.ledger import LAPSED, STOPPED
from sentinel.store.terms import Terms

_d = tables.delivery
_FAILED: Final = [State.REJECTED.value, State.DEAD.value, State.IN_DOUBT.value]
_OURS: Final = and_(_d.c.state == State.IN_DOUBT.value, _d.c.detail.in_([STOPPED, LAPSED]))
"""What our own stop left in doubt, which says nothing of the message."""
_SINCE: Final = bindparam("since", type_=Instant)
_OF: Final = _d.c.notice == bindparam("notice")
_FAILED_SINCE: Final = select(
    select(func.count()).where(_OF, _d.c.state.in_(_FAILED), _d.c.settled_at > _SINCE, ~_OURS).scalar_subquery()
    + select(func.count())
    .where(_OF, _d.c.bounced_at.is_not(None), _d.c.bounced_at > _SINCE)  # only what was accepted comes back
    .scalar_subquery()
)
"""Of one notice, by two indexes: it is asked in every round while the notice goes out. Asked for the state of what came back,
SQLite would read all that was accepted."""
MOST_HELD: Final = 10
"""Who sleeps is no part of a first batch, up to so many times its size: from there on they are the batch, in their morning."""
_UNDER_WAY: Final = [State.QUEUED.value, State.CLAIMED.value, State.ARMED.value, State.RETRY.value, State.HELD.value]


def expand(c: Connection, world: World, now: datetime, limit: int) -> int:
    """Write ledger rows for approved notices that still owe some, as far as their batch and the caps allow; how many. A notice
    that breaks us stops no other."""
    written = 0

    def owing() -> Iterator[int]:
        # Only those that are looked at: one that was left aside is well again once it was, and not before.
        for number in notices.unexpanded(c):
            if written >= limit:
                return
            yield number

    def some(number: int) -> None:
        nonlocal written
        notice = notices.one(c, number)
        if notice is not None and notice.towards is Towards.CUSTOMERS:
            written += _some(c, world, notice, now, limit - written).rows

    poison.each(c, poison.NOTICE, owing(), some, now)
    return written


def _some(c: Connection, world: World, notice: Notice, now: datetime, limit: int) -> Written:
    is_late = notice.sendable_until is not None and notice.sendable_until <= now
    if notice.paused_at is not None or is_late:
        return Written()
    guards = world.installation.guards
    room, only = limit, tuple[str, ...]()
    if notice.tried_at is None:
        batch = of_notice(c, notice, guards.first_batch, now)
        if batch.size >= guards.first_batch:
            if not _goes_on(c, world, notice, batch, now):
                return Written()
        else:
            room = min(limit, guards.first_batch - batch.size)
            only = _drawn(c, notice) if batch.size == 0 else ()
    if notice.occasion not in OWED:
        room = min(room, caps.left(c, guards, now).messages)
        if room <= 0:
            return Written()
    written = _write(c, world, notice, now, limit, room, only)
    if notice.occasion not in OWED:
        caps.spend(c, written.asked, now)
    return written


def _write(c: Connection, world: World, notice: Notice, now: datetime, limit: int, room: int, only: Sequence[str]) -> Written:
    if notice.snapshot is None:
        rows = expansion.expand_told(c, notice, now, min(limit, room))
        return Written(rows=rows, asked=rows)
    terms = _terms(c, world, notice, room)
    if only:
        drawn = Terms(**{name: getattr(terms, name) for name in Terms.__dataclass_fields__} | {"only": only})
        written = expansion.expand_on(c, notice, now, limit, drawn)
        if written.rows:
            return written
    return expansion.expand_on(c, notice, now, limit, terms)


def _drawn(c: Connection, notice: Notice) -> tuple[str, ...]:
    """Who is to get it first; nobody is drawn where all of them are the first batch. (Those of a redraft, where some have had
    the earlier one, are as they come.)"""
    found = None if notice.snapshot is None else notices.snapshot(c, notice.snapshot)
    return () if found is None or found.admitted <= len(found.first) else found.first


def _terms(c: Connection, world: World, notice: Notice, room: int) -> Terms:
    installation = world.installation
    approved = notices.approval_of(c, notice.id)
    wakes = approved is None or approved[0].quoted.impact is Impact.MAJOR_OUTAGE or notice.occasion in OWED
    return Terms(
        room=room,
        guards=installation.guards,
        quiet=None if wakes else installation.guards.quiet,
        named=() if approved is None else _named(approved[0]),
        drill=installation.drill,
    )


def _named(approval: Approval) -> tuple[datetime, ...]:
    quoted = approval.quoted
    return tuple(at for at in (quoted.promise_at, quoted.next_word_at) if at is not None)


def of_notice(c: Connection, notice: Notice, first_batch: int, now: datetime) -> Batch:
    """How the rows of a notice stand. Left out: who is not sent to, who is held over quiet hours (`MOST_HELD`), and what our
    own stop left in doubt, which says nothing of the message."""
    late = and_(_d.c.state == State.QUEUED.value, _d.c.attempts == 0, _d.c.due_at > now)
    held = false() if notice.release_at is None else and_(late, _d.c.due_at > notice.release_at)
    kinds = (_d.c.state, _d.c.bounced_at.is_not(None).label("came_back"), case((held, 1), else_=0).label("sleeps"))
    each = select(*kinds).where(_d.c.notice == notice.id, ~_OURS).subquery()
    counted = select(each, func.count().label("n")).group_by(*each.c)
    accepted = failed = under_way = asleep = 0
    for row in c.execute(counted):
        if row.sleeps:
            asleep += row.n
            continue
        came_back = row.state == State.ACCEPTED.value and row.came_back
        accepted += row.n if row.state == State.ACCEPTED.value and not came_back else 0
        failed += row.n if row.state in _FAILED or came_back else 0
        under_way += row.n if row.state in _UNDER_WAY else 0
    is_theirs = asleep >= MOST_HELD * first_batch
    return Batch(accepted=accepted, failed=failed, under_way=under_way + (asleep if is_theirs else 0))


def _goes_on(c: Connection, world: World, notice: Notice, batch: Batch, now: datetime) -> bool:
    """Write down the verdict over a first batch, if there is one; whether the rest may go."""
    guards = world.installation.guards
    verdict = judge(batch, notice.occasion, guards, notice.release_at, now, went_at(c, world, notice))
    if verdict is Verdict.GOOD:
        notices.change(c, notice.id, tried_at=now)
    elif verdict is Verdict.BAD:
        _pause(c, notice, why_paused(batch, notice.occasion, guards), now)
    return verdict is Verdict.GOOD


def watch(c: Connection, world: World, case: Case, now: datetime) -> bool:
    """Pause what was let go on and goes badly since: bounces come minutes after the first batch was judged. Whether any was.

    From rows alone, so that a restart forgets nothing. What a person has seen and let go on counts no more.
    """
    paused = False
    for notice in case.record.notices:
        going = notice.state is NoticeState.APPROVED and notice.void_at is None and notice.paused_at is None
        if not going or notice.tried_at is None or notice.towards is not Towards.CUSTOMERS:
            continue
        armed = sum(count.n for count in case.counts if count.notice == notice.id and count.state is State.ARMED)
        if case.record.unsent.get(notice.id, 0) > armed:  # what is armed no pause stops
            paused |= _stops(c, world, case, notice, notice.tried_at, now)
    return paused


def _stops(c: Connection, world: World, case: Case, notice: Notice, since: datetime, now: datetime) -> bool:
    at_rest = (State.ACCEPTED.value, *_FAILED)
    sent = sum(count.n for count in case.counts if count.notice == notice.id and count.state.value in at_rest)
    failed = int(c.execute(_FAILED_SINCE, {"notice": notice.id, "since": since}).scalar_one())
    guards = world.installation.guards
    if not turns_bad(sent, failed, notice.occasion, guards):
        return False
    _pause(c, notice, why_stopped(sent, failed, notice.occasion, guards), now)
    return True


def _pause(c: Connection, notice: Notice, why: str, now: datetime) -> None:
    notices.change(c, notice.id, paused_at=now, paused_why=why)
    said = Noted(text=f"Message {notice.id} is paused: {why}.")
    timeline.write(c, notice.incident, (said,), who="sentinel", why="", now=now)


def went_at(c: Connection, world: World, notice: Notice) -> datetime | None:
    """When the last one was taken by a channel whose bounces reach us; None where none was."""
    by_mail = (name for name, one in world.installation.channels.items() if getattr(one.options, "bounces", None))
    hearing = {*world.callbacks, *(by_mail if world.installation.returns != Ways() else ())}
    if not hearing:
        return None
    taken = (_d.c.notice == notice.id, _d.c.state == State.ACCEPTED.value, _d.c.channel.in_(sorted(hearing)))
    last: datetime | None = c.execute(select(func.max(_d.c.settled_at)).where(*taken)).scalar_one()
    return last


def rest_of(c: Connection, notice: Notice) -> int:
    """How many have still to get a notice that is paused: those without a row, and those whose row has not gone out."""
    waits = select(func.count()).where(_d.c.notice == notice.id, _d.c.state.in_(_UNDER_WAY))
    return int(c.execute(waits).scalar_one()) + expansion.without_row(c, notice.id)


def is_unfinished(c: Connection, notice: Notice) -> bool:
    """Whether people of it have no row yet."""
    t = tables.notice.c
    return c.execute(select(t.id).where(t.id == notice.id, ~t.expanded, t.snapshot.is_not(None))).one_or_none() is not None
