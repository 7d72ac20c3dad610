"""What every part of the port reads with: the world in force, the store and the clock."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from sentinel.model.installation import Installation
from sentinel.run.clock import Clock
from sentinel.run.world import World
from sentinel.store import installations
from sentinel.store.database import Store

T = TypeVar("T")
ROUNDS: Final = "rounds"
"""The writer of rounds and commands: both wait for the guard, and nothing else should have to."""


class Reads:
    """`world` is replaced whole by a reload: whoever uses it twice in one answer takes it once."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        self.world = world
        self.generation = 0
        """How many worlds came before this one: what is shown changes with it."""
        self.store = store
        self.clock = clock

    def enforce(self, world: World) -> None:
        """From now on this one, and no part of the one before."""
        self.world, self.generation = world, self.generation + 1

    @property
    def installation(self) -> Installation:
        return self.world.installation

    async def _read(self, query: Callable[[Connection], T]) -> T:
        """One snapshot of the database, off the event loop."""
        return await asyncio.to_thread(self.store.read, query)

    async def _write(self, work: Callable[[Connection], T]) -> T:
        """One transaction of the writer, on disk when it returns."""
        return await asyncio.wrap_future(self.store.writer.submit(work))

    async def _write_in_turn(self, work: Callable[[Connection], T]) -> T:
        """The same, one at a time with rounds and commands, on whichever hub: for work that looks before it writes."""

        def alone(c: Connection) -> T:
            installations.guard(c)
            return work(c)

        return await asyncio.wrap_future(self.store.writer_of(ROUNDS).submit(alone))
