"""Presence: says that this process lives, knows who else does, and which checks of its place are its own.

Belongs here: the beat, the neighbours, the share. Does not belong here: probing (prober.py), leases (store/ledger.py), how a
share is drawn (model/process.py).
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Final

from sentinel.model.check import Check
from sentinel.model.process import Process, share_of
from sentinel.run.clock import Clock
from sentinel.store import processes
from sentinel.store.database import Store
from sentinel.store.schema import SCHEMA

BEAT_SECONDS: Final = 2.0
BEAT_ALONE_SECONDS: Final = 5.0
"""How often this process says that it lives; less often where nobody else can be there."""
DEAD_AFTER: Final = timedelta(seconds=7)
"""Without a word for so long, a hub's checks go to its neighbours: within 10 s a check has moved."""
GONE_AFTER: Final = timedelta(seconds=30)
"""Without a word for so long, a process is shown no more."""
FAREWELL_SECONDS: Final = 2.0

log = logging.getLogger(__name__)


def oneself(kind: str, *, place: str = "", lanes: Iterable[str] = (), name: str, now: datetime) -> Process:
    """This process. `name` tells this start of it from all others."""
    host = socket.gethostname()
    return Process(
        id=f"{kind}-{name}",
        kind=kind,
        host=host,
        pid=os.getpid(),
        version=version("sentinel"),
        schema=SCHEMA,
        place=place,
        lanes=tuple(lanes),
        started_at=now,
        seen_at=now,
    )


class Presence:
    """`changed` is called in the event loop when the hubs of our place are others than before."""

    def __init__(self, store: Store, clock: Clock, me: Process, changed: Callable[[], None] = lambda: None) -> None:
        self.me = me
        self._store = store
        self._clock = clock
        self._changed = changed
        self._neighbours: frozenset[str] = frozenset({me.id})

    def share(self, checks: Iterable[Check]) -> tuple[Check, ...]:
        """Those of `checks` that are ours to probe."""
        by_id = {check.id: check for check in checks}
        mine = share_of(self.me.id, self._neighbours, by_id)
        return tuple(check for name, check in by_id.items() if name in mine)

    async def run(self) -> None:
        """Beat until cancelled; then say goodbye. While the store is away everybody goes on with what they had."""
        pause, away = BEAT_SECONDS if self._store.shared else BEAT_ALONE_SECONDS, False
        try:
            while True:
                try:
                    await self._beat()
                    away = False
                except Exception as error:  # noqa: BLE001 - the boundary of this task: the next beat is soon
                    if not away:
                        log.warning("nobody can be told that this process lives: %s", type(error).__name__)
                    away = True
                await asyncio.sleep(pause)
        finally:
            await self._leave()

    async def _beat(self) -> None:
        hand = self._store.writer_of("presence")
        now = self._clock.now()
        await asyncio.wrap_future(hand.submit(lambda c: processes.beat(c, replace(self.me, seen_at=now), now)))
        there = await asyncio.to_thread(self._store.read, lambda c: processes.living(c, now, DEAD_AFTER))
        beside = frozenset(each.id for each in there if each.place == self.me.place) | {self.me.id}
        if self.me.place and beside != self._neighbours:
            log.info("hubs that share the checks of %s: %d", self.me.place, len(beside))
            self._neighbours = beside
            self._changed()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                gone = self._store.writer_of("presence").submit(lambda c: processes.leave(c, self.me.id))
                await asyncio.wrap_future(gone)
        except Exception as error:  # noqa: BLE001 - the others find out by themselves
            log.info("this process could not say goodbye: %s", type(error).__name__)
