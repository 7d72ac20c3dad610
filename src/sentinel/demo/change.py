"""Change: how somebody waits for what a sink has yet to see.

Belongs here: waking those who wait, at once, from code that cannot wait itself. Does not belong here: what they wait for.
"""

import asyncio
from collections.abc import Callable


class Change:
    """`happened()` is told of every change; those in `until` look again then. One loop's."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def happened(self) -> None:
        """Wake all who wait."""
        self._next.set()
        self._next = asyncio.Event()

    async def once(self) -> None:
        """Wait for the next change."""
        await self._next.wait()

    async def until(self, what: Callable[[], bool], seconds: float) -> None:
        """Wait until `what()` is true. TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not what():
                await self._next.wait()
