"""What stands around every answer and every request, whoever asks: the headers, and the bounds on a body.

Belongs here: ASGI wrappers that know nothing of sessions or commands. They are the outermost layer, so that an answer made
by a crash carries the headers too.
"""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 64 * 1024
BODY_SECONDS = 20.0
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from another host, nothing inline. `data:` for images alone: Pico draws its ticks and arrows so."""

SECURITY_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
}


class HeadersOnEverything:
    """Puts the security headers on every answer. Nothing is cached unless the answer itself says so."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(SECURITY_HEADERS)
        if https:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                found = headers.get("x-robots-tag")
                headers.update(self._headers)
                if found is not None:  # the status page is for everybody to find; nothing else is
                    headers["x-robots-tag"] = found
                if headers.get("access-control-allow-origin") == "*":  # the status page's JSON, which other sites may show
                    headers["cross-origin-resource-policy"] = "cross-origin"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class BoundedBody:
    """Reads the whole body before anybody acts on it, within `BODY_LIMIT` bytes and `BODY_SECONDS`; else 413 or 408.

    Every body that the hub takes is small, so holding it is cheaper than guarding each reader.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 12 or int(announced) > BODY_LIMIT:
            await _refuse(scope, send, 413)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _whole(receive)
        except TimeoutError:
            await _refuse(scope, send, 408)
            return
        if body is None:
            await _refuse(scope, send, 413)
            return
        await self._app(scope, _replay(body, receive), send)


async def _whole(receive: Receive) -> bytes | None:
    """The body; None when it is over the limit. A client that leaves early leaves what it sent."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(scope: Scope, send: Send, status: int) -> None:
    why = {
        413: f"What was sent is larger than {BODY_LIMIT // 1024} KiB. Nothing was changed; go back, shorten it, send it again.",
        408: "The request took too long to arrive. Nothing was changed; send it again.",
    }[status]
    if scope["path"].startswith("/api/"):
        kind = b"application/problem+json"
        title = {413: "Too large", 408: "Too slow"}[status]
        text = f'{{"type": "about:blank", "status": {status}, "title": "{title}", "detail": "{why}", "code": "body"}}'
    else:
        kind, text = b"text/plain; charset=utf-8", why
    body = text.encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
