"""Planted bugs: `python -m bench.chaos.planted NAME serve --config ...` is `sentinel` with one bug planted in it.

Belongs here: bugs that a harness worth its name must find. They are patched into the running process and nowhere else; the
product has no switch for them.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select, update

from sentinel.cli.main import main
from sentinel.deliver.channel.email import MailConnection
from sentinel.deliver.outcome import Outcome
from sentinel.model.delivery import Accepted, Lane, State
from sentinel.model.message import Letter, Message
from sentinel.notify import approval
from sentinel.run.scribe import Scribe
from sentinel.store import ledger, tables
from sentinel.store.ledger import Held, Mark

Arm = Callable[[], Awaitable[bool]]
WAVE: Final = 20


def _plant(owner: Any, name: str, bug: Any) -> Any:
    """Put `bug` in the place of something that must be there; what it was."""
    was = getattr(owner, name)
    setattr(owner, name, bug)
    return was


def mark_before_sending() -> None:
    """The row is marked accepted in the same transaction that should only arm it."""

    def work(c: Any, lane: Lane, rows: Any, now: Any, epoch: int) -> set[int]:
        armed: set[int] = arm(c, lane, rows, now, epoch)
        if lane is Lane.CUSTOMERS:
            done = [
                Mark(id=i, fence=fence, was=State.ARMED, state=State.ACCEPTED, attempts=1) for i, fence in rows if i in armed
            ]
            ledger.mark(c, done, now)
        return armed

    arm = _plant(ledger, "arm", work)


def resend_armed() -> None:
    """After a crash what was armed is taken for unsent, as if every provider deduped on our key."""

    def recover(c: Any, now: Any) -> Any:
        armed = tables.delivery.c.state == State.ARMED.value
        rows = c.execute(update(tables.delivery).where(armed).values(state=State.QUEUED.value))
        lost = was(c, now)
        return replace(lost, requeued=lost.requeued + rows.rowcount)

    was = _plant(ledger, "recover", recover)


def unbound_approval() -> None:
    """Whatever words the approver saw, those of now are approved."""

    def refuse(command: Any, notice: Any, draft: Any, **others: Any) -> Any:
        return was(replace(command, hash=draft.hash), notice, draft, **others)

    was = _plant(approval, "refuse", refuse)


def ledger_in_memory() -> None:
    """Nothing is armed on disk, and results are written when a wave of them has gathered."""
    kept: list[Mark] = []

    async def arm_in_memory(self: Scribe, held: Held) -> bool:
        return True if self._lane is Lane.CUSTOMERS else bool(await arm(self, held))

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

    arm = _plant(Scribe, "arm", arm_in_memory)
    settle = _plant(Scribe, "settle", settle_later)


def send_twice() -> None:
    """Each letter is sent again as soon as it was taken."""

    async def send(self: MailConnection, message: Message, arm: Arm) -> Outcome:
        outcome: Outcome = await was(self, message, arm)
        if isinstance(outcome, Accepted) and isinstance(message, Letter):
            await was(self, message, _always)
        return outcome

    was = _plant(MailConnection, "send", send)


def no_gates() -> None:
    """Neither the kill switch, nor a void, nor the time until which a notice may be sent holds a customer's message."""
    d = tables.delivery

    def take(c: Any, lane: Lane, channels: Any, limit: int, now: Any, lease: Any, epoch: int) -> Any:
        if lane is not Lane.CUSTOMERS:
            return claim(c, lane, channels, limit, now, lease, epoch)
        due = select(d.c.id).where(d.c.lane == lane.value, d.c.channel.in_(channels), d.c.state.in_(["queued", "retry"]))
        taken = update(d).where(d.c.id.in_(due.limit(limit).scalar_subquery()))
        rows = c.execute(taken.values(state=State.CLAIMED.value, fence=d.c.fence + 1, lease_until=now + lease).returning(d))
        return [ledger.as_delivery(row) for row in rows.all()]

    def arm_all(c: Any, lane: Lane, rows: Any, now: Any, epoch: int) -> Any:
        if lane is not Lane.CUSTOMERS:
            return arm(c, lane, rows, now, epoch)
        mine = update(d).where(d.c.id.in_([each for each, _ in rows]), d.c.state == State.CLAIMED.value)
        return set(c.execute(mine.values(state=State.ARMED.value, armed_at=now).returning(d.c.id)).scalars())

    claim = _plant(ledger, "claim", take)
    arm = _plant(ledger, "arm", arm_all)


async def _always() -> bool:
    return True


BUGS: Final[Mapping[str, Callable[[], None]]] = {
    "mark-before-sending": mark_before_sending,
    "resend-armed": resend_armed,
    "unbound-approval": unbound_approval,
    "ledger-in-memory": ledger_in_memory,
    "send-twice": send_twice,
    "no-gates": no_gates,
}
"""Name → what plants it."""

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)]()
    main()
