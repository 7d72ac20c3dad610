"""Pings of heartbeats. Each address bears a secret, which is the right to report.

Belongs here: the addresses, how they are answered, and how often they may be asked. Does not belong here: what a ping means
(run/heartbeat.py), values (api/values.py).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from math import ceil

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sentinel.model.pushed import BODY_LIMIT, ping_of
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.port import Hub
from sentinel.serve.throttle import PingThrottle

LONGEST_TOKEN = 512
PING_SECONDS = 8.0
LIMIT_TOLD = {"ping-body-limit": str(BODY_LIMIT)}
"""Clients of healthchecks read from it how much of a job's output is worth sending."""

log = logging.getLogger(__name__)


class Pushed:
    """The routes by which heartbeats report."""

    def __init__(self, hub: Hub, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._throttle = PingThrottle()

    def routes(self, gate: Gate) -> list[Route]:
        # A ping is an observation, and the token in its address is the right to make it. GET is how cron jobs, routers and
        # old devices report everywhere else (a documented exception: no other GET changes anything).
        return [
            gate.route(method, path, Need.NOBODY, self.ping)
            for path in ("/ping/{token}", "/ping/{token}/", "/ping/{token}/{word}")
            for method in ("GET", "POST")
        ]

    async def ping(self, request: Request, visitor: Visitor) -> Response:
        """A heartbeat reports: 200 once that is on disk, 404 for a token that is nobody's, 429 for one that is pinged too
        often, 503 while it cannot be stored."""
        token = request.path_params["token"]
        body = await request.body() if request.method == "POST" else b""
        told = ping_of(request.path_params.get("word", ""), body, request.query_params.get("rid", ""))
        if len(token) > LONGEST_TOKEN or told is None:
            return PlainTextResponse("unknown\n", status_code=404)
        # Taken before the store is asked, so that no flood of one token makes the others wait for it.
        hashed = sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        if wait := self._wait(hashed):
            return PlainTextResponse(
                "too often: what you reported before counts\n", status_code=429, headers={"retry-after": wait}
            )
        try:
            async with asyncio.timeout(PING_SECONDS):
                known = await self._hub.ping(token, told)
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not acknowledged (P2)
            log.warning("a ping could not be stored: %s", type(error).__name__)
            return PlainTextResponse("not stored: ask again\n", status_code=503, headers={"retry-after": "10"})
        if not known:
            self._throttle.forget(hashed)
            return PlainTextResponse("unknown\n", status_code=404)
        return PlainTextResponse("ok\n", headers=LIMIT_TOLD)

    def _wait(self, hashed: str) -> str:
        """Seconds until it may report again, as a header has them; empty when it may now."""
        wait = self._throttle.take(hashed, self._clock())
        return str(max(1, ceil(wait.total_seconds()))) if wait else ""
