"""The running agent: the same children as a hub's, a spool on disk, and a line to the hub.

While the hub cannot be reached it probes on by the orders that it has, and what it finds becomes history. Belongs here: the
loops. Does not belong here: requests (link.py), the disk (spool.py), what a sample means (the hub).
"""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

from sentinel.model.check import Check
from sentinel.model.installation import Guard
from sentinel.probe.greeting import Hello
from sentinel.probe.wire import Batch, Row
from sentinel.run.agent.credential import Credential
from sentinel.run.agent.link import Answer, Away, Link, Shut
from sentinel.run.agent.spool import Spool
from sentinel.run.kinds import FoundKinds
from sentinel.run.probers import Probers

APART: Final = 0.5
"""Seconds between two reports at the least."""
BETWEEN: Final = 0.05
"""While a backlog is handed over."""
QUIET: Final = 3.0
"""And at the most: by then the hub is told that we live."""
SHORTEST, LONGEST = 1.0, 5.0
"""Pauses after a report that was not taken: doubled each time, and drawn by lot, so that many agents do not come at once.
Even the longest is so short that a place is not lost by it (run/placed.py) which was sent away for as long as a hub may stand
still without its being noted (run/listening.py)."""
REPORT_BYTES: Final = 200_000
ROWS_IN_MEMORY: Final = 20_000

log = logging.getLogger(__name__)


class Agent:
    """One that has enrolled. `hello`: what it says of itself."""

    def __init__(self, link: Link, credential: Credential, hello: Hello, folder: Path) -> None:
        self.spool = Spool(folder, f"{credential.place}/{credential.agent}")
        self.is_cut_off = False
        self._link = link
        self._credential = credential
        self._hello = hello
        self._digest = ""
        self._is_full = False
        """The spool could not be written when it was tried last."""
        self._arrived: list[tuple[float, Batch]] = []
        self._news = asyncio.Event()
        self._kept = asyncio.Event()
        """Something is on disk that the hub has still to get."""
        self._dice = random.SystemRandom()
        kinds = FoundKinds()
        self._probers = Probers(credential.place, Guard(), (), self._take, kinds.lives_in)
        self._orders: tuple[tuple[Check, ...], tuple[str, ...]] = ((), ())
        """The checks, and what may be reached besides what is public."""

    async def run(self) -> None:
        """Until cancelled. Raises Shut when the hub does not know us any more."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._probers.run(), name="probers")
                group.create_task(self._keep(), name="spool")
                group.create_task(self._report(), name="reports")
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            with suppress(OSError, sqlite3.Error):
                self._store(self._arrived)
            self.spool.close()

    def _take(self, batch: Batch) -> None:
        """A batch has come from one of our children."""
        self._arrived.append((monotonic(), batch))
        self._news.set()

    async def _keep(self) -> None:
        """Bring what has come to disk, then tell the children that it need not be kept twice."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._keep_once()
            await asyncio.sleep(APART / 2)

    async def _keep_once(self) -> None:
        arrived, self._arrived = self._arrived, []
        try:
            stored = await asyncio.to_thread(self._store, arrived)
        except sqlite3.Error as error:
            if not self._is_full:
                log.error("the spool cannot be written (%s): samples wait in memory, %d at most", error, ROWS_IN_MEMORY)
            self._is_full = True
            self._put_back(arrived)
            return
        self._is_full = False
        for source, number in stored.items():
            self._probers.ack(source, number)
        self._kept.set()

    def _put_back(self, arrived: list[tuple[float, Batch]]) -> None:
        """To be tried again with what has come meanwhile; the oldest are left out where that is too much to hold."""
        self._arrived[:0] = arrived
        waiting = sum(len(batch.rows) for _, batch in self._arrived)
        gone = 0
        while waiting - gone > ROWS_IN_MEMORY:
            gone += len(self._arrived.pop(0)[1].rows)
        if gone:
            log.error("%d samples were left out: the spool cannot be written", gone)
        self._news.set()

    def _store(self, arrived: Sequence[tuple[float, Batch]]) -> dict[str, int]:
        """Source → its last batch that is on disk now."""
        now, taken = monotonic(), dict[str, int]()
        rows: list[Row] = []
        for at, batch in arrived:
            waited = round((now - at) * 1000)
            rows += (row._replace(age_ms=row.age_ms + waited) for row in batch.rows)
            taken[batch.source] = batch.number
        if rows:
            self.spool.add(rows, self._probers.counts)
        return taken

    async def _report(self) -> None:
        pause = SHORTEST
        while True:
            began = monotonic()
            try:
                is_more = await self._report_once()
            except Away as why:
                if not self.is_cut_off:
                    log.warning("cut off from the hub: %s", why)
                self.is_cut_off = True
                self._digest = ""  # whoever answers next may be another version, or have other orders
                pause = await self._rest(pause)
                continue
            except sqlite3.Error as error:  # a full disk; nothing was taken away
                log.error("the spool cannot be used: %s", error)
                pause = await self._rest(pause)
                continue
            if self.is_cut_off:
                log.info("the hub is back; %d samples wait for it", len(self.spool))
            self.is_cut_off, pause = False, SHORTEST
            await (asyncio.sleep(BETWEEN) if is_more else self._pause(began))

    async def _rest(self, pause: float) -> float:
        """After what went wrong; how long to rest the next time."""
        await asyncio.sleep(pause * self._dice.uniform(0.5, 1.0))
        return min(2 * pause, LONGEST)

    async def _pause(self, began: float) -> None:
        """Until there is something to tell, or it is time to say that we live."""
        await asyncio.sleep(max(0.0, began + APART - monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, began + QUIET - monotonic())):
                await self._kept.wait()
        self._kept.clear()

    async def _report_once(self) -> bool:
        """One report; whether more waits."""
        # The first after a silence is a greeting alone: which version of the protocol is spoken is not known before its answer.
        greets = not self._digest
        source, lines = self.spool.source, list[bytes]()
        if not greets:
            source, lines = await asyncio.to_thread(self.spool.first, REPORT_BYTES)
        hello = replace(self._hello, source=source, orders=self._digest)
        answer = await self._link.report(self._credential, hello, lines)
        self._obey(answer)
        await asyncio.to_thread(self.spool.taken, answer.source or source, answer.taken)
        return len(self.spool) > 0 and (greets or len(lines) > 1)

    def _obey(self, answer: Answer) -> None:
        self._digest = answer.digest
        if answer.orders is None or (answer.orders, answer.allow) == self._orders:
            return
        self._orders = (answer.orders, answer.allow)
        self._probers.reload(answer.orders, Guard(allow=answer.allow))
        log.info("%d checks to look at", len(answer.orders))


__all__ = ["Agent", "Shut"]
