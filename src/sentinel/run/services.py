"""The running hub's answers for services, checks and places with their latest facts."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sentinel.run import places, spans, watched
from sentinel.run.agentlines import AgentLines
from sentinel.run.clock import Clock
from sentinel.run.uptime import Uptimes
from sentinel.run.world import World
from sentinel.serve.services.port import CheckPage, History, PlacesPage, ServicePage, ServicesPage
from sentinel.store.database import Store


class ServicesViews(AgentLines):
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

    async def history(self, check: str, *, since: datetime, until: datetime, step: timedelta) -> History | None:
        if check not in self.installation.checks:
            return None
        async with self._one_picture:
            return await self._read(lambda c: spans.past(c, check, since, until, step))

    async def places(self) -> PlacesPage:
        def page(c: Connection) -> PlacesPage:
            now = self.clock.now()
            return places.places(c, self.world, now, self.agent_lines(c, now))

        return await self._read(page)
