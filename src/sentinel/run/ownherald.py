"""The herald of our own troubles: staff hear of each once, and once of its end, whichever hub finds it and whichever dies.

Belongs here: who tells and when, with the store's leave or without it. Does not belong here: finding troubles (trouble.py), the
rows (store/troubles.py), the channels (straight.py).

The store is asked first, since another hub may be about to tell. Where it says nothing, the trouble may be its own: then staff
hear of it rather twice than never, and the store learns of that when it can.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from sentinel.detect.own import Held
from sentinel.model.installation import Installation
from sentinel.model.message import StaffNote
from sentinel.model.notice import Brief, Occasion
from sentinel.model.trouble import Trouble
from sentinel.run import straight
from sentinel.run.clock import Clock
from sentinel.run.world import World
from sentinel.store import troubles
from sentinel.store.database import Store
from sentinel.store.troubles import Standing, Telling

T = TypeVar("T")
TELL_AGAIN: Final = 15.0
"""Seconds between two tries at what is untold."""
ASK_WITHIN: Final = 5.0
"""Seconds for one word of the store's."""
A_DAY: Final = timedelta(days=1)

log = logging.getLogger(__name__)


class Told(Protocol):
    """The hub, as far as the herald needs it."""

    @property
    def world(self) -> World: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...


@dataclass(slots=True)
class _Owed:
    """A trouble that is over. `said`: staff have heard so, and the store has still to be told."""

    one: Held
    said: bool = False


class Herald:
    """Tells. `is_shared`: other hubs look at the same store, so that whoever tells takes that upon itself first."""

    def __init__(self, body: Told, connect: straight.Connect, *, is_shared: bool) -> None:
        self.told = 0
        """How often staff were told of one, or of an end."""
        self.again_at = 0.0
        """When it is tried next, by the monotonic clock."""
        self.task: asyncio.Task[None] | None = None
        self._body = body
        self._connect = connect
        self._is_shared = is_shared
        self._over: dict[str, _Owed] = {}
        self._unnoted: dict[str, Held] = {}
        """Those that staff heard of while the store could not take note of it."""

    def owes_end(self, one: Held) -> None:
        """It is over: staff are to hear so, if they heard of it."""
        self._over.setdefault(one.name, _Owed(one))

    def comes_back(self, name: str) -> bool:
        """It is there again. Whether staff know it to stand: they heard of it, and not yet of its end."""
        owed = self._over.pop(name, None)
        return owed is not None and owed.one.told and not owed.said

    def see_to(self, untold: Sequence[Held], broken: Collection[str], heard: Callable[[str], None]) -> None:
        """Begin to tell what is to be told, if it is time and nothing is being told; `heard` is called with each name."""
        is_owed = bool(untold or self._over or self._unnoted)
        if is_owed and monotonic() >= self.again_at and (self.task is None or self.task.done()):
            self.task = asyncio.create_task(self._tell(tuple(untold), broken, heard), name="own trouble")

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def _tell(self, untold: Sequence[Held], broken: Collection[str], heard: Callable[[str], None]) -> None:
        self.again_at = monotonic() + TELL_AGAIN
        for one in tuple(self._unnoted.values()):
            await self._note(one)
        for one in untold:
            if await self._begun(one, broken):
                heard(one.name)
        for name, owed in tuple(self._over.items()):
            if await self._ended(owed, broken) and self._over.get(name) is owed:
                del self._over[name]

    async def _begun(self, one: Held, broken: Collection[str]) -> bool:
        """Whether staff know by now that it stands."""
        whose = await self._asks(lambda c: self._begins(c, one))
        if whose is Telling.DONE or whose is Telling.THEIRS:
            return whose is Telling.DONE  # another hub is about to: if it does not, we are asked again
        if not await self._say(one, broken, over=False):
            await self._give_back(one, whose)
            return False
        self._unnoted[one.name] = one
        await self._note(one)
        return True

    async def _ended(self, owed: _Owed, broken: Collection[str]) -> bool:
        """Whether nothing more is owed of a trouble that is over."""
        one = owed.one
        whose = await self._asks(lambda c: troubles.ends(c, one.name, self._now, self._lease))
        if whose is Telling.DONE or whose is Telling.THEIRS:
            return whose is Telling.DONE
        if whose is None and not one.told:
            return False  # nobody can say whether staff know of it
        if not owed.said and not await self._say(one, broken, over=True):
            await self._give_back(one, whose)
            return False
        owed.said = True

        def note(c: Connection) -> bool:
            troubles.ends(c, one.name, self._now, self._lease)
            troubles.told_of_end(c, one.name, self._now)
            return True

        return await self._asks(note) is not None

    async def _note(self, one: Held) -> None:
        """Have the store know that staff heard of it."""

        def note(c: Connection) -> bool:
            self._begins(c, one)
            troubles.told(c, one.name, self._now)
            return True

        if await self._asks(note) is not None:
            self._unnoted.pop(one.name, None)

    def _begins(self, c: Connection, one: Held) -> Telling:
        row = Standing(name=one.name, since=one.since_at, detail=one.detail, told_at=None)
        return troubles.begins(c, row, self._now, self._lease, one.since_at - A_DAY)

    async def _give_back(self, one: Held, whose: Telling | None) -> None:
        if whose is Telling.OURS:
            await self._asks(lambda c: troubles.give_back(c, one.name))

    @property
    def _now(self) -> datetime:
        return self._body.clock.now()

    @property
    def _lease(self) -> timedelta:
        """Long enough for every channel to have its time. Alone with the store there is nobody to wait for: who dies before it
        is told tells it at the next start."""
        names = straight.channels(self._body.world.installation)
        return timedelta(seconds=straight.TELL_WITHIN * len(names) + 2 * ASK_WITHIN if self._is_shared else 0)

    async def _asks(self, work: Callable[[Connection], T]) -> T | None:
        """What the store says; None where it says nothing."""
        try:
            async with asyncio.timeout(ASK_WITHIN):
                return await asyncio.wrap_future(self._body.store.writer_of("trouble").submit(work))
        except Exception as error:  # noqa: BLE001 - the trouble may be the store's own
            log.warning("a trouble cannot be noted: %s", type(error).__name__)
            return None

    async def _say(self, one: Held, broken: Collection[str], *, over: bool) -> bool:
        """By the first channel of staff that takes it, that of the trouble itself last."""
        house = self._body.world.installation
        end = ":over" if over else ""
        brief = word(house, one, over=over)
        note = StaffNote(key=f"own:{one.name}:{one.since_at:%Y%m%dT%H%M%S}{end}", brief=brief)
        names = straight.channels(house)
        last = {*broken, one.name.partition(":")[2] if one.kind is Trouble.CHANNEL else ""}
        took = await straight.by_first(self._connect(house), names, note, last)
        if took:
            self.told += 1
            log.info("staff were told by %s: %s%s", took, one.name, " is over" if over else "")
        return bool(took) or not names


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


def word(house: Installation, one: Held, *, over: bool) -> Brief:
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
