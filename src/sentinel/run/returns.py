"""Returns: takes what comes back by every way in (mailbox, LMTP, callbacks), and writes it in groups.

Belongs here: the queue, one write at a time, what is counted. Does not belong here: what a report is (exchange/), what it
changes (store/returns.py), the ways in (mailbox.py, lmtp.py, serve/).

Whoever brings a report is answered once it is on disk, so that nobody lets go of one that we have not. What one write still
takes, the next one gathers. A queue that is full says so at once: the sender of a report comes again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from sentinel.model.returned import Fate, Returned, Unused
from sentinel.run.clock import Clock
from sentinel.store import returns
from sentinel.store.database import Store
from sentinel.store.returns import Taken
from sentinel.store.trouble import StoreBusy, loudness

HAND: Final = "returns"
"""The writer, where many share the store: staff's lane waits for none of this."""
WAITING_MOST: Final = 5000
"""Reports that may wait to be written."""
GROUP_MOST: Final = 500
"""Reports in one transaction: some hundredths of a second, so that a lane's writes never wait for long on SQLite."""
AGAIN_AFTER: Final = 1.0
"""Seconds after which an Overrun is worth another try."""
STRAYS_AGAIN: Final = (0.25, 1.0)
"""Seconds after which what nobody knows yet is looked for again: a callback may be faster than what it speaks of."""
TRIES: Final = 3

log = logging.getLogger(__name__)


class Overrun(Exception):
    """Too much waits already. Nothing was taken: come again after so many `seconds`."""

    def __init__(self, seconds: float = AGAIN_AFTER) -> None:
        super().__init__(f"too many reports wait: come again in {seconds:g} s")
        self.seconds = seconds


class House(Protocol):
    """What is written for."""

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class _Wish:
    reports: Sequence[Returned]
    answer: "asyncio.Future[Taken]"


@dataclass(slots=True)
class Counts:
    """What came in by this process since it began."""

    fates: Counter[Fate] = field(default_factory=Counter)
    unused: Counter[Unused] = field(default_factory=Counter)

    def add(self, taken: Taken) -> None:
        self.fates.update({fate: getattr(taken, fate.value) for fate in Fate})
        self.unused.update({Unused.REPEATED: taken.repeated, Unused.MOOT: taken.moot, Unused.UNKNOWN: taken.unknown})


class Returns:
    """Writes reports for `house`. `run` it beside those who bring them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._wishes: list[_Wish] = []
        self._waiting = 0
        self._wished = asyncio.Event()
        self._counts = Counts()

    async def take(self, reports: Sequence[Returned]) -> Taken:
        """What they changed, once that is on disk. Raises Overrun, and what the store raises: then nothing is written, except
        of StoreUnsure, and they may come again."""
        taken = await self._take(reports)
        for wait in STRAYS_AGAIN:
            late = tuple(each for each in taken.strays if each.ref or each.key)
            if not late:
                break
            await asyncio.sleep(wait)
            again = await self._take(late)
            known = tuple(each for each in taken.strays if each not in late)
            taken = replace(taken, strays=known) + again
        self._counts.add(taken)
        return taken

    def pass_over(self, why: Unused) -> None:
        """Something came in by a way for reports and was none that counts."""
        self._counts.unused[why] += 1

    @property
    def counted(self) -> Mapping[Fate, int]:
        return self._counts.fates

    @property
    def passed_over(self) -> Mapping[Unused, int]:
        return self._counts.unused

    async def _take(self, reports: Sequence[Returned]) -> Taken:
        if not reports:
            return Taken()
        if self._waiting + len(reports) > WAITING_MOST:
            raise Overrun
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting += len(reports)
        self._wishes.append(_Wish(reports, answer))
        self._wished.set()
        return await answer

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            while True:
                await self._wished.wait()
                await self._write(self._group())
                if not self._wishes:
                    self._wished.clear()
        finally:
            for wish in self._wishes:
                wish.answer.cancel()
            self._wishes.clear()
            self._waiting = 0

    def _group(self) -> list[_Wish]:
        """As many wishes as go into one transaction, at least one."""
        count, size = 0, 0
        while count < len(self._wishes) and (not count or size + len(self._wishes[count].reports) <= GROUP_MOST):
            size += len(self._wishes[count].reports)
            count += 1
        group, self._wishes = self._wishes[:count], self._wishes[count:]
        return group

    async def _write(self, group: Sequence[_Wish]) -> None:
        try:
            results = await self._submit(group)
        except Exception as error:  # noqa: BLE001 - the boundary: whoever brought them is told, and brings them again
            log.log(loudness(error), "%d reports of deliveries could not be written: %s", len(group), type(error).__name__)
            for wish in group:
                if not wish.answer.done():
                    wish.answer.set_exception(error)
        else:
            for wish, taken in zip(group, results, strict=True):
                if not wish.answer.done():
                    wish.answer.set_result(taken)
        finally:
            self._waiting -= sum(len(wish.reports) for wish in group)
            for wish in group:
                wish.answer.cancel()  # we were stopped in the middle: nobody else would answer them

    async def _submit(self, group: Sequence[_Wish]) -> list[Taken]:
        """Each wish in its own way, all in one transaction. A deadlock with a sender is the database's word to try again."""
        for tried in range(1, TRIES + 1):
            now = self._house.clock.now()
            work = self._house.store.writer_of(HAND).submit(
                lambda c: [returns.take(c, wish.reports, now) for wish in group]  # noqa: B023 - it is awaited here
            )
            try:
                return await asyncio.shield(asyncio.wrap_future(work))
            except StoreBusy:
                if tried == TRIES:
                    raise
        raise AssertionError("unreached")
