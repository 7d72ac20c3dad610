"""What stands around every answer and every request, whoever asks: the headers, and the bounds on a body.

Belongs here: ASGI wrappers that know nothing of sessions or commands. They are the outermost layer, so that an answer made
by a crash carries the headers too.
"""

import asyncio
from math import inf

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentinel.model import hook

BODY_LIMIT = 64 * 1024
REPORT = "/agents/report"
REPORT_LIMIT = 256 * 1024
"""Of an agent's report."""
PINGS = "/ping/"
PING_MOST = 10 * 1024 * 1024
"""Of a job's output that comes with its ping the first `BODY_LIMIT` are kept and so much is let pass by: a job that says a lot
has run all the same."""
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

    Every body that the hub takes is small, so holding it is cheaper than guarding each reader. Only agents' reports and
    other tools' alerts are large: their faces read them, in bounds like these, once they know whose they are, so that a
    stranger's is never held.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or len(announced) > 12 or int(announced) > _limit(scope):
            await _refuse(scope, send, 413)
            return
        if _is_report(scope) or _is_hook(scope):
            await self._app(scope, receive, send)
            return
        body = await read_within(receive, BODY_LIMIT, PING_MOST if _is_ping(scope) else BODY_LIMIT)
        if isinstance(body, int):
            await _refuse(scope, send, body)
            return
        await self._app(scope, _replay(body, receive), send)


def _is_report(scope: Scope) -> bool:
    """Whether the face of agents reads the body. Of another method nobody would: its answer is 405, before any body."""
    return bool(scope["path"] == REPORT and scope["method"] == "POST")


def _is_hook(scope: Scope) -> bool:
    """The same of the face of other tools."""
    return bool(scope["path"].startswith(hook.ROOM) and scope["method"] == "POST")


def _is_ping(scope: Scope) -> bool:
    return bool(scope["path"].startswith(PINGS))


def _limit(scope: Scope) -> float:
    """The most that may be announced. Of tools' alerts the face itself refuses too much, once it knows whose they are, so that
    staff hear of it."""
    if _is_hook(scope):
        return inf
    if _is_ping(scope):
        return PING_MOST
    return REPORT_LIMIT if _is_report(scope) else BODY_LIMIT


async def read_within(receive: Receive, limit: int, most: int | None = None) -> bytes | int:
    """The whole body, or of one of at most `most` bytes the first `limit`; or the status that says why not: 413 for a larger
    one, 408 after `BODY_SECONDS`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _whole(receive, limit, limit if most is None else most)
    except TimeoutError:
        return 408
    return 413 if body is None else body


async def _whole(receive: Receive, limit: int, most: int) -> bytes | None:
    """The body, as far as `limit`; None when it is over `most`. A client that leaves early leaves what it sent."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        parts.append(part[: max(0, limit - size)])
        size += len(part)
        if size > most:
            return None
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
    most = f"{_limit(scope) // 1024} KiB"
    why = {
        413: f"What was sent is larger than {most}. Nothing was changed; go back, shorten it, send it again.",
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
