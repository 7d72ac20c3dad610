"""The sender of one lane: has every due row of the ledger sent by its channel, and what became of it written.

Belongs here: starting, stopping, leases and sweeps, for all channels of the lane. Does not belong here: one channel's waves and
connections (outlet.py), what an outcome leads to (deliver/ledger.py), what is said (words.py), how it travels
(deliver/channel/).

A wave is a claim, never an arming: a row is armed by its own connection at the last moment before the effect can happen, so a
crash leaves at most one row per connection armed.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Final

from sentinel.model.callback import Callbacks
from sentinel.model.delivery import Lane
from sentinel.model.guard import Networks
from sentinel.model.installation import Channel
from sentinel.model.limits import Drill
from sentinel.run import canary
from sentinel.run.drillgate import DrillGate
from sentinel.run.kinds import FoundKinds
from sentinel.run.outlet import Connection, Means, Opener, Outlet, Terms, end
from sentinel.run.scribe import Scribe
from sentinel.run.words import Contents, Words
from sentinel.store import drills, ledger, missing
from sentinel.store.database import Store
from sentinel.store.trouble import loudness

LEASE: Final = timedelta(seconds=60)
SWEEP: Final = 5.0
"""Seconds between two sweeps for lapsed leases and for rows whose time has passed."""
STOP_WITHIN: Final = 10.0
"""Seconds that a stop waits for messages that are armed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelOpener:
    """Connects to one channel. Two that would connect in the same way are equal, by which a reload knows what is unchanged."""

    channel: Channel
    connect: Callable[..., Connection]
    secret: bytes = field(repr=False)
    now: Callable[[], datetime]
    allow: Networks = ()
    """Private networks that channels by HTTP may reach."""
    terms: Terms = field(default_factory=Terms)
    drill: Drill | None = None
    """While it is a drill: who can be reached through it."""
    back: str = ""
    """Where its provider is told to report what became of each message; empty for one that is not told."""

    def __call__(self) -> Connection:
        made = self._connected()
        return made if self.drill is None else DrillGate(made, self.drill)

    def _connected(self) -> Connection:
        told = {"back": self.back} if self.back else {}
        return self.connect(self.channel.options, secret=self.secret, now=self.now, allow=self.allow, **told)


def openers(
    channels: Mapping[str, Channel],
    kinds: FoundKinds,
    secret: bytes,
    now: Callable[[], datetime],
    allow: Networks = (),
    drill: Drill | None = None,
    url: str = "",
) -> dict[str, Opener]:
    """Channel name → how to connect to it, for the channels of an installation. `secret` signs unsubscribe tokens, `url` is the
    installation's."""
    made: dict[str, Opener] = {}
    for name, one in channels.items():
        module = kinds.module("channel", one.kind)
        dedupes = module.dedupes(one.options) if hasattr(module, "dedupes") else None
        by = _who(one.kind, module.provider(one.options), secret) if dedupes is not None else ""
        terms = Terms(dedupes=dedupes, by=by, rate=one.rate, connections=one.connections)
        reports = callbacks_of(one, kinds)
        back = reports.back(name, url) if reports is not None and reports.is_told else ""
        made[name] = ChannelOpener(
            channel=one, connect=module.connect, secret=secret, now=now, allow=allow, terms=terms, drill=drill, back=back
        )
    return made


def _who(kind: str, provider: Sequence[str], secret: bytes) -> str:
    """One provider told apart from others, and nothing of what is told it: tokens are among it."""
    return blake2b(repr((kind, *provider)).encode(), key=secret[:64], digest_size=16).hexdigest()


def callbacks_of(channel: Channel, kinds: FoundKinds) -> Callbacks | None:
    """How the reports of a channel's provider are proven; None for one that does not report to us over HTTP."""
    module = kinds.module("channel", channel.kind)
    made: Callbacks | None = module.callbacks(channel.options) if hasattr(module, "callbacks") else None
    return made


def terms_of(opener: Opener) -> Terms:
    """What is allowed by the channel that this connects to."""
    return opener.terms if isinstance(opener, ChannelOpener) else Terms()


def _drill_of(opener: Opener) -> Drill | None:
    return opener.drill if isinstance(opener, ChannelOpener) else None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Open:
    """A channel in use: its outlet, how it was connected to, and the task that claims for it."""

    outlet: Outlet
    opener: Opener
    filling: "asyncio.Task[None]"


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
        self._means = Means(
            lane=lane,
            store=store,
            scribe=self._scribe,
            words=Words(lane, contents, store, now),
            now=now,
            connections=connections,
            rng=rng,
            lease=lease,
        )
        self._store = store
        self._channels = canary.of_lane(self._lane, channels)
        self._is_shut = False
        self._seen_to: tuple[str, ...] | None = None
        """The channels for which the whole queue was looked through."""
        self._changed = asyncio.Event()
        self._open: dict[str, _Open] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def use(self, channels: Mapping[str, Opener]) -> None:
        """Put another full set of channels in force. One that is as before goes on undisturbed; one that is gone or altered
        ends after what it has armed. To be called in the event loop."""
        self._channels = canary.of_lane(self._lane, channels)
        self._means.words.forget()
        self._changed.set()

    def shut(self, is_shut: bool) -> None:
        """Begin nothing, by no channel, until opened again; what is armed is awaited. Rows stay as they are: their channels are
        still there. To be called in the event loop."""
        if is_shut is not self._is_shut:
            self._is_shut = is_shut
            self._changed.set()

    def wake(self) -> None:
        """There may be something new to send. From any thread; at most a second is lost if nobody calls it."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            for each in tuple(self._open.values()):
                loop.call_soon_threadsafe(each.outlet.woken.set)

    async def run(self) -> None:
        """Send until cancelled. Then nothing new is armed, what is armed is awaited for a while, the rest is given back."""
        self._loop = asyncio.get_running_loop()
        scribe, keep = asyncio.create_task(self._scribe.run()), asyncio.create_task(self._keep())
        try:
            while True:
                self._changed.clear()
                await self._open_and_close({} if self._is_shut else self._channels)
                changed = asyncio.create_task(self._changed.wait())
                try:
                    work = {scribe, keep, *(each.filling for each in self._open.values())}
                    ended, _ = await asyncio.wait({changed, *work}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                for task in ended & work:
                    task.result()  # none of them ends by itself: what broke it is raised here
        finally:
            await end([keep])
            await self._open_and_close({})
            await self._scribe.flush(self._stop_within)
            await end([scribe])

    async def _open_and_close(self, channels: Mapping[str, Opener]) -> None:
        """Outlets for `channels` and no others. A new one begins at once, beside the end of the one that it replaces."""
        gone = {name: each for name, each in self._open.items() if channels.get(name) != each.opener}
        for name in gone:
            del self._open[name]
        for name, opener in channels.items():
            if name not in self._open:
                outlet = Outlet(name, opener, self._means, terms_of(opener))
                outlet.start()
                self._open[name] = _Open(outlet=outlet, opener=opener, filling=asyncio.create_task(outlet.fill()))
        await end([each.filling for each in gone.values()])
        await asyncio.gather(*(each.outlet.stop(self._stop_within) for each in gone.values()))

    async def _keep(self) -> None:
        """Renew leases well before they lapse, and sweep."""
        while True:
            await asyncio.sleep(min(SWEEP, self._lease / 3))
            try:
                await asyncio.gather(*(each.outlet.renew() for each in tuple(self._open.values())))
                await self._scribe.ask(lambda c: ledger.lapse(c, self._now()))
                if self._lane is Lane.CUSTOMERS:
                    await self._scribe.ask(lambda c: ledger.expire(c, self._now()))
                await self._see_to_missing()
                if self._lane is Lane.CUSTOMERS and not any(_drill_of(each) for each in self._channels.values()):
                    await self._scribe.ask(lambda c: drills.resume(c, self._lane))
            except Exception as error:  # noqa: BLE001 - the boundary of this task: the next sweep is soon
                log.log(loudness(error), "the ledger of %s could not be swept: %s", self._lane.value, type(error).__name__)

    async def _see_to_missing(self) -> None:
        """Hold what waits for a channel that we do not have, and let go on what was held for one that is back (F36)."""
        lane, names = self._lane, tuple(self._channels)
        if lane is Lane.HOUSEKEEPING:
            return
        if names != self._seen_to:
            if await asyncio.to_thread(self._store.read, lambda c: missing.is_any(c, lane, names)):
                held = await self._scribe.ask(lambda c: missing.see_to(c, lane, names, whole=True))
                log.warning("%d messages of %s were held or resumed: channels went or came", held, lane.value)
            self._seen_to = names
        await self._scribe.ask(lambda c: missing.see_to(c, lane, names))
