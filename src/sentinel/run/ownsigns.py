"""The signs of our own trouble, gathered: what one process knows of itself at one moment.

Belongs here: asking the machine, the probers and the store. Does not belong here: which signs make which trouble
(detect/own.py), what follows from one (trouble.py).
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Connection

from sentinel.detect import place
from sentinel.detect.own import Signs
from sentinel.model.agent import Agent
from sentinel.model.installation import Installation
from sentinel.model.signal import WARNED, Signal
from sentinel.run import failover, hooked, listening, placed, poison, sight
from sentinel.run.clock import Clock
from sentinel.run.world import World
from sentinel.store import agents, broken, pulse, watching
from sentinel.store.database import Store

READ_WITHIN: Final = 5.0
MOST_WARNINGS: Final = 50
"""Early warnings that are told by themselves at one time."""
LATE: Final = timedelta(seconds=60)
"""A message to staff that waits longer is a sign of its channel's trouble."""


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
    def returns_why(self) -> str: ...


class Senses:
    """Gathers them. `last`: as they were when it was done last."""

    def __init__(self, body: Body) -> None:
        self.last = Signs(place=body.world.installation.place)
        self._body = body
        self._touch = _Touch()
        self._offset: float | None = None

    async def gather(self, recall: Callable[[Connection], None] | None = None) -> Signs:
        """The signs now; what only the store knows stays as it was where it does not answer. `recall` reads along."""
        body, house = self._body, self._body.world.installation
        why, took = self._touch.look(body.store)
        self.last = signs = replace(
            self.last,
            place=house.place,
            # In a database that others share the ledger is not on this disk: a full one here keeps nothing from being recorded.
            free=None if body.store.shared else await asyncio.to_thread(_free, house),
            reserve=house.disk_reserve,
            store_why=why,
            store_took=took,
            prober_age=body.prober_age,
            jumped=self._jumped(),
            audit=body.audit_problems,
            returns=body.returns_why,
        )

        def read(c: Connection) -> Signs:
            if recall is not None:
                recall(c)
            return self._stored(c, signs)

        try:
            async with asyncio.timeout(READ_WITHIN):
                self.last = await asyncio.to_thread(body.store.read, read)
        except Exception:  # noqa: BLE001 - then what was known last stands; the write beside it says what is wrong
            return signs
        return self.last

    def _stored(self, c: Connection, signs: Signs) -> Signs:
        """With what the store knows."""
        now, house = self._body.clock.now(), self._body.world.installation
        canaries = sight.canaries(c, self._body.world)
        newest = max((one.seen_at for one in canaries if one.seen_at is not None), default=None)
        unheard = dict.fromkeys(f"incident {one.incident}" for one in failover.unheard(c, now))
        waiting = pulse.waiting_by_channel(c, now - failover.OLDEST, now - LATE)
        return replace(
            signs,
            sight=place.sight(canaries),
            canaries_age=None if newest is None else abs((now - newest).total_seconds()),
            broken={one.channel: one.why for one in broken.standing(c) if not one.address},
            waiting={channel: (now - since).total_seconds() for channel, since in waiting.items()},
            unheard=tuple(unheard),
            far={name: sight.of(c, self._body.world, name) for name in self._heard_places(c, now)},
            agents=_silences(agents.at_work(c), house, listening.since(c, now), now),
            aside=poison.standing(c, now),
            full=hooked.full(c, self._body.world, now),
            warnings=_warnings(watching.signals_since(c, now), house),
        )

    def _heard_places(self, c: Connection, now: datetime) -> list[str]:
        """Other places that are heard of: what the canaries of a lost one said last says nothing any more."""
        gone = placed.lost(c, self._body.world, now)
        return [name for name in self._body.world.installation.places if name not in gone]

    def _jumped(self) -> float:
        """By how much the clock moved against the monotonic one since the last look."""
        offset = self._body.clock.now().timestamp() - monotonic()
        before, self._offset = self._offset, offset
        return 0.0 if before is None else offset - before


def _silences(of: Iterable[Agent], house: Installation, since: datetime | None, now: datetime) -> dict[str, float | None]:
    """Agent → seconds for which it has said nothing, None where nobody can say. `since`: when a hub listens."""
    silent = {one.label: placed.silence(one, since, now) for one in of if one.place in house.places}
    return {name: None if length is None else length.total_seconds() for name, length in silent.items()}


def _warnings(signals: Iterable[Signal], house: Installation) -> dict[str, str]:
    """detector:check → what it warns of, the oldest word of several places; of another tool, each of its alerts."""
    found: dict[str, str] = {}
    for one in signals:
        if not (one.is_warned_of and one.stands):
            continue
        if one.detector == WARNED:
            found.setdefault(f"{one.detector}:{one.check}@{one.place}", f"{one.check}: {one.evidence}")
        elif one.check in house.checks:
            found.setdefault(f"{one.detector}:{one.check}", f"{one.check}: {one.evidence}")
    return dict(islice(found.items(), MOST_WARNINGS))  # the oldest: a new one pushes out none, whose end would be told


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


def _work(c: Connection) -> None:
    """A transaction without work: it takes the locks that every write takes, and costs no sync."""


def _free(house: Installation) -> int | None:
    try:
        return shutil.disk_usage(str(house.store.parent)).free
    except OSError:
        return None
