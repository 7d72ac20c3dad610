"""Northwind's claims, small: a real HTTP server on loopback, with a form, a sign-in, a claim and a way to undo it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from urllib.parse import parse_qs

from tests.probe.servers import Server, page, request_of, serving

PASSWORD = "s3cret-of-theirs-42"
FORM = """<title>Northwind claims</title><h1>Report a claim</h1><form action="/claimed" method="post">
<input id="user" name="user"><input id="password" type="password" name="password">
<select id="product" name="product"><option value="car">Car<option value="home">Home</select><button>Hand in</button></form>"""


class Shop:
    """What it was asked, and how it misbehaves."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.claims: set[str] = set()
        self.is_broken = False
        """Claims are refused, but only after they were stored."""
        self.hangs_at = ""
        """A path at which it says nothing."""

    @property
    def asked(self) -> list[str]:
        return [asked.split(b" HTTP", 1)[0].decode() for asked in self.server.asked]

    def url(self, path: str = "/") -> str:
        return self.server.url(path)

    def talk(self, server: Server, connection: socket) -> None:
        asked = request_of(connection)
        if not asked:  # connected and called off
            return
        head, _, body = asked.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        server.asked.append(asked)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        path = target.partition("?")[0]
        if self.hangs_at == path:
            server.over.wait(20)
            return
        connection.sendall(self._answer(method, path, head.decode(), body.decode()))

    def _answer(self, method: str, path: str, head: str, body: str) -> bytes:
        kind = "Content-Type: text/html; charset=utf-8\r\n"
        match method, path:
            case "GET", "/new":
                return page(FORM.encode(), headers=kind)
            case "POST", "/claimed":
                told = parse_qs(body)
                said = f"<p>Your claim <b id='number'>C-4711</b> for {told['product'][0]} is with us, {told['user'][0]}"
                return page(said.encode(), headers=kind)
            case "POST", "/session":
                if json.loads(body).get("password") != PASSWORD:
                    return page(f"wrong password {json.loads(body).get('password')}".encode(), status="403 Forbidden")
                cookie = "Set-Cookie: session=ab12cd34; Path=/\r\nX-Request: r-1\r\n"
                return page(b'{"data": {"token": "tok-5511-77", "roles": [7]}}', status="201 Created", headers=cookie)
            case "POST", "/claims":
                if "Bearer tok-5511-77" not in head or "session=ab12cd34" not in head:
                    return page(b"who are you?", status="401 Unauthorized")
                self.claims.add("C-4711")
                return page(b"<b>Claim C-4711/a b</b>") if not self.is_broken else page(b"Oh no", status="503 Unavailable")
            case "DELETE", _:
                self.claims.clear()
                return page(b"", status="204 No Content")
            case "GET", "/away":
                return page(b"", status="302 Found", headers="Location: /new\r\n")
            case "GET", "/circle":
                return page(b"", status="302 Found", headers="Location: /circle\r\n")
            case "GET", "/busy":
                return page(b"Service unavailable", status="503 Unavailable", headers=kind)
        return page(b"Nothing here", status="404 Not Found", headers=kind)


async def until(so: Callable[[], bool]) -> None:
    """Waits for what a server's thread does."""
    while not so():  # noqa: ASYNC110 - a thread sets no event of this loop
        await asyncio.sleep(0.01)


@contextmanager
def northwind() -> Iterator[Shop]:
    """It listens until the end."""
    shop: list[Shop] = []
    with serving(lambda server, connection: shop[0].talk(server, connection)) as server:
        shop.append(Shop(server))
        yield shop[0]
