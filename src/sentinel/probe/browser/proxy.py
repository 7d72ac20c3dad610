"""Proxy: the one way out that our Chromium has: every connection is opened by Reach, so that the address guard holds for pages.

It listens on loopback for the length of one sample. Belongs here: CONNECT, plain http as far as a browser needs it, the bounds.
Does not belong here: browsers (chromium.py), addresses (reach.py).
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from sentinel.probe.reach import LINE_LIMIT, Reach
from sentinel.probe.trouble import FIRST_BYTE, Failed, of_system, theirs

CONNECTIONS: Final = 64
BYTES: Final = 64 << 20
_CHATTER: Final = frozenset({"content-autofill.googleapis.com"})
"""Hosts that Chromium asks on its own account, whatever it is told; no page's business."""
_HOPS: Final = frozenset({b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization", b"proxy-authenticate"})
_NO: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """For one sample; `open` it, and `close` it whatever happens. `most`: bytes that all pages together may take in."""

    def __init__(self, reach: Reach, *, most: int = BYTES) -> None:
        self.troubles: dict[str, Failed] = {}
        """Host → why it could not be reached, the last where there are several."""
        self.last: Failed | None = None
        self._reach = reach
        self._most = most
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._taken = 0

    async def open(self) -> int:
        """The port that it listens at."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0, limit=LINE_LIMIT)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for serving in tuple(self._serving):
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def forget(self) -> None:
        """What follows is another page."""
        self.troubles.clear()
        self.last = None

    def _begin(self, reader: StreamReader, writer: StreamWriter) -> None:
        serving = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            if len(self._serving) > CONNECTIONS or self._taken > self._most:
                return
            head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # the browser hung up, or says what no browser says
        finally:
            writer.transport.abort()

    async def _answer(self, head: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        host, port = parts.hostname or "", parts.port or 80
        if not host or not (tunnel or parts.scheme == "http"):
            raise ValueError
        if host in _CHATTER:
            return
        try:
            remote = await self._own(host).connect(host, port)
        except Failed as failed:
            self._failed(host, failed)
            writer.write(_NO)
            await writer.drain()
            return
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._both(self._pass(reader, remote[1]), self._pass(remote[0], writer, self._count))
            else:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                remote[1].write(f"{method} {path} HTTP/1.1\r\n".encode("latin-1") + _closing(head))
                await self._both(self._pass(reader, remote[1]), self._hear(host, remote[0], writer))
        finally:
            remote[1].transport.abort()

    def _own(self, host: str) -> Reach:
        """Connections go side by side: each has phases and facts of its own."""
        return replace(self._reach, facts={}, phase=f"connecting to {host}")

    def _failed(self, host: str, failed: Failed) -> None:
        if len(self.troubles) < CONNECTIONS:
            self.troubles[host] = failed
        self.last = failed

    async def _hear(self, host: str, reader: StreamReader, writer: StreamWriter) -> None:
        """The answer to a plain request. It is told that the connection ends with it: the next may go to another host."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, _, _ = head.partition(b"\r\n")
                writer.write(first + b"\r\n" + _closing(head))
                if not first.partition(b" ")[2].startswith(b"1"):
                    break
        except asyncio.IncompleteReadError as error:
            said = "the answer is not proper HTTP" if error.partial else "the connection was closed without an answer"
            self._failed(host, theirs(said))
            return
        except asyncio.LimitOverrunError:
            self._failed(host, theirs("the answer is not proper HTTP"))
            return
        except OSError as error:
            self._failed(host, of_system(error, FIRST_BYTE, host))
            return
        await self._pass(reader, writer, self._count)

    async def _pass(self, reader: StreamReader, writer: StreamWriter, count: Callable[[int], None] = lambda _: None) -> None:
        while piece := await reader.read(LINE_LIMIT):
            count(len(piece))
            writer.write(piece)
            await writer.drain()
        await writer.drain()

    def _count(self, size: int) -> None:
        self._taken += size
        if self._taken > self._most:
            self.last = theirs(f"the pages took in more than {self._most >> 20} MiB")
            for serving in tuple(self._serving):
                serving.cancel()

    @staticmethod
    async def _both(*ways: Coroutine[Any, Any, None]) -> None:
        """Until one of the two ends."""
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


def _closing(head: bytes) -> bytes:
    """The header lines but those of one hop, and that the connection ends."""
    lines = head.split(b"\r\n")[1:-2]
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _HOPS]
    return b"".join(line + b"\r\n" for line in kept) + b"Connection: close\r\n\r\n"
