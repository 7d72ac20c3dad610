"""The scribe: writes what the connections of one lane need written, many wishes in one transaction.

Belongs here: collecting, one write at a time, and giving each wish its answer. Does not belong here: what is wished for
(sender.py) and how it is written (store/ledger.py).

What one write still takes, the next one gathers: twenty connections that arm at about the same time cost one sync. The result
of the last message and the arming of the next go together, results first, so that a connection never has two armed rows.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from sentinel.model.delivery import Lane
from sentinel.store import ledger
from sentinel.store.database import Store
from sentinel.store.ledger import Held, Mark

T = TypeVar("T")
PATIENCE: Final = 0.01
"""Seconds that what is not urgent waits for something to go with."""
COMPANY: Final = 0.003
"""Seconds that a page stays open at most. With the writer's own 2 ms it stays within the 5 of DESIGN.md section 14."""
QUIET: Final = 0.001
"""Seconds without a new arming after which nobody is waited for."""
PAUSE: Final = 1.0
"""Seconds until results that could not be written are tried again."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Page:
    """What goes into one transaction: results, then armings, then the rest in order."""

    marks: list[Mark] = field(default_factory=list)
    arms: list[tuple[Held, asyncio.Future[bool]]] = field(default_factory=list)
    asks: list[tuple[Callable[[Connection], Any], asyncio.Future[Any]]] = field(default_factory=list)


class Scribe:
    """The writing hand of one lane. `run` it beside those who wish; `flush` before it is cancelled."""

    def __init__(self, lane: Lane, store: Store, now: Callable[[], datetime]) -> None:
        self._lane = lane
        self._store = store
        self._now = now
        self._page = _Page()
        self._wished = asyncio.Event()
        self._urgent = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def settle(self, mark: Mark) -> None:
        """Write a result, soon. It is kept until it is on disk."""
        self._page.marks.append(mark)
        self._wish(urgent=False)

    async def arm(self, held: Held) -> bool:
        """Whether the row is armed, on disk. Raises what the store raises; then it is not."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._page.arms.append((held, answer))
        self._wish(urgent=True)
        return await answer

    async def ask(self, work: Callable[[Connection], T], *, urgent: bool = True) -> T:
        """Run `work` in the next transaction; one that is not urgent waits a little for company. Raises what it raises."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._page.asks.append((work, answer))
        self._wish(urgent=urgent)
        return await answer

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
            await self._write(page)
            if not self._wished.is_set():
                self._idle.set()

    async def _gather(self) -> None:
        """Let the page fill while more is coming in."""
        loop = asyncio.get_running_loop()
        until, seen = loop.time() + COMPANY, -1
        while seen != len(self._page.arms) and loop.time() < until:
            seen = len(self._page.arms)
            await asyncio.sleep(QUIET)

    def _wish(self, *, urgent: bool) -> None:
        self._idle.clear()
        self._wished.set()
        if urgent:
            self._urgent.set()

    async def _write(self, page: _Page) -> None:
        now, epoch = self._now(), self._store.epoch

        def work(c: Connection) -> tuple[set[int], list[Any]]:
            ledger.mark(c, page.marks, now)
            armed = ledger.arm(c, self._lane, [held for held, _ in page.arms], now, epoch)
            return armed, [ask(c) for ask, _ in page.asks]

        try:
            armed, answers = await self._submit(work)
        except Exception as error:  # noqa: BLE001 - the boundary: whoever wished is told, results are kept
            await self._undone(page, error)
            return
        for (delivery, _), answer in page.arms:
            _give(answer, delivery in armed)
        for (_, answer), given in zip(page.asks, answers, strict=True):
            _give(answer, given)

    async def _submit(self, work: Callable[[Connection], T]) -> T:
        """What was handed to the writer is written, even if we are cancelled meanwhile: it must not be taken from its hands."""
        return await asyncio.shield(asyncio.wrap_future(self._store.writer.submit(work)))

    async def _undone(self, page: _Page, error: Exception) -> None:
        """Nothing of the page is on disk. Results are written one by one, so that none stands in another's way."""
        log.error("a page of the %s ledger could not be written: %s", self._lane.value, type(error).__name__)
        for answer in [*(answer for _, answer in page.arms), *(answer for _, answer in page.asks)]:
            if not answer.done():
                answer.set_exception(error)
        now, failed = self._now(), []
        for mark in page.marks:
            try:
                await self._submit(partial(ledger.mark, marks=[mark], now=now))
            except Exception:  # noqa: BLE001 - kept for later, see below
                failed.append(mark)
        if failed:
            self._page.marks[:0] = failed
            await asyncio.sleep(PAUSE)
            self._wish(urgent=False)


def _give(answer: "asyncio.Future[Any]", value: Any) -> None:
    if not answer.done():  # its asker may have been cancelled
        answer.set_result(value)
