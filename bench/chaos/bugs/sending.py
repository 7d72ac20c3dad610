"""Bugs of sending: what is marked, armed, resent, keyed and synced at the wrong moment.

Belongs here: patches of the senders, the ledger and the store. Does not belong here: who finds them (table.py).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import select, update

from bench.chaos.bugs.plant import plant
from sentinel.deliver.channel.email import MailConnection
from sentinel.model.delivery import Accepted, Lane, State
from sentinel.model.message import Letter
from sentinel.run.scribe import Scribe
from sentinel.store import ledger, sqlite, tables
from sentinel.store.ledger import Held, Mark

Arm = Callable[[], Awaitable[bool]]
WAVE: Final = 20
_d = tables.delivery


def mark_before_sending() -> None:
    """The row is marked accepted in the same transaction that should only arm it."""

    def work(c: Any, lane: Lane, rows: Any, now: Any, *others: Any) -> set[int]:
        armed: set[int] = arm(c, lane, rows, now, *others)
        if lane is Lane.CUSTOMERS:
            done = [
                Mark(id=i, fence=fence, was=State.ARMED, state=State.ACCEPTED, attempts=1) for i, fence in rows if i in armed
            ]
            ledger.mark(c, done, now)
        return armed

    arm = plant(ledger, "arm", work)


def resend_armed() -> None:
    """After a crash what was armed is taken for unsent, as if every provider deduped on our key."""

    def recover(c: Any, now: Any) -> Any:
        armed = _d.c.state == State.ARMED.value
        rows = c.execute(update(_d).where(armed).values(state=State.QUEUED.value))
        lost = was(c, now)
        return replace(lost, requeued=lost.requeued + rows.rowcount)

    was = plant(ledger, "recover", recover)


def ledger_in_memory() -> None:
    """Nothing is armed on disk, and results are written when a wave of them has gathered."""
    kept: list[Mark] = []

    async def arm_in_memory(self: Scribe, held: Held, *others: Any) -> bool:
        return True if self._lane is Lane.CUSTOMERS else bool(await arm(self, held, *others))

    def settle_later(self: Scribe, mark: Mark) -> None:
        if self._lane is not Lane.CUSTOMERS:
            settle(self, mark)
            return
        kept.append(replace(mark, was=State.CLAIMED))
        if len(kept) >= WAVE:
            write(self)
        else:
            asyncio.get_running_loop().call_later(1.0, write, self)

    def write(self: Scribe) -> None:
        for mark in kept:
            settle(self, mark)
        kept.clear()

    arm = plant(Scribe, "arm", arm_in_memory)
    settle = plant(Scribe, "settle", settle_later)


def send_twice() -> None:
    """Each letter is sent again as soon as it was taken."""

    async def send(self: MailConnection, message: Any, arm: Arm) -> Any:
        outcome = await was(self, message, arm)
        if isinstance(outcome, Accepted) and isinstance(message, Letter):
            await was(self, message, _always)
        return outcome

    was = plant(MailConnection, "send", send)


def no_gates() -> None:
    """Neither the kill switch, nor a void, nor the time until which a notice may be sent holds a customer's message."""

    def take(c: Any, lane: Lane, channels: Any, limit: int, now: Any, lease: Any, *others: Any) -> Any:
        if lane is not Lane.CUSTOMERS:
            return claim(c, lane, channels, limit, now, lease, *others)
        due = select(_d.c.id).where(_d.c.lane == lane.value, _d.c.channel.in_(channels), _d.c.state.in_(["queued", "retry"]))
        taken = update(_d).where(_d.c.id.in_(due.limit(limit).scalar_subquery()))
        values = taken.values(state=State.CLAIMED.value, fence=_d.c.fence + 1, lease_until=now + lease)
        return [ledger.as_delivery(row) for row in c.execute(values.returning(_d)).all()]

    def arm_all(c: Any, lane: Lane, rows: Any, now: Any, *others: Any) -> Any:
        if lane is not Lane.CUSTOMERS:
            return arm(c, lane, rows, now, *others)
        mine = update(_d).where(_d.c.id.in_([each for each, _ in rows]), _d.c.state == State.CLAIMED.value)
        return set(c.execute(mine.values(state=State.ARMED.value, armed_at=now).returning(_d.c.id)).scalars())

    claim = plant(ledger, "claim", take)
    arm = plant(ledger, "arm", arm_all)


def limit_as_final() -> None:
    """ "Not now" (429, 421, 451) is taken for "never"."""
    from sentinel.deliver import ledger as rules

    def after_failure(tried: Any, *others: Any, **named: Any) -> Any:
        failed = next(each for each in others if hasattr(each, "permanent"))
        final = replace(failed, permanent=True) if type(failed).__name__ in ("Failed", "Down", "Limited") else failed
        return was(tried, *(final if each is failed else each for each in others), **named)

    was = plant(rules, "after_failure", after_failure)


def random_key() -> None:
    """Each attempt has a key of its own, so that no provider can know a message again."""
    from sentinel.deliver.channel import http

    plant(http, "told_apart", lambda key: token_hex(20))


def synchronous_off() -> None:
    """The database answers before anything is on the disk."""
    from sqlalchemy import event

    def open_engine(path: Any) -> Any:
        engine = was(path)

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA synchronous=OFF")

        return engine

    was = plant(sqlite, "open_engine", open_engine)


async def _always() -> bool:
    return True
