"""A cable between an agent and the hub: TCP on loopback that can be pulled, so that nothing gets through and nobody is told."""

import asyncio
from contextlib import suppress


class Cable:
    """Forwards to `port` while it is plugged in. `url` is where the agent finds the hub."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._in = asyncio.Event()
        self._in.set()
        self._server: asyncio.Server
        self._ends: set[asyncio.Task[None]] = set()

    async def lay(self) -> "Cable":
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def pull(self) -> None:
        self._in.clear()

    def plug(self) -> None:
        self._in.set()

    async def end(self) -> None:
        self._server.close()
        for task in self._ends:
            task.cancel()
        await asyncio.gather(*self._ends, return_exceptions=True)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ends.add(task)
        try:
            with suppress(OSError):
                await self._in.wait()
                far, out = await asyncio.open_connection("127.0.0.1", self._to)
                try:
                    await asyncio.gather(self._carry(reader, out), self._carry(far, writer))
                finally:
                    out.close()
        finally:
            writer.close()
            self._ends.discard(task)

    async def _carry(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(65_536):
                await self._in.wait()
                to.write(piece)
                await to.drain()
            to.write_eof()
