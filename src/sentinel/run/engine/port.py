"""What an engine does, and the turn that every engine gives to a handler.

A wake-up is a key, never a fact: it says "look at the rounds", "look at this lane". What is to be done is found in the tables,
so that losing a wake-up loses nothing (every handler also looks by itself, `poll` seconds apart) and running one twice does
nothing. Belongs here: the verbs, the keys, how a handler is run in one process. Does not belong here: how keys travel
(embedded.py, postgres.py), what handlers do (crew.py).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from sqlalchemy import Connection

from sentinel.model.delivery import Lane

ROUND: Final = "round"
AUDIENCE: Final = "audience"
POLL_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 8.0
"""How long a stop waits for handlers that are at work."""
AGAIN_SECONDS: Final = (0.25, 5.0)
"""How long a handler that failed is left alone: the first time, and at most."""

log = logging.getLogger(__name__)


def lane_key(lane: Lane) -> str:
    """The key that has a lane looked at."""
    return f"lane:{lane.value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Handler:
    """What a key has done. `poll`: seconds after which it is done without a wake-up. It must bear being run for nothing."""

    run: Callable[[], Awaitable[None]]
    poll: float = POLL_SECONDS


class Engine(Protocol):
    """Carries keys. `wake` may be called from any thread, `run` once."""

    def wake(self, c: Connection, key: str) -> None:
        """Have `key` run somewhere once the transaction of `c` has committed; if it is rolled back, nothing happens."""
        ...

    def nudge(self, key: str) -> None:
        """Have `key` run in this process: for what lies in its memory alone. Does nothing before `run`."""
        ...

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        """Run what is woken until cancelled; then wait `DRAIN_SECONDS` at most for what is at work."""
        ...


class Turn:
    """One handler in this process: one run at a time, and one more for all that came meanwhile."""

    def __init__(self, key: str, handler: Handler, rng: Random) -> None:
        self.is_failing = False
        """The last run failed; it is being tried again."""
        self._key = key
        self._handler = handler
        self._rng = rng
        self._due = asyncio.Event()
        self._due.set()
        self._stopped = asyncio.Event()
        self._one = asyncio.Lock()
        self._begun = 0
        self._failures = 0

    def nudge(self) -> None:
        """Run soon. In the event loop."""
        self._due.set()

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopped.set()
        self._due.set()

    async def take(self) -> None:
        """Run once, beginning after now; raises what the handler raises."""
        since = self._begun
        async with self._one:
            if self._begun > since and not self.is_failing:
                return  # somebody else's run began after we were asked, and went well
            self._begun += 1
            self._due.clear()
            try:
                await self._handler.run()
            except BaseException:
                self.is_failing = True
                raise
            self.is_failing, self._failures = False, 0

    async def insist(self) -> None:
        """Run until it goes well, or until the stop. The task boundary of a handler: here everything is caught."""
        while not self._stopped.is_set():
            try:
                await self.take()
                return
            except Exception:
                # Whole once, then a line each time: a database that is away for an hour must not fill the disk.
                log.error("%s failed; it is run again", self._key, exc_info=self._failures == 0)
            self._failures += 1
            first, most = AGAIN_SECONDS
            await within(self._stopped, self._rng.uniform(0.5, 1.0) * min(most, first * 2 ** min(self._failures, 10)))

    async def run(self) -> None:
        """Run when due, and `poll` seconds apart at most, until `stop`."""
        while not self._stopped.is_set():
            await within(self._due, self._handler.poll)
            await self.insist()


async def within(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, and no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def take_turns(turns: Mapping[str, Turn]) -> None:
    """Run them all until cancelled; then wait for what is at work."""
    tasks = [asyncio.create_task(turn.run(), name=f"turn of {key}") for key, turn in turns.items()]
    try:
        # Not gathered: cancelling us must not cancel what they are at.
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in ended:
            task.result()
    finally:
        for turn in turns.values():
            turn.stop()
        await drain(tasks)


async def drain(tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for tasks that have been asked to end, and end those that do not."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
    for task in late:
        log.warning("%s did not end within %s s", task.get_name(), DRAIN_SECONDS)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
