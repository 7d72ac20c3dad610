"""The running hub's answer for the live stream: one look at the store a second for however many watch, none for nobody."""

import asyncio
import logging

from sentinel.run.clock import Clock
from sentinel.run.reads import Reads
from sentinel.run.world import World
from sentinel.store.database import Store
from sentinel.store.marks import mark

APART_SECONDS = 1.0
LINGERS = 5
"""Looks without anybody watching before the looking ends: between two events a stream does not watch for a moment."""

log = logging.getLogger(__name__)


class LiveViews(Reads):
    """Implements serve.live.port.LivePort."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        super().__init__(world, store, clock)
        self._mark = ""
        self._watching = 0
        self._turned = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._live_over = False

    @property
    def live_mark(self) -> str:
        return self._mark

    async def watch(self, seen: str, seconds: float) -> str | None:
        self._watching += 1
        try:
            async with asyncio.timeout(seconds):
                while not self._live_over and (not self._mark or self._mark == seen):
                    if self._looking is None or self._looking.done():
                        self._looking = asyncio.create_task(self._look(), name="live")
                    await self._turned.wait()
        except TimeoutError:
            pass
        finally:
            self._watching -= 1
        return None if self._live_over else self._mark

    def end_live(self) -> None:
        """Nobody watches any more: streams end at once, so that a stop does not wait for them."""
        self._live_over = True
        self._turn()
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        """Look once a second while somebody watches."""
        idle = 0
        while idle < LINGERS:
            idle = 0 if self._watching else idle + 1
            try:
                # A reload replaces the world whole: what is shown changes with it.
                found = f"{await self._read(mark)}-{self.generation}"
            except Exception:
                log.exception("the store could not be looked at for the live stream")
            else:
                if found != self._mark:
                    self._mark = found
                    self._turn()
            await asyncio.sleep(APART_SECONDS)
        self._mark = ""

    def _turn(self) -> None:
        self._turned.set()
        self._turned = asyncio.Event()
