"""Own trouble: gathers what this process knows of itself, tells staff once of what is wrong, and once of its end.

Belongs here: the signs, telling by the first channel that works, the gate of customers' lane. Does not belong here: which signs
make which trouble (detect/own.py), the rows (store/troubles.py).

Memory comes first and the store second: the trouble may be the store's. What is told goes straight to the channel, without a
ledger: no incident owes this word, and the ledger may be what is broken. It is tried again until some channel takes it.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Connection

from sentinel.detect import own, place
from sentinel.detect.own import Held, Signs
from sentinel.model.delivery import Accepted, Lane
from sentinel.model.installation import Installation
from sentinel.model.message import StaffNote
from sentinel.model.notice import Brief, Occasion
from sentinel.model.trouble import Trouble
from sentinel.run import failover, poison, sight
from sentinel.run.clock import Clock
from sentinel.run.outlet import Opener
from sentinel.run.world import World
from sentinel.store import broken, troubles
from sentinel.store.database import Store

LOOK_EVERY: Final = 2.0
READ_WITHIN: Final = 5.0
TELL_WITHIN: Final = 20.0
"""Seconds that one channel has for taking the word."""
TELL_AGAIN: Final = 15.0

_SHARED: Final = (
    Trouble.PLACE_BLIND, Trouble.RESOLVER, Trouble.CHANNEL, Trouble.CANARIES_SILENT, Trouble.UNHEARD, Trouble.ASIDE
)  # fmt: skip
"""Those that all processes of one store see alike."""

log = logging.getLogger(__name__)


class Body(Protocol):
    """The hub, as far as its troubles need it."""

    @property
    def world(self) -> World: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def prober_age(self) -> float | None: ...

    @property
    def audit_problems(self) -> tuple[str, ...]: ...

    @property
    def waiting(self) -> Mapping[Lane, float]:
        """Lane → for how long its oldest message has waited without a reason, as the self-audit found it."""
        ...


class Troubles:
    """What is wrong with us now. `where`: this machine's name, on a store that others share."""

    def __init__(
        self,
        body: Body,
        connect: Callable[[Installation], Mapping[str, Opener]],
        where: str = "",
        *,
        every: float = LOOK_EVERY,
        patience: Mapping[Trouble, tuple[float, float]] = own.PATIENCE,
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        """`looked` is called after each look."""
        self._body = body
        self._looked = looked
        self._patience = patience
        self._connect = connect
        self._where = where
        self._every = every
        self._held: dict[str, Held] | None = None
        self._over: dict[str, Held] = {}
        """Troubles whose end staff have not heard of yet."""
        self._unnoted: set[str] = set()
        self._telling: asyncio.Task[None] | None = None
        self._tell_at = 0.0
        self._touch = _Touch()
        self._signs = Signs(place=body.world.installation.place)
        self._offset: float | None = None
        self.told = 0
        """How often staff were told of one, or of an end."""

    @property
    def standing(self) -> tuple[Held, ...]:
        """Those that are raised, the oldest first."""
        return tuple(
            sorted((one for one in (self._held or {}).values() if one.raised), key=lambda one: (one.since_at, one.name))
        )

    @property
    def signs(self) -> Signs:
        """The last ones, for metrics."""
        return self._signs

    @property
    def holds_customers(self) -> bool:
        """Whether what would be sent to customers could not be recorded: then nothing is begun (P8, P9)."""
        return any(one.kind is Trouble.DISK_LOW for one in self.standing)

    async def run(self) -> None:
        """Look at each interval, until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(self._every)
        finally:
            if self._telling is not None:
                self._telling.cancel()

    async def look(self) -> None:
        """One look at ourselves, and what follows from it. Nothing here waits for a channel or for a store that is stuck."""
        if self._held is None:
            self._held = await self._remembered()
        self._signs = await self._gather()
        now_at, before = self._body.clock.now(), self._held
        self._held = own.advance(before, self._found(), now_at, monotonic(), self._patience)
        for one in self.standing:
            if one.name not in before or not before[one.name].raised:
                log.error("trouble of our own: %s (%s)", one.detail, one.name)
        for name, one in before.items():
            if one.raised and name not in self._held:
                log.info("no trouble any more: %s", name)
                self._over[name] = one
        self._looked()
        self._see_to_telling()

    def _found(self) -> dict[str, str]:
        """On a shared store each machine's own troubles bear its name; what all of them see has one name for all."""
        found = own.present(self._signs)
        if not self._where:
            return found
        return {name if name.partition(":")[0] in _SHARED else f"{name}:{self._where}": why for name, why in found.items()}

    async def _remembered(self) -> dict[str, Held]:
        """What stood when the process before us ended."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                rows = await asyncio.to_thread(self._body.store.read, troubles.standing)
        except Exception as error:  # noqa: BLE001 - a store in trouble is what we are here for
            log.warning("earlier troubles cannot be read: %s", type(error).__name__)
            return {}
        now = monotonic()
        return {
            row.name: Held(
                name=row.name, detail=row.detail, since_at=row.since, came=now, raised=True, told=row.told_at is not None
            )
            for row in rows
            if row.name.partition(":")[0] in tuple(Trouble) and (not self._where or row.name.endswith(f":{self._where}"))
        }

    # Signs

    async def _gather(self) -> Signs:
        body, house = self._body, self._body.world.installation
        why, took = self._touch.look(body.store)
        signs = replace(
            self._signs,
            place=house.place,
            free=await asyncio.to_thread(_free, house),
            reserve=house.disk_reserve,
            store_why=why,
            store_took=took,
            prober_age=body.prober_age,
            jumped=self._jumped(),
            audit=body.audit_problems,
        )
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await asyncio.to_thread(body.store.read, lambda c: self._stored(c, signs))
        except Exception:  # noqa: BLE001 - then what was known last stands; the write beside it says what is wrong
            return signs

    def _stored(self, c: Connection, signs: Signs) -> Signs:
        """With what the store knows."""
        now = self._body.clock.now()
        canaries = sight.canaries(c, self._body.world)
        newest = max((one.seen_at for one in canaries if one.seen_at is not None), default=None)
        unheard = dict.fromkeys(f"incident {one.incident}" for one in failover.unheard(c, now))
        return replace(
            signs,
            sight=place.sight(canaries),
            canaries_age=None if newest is None else abs((now - newest).total_seconds()),
            broken={one.channel: one.why for one in broken.standing(c) if not one.address},
            unheard=tuple(unheard),
            aside=poison.standing(c, now),
        )

    def _jumped(self) -> float:
        """By how much the clock moved against the monotonic one since the last look."""
        offset = self._body.clock.now().timestamp() - monotonic()
        before, self._offset = self._offset, offset
        return 0.0 if before is None else offset - before

    # Telling

    def _see_to_telling(self) -> None:
        if self._telling is not None and not self._telling.done():
            return
        untold = [one for one in self.standing if not one.told]
        if (untold or self._over) and monotonic() >= self._tell_at:
            self._telling = asyncio.create_task(self._tell(untold), name="own trouble")

    async def _tell(self, untold: Iterable[Held]) -> None:
        self._tell_at = monotonic() + TELL_AGAIN
        for one in untold:
            takes = partial(_begin, one=one, now=self._body.clock.now())
            mine = await self._asks(partial(takes, is_taken=bool(self._where)))
            if mine is False or await self._say(one, over=False):  # False: another hub tells of it, or has
                self._mark_told(one.name)
                if mine and not self._where:  # alone with the store we note it once it is said: who dies before says it again
                    mine = await self._asks(takes)
                if mine is None:
                    self._unnoted.add(one.name)
            elif mine:
                await self._asks(partial(troubles.not_told, name=one.name))
        for name, one in tuple(self._over.items()):
            was_told = await self._asks(partial(troubles.clear, name=name, now=self._body.clock.now()))
            if was_told is None or name in self._unnoted:  # told while the store could not take note of it
                was_told = one.told or was_told
            if not was_told or await self._say(one, over=True):
                self._over.pop(name, None)
                self._unnoted.discard(name)

    def _mark_told(self, name: str) -> None:
        if self._held is not None and name in self._held:
            self._held[name] = replace(self._held[name], told=True)

    async def _asks(self, work: Callable[[Connection], bool | None]) -> bool | None:
        """What the store says; None where it says nothing: then staff hear of it rather twice than never."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await asyncio.wrap_future(self._body.store.writer_of("trouble").submit(work))
        except Exception as error:  # noqa: BLE001 - the trouble may be the store's own
            log.warning("a trouble cannot be noted: %s", type(error).__name__)
            return None

    async def _say(self, one: Held, *, over: bool) -> bool:
        """By the first channel of staff that takes it, that of the trouble itself last."""
        house = self._body.world.installation
        end = ":over" if over else ""
        note = StaffNote(
            key=f"own:{one.name}:{one.since_at:%Y%m%dT%H%M%S}{end}", brief=word(house, one, self._body.clock.now(), over=over)
        )
        openers = self._connect(house)
        names = dict.fromkeys(channel for service in house.services.values() for channel in service.staff)
        for name in sorted(names, key=lambda name: one.name == f"{Trouble.CHANNEL}:{name}" or name in self._signs.broken):
            why = await _sent(openers[name], note) if name in openers else "it is gone"
            if not why:
                self.told += 1
                log.info("staff were told by %s: %s%s", name, one.name, " is over" if over else "")
                return True
            log.warning("%s did not take the word of our own trouble %s: %s", name, one.name, why)
        return not names


class _Touch:
    """One small write, asked for at each look and never waited for: what a stuck store is known by."""

    def __init__(self) -> None:
        self._asked_at = 0.0
        self._under_way: Future[None] | None = None
        self._why = ""
        self._took = 0.0

    def look(self, store: Store) -> tuple[str, float]:
        """(Why the last one failed, how long it took); of one under way, how long it has taken so far."""
        if self._under_way is not None and not self._under_way.done():
            return self._why, max(self._took, monotonic() - self._asked_at)
        said = (self._why, self._took)
        self._asked_at = asked_at = monotonic()

        def ended(done: "Future[None]") -> None:
            error = None if done.cancelled() else done.exception()
            self._why, self._took = str(error) if error is not None else "", monotonic() - asked_at

        self._under_way = store.writer_of("trouble").submit(_work)
        self._under_way.add_done_callback(ended)
        return said


def _begin(c: Connection, one: Held, now: datetime, is_taken: bool = True) -> bool:
    """Whether it is for us to tell; `is_taken`: nobody else is let to from now on."""
    troubles.keep(c, one.name, one.since_at, one.detail)
    stale = one.since_at - timedelta(days=1)
    return troubles.may_tell(c, one.name, now, stale) if is_taken else troubles.is_untold(c, one.name, stale)


def _work(c: Connection) -> None:
    """A transaction without work: it takes the locks that every write takes, and costs no sync."""


def _free(house: Installation) -> int | None:
    try:
        return shutil.disk_usage(str(house.store.parent)).free
    except OSError:
        return None


async def _sent(opener: Opener, note: StaffNote) -> str:
    """Why the channel did not take it; empty if it did."""
    connection = opener()
    try:
        async with asyncio.timeout(TELL_WITHIN):
            outcome = await connection.send(note, _at_once)
    except Exception as error:  # noqa: BLE001 - the boundary of this word: the next channel is tried
        return type(error).__name__
    finally:
        with suppress(Exception):
            await connection.close()
    return "" if isinstance(outcome, Accepted) else str(getattr(outcome, "reason", "it did not say"))


async def _at_once() -> bool:
    return True


_FELT: Final[Mapping[Trouble, str]] = {
    Trouble.PLACE_BLIND: "Not known. Sentinel cannot see from here; nothing is opened and nothing is closed until it can.",
    Trouble.RESOLVER: "Not known. Sentinel finds no names from here; nothing is opened and nothing is closed until it does.",
    Trouble.CANARIES_SILENT: "Not known. Nobody can tell whether Sentinel can see.",
    Trouble.PROBER: "Not known. Sentinel looks at nothing at the moment.",
    Trouble.UNHEARD: "See the incidents themselves: whoever answers customers may not have heard of them.",
    Trouble.ASIDE: "Not known of what was set aside. All the rest goes on.",
    Trouble.DISK_LOW: "Nothing that we know of. Messages to customers wait until there is room.",
}
_NOTHING: Final = "Nothing that we know of: this is trouble of Sentinel's own."


def word(house: Installation, one: Held, now: datetime, *, over: bool) -> Brief:
    """What staff are told of a trouble, or of its end."""
    headline = (
        f"{house.brand}: Sentinel's own trouble is over ({one.name})"
        if over
        else f"{house.brand}: Sentinel itself has trouble: {one.detail}"
    )
    return Brief(
        reference="",
        occasion=Occasion.CHANGED,
        headline=headline[:300],
        services=(),
        felt=("Nothing more than before: Sentinel works as usual again.",) if over else (_FELT.get(one.kind, _NOTHING),),
        since=one.since_at,
        until=None,
        next_word=None,
        who="No customer is told anything. This is for whoever keeps Sentinel running.",
        say="",
        desk=() if over else (one.detail, "You hear once more when it is over. See docs/how-to/monitor-sentinel.md."),
        link=house.url,
        zone=house.zone,
    )
