"""Prepared bytes: everything that the public may fetch is drawn when it changes, so that a request only copies it.

A look asks the hub once a second whether anything changed, while anybody has come by in the last five minutes; it draws anew
when something has, or a minute has passed (the page tells the time). A request never waits for the store but for the first
look after a quiet time, and for that not long. When the store cannot be read, the last bytes stand, and say so.
"""

import asyncio
import gzip
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sentinel.model.installation import Installation
from sentinel.serve.port import Hub
from sentinel.serve.status.draw import Drawn
from sentinel.serve.status.port import PublicState

LOOK_SECONDS = 1.0
LOOK_WITHIN = 10.0
"""A look that takes longer has failed."""
WAIT_SECONDS = 3.0
"""How long a request waits for the first look after a quiet time."""
IDLE_SECONDS = 300.0
STALE_AFTER = timedelta(seconds=90)
"""From then on the pages themselves say that they cannot be brought up to date."""

log = logging.getLogger(__name__)

Draw = Callable[[Installation, PublicState, bool], Mapping[str, Drawn]]
"""(house, state, whether it could not be read anew) → name → copy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One document, plain and compressed, each with its ETag."""

    content_type: str
    body: bytes
    etag: str
    packed: bytes
    packed_etag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies:
    """All of one drawing. `true_at`: the last instant at which the store said that this is so."""

    by_name: Mapping[str, Copy]
    true_at: datetime


class Prepared:
    """The copies of one hub, kept fresh while they are asked for."""

    def __init__(self, hub: Hub, draw: Draw, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._draw = draw
        self._clock = clock
        self._copies: Copies | None = None
        self._state: PublicState | None = None
        self._mark = ""
        self._drawn_at: datetime | None = None
        self._stale = False
        self._asked_at = 0.0
        self._looked = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def copies(self) -> Copies | None:
        """What there is now; None when nothing could ever be read."""
        loop = asyncio.get_running_loop()
        self._asked_at = loop.time()
        if self._looking is None or self._looking.done():
            self._looked = asyncio.Event()
            self._looking = loop.create_task(self._keep_looking(self._looked), name="status page")
        if not self._looked.is_set():
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await self._looked.wait()
            except TimeoutError:
                log.warning("the status page could not be drawn within %s s", WAIT_SECONDS)
        return self._copies

    def now(self) -> datetime:
        return self._clock()

    async def _keep_looking(self, looked: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() - self._asked_at < IDLE_SECONDS:
            await self.look()
            looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Draw anew what has changed. This is a task's boundary: whatever goes wrong is logged, and the last copies stand."""
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                await self._look()
            if self._stale:
                log.info("the status page can be brought up to date again")
            self._stale = False
        except Exception as error:
            if not self._stale:
                log.exception("the status page cannot be brought up to date: %s", type(error).__name__)
            self._stale = True
            await self._say_so()

    async def _look(self) -> None:
        now, mark = self._clock(), await self._hub.public_mark()
        if self._copies is not None and mark == self._mark and _minute(now) == self._drawn_at:
            self._copies = Copies(by_name=self._copies.by_name, true_at=now)
            return
        state = await self._hub.public_state()
        by_name = await asyncio.to_thread(self._copied, state, False)
        self._copies = Copies(by_name=by_name, true_at=state.at)
        self._state, self._mark, self._drawn_at = state, mark, _minute(now)

    async def _say_so(self) -> None:
        """Once the copies are old, pages that say how old they are."""
        copies, state = self._copies, self._state
        if copies is None or state is None or self._drawn_at is None or self._clock() - copies.true_at < STALE_AFTER:
            return
        by_name = await asyncio.to_thread(self._copied, state, True)
        self._copies = Copies(by_name=by_name, true_at=copies.true_at)
        self._drawn_at = None  # drawn once; the next look that succeeds draws anew

    def _copied(self, state: PublicState, stale: bool) -> Mapping[str, Copy]:
        before = self._copies.by_name if self._copies is not None else {}
        drawn = self._draw(self._hub.installation, state, stale)
        return {name: _copy(each, before.get(name)) for name, each in drawn.items()}


def _copy(drawn: Drawn, before: Copy | None) -> Copy:
    """The copy of one drawing; the one of before where nothing in it changed."""
    if before is not None and before.body == drawn.body:
        return before
    mark = sha256(drawn.body).hexdigest()[:24]
    packed = gzip.compress(drawn.body, compresslevel=6, mtime=0)
    return Copy(content_type=drawn.content_type, body=drawn.body, etag=f'"{mark}"', packed=packed, packed_etag=f'"{mark}-gz"')


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
