"""The stand-in: has written rules approve what they may, as a command like a person's, with its audit line and its epoch.

Belongs here: finding the drafts that wait and the rule that fits. Does not belong here: whether it may (notify/standing.py),
the approval (consent.py asks that again in its own transaction).
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from sentinel.model.command import Approve, Command, Result
from sentinel.model.limits import StandingConsent
from sentinel.model.notice import Notice, NoticeState, Towards
from sentinel.notify import standing
from sentinel.run import consent, placed, signing, timeline
from sentinel.run.clock import Clock
from sentinel.run.world import World
from sentinel.store import notices, tables
from sentinel.store.database import Store

EVERY_SECONDS: Final = 1.0
MOST: Final = 20
"""Drafts looked at in one turn."""


class House(Protocol):
    """The hub, as far as rules need it."""

    @property
    def world(self) -> World: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result: ...


def stand_in(house: House) -> Callable[[], Coroutine[Any, Any, None]]:
    """The loop of a hub that has rules approve."""

    async def run() -> None:
        while True:
            if house.world.installation.standing:
                find = partial(waiting, store=house.store, world=house.world, now=house.clock.now())
                for command, rule in await asyncio.to_thread(house.store.read, find):
                    await house.submit(command, f"the rule {rule.name}", account=f"{signing.RULE}{rule.name}")
            await asyncio.sleep(EVERY_SECONDS)

    return run


def waiting(c: Connection, store: Store, world: World, now: datetime) -> list[tuple[Approve, StandingConsent]]:
    """What rules approve now. In a store that is held or was restored: nothing."""
    held = c.execute(select(tables.installation.c.hold)).scalar_one()
    if held or store.is_restored(c):
        return []
    found: list[tuple[Approve, StandingConsent]] = []
    for notice in notices.drafts(c, MOST):
        command = _approval(c, world, notice, now)
        found += [] if command is None else [command]
    return found


def _approval(c: Connection, world: World, notice: Notice, now: datetime) -> tuple[Approve, StandingConsent] | None:
    stored, people = notices.draft_of(c, notice.id), consent.admitted(c, notice)
    if stored is None or people is None or notice.towards is not Towards.CUSTOMERS or notice.state is not NoticeState.DRAFT:
        return None
    incident = timeline.fold_of(c, notice.incident)
    for rule in world.installation.standing:
        why_not = standing.why_not(
            rule,
            notice,
            stored[0],
            people=people,
            incident=incident,
            is_borne_out=True,  # asked below: it is alike for all rules, and the dearest of these questions
            given_today=notices.approved_by_rule(c, standing.named(rule), now - standing.DAY),
            local=now.astimezone(ZoneInfo(world.installation.zone)),
        )
        if not why_not:
            is_so = placed.is_borne_out(c, world, incident, now)
            return (Approve(notice=notice.id, hash=stored[0].hash, count=people), rule) if is_so else None
    return None
