"""The real application on a real socket, for what ASGI in memory cannot show: streams, and browsers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import uvicorn

from sentinel.model.secret import Secret
from sentinel.run.connection import Connection
from sentinel.serve.app import make_app
from tests.serve import world
from tests.serve.browser import TOKEN
from tests.serve.hub import MemoryHub


@asynccontextmanager
async def served(hub: MemoryHub, clock: Callable[[], datetime]) -> AsyncIterator[str]:
    """The address of the hub's faces; its installation is given that address, so that cookies work without TLS."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    hub.house = world.installation(hub.mark, url=url)
    app = make_app(hub, Secret(TOKEN), clock, scrypt_cost=16)
    server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="error", timeout_graceful_shutdown=2))
    running = asyncio.create_task(server._serve([listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn gives no event to wait for
            await asyncio.sleep(0.01)
        yield url
    finally:
        hub.end_live()
        server.should_exit = True
        await running
