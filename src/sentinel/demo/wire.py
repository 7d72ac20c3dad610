"""Wire: a small HTTP/1.1 server on a door, for sinks and services that must be able to break as real ones do.

Belongs here: requests and answers as bytes, delays, cut connections. Does not belong here: what is answered. (The pages that
people read are served by uvicorn, which cannot cut a connection; see reading.py.)
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import h11

from sentinel.demo.door import HOST, Door
from sentinel.demo.mishap import Drop

LARGEST: Final = 1024 * 1024
CHUNK: Final = 64 * 1024
HANDSHAKE_SECONDS: Final = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """Names of headers are lower case. `session` counts connections from 1."""

    session: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """`afterwards` runs once the reply is on its way; answering `Drop` there cuts the connection."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    afterwards: Callable[[], Awaitable[object]] | None = None


Answering: TypeAlias = Callable[[Request], Awaitable[Reply | Drop]]
Greeting: TypeAlias = Callable[[int], Awaitable[object]]
"""Given the session's number when a connection is made; answering `Drop` cuts it."""


class Wire:
    """Serves `answering` on 127.0.0.1. `open` and `shut` take effect before they return.

    With `tls` it speaks HTTPS; another context set there is in force from the next connection on.
    """

    def __init__(
        self, answering: Answering, *, port: int = 0, greeting: Greeting | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.tls = tls
        self._answering = answering
        self._greeting = greeting
        self._door = Door(port)
        self._sessions = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        return self._door.number

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    def open(self) -> None:
        """Listen (again)."""
        self._door.open(self._serve)

    def shut(self) -> None:
        """Refuse connections, and cut those that stand: a kept-alive one would not notice otherwise."""
        self._door.shut()
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        """Cut everything and give the port back."""
        self.shut()
        await self._door.close()

    async def _serve(self, guest: socket.socket) -> None:
        self._sessions += 1
        session = self._sessions
        try:
            reader, writer = await _streams(guest, self.tls)
        except (OSError, asyncio.CancelledError):  # what they were shown was not to their liking, or we are closing
            guest.close()
            return
        self._writers.add(writer)
        try:
            if self._greeting is not None and isinstance(await self._greeting(session), Drop):
                writer.transport.abort()
                return
            await self._converse(session, reader, writer)
        except (ConnectionError, ssl.SSLError, h11.RemoteProtocolError, asyncio.CancelledError):
            writer.transport.abort()  # they left, spoke no HTTP, or we are closing
        else:
            writer.close()
        finally:
            self._writers.discard(writer)

    async def _converse(self, session: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Request after request, until somebody wants to end it."""
        talk = h11.Connection(h11.SERVER)
        while True:
            request = await _read(session, talk, reader)
            if request is None:
                return
            reply = Reply(status=413) if len(request.body) > LARGEST else await self._answering(request)
            if isinstance(reply, Drop):
                writer.transport.abort()
                return
            writer.write(_said(talk, request, reply))
            await writer.drain()
            if reply.afterwards is not None and isinstance(await reply.afterwards(), Drop):
                writer.transport.abort()
                return
            if talk.our_state is not h11.DONE or talk.their_state is not h11.DONE:
                return
            talk.start_next_cycle()


async def _streams(guest: socket.socket, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The server's side of a connection, once TLS has been agreed on. Raises OSError where it cannot be."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    agreed = None if tls is None else HANDSHAKE_SECONDS
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, guest, ssl=tls, ssl_handshake_timeout=agreed)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _read(session: int, talk: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """The next whole request (its body cut short once it is too large), None at the end of the connection."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST:
                break
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return None
    assert head is not None
    target = urlsplit(head.target.decode("ascii"))
    return Request(
        session=session,
        method=head.method.decode("ascii"),
        path=target.path,
        query=target.query,
        headers={name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
        body=bytes(body),
    )


def _said(talk: h11.Connection, request: Request, reply: Reply) -> bytes:
    headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **reply.headers}
    said = talk.send(h11.Response(status_code=reply.status, headers=list(headers.items())))
    body = b"" if request.method == "HEAD" else reply.body
    said = (said or b"") + (talk.send(h11.Data(data=body)) or b"")
    return said + (talk.send(h11.EndOfMessage()) or b"")
