"""The scribe: writes what the connections of one lane need written, many wishes in one transaction.

Belongs here: collecting, one write at a time, and giving each wish its answer. Does not belong here: what is wished for
(sender.py) and how it is written (store/ledger.py).

What one write still takes, the next one gathers, and a page waits a moment for whoever has a row in hand: twenty connections
go round in step, and cost one sync. The result of the last message and the arming of the next go together, results first, so
that a connection never has two armed rows.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from sentinel.model.delivery import Lane
from sentinel.store import ledger
from sentinel.store.database import Store
from sentinel.store.ledger import Held, Mark, Trust
from sentinel.store.trouble import loudness, trouble_of
from sentinel.store.writer import Writer

T = TypeVar("T")
PATIENCE: Final = 0.01
"""Seconds that what is not urgent waits for something to go with."""
COMPANY: Final = 0.005
"""Seconds that a page stays open at most: the 5 ms of DESIGN.md section 14. The writer waits for nobody else then."""
QUIET: Final = 0.002
"""Seconds without a new arming after which nobody is waited for: the others' provider is slow."""
PAUSE: Final = 1.0
"""Seconds until results that could not be written are tried again."""
ALONE_MOST: Final = 20
"""Tries at a result that the store refuses though it is well. Then its row's lease runs out."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Page:
    """What goes into one transaction: results, then what was asked, in order, then armings."""

    marks: list[Mark] = field(default_factory=list)
    arms: list[tuple[Held, asyncio.Future[bool]]] = field(default_factory=list)
    trusts: dict[int, Trust] = field(default_factory=dict)
    """Row → for how long its provider dedupes on our key."""
    asks: list[tuple[Callable[[Connection], Any], asyncio.Future[Any]]] = field(default_factory=list)
    alone: list[tuple[Mark, int]] = field(default_factory=list)
    """Results that spoiled a page, to be written by themselves, and how often that was tried."""

    @property
    def is_empty(self) -> bool:
        return not (self.marks or self.arms or self.asks)


class Scribe:
    """The writing hand of one lane. `run` it beside those who wish; `flush` before it is cancelled."""

    def __init__(
        self, lane: Lane, store: Store, now: Callable[[], datetime], *, company: float = COMPANY, quiet: float = QUIET
    ) -> None:
        self._company = company
        self._quiet = quiet
        self._lane = lane
        self._store = store
        self._now = now
        self._page = _Page()
        self._wished = asyncio.Event()
        self._urgent = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._whole = asyncio.Event()
        """All who have a row in hand are on the page."""
        self._in_hand = 0

    def take(self) -> None:
        """One more connection has a row in hand: pages wait for it to be armed. (One that waits for a slow provider counts too,
        and costs each page QUIET.)"""
        self._in_hand += 1

    def let_go(self) -> None:
        """It has not any more."""
        self._in_hand -= 1
        self._see_if_whole()

    def settle(self, mark: Mark) -> None:
        """Write a result, soon. It is kept until it is on disk."""
        self._page.marks.append(mark)
        self._wish(urgent=False)

    async def arm(self, held: Held, trust: Trust | None = None) -> bool:
        """Whether the row is armed, on disk. Raises what the store raises; then it is not, or nobody knows.

        `trust`: for how long its provider takes a second message with our key for the first.
        """
        if trust is not None:
            self._page.trusts[held[0]] = trust
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._page.arms.append((held, answer))
        self._see_if_whole()
        self._wish(urgent=True)
        return await answer

    async def ask(self, work: Callable[[Connection], T], *, urgent: bool = True) -> T:
        """Run `work` in the next transaction; one that is not urgent waits a little for company. Raises what it raises."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._page.asks.append((work, answer))
        self._wish(urgent=urgent)
        return await answer

    async def ask_apart(self, work: Callable[[Connection], T], hand: str) -> T:
        """Run `work` in a transaction of its own, beside ours: for what waits for locks that other processes hold."""
        return await _submitted(self._store.writer_of(f"{self._lane.value}/{hand}"), work)

    async def flush(self, seconds: float) -> None:
        """Wait until everything wished for is written, at most so long."""
        self._urgent.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wished.wait()
            if not self._urgent.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        await self._urgent.wait()
            await self._gather()
            page, self._page = self._page, _Page()
            self._wished.clear()
            self._urgent.clear()
            if not page.is_empty:
                await self._write(page)
            for mark, tries in page.alone:
                await self._write_alone(mark, tries)
            if not self._wished.is_set():
                self._idle.set()

    async def _gather(self) -> None:
        """Let the page fill until all are on it, or for as long as more is coming in."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._company
        while not self._is_whole and (left := until - loop.time()) > 0:
            seen = len(self._page.arms)
            self._whole.clear()
            try:
                async with asyncio.timeout(min(self._quiet, left)):
                    await self._whole.wait()
            except TimeoutError:
                if seen == len(self._page.arms):
                    return

    @property
    def _is_whole(self) -> bool:
        return len(self._page.arms) >= self._in_hand

    def _see_if_whole(self) -> None:
        if self._is_whole:
            self._whole.set()

    def _wish(self, *, urgent: bool) -> None:
        self._idle.clear()
        self._wished.set()
        if urgent:
            self._urgent.set()

    async def _write(self, page: _Page) -> None:
        now = self._now()

        def work(c: Connection) -> tuple[set[int], list[Any]]:
            ledger.mark(c, page.marks, now)
            answers = [ask(c) for ask, _ in page.asks]
            # The gates last, by what is known now: all before may have waited for what others had locked, and the writer has
            # just looked whether the store was put back from a copy.
            held = [each for each, _ in page.arms]
            return ledger.arm(c, self._lane, held, self._now(), self._store.epoch, page.trusts), answers

        try:
            armed, answers = await self._submit(work, gathered=True)
        except Exception as error:  # noqa: BLE001 - the boundary: whoever wished is told, results are kept
            await self._undone(page, error)
            return
        for (delivery, _), answer in page.arms:
            _give(answer, delivery in armed)
        for (_, answer), given in zip(page.asks, answers, strict=True):
            _give(answer, given)

    async def _submit(self, work: Callable[[Connection], T], *, gathered: bool = False) -> T:
        return await _submitted(self._store.writer_of(self._lane.value), work, gathered=gathered)

    async def _undone(self, page: _Page, error: Exception) -> None:
        """Nothing of the page is on disk. Results are written one by one, so that none stands in another's way."""
        log.log(loudness(error), "a page of the %s ledger could not be written: %s", self._lane.value, type(error).__name__)
        for answer in [*(answer for _, answer in page.arms), *(answer for _, answer in page.asks)]:
            if not answer.done():
                answer.set_exception(error)
        now, failed = self._now(), []
        for mark in page.marks:
            try:
                await self._submit(partial(ledger.mark, marks=[mark], now=now))
            except Exception as alone:  # noqa: BLE001 - kept for later, see below
                if trouble_of(alone) is not None:
                    failed.append(mark)
                else:  # it would spoil every page that it is put on
                    await self._write_alone(replace(mark, place=None), 1)
        if failed:
            self._page.marks[:0] = failed
            await asyncio.sleep(PAUSE)
            self._wish(urgent=False)

    async def _write_alone(self, mark: Mark, tries: int) -> None:
        """A result by itself, again in a while if it cannot be written: it stands in nobody's way."""
        try:
            await self._submit(partial(ledger.mark, marks=[mark], now=self._now()))
        except Exception as error:  # noqa: BLE001 - the boundary: what is tried again, and at last given up
            count = tries + (trouble_of(error) is None)
            if count >= ALONE_MOST:
                why = type(error).__name__
                log.error("what became of delivery %d cannot be written (%s): its lease runs out", mark.id, why)
            else:
                asyncio.get_running_loop().call_later(PAUSE, self._again, mark, count)

    def _again(self, mark: Mark, tries: int) -> None:
        self._page.alone.append((mark, tries))
        self._wish(urgent=False)


def _give(answer: "asyncio.Future[Any]", value: Any) -> None:
    if not answer.done():  # its asker may have been cancelled
        answer.set_result(value)


async def _submitted(writer: Writer, work: Callable[[Connection], T], *, gathered: bool = False) -> T:
    """What was handed to the writer is written, even if we are cancelled meanwhile: it must not be taken from its hands."""
    return await asyncio.shield(asyncio.wrap_future(writer.submit(work, gathered=gathered)))
