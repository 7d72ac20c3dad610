"""The dead man's switch: a ping that stops when we are not well, so that somebody else alarms when we cannot.

Belongs here: when it is sent, and how. Does not belong here: whether we are well (selfaudit.py).
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Final

from sentinel.deliver.call import Call, Reply
from sentinel.model.guard import networks
from sentinel.model.installation import Installation

WITHIN: Final = timedelta(seconds=10)
IDLE: Final = 5.0
"""Seconds between two looks whether one is configured."""

log = logging.getLogger(__name__)


class DeadMan:
    """Pings while `passes` says so. `failures`: pings in a row that were not taken."""

    def __init__(self, house: Callable[[], Installation], passes: Callable[[], bool]) -> None:
        self.failures = 0
        self.pinged_at: float | None = None
        """When the last ping was taken, on the monotonic clock."""
        self._house = house
        self._passes = passes

    async def run(self) -> None:
        """Ping at each interval for as long as all is well, until cancelled. What was missed is not made up for."""
        while True:
            wanted = self._house().dead_man
            if wanted is None:
                await asyncio.sleep(IDLE)
                continue
            if self._passes():
                await self._ping(wanted.url.reveal())
            await asyncio.sleep(wanted.every.total_seconds())

    async def _ping(self, url: str) -> None:
        from sentinel.deliver.post import Post  # and libcurl with it, which is for who has such a switch

        post = Post(timeout=WITHIN, allow=networks(self._house().guard.allow))
        try:
            reply = await post.send(Call(url=url, body=b"the self-audit passes\n"), _at_once)
        finally:
            with suppress(Exception):
                await post.close()
        if isinstance(reply, Reply) and reply.status < 300:
            self.failures, self.pinged_at = 0, monotonic()
            return
        self.failures += 1
        if self.failures in (1, 10, 100):  # never the address: whoever has it can keep the alarm silent
            why = f"status {reply.status}" if isinstance(reply, Reply) else getattr(reply, "reason", "it was not sent")
            log.warning("the dead man's switch was not reached: %s", why)


async def _at_once() -> bool:
    return True
