"""The running hub's answers for services, checks and places with their latest facts."""

import asyncio

from sentinel.run import places, watched
from sentinel.run.clock import Clock
from sentinel.run.reads import Reads
from sentinel.run.uptime import Uptimes
from sentinel.run.world import World
from sentinel.serve.services.port import CheckPage, PlacesPage, ServicePage, ServicesPage
from sentinel.store.database import Store


class ServicesViews(Reads):
    """Implements serve.services.port.ServicesPort. Pictures of long spans are made one at a time: each reads much."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        super().__init__(world, store, clock)
        self._uptimes = Uptimes()
        self._one_picture = asyncio.Semaphore(1)

    async def services(self) -> ServicesPage:
        return await self._read(lambda c: watched.services(c, self.world, self._uptimes, self.clock.now()))

    async def service(self, name: str) -> ServicePage | None:
        return await self._read(lambda c: watched.service(c, self.world, self._uptimes, name, self.clock.now()))

    async def check(self, check: str, *, hours: int) -> CheckPage | None:
        async with self._one_picture:
            return await self._read(lambda c: watched.check(c, self.world, self._uptimes, check, hours, self.clock.now()))

    async def places(self) -> PlacesPage:
        return await self._read(lambda c: places.places(c, self.world, self.clock.now()))
