"""The sender of one lane: has every due row of the ledger sent by its channel, and what became of it written.

Belongs here: starting, stopping, leases and sweeps, for all channels of the lane. Does not belong here: one channel's waves and
connections (outlet.py), what an outcome leads to (deliver/ledger.py), what is said (`Contents`), how it travels
(deliver/channel/).

A wave is a claim, never an arming: a row is armed by its own connection at the last moment before the effect can happen, so a
crash leaves at most one row per connection armed.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sentinel.model.delivery import Lane
from sentinel.model.installation import Channel
from sentinel.run.kinds import FoundKinds
from sentinel.run.outlet import Connection, Contents, Means, Opener, Outlet, Words, end
from sentinel.run.scribe import Scribe
from sentinel.store import ledger
from sentinel.store.database import Store

LEASE: Final = timedelta(seconds=60)
SWEEP: Final = 5.0
"""Seconds between two sweeps for lapsed leases and for rows whose time has passed."""
STOP_WITHIN: Final = 10.0
"""Seconds that a stop waits for messages that are armed."""

log = logging.getLogger(__name__)


def openers(
    channels: Mapping[str, Channel], kinds: FoundKinds, secret: bytes, now: Callable[[], datetime]
) -> dict[str, Opener]:
    """Channel name → how to connect to it, for the channels of an installation. `secret` signs unsubscribe tokens."""

    def opener(channel: Channel) -> Opener:
        connect: Callable[..., Connection] = kinds.module("channel", channel.kind).connect
        return lambda: connect(channel.options, secret=secret, now=now)

    return {name: opener(channel) for name, channel in channels.items()}


class Sender:
    """Sends what is due on `lane` by `channels`, each with `connections` connections of its own, until `run` is cancelled.

    A channel that is down or limits us pauses alone. `now` is the one clock, `rng` the dice of the backoff, `stop_within` the
    seconds that a stop waits for messages that are armed.
    """

    def __init__(
        self,
        lane: Lane,
        store: Store,
        channels: Mapping[str, Opener],
        contents: Contents,
        now: Callable[[], datetime],
        connections: int,
        rng: Random,
        *,
        lease: timedelta = LEASE,
        stop_within: float = STOP_WITHIN,
    ) -> None:
        self._lane = lane
        self._now = now
        self._lease = lease.total_seconds()
        self._stop_within = stop_within
        self._scribe = Scribe(lane, store, now)
        means = Means(
            lane=lane,
            store=store,
            scribe=self._scribe,
            words=Words(lane, contents, now),
            now=now,
            connections=connections,
            rng=rng,
            lease=lease,
        )
        self._outlets = [Outlet(name, opener, means) for name, opener in channels.items()]
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """There may be something new to send. From any thread; at most a second is lost if nobody calls it."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            for outlet in self._outlets:
                loop.call_soon_threadsafe(outlet.woken.set)

    async def run(self) -> None:
        """Send until cancelled. Then nothing new is armed, what is armed is awaited for a while, the rest is given back."""
        self._loop = asyncio.get_running_loop()
        scribe = asyncio.create_task(self._scribe.run())
        others = [asyncio.create_task(self._keep()), *(asyncio.create_task(each.fill()) for each in self._outlets)]
        for outlet in self._outlets:
            outlet.start()
        try:
            ended, _ = await asyncio.wait([scribe, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # none of them ends by itself: what broke it is raised here
        finally:
            await end(others)
            await asyncio.gather(*(outlet.stop(self._stop_within) for outlet in self._outlets))
            await self._scribe.flush(self._stop_within)
            await end([scribe])

    async def _keep(self) -> None:
        """Renew leases well before they lapse, and sweep."""
        while True:
            await asyncio.sleep(min(SWEEP, self._lease / 3))
            try:
                await asyncio.gather(*(outlet.renew() for outlet in self._outlets))
                await self._scribe.ask(lambda c: ledger.lapse(c, self._now()))
                if self._lane is Lane.CUSTOMERS:
                    await self._scribe.ask(lambda c: ledger.expire(c, self._now()))
            except Exception as error:  # noqa: BLE001 - the boundary of this task: the next sweep is soon
                log.error("the ledger of %s could not be swept: %s", self._lane.value, type(error).__name__)
