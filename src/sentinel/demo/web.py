"""Web: serves an application to a browser on loopback, inside the loop that is running.

Belongs here: starting and stopping uvicorn as a guest of our process. Does not belong here: any page.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from sentinel.demo.door import HOST


class Web:
    """`app` is an ASGI application, `port` 0 the system's choice. `url` has no slash at its end."""

    def __init__(self, app: Any, *, port: int = 0) -> None:
        self._listening = socket.create_server((HOST, port))
        self.port: int = self._listening.getsockname()[1]
        # Pages end within a second of the stop, even those that stream.
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        self._server = _Guest(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Returns once the pages can be had."""
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listening]))
        await self._server.ready.wait()

    async def stop(self) -> None:
        """End the pages and give the port back."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self._listening.close()


class _Guest(uvicorn.Server):
    """uvicorn that leaves the signals to the process it lives in, and says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
