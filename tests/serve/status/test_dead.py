"""F46: the status page under load while the store is gone, and once the hub is gone too.

While the hub lives, the last prepared bytes are served with their age, and from 90 seconds on the pages say so. Once it is
dead, what `sentinel export status` wrote (tests/cli/test_export.py) is served by any web server.
"""

import asyncio
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from sentinel.serve.status.prepared import STALE_AFTER
from tests.serve.browser import Clock, client, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_status import broken
from tests.serve.status.test_status import until

READERS, ROUNDS = 25, 12
PATHS = ("/status", "/status/es", "/status/history", "/api/v2/summary.json", "/history.atom")


async def crowd(connection: httpx.AsyncClient) -> Counter[int]:
    """Many readers at once, each again and again: how often each status was answered."""

    async def read(number: int) -> list[int]:
        return [(await connection.get(PATHS[(number + each) % len(PATHS)])).status_code for each in range(ROUNDS)]

    answers = await asyncio.gather(*(read(number) for number in range(READERS)))
    return Counter(status for each in answers for status in each)


@pytest.mark.anyio
async def test_a_crowd_reads_the_last_bytes_marked_stale_while_the_store_is_gone(hub: MemoryHub, clock: Clock) -> None:
    """F46: no 5xx, and nobody is told that all is well as of now."""
    hub.state = broken("You cannot pay.")
    async with client(hub, clock) as connection:
        assert (await connection.get("/status")).status_code == 200
        hub.store_is_gone = True
        clock.now += 2 * STALE_AFTER
        looks = hub.looks
        await until(lambda: hub.looks > looks + 1)
        assert await crowd(connection) == {200: READERS * ROUNDS}
        page = await connection.get("/status")
        assert int(page.headers["age"]) >= 2 * STALE_AFTER.total_seconds()
        assert "We cannot bring this page up to date" in text_of(page)
        assert "You cannot pay." in text_of(page)


@pytest.mark.anyio
async def test_once_the_hub_is_dead_any_web_server_serves_what_was_exported(
    hub: MemoryHub, clock: Clock, tmp_path: Path
) -> None:
    """F46: files as the export writes them, and no hub anywhere."""
    hub.state = broken("You cannot pay.")
    async with client(hub, clock) as connection:
        for path, name in (("/status", "index.html"), ("/status/es", "status/es/index.html")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((await connection.get(path)).content)
    handler = partial(_Quiet, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as reader:
            for path in ("/", "/status/es/"):
                answer = await reader.get(path)
                assert answer.status_code == 200
                assert "You cannot pay." in text_of(answer)
                assert "10:30" in text_of(answer), "of when it is"
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        serving.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
