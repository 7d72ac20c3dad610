"""The herald of our own troubles: staff hear of each once, and once of its end, whichever hub finds it and whichever dies.

Belongs here: who tells and when, with the store's leave or without it. Does not belong here: finding troubles (trouble.py), the
rows (store/troubles.py), the channels (straight.py), what is said (ownwords.py).

The store is asked first, since another hub may be about to tell. Where it says nothing, the trouble may be its own: then staff
hear of it rather twice than never, and the store learns of that when it can.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from sentinel.detect.own import Held
from sentinel.model.installation import Installation
from sentinel.model.message import StaffNote
from sentinel.model.trouble import Trouble
from sentinel.run import straight
from sentinel.run.clock import Clock
from sentinel.run.ownwords import digest, word
from sentinel.run.world import World
from sentinel.store import troubles
from sentinel.store.database import Store
from sentinel.store.troubles import Standing, Telling

T = TypeVar("T")
TELL_AGAIN: Final = 15.0
"""Seconds between two tries at what is untold."""
ASK_WITHIN: Final = 5.0
"""Seconds for one word of the store's."""
FEW: Final = 3
"""So many early warnings at once are told one by one; more of them in one message."""
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
        await self._note(tuple(self._unnoted.values()))
        house = self._body.world.installation
        for some in _together(house, untold):
            for name in await self._begun(some, broken):
                heard(name)
        owed = dict(self._over)
        for some in _together(house, [each.one for each in owed.values()]):
            for each in await self._ended([owed[one.name] for one in some], broken):
                if self._over.get(each.one.name) is each:
                    del self._over[each.one.name]

    async def _begun(self, some: Sequence[Held], broken: Collection[str]) -> list[str]:
        """Those of them of which staff know by now that they stand."""
        asked = await self._asks(lambda c: [self._begins(c, one) for one in some])
        whose = dict(zip((one.name for one in some), asked or (), strict=False))
        known = [name for name, telling in whose.items() if telling is Telling.DONE]
        # Of those that are theirs another hub is about to tell: if it does not, we are asked again.
        mine = [one for one in some if whose.get(one.name) not in (Telling.DONE, Telling.THEIRS)]
        if mine and await self._say(mine, broken, over=False):
            self._unnoted |= {one.name: one for one in mine}
            await self._note(mine)
            return known + [one.name for one in mine]
        await self._give_back(mine if asked else ())
        return known

    async def _ended(self, some: Sequence[_Owed], broken: Collection[str]) -> list[_Owed]:
        """Those that are over of which nothing more is owed."""
        asked = await self._asks(lambda c: [troubles.ends(c, each.one.name, self._now, self._lease) for each in some])
        whose = dict(zip((each.one.name for each in some), asked or (), strict=False))
        settled = [each for each in some if whose.get(each.one.name) is Telling.DONE]
        mine = [each for each in some if whose.get(each.one.name) not in (Telling.DONE, Telling.THEIRS)]
        if not asked:  # nobody can say whether staff know of those of which we do not
            mine = [each for each in mine if each.one.told]
        unsaid = [each.one for each in mine if not each.said]
        if unsaid and not await self._say(unsaid, broken, over=True):
            await self._give_back(unsaid if asked else ())
            mine = [each for each in mine if each.said]
        for each in mine:
            each.said = True

        def note(c: Connection) -> bool:
            for each in mine:
                troubles.ends(c, each.one.name, self._now, self._lease)
                troubles.told_of_end(c, each.one.name, self._now)
            return True

        return settled + mine if mine and await self._asks(note) is not None else settled

    async def _note(self, some: Sequence[Held]) -> None:
        """Have the store know that staff heard of them."""

        def note(c: Connection) -> bool:
            for one in some:
                self._begins(c, one)
                troubles.told(c, one.name, self._now)
            return True

        if some and await self._asks(note) is not None:
            for one in some:
                self._unnoted.pop(one.name, None)

    def _begins(self, c: Connection, one: Held) -> Telling:
        row = Standing(name=one.name, since=one.since_at, detail=one.detail, told_at=None)
        return troubles.begins(c, row, self._now, self._lease, one.since_at - A_DAY)

    async def _give_back(self, some: Sequence[Held]) -> None:
        def give_back(c: Connection) -> None:
            for one in some:
                troubles.give_back(c, one.name)

        if some:
            await self._asks(give_back)

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

    async def _say(self, some: Sequence[Held], broken: Collection[str], *, over: bool) -> bool:
        """In one message, by the first channel of staff that takes it, that of the trouble itself last."""
        house, one = self._body.world.installation, some[0]
        brief = word(house, one, over=over) if len(some) == 1 else digest(house, some, over=over)
        which = one.name if len(some) == 1 else f"{one.name}+{len(some) - 1}"
        note = StaffNote(key=f"own:{which}:{one.since_at:%Y%m%dT%H%M%S}{':over' if over else ''}", brief=brief)
        names = _names(house, one)
        last = {*broken, one.name.partition(":")[2] if one.kind is Trouble.CHANNEL else ""}
        took = await straight.by_first(self._connect(house), names, note, last)
        if took:
            self.told += 1
            log.info("staff were told by %s: %s%s", took, which, " is over" if over else "")
        return bool(took) or not names


def _names(house: Installation, one: Held) -> tuple[str, ...]:
    """By which channels it may go, in order: a warning first by those of its own service."""
    names = straight.channels(house)
    if one.kind is not Trouble.WARNING:
        return names
    service = house.services.get(one.name.split(":")[-1].partition(".")[0])
    return tuple(dict.fromkeys((*(service.staff if service else ()), *names)))


def _together(house: Installation, ones: Sequence[Held]) -> list[Sequence[Held]]:
    """What is told in one message: early warnings to the same readers where there are many of them; else each by itself."""
    warnings: dict[tuple[str, ...], list[Held]] = {}
    for one in ones:
        if one.kind is Trouble.WARNING:
            warnings.setdefault(_names(house, one), []).append(one)
    many = [each for each in warnings.values() if len(each) > FEW]
    gathered = {one.name for each in many for one in each}
    return [*([one] for one in ones if one.name not in gathered), *many]
