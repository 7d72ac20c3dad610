"""`POST /agents/enrol` and `POST /agents/report`: agents of other places come in.

No cookie, no session and no form token: who calls is a program, and what it says counts by its bearer token alone, which
nobody's browser can be made to send.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentinel.serve.accounts.credentials import sha256
from sentinel.serve.agents.port import Enrolling, Reply
from sentinel.serve.api.problem import problem
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.shield import REPORT, REPORT_LIMIT, read_within
from sentinel.serve.throttle import Throttle

STORE_SECONDS: Final = 8.0
LONGEST: Final = {"token": 512, "credential_hash": 64, "place": 64, "host": 255, "version": 32}
AGAIN: Final = {"retry-after": "5"}
UNREAD: Final = {"connection": "close"}
"""Of an answer given before the body has come: who is not let in holds no connection either."""
NOTHING: Final[Mapping[str, str]] = {}

log = logging.getLogger(__name__)


class Agents:
    """Answers 200 once what was sent is on disk; anything else asks the agent to keep it."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._throttle = Throttle()

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("POST", "/agents/enrol", Need.NOBODY, self.enrol),
            gate.route("POST", REPORT, Need.NOBODY, self.report),
        ]

    async def enrol(self, request: Request, visitor: Visitor) -> Response:
        asked = _read(await request.body())
        if asked is None:
            return problem(400, "This is no request to enrol.", "invalid")
        enrol_hash, address = sha256(asked["token"]), _address(request)
        wait = self._throttle.wait(enrol_hash, address, self._clock())
        if wait > timedelta(0):
            return _throttled(wait)
        said = Enrolling(
            enrol_hash=enrol_hash,
            token_hash=asked["credential_hash"],
            place=asked["place"],
            host=asked["host"],
            version=asked["version"],
        )
        found = await self._patiently(self._hub.enrol(said))
        if isinstance(found, Reply):
            if found.status == 401:
                self._throttle.failed(enrol_hash, address, self._clock())
            return _answer(found)
        log.info("agent %s of %s enrolled from %r (%s)", found.id, found.place, address, found.host)
        return JSONResponse({"agent": found.id, "place": found.place})

    async def report(self, request: Request, visitor: Visitor) -> Response:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = rest.strip()
        if scheme.lower() != "bearer" or not given or len(given) > LONGEST["token"]:
            return problem(401, "This needs the agent's credential.", "token", {"www-authenticate": "Bearer", **UNREAD})
        found = await self._patiently(self._hub.reporting(sha256(given)))
        if isinstance(found, Reply):
            return _answer(replace(found, headers={**found.headers, **UNREAD}))
        if found is None:
            return self._turned_away(sha256(given), _address(request))
        body = await read_within(request.receive, REPORT_LIMIT)
        if isinstance(body, int):
            return problem(body, "This is no report: it is too large, or took too long to arrive.", "body", UNREAD)
        reply = await self._patiently(self._hub.take_report(found, body))
        return self._turned_away(sha256(given), _address(request)) if reply.status == 401 else _answer(reply)

    def _turned_away(self, token_hash: str, address: str) -> Response:
        """Only what is wrong is throttled: whoever guesses beside an agent must not lock it out."""
        wait = self._throttle.wait(token_hash, address, self._clock())
        self._throttle.failed(token_hash, address, self._clock())
        if wait > timedelta(0):
            return _throttled(wait, UNREAD)
        log.warning("a report with a credential that is not known was refused from %r", address)
        return problem(401, "This agent is not known here, or was revoked. Let it enrol with another token.", "token", UNREAD)

    async def _patiently(self, answer: Any) -> Any:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await answer
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not acknowledged (P2)
            log.warning("what an agent sent could not be stored: %s", type(error).__name__)
            return Reply(status=503, code="store", why="What you sent could not be stored. Send it again.", headers=AGAIN)


def _read(body: bytes) -> dict[str, str] | None:
    """The body of an enrolment, if it is one."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in LONGEST):
        return None
    fits = all(0 < len(said[name]) <= most and said[name].isprintable() for name, most in LONGEST.items())
    return {name: said[name] for name in LONGEST} if fits else None


def _answer(reply: Reply) -> Response:
    if reply.status != 200:
        return problem(reply.status, reply.why, reply.code, dict(reply.headers) or None)
    return Response(reply.lines, media_type="application/x-ndjson", headers=dict(reply.headers))


def _throttled(wait: timedelta, beside: Mapping[str, str] = NOTHING) -> Response:
    headers = {"retry-after": str(int(wait.total_seconds()) + 1), **beside}
    return problem(429, "Too many wrong tokens came from your network. Wait, then try again.", "throttled", headers)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
