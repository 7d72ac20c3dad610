"""`POST /returns/{channel}`: a provider reports what became of messages that it had taken.

No cookie, no session and no form token: who calls is a program, and what it says counts by its signature alone, which nobody's
browser can be made to send. So there is nothing here for a forged request across sites (CSRF) to ride on.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentinel.serve.api.problem import problem
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.returns.port import Heard

LONGEST_NAME: Final = 64
STORE_SECONDS: Final = 8.0
AGAIN: Final = {"retry-after": "5"}
SAID_AGAIN: Final = timedelta(minutes=5)
_HEADERS: Final = {Heard.BUSY: AGAIN, Heard.UNPROVEN: {"www-authenticate": "Signature"}}
_STATUS: Final = {Heard.UNKNOWN: 404, Heard.UNPROVEN: 401, Heard.UNREADABLE: 400, Heard.BUSY: 429}

log = logging.getLogger(__name__)


class Callbacks:
    """Answers 200 once the reports are on disk; anything else asks the provider to come again or to mend its request."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._said: dict[str, datetime] = {}

    def routes(self, gate: Gate) -> list[Route]:
        return [gate.route("POST", "/returns/{channel}", Need.NOBODY, self.take)]

    async def take(self, request: Request, visitor: Visitor) -> Response:
        channel = request.path_params["channel"]
        if len(channel) > LONGEST_NAME:
            return problem(404, "There is no such channel that is reported to.", "unknown")
        body = await request.body()
        try:
            async with asyncio.timeout(STORE_SECONDS):
                answer = await self._hub.take_reports(channel, request.url.query, dict(request.headers), body)
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not acknowledged (P2)
            log.warning("reports of %r could not be stored: %s", channel, type(error).__name__)
            return problem(503, "The reports could not be stored. Send them again.", "store", AGAIN)
        if answer.heard is Heard.STORED:
            return JSONResponse({"reports": answer.reports, "unknown": answer.unknown})
        if answer.heard in (Heard.UNPROVEN, Heard.UNREADABLE):
            self._say(channel, answer.why)
        return problem(_STATUS[answer.heard], answer.why, answer.heard.value, _HEADERS.get(answer.heard))

    def _say(self, channel: str, why: str) -> None:
        """Into the log, once in a while for each channel: a wrong secret must not go unseen, nor a knocker fill a disk."""
        now, last = self._clock(), self._said.get(channel)
        if last is None or now - last >= SAID_AGAIN:
            self._said[channel] = now
            log.warning("what was reported to channel %r was refused. %s", channel, why)
