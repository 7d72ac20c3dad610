"""The canary notice: a message to nobody that goes the whole way of every other one: round, ledger, claim, arm, accepted.

It never leaves this process: its channel takes it and throws it away. That it arrives within the minute shows that notices are
made and sent; that it does not is found by the self-audit (F44). Belongs here: making it, and its channel.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection as Transaction
from sqlalchemy import delete, insert, select

from sentinel.deliver.outcome import NotArmed, Outcome
from sentinel.model.delivery import CANARY, Accepted, Lane, State
from sentinel.model.message import Message
from sentinel.model.notice import Brief, Notice, NoticeState, Occasion, Towards
from sentinel.run.outlet import Connection
from sentinel.store import notices, tables

CHANNEL: Final = "sentinel-canary"
EVERY: Final = timedelta(seconds=30)
_d, _n = tables.delivery, tables.notice


class Perch:
    """The channel of canaries: whatever is armed has arrived."""

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        return Accepted(ref="canary") if await arm() else NotArmed()

    async def close(self) -> None:
        """There is nothing to close."""


def perch() -> Connection:
    """Its opener. One function, so that a reload finds it unchanged."""
    return Perch()


def of_lane(lane: Lane, channels: Mapping[str, Callable[[], Connection]]) -> dict[str, Callable[[], Connection]]:
    """The channels of a lane: that of housekeeping carries canaries alone."""
    return {CHANNEL: perch} if lane is Lane.HOUSEKEEPING else dict(channels)


def beat(c: Transaction, now: datetime, every: timedelta = EVERY) -> None:
    """Send one more if the last one arrived, and is old enough. Called in rounds, under the guard: one hub alone does it."""
    last = c.execute(
        select(_d.c.id, _d.c.state, _d.c.made_at).where(_d.c.subject == CANARY).order_by(_d.c.id.desc()).limit(1)
    ).one_or_none()
    if last is not None:
        is_recent = timedelta(0) <= now - last.made_at < every
        if is_recent or last.state not in (State.ACCEPTED.value, State.DEAD.value, State.CANCELLED.value):
            return
        c.execute(delete(_d).where(_d.c.subject == CANARY, _d.c.id < last.id))
    _send(c, _notice(c, now), 1 if last is None else last.id + 1, now)


def _notice(c: Transaction, now: datetime) -> int:
    """The one notice of all canaries."""
    mine = select(_n.c.id).where(_n.c.subject == CANARY, _n.c.void_at.is_(None)).order_by(_n.c.id.desc()).limit(1)
    known = c.execute(mine).scalar_one_or_none()
    if known is not None:
        return int(known)
    made = notices.make(
        c,
        Notice(
            id=0,
            subject=CANARY,
            incident=0,
            episode=0,
            step=CANARY,
            cause=0,
            occasion=Occasion.CHANGED,
            towards=Towards.STAFF,
            state=NoticeState.APPROVED,
            made_at=now,
            rule="staff",
            release_at=now,
        ),
    )
    assert made is not None, "there was none a moment ago"
    notices.change(c, made.id, expanded=True)
    notices.keep_brief(c, made.id, _brief())
    return made.id


def _send(c: Transaction, notice: int, number: int, now: datetime) -> None:
    c.execute(
        insert(_d).values(
            notice=notice,
            lane=Lane.HOUSEKEEPING.value,
            channel=CHANNEL,
            subject=CANARY,
            episode=0,
            step=f"beat#{number}",
            person=CANARY,
            name="",
            address=CANARY,
            language="en",
            zone="UTC",
            state=State.QUEUED.value,
            due_at=now,
            made_at=now,
        )
    )


def _brief() -> Brief:
    return Brief(
        reference="",
        occasion=Occasion.CHANGED,
        headline="canary",
        services=(),
        felt=(),
        since=None,
        until=None,
        next_word=None,
        who="",
        say="",
    )
