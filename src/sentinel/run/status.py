"""The running hub's answers for the public status page, its JSON and its feed."""

from sentinel.run import public
from sentinel.run.reads import Reads
from sentinel.serve.status.port import PublicState
from sentinel.store import published


class StatusViews(Reads):
    """Implements serve.status.port.StatusPort."""

    async def public_state(self) -> PublicState:
        return await self._read(lambda c: public.state(c, self.world, self.store.epoch, self.clock.now()))

    async def public_mark(self) -> str:
        seen = await self._read(lambda c: published.mark(c, self.clock.now()))
        return f"{self.generation} {seen}"
