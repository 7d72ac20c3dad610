"""Asking every route that there is, as anybody: what the tests of the matrix walk with. It holds no list of routes.

The application is called as a server calls it, and left as a browser leaves that goes away: a stream is given up at once.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

from sentinel.serve.accounts.matrix import Ruled

HOST = "sentinel.northwind.example"
FILLED = {"incidents": "17", "notices": "12", "deliveries": "2", "tokens": "1", "accounts": "nora@northwind.example"}
"""The folder before a parameter → something that the stand-in hub has there. Elsewhere `1` stands."""
TYPED = {
    "text": "x", "why": "x", "hash": "hash-1", "count": "184", "hold": "on", "standing": "out", "end": "others",
    "service": "payments", "statement": "payments.cannot_pay", "address": "ana@example.com", "name": "Ann", "how": "phone",
    "email": "ann@example.com", "role-viewer": "on", "right-read": "on", "lasts": "30", "notice": "12", "arrived": "yes",
    "answer": "holds", "promise": "4", "phase": "identified", "until": "14:30", "reason": "x", "language": "en",
}  # fmt: skip
"""One form that has something for every page of the console."""


@dataclass(kw_only=True, slots=True)
class Heard:
    """What came back. Of a stream: its beginning."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def path_of(one: Ruled) -> str:
    """The route's path with its parameters filled in by what stands before each."""
    parts = one.path.split("/")
    return "/".join(
        FILLED.get(before, "1") if re.fullmatch(r"\{.*\}", part) else part
        for before, part in zip(["", *parts], parts, strict=False)
    )


async def asked(
    app: ASGIApp, method: str, path: str, headers: dict[str, str], body: bytes = b"", address: str = "203.0.113.7"
) -> Heard:
    """One request to the application."""
    heard, complete = Heard(), asyncio.Event()
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        if (message := next(sent, None)) is not None:
            return message
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heard.status = message["status"]
            heard.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            if heard.headers.get("content-type", "").startswith("text/event-stream"):
                complete.set()
        else:
            heard.body += message.get("body", b"")
            if not message.get("more_body", False):
                complete.set()

    url = urlsplit(path)
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": url.path, "root_path": "",
        "raw_path": url.path.encode(), "query_string": url.query.encode(), "server": (HOST, 443),
        "client": (address, 40000), "asgi": {"version": "3.0"},
        "headers": [(b"host", HOST.encode()), *((name.encode(), value.encode()) for name, value in headers.items())],
    }  # fmt: skip
    running = asyncio.ensure_future(app(scope, receive, send))
    stopped = asyncio.ensure_future(complete.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    if not heard.headers.get("content-type", "").startswith("text/event-stream"):
        await asyncio.wait({running}, timeout=20)
    for task in (running, stopped):
        task.cancel()
    await asyncio.gather(running, stopped, return_exceptions=True)
    return heard


async def sent(app: ASGIApp, one: Ruled, cookie: str, token: str, *, site: str = "same-origin") -> Heard:
    """A page asked for, or its form sent, by a browser with this cookie; `token` is the form's."""
    headers = {"cookie": f"__Host-sentinel={cookie}", "sec-fetch-site": site}
    if one.method in ("GET", "HEAD"):
        return await asked(app, one.method, path_of(one), headers)
    form = {**TYPED, "token": token, "password": "", "old": "", "code": ""}
    headers["content-type"] = "application/x-www-form-urlencoded"
    return await asked(app, one.method, path_of(one), headers, urlencode(form).encode())
