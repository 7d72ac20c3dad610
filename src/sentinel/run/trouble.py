"""Own trouble: what this process knows of itself, looked at again and again, remembered, and handed to the herald.

Belongs here: the looks, what is remembered between them and over a restart, the gate of customers' lane. Does not belong here:
the signs (ownsigns.py), which of them make which trouble (detect/own.py), telling (ownherald.py), the rows (store/troubles.py).

Memory comes first and the store second: the trouble may be the store's. What is told goes straight to the channel, without a
ledger: no incident owes this word, and the ledger may be what is broken. It is tried again until some channel takes it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Final

from sqlalchemy import Connection

from sentinel.detect import own
from sentinel.detect.own import Held, Signs
from sentinel.model.trouble import Trouble
from sentinel.run import straight
from sentinel.run.ownherald import Herald
from sentinel.run.ownsigns import Body, Senses
from sentinel.store import troubles
from sentinel.store.troubles import Standing

LOOK_EVERY: Final = 2.0

_OF_PLACE: Final = (Trouble.PLACE_BLIND, Trouble.RESOLVER)
"""Those that all processes of one place see alike."""
_SHARED: Final = (
    *_OF_PLACE,
    Trouble.CHANNEL,
    Trouble.CANARIES_SILENT,
    Trouble.UNHEARD,
    Trouble.ASIDE,
    Trouble.AGENT,
    Trouble.WARNING,
)
"""Those that all processes of one store see alike."""

log = logging.getLogger(__name__)


class Troubles:
    """What is wrong with us now. `where`: this machine's name, on a store that others share."""

    def __init__(
        self,
        body: Body,
        connect: straight.Connect,
        where: str = "",
        *,
        every: float = LOOK_EVERY,
        patience: Mapping[Trouble, tuple[float, float]] = own.PATIENCE,
        looked: Callable[[], None] = lambda: None,
    ) -> None:
        """`looked` is called after each look."""
        self.herald = Herald(body, connect, is_shared=bool(where))
        self._body = body
        self._senses = Senses(body)
        self._looked = looked
        self._patience = patience
        self._where = where
        self._every = every
        self._held: dict[str, Held] = {}
        self._has_recalled = False

    @property
    def standing(self) -> tuple[Held, ...]:
        """Those that are raised, the oldest first."""
        return tuple(sorted((one for one in self._held.values() if one.raised), key=lambda one: (one.since_at, one.name)))

    @property
    def signs(self) -> Signs:
        """The last ones, for metrics."""
        return self._senses.last

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
            self.herald.stop()

    async def look(self) -> None:
        """One look at ourselves, and what follows from it. Nothing here waits for a channel or for a store that is stuck."""
        signs = await self._senses.gather(None if self._has_recalled else self._recall)
        before = self._held
        found = self._found(signs) | own.unsure(before, signs)
        self._held = own.advance(before, found, self._body.clock.now(), monotonic(), self._patience)
        for one in self.standing:
            if one.name not in before or not before[one.name].raised:
                self._begins(one)
        for name, one in before.items():
            if one.raised and name not in self._held:
                log.info("no trouble any more: %s", name)
                self.herald.owes_end(one)
        self._looked()
        untold = [one for one in self.standing if not one.told]
        self.herald.see_to(untold, signs.broken.keys() | signs.waiting.keys(), self._heard)

    def _begins(self, one: Held) -> None:
        if one.kind is Trouble.WARNING:
            log.warning("early warning: %s (%s)", one.detail, one.name)
        else:
            log.error("trouble of our own: %s (%s)", one.detail, one.name)
        if self.herald.comes_back(one.name):
            self._heard(one.name)

    def _heard(self, name: str) -> None:
        """Staff know of it."""
        if name in self._held:
            self._held[name] = replace(self._held[name], told=True)

    def _found(self, signs: Signs) -> dict[str, str]:
        """On a shared store each machine's own troubles bear its name; what all of them see has one name for all."""
        return {self._named(name): why for name, why in own.present(signs).items()}

    def _named(self, name: str) -> str:
        end = f":{self._where}" if self._where and name.partition(":")[0] not in _SHARED else ""
        return own.short(name, troubles.LONGEST_NAME - len(end)) + end

    # What stood when the process before us ended

    def _recall(self, c: Connection) -> None:
        """Read it, and put it among what is remembered: `advance` finds out whether it is still so."""
        for row in self._mine(troubles.standing(c)):
            known = self._held.get(row.name)
            self._held[row.name] = self._as_held(row) if known is None else replace(known, told=row.told_at is not None)
        for row in self._mine(troubles.over(c, self._body.clock.now())):
            if row.name not in self._held:
                self.herald.owes_end(self._as_held(row))
        self._has_recalled = True

    def _mine(self, rows: Iterable[Standing]) -> list[Standing]:
        """Those that we would find ourselves: this machine's own, and what all hubs see alike. Another place's are not."""
        if not self._where:
            return [row for row in rows if row.name.partition(":")[0] in tuple(Trouble)]
        return [row for row in rows if self._is_mine(*row.name.partition(":")[::2], row.name)]

    def _is_mine(self, kind: str, which: str, name: str) -> bool:
        if kind in _SHARED:
            return kind not in _OF_PLACE or which in self._body.world.places
        return kind in tuple(Trouble) and name.endswith(f":{self._where}")

    @staticmethod
    def _as_held(row: Standing) -> Held:
        told = row.told_at is not None
        return Held(name=row.name, detail=row.detail, since_at=row.since, came=monotonic(), raised=True, told=told)
