"""`POST /hooks/{hook}`: another tool says that something is wrong, or over.

No cookie, no session and no form token: who calls is a program, and what it says counts by its credential alone, which nobody's
browser can be made to send. The credential is looked at before the body wherever it is not in it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentinel.model.hook import BODY_LIMIT, ROOM, Became, Format, Refused
from sentinel.serve.api.problem import problem
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.hooks.port import Greeting, Heard
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.shield import BODY_LIMIT as STRANGERS_LIMIT
from sentinel.serve.shield import read_within
from sentinel.serve.throttle import PingThrottle, Throttle, network_of

LONGEST_NAME: Final = 64
STORE_SECONDS: Final = 8.0
NOTE_SECONDS: Final = 2.0
"""How long a note for staff holds an answer back."""
AT_ONCE: Final = 300
EVERY: Final = timedelta(milliseconds=50)
"""How often one hook may report: twenty a second, and a burst when everything fails at once."""
SAID_AGAIN: Final = timedelta(minutes=5)
TOO_LARGE: Final = 413
UNREAD: Final = {"connection": "close"}
AGAIN: Final = {"retry-after": "5"}
_WANTED: Final = {"www-authenticate": "Bearer"}
"""Basic authentication is not offered: no browser is to ask for a name and keep it."""

log = logging.getLogger(__name__)


class Hooks:
    """Answers 200 (to PagerDuty's events 202) once the alerts are on disk; anything else asks the tool to come again or to mend
    its request."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._pace = PingThrottle(AT_ONCE, EVERY)
        self._strangers = Throttle()
        self._said: dict[str, datetime] = {}

    def routes(self, gate: Gate) -> list[Route]:
        # The second is for tools that are given the address of PagerDuty and add the rest by themselves.
        return [gate.route("POST", ROOM + path, Need.NOBODY, self.take) for path in ("{hook}", "{hook}/v2/enqueue")]

    async def take(self, request: Request, visitor: Visitor) -> Response:
        hook, headers = request.path_params["hook"], dict(request.headers)
        greeting = self._hub.greet_tool(hook, headers) if len(hook) <= LONGEST_NAME else Greeting.STRANGER
        if greeting is Greeting.STRANGER:
            return self._turn_away(request)
        if wait := self._wait(hook, request, greeting):
            self._hub.turned_away(Refused.BUSY)
            return problem(429, "Too much is reported here. Send it again later.", "busy", {"retry-after": wait, **UNREAD})
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            self._hub.turned_away(Refused.UNREADABLE)
            return problem(415, "Send the body as it is, without a content encoding.", "media_type", UNREAD)
        body = await read_within(request.receive, BODY_LIMIT if greeting is Greeting.PROVEN else STRANGERS_LIMIT)
        if isinstance(body, int):
            self._hub.turned_away(Refused.UNREADABLE)
            if greeting is Greeting.PROVEN and body == TOO_LARGE:
                await self._note(hook)
            return problem(body, "What was sent is too large, or took too long. Send fewer alerts at a time.", "body", UNREAD)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                heard = await self._hub.take_alerts(hook, headers, body)
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not acknowledged (P2)
            log.warning("what hook %r reported could not be stored: %s", hook, type(error).__name__)
            self._hub.turned_away(Refused.BUSY)
            return problem(503, "What was reported could not be stored. Send it again.", "store", AGAIN)
        if heard.refused is Refused.UNPROVEN:
            return self._turn_away(request)
        if heard.refused is not None:
            self._say(hook, heard.why)
        if heard.too_large:
            await self._note(hook)
        return answer(heard)

    async def _note(self, hook: str) -> None:
        """For staff, that a request was refused whole. The tool is told so whether or not that can be stored."""
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                await self._hub.too_large(hook)
        except Exception as error:  # noqa: BLE001 - nothing of the request was promised to anybody
            log.warning("that hook %r sent too much at a time could not be noted: %s", hook, type(error).__name__)

    def _wait(self, hook: str, request: Request, greeting: Greeting) -> str:
        """Seconds until it may come again, empty when it may now. Who is not proven yet is counted by their network, so that
        they take nothing from the tool."""
        who = hook if greeting is Greeting.PROVEN else f"{hook} from {network_of(_address(request))}"
        wait = self._pace.take(who, self._clock())
        return str(int(wait.total_seconds()) + 1) if wait > timedelta(0) else ""

    def _turn_away(self, request: Request) -> Response:
        """Only what is wrong is throttled: whoever guesses beside a tool must not lock it out."""
        self._hub.turned_away(Refused.UNPROVEN)
        hook, address, now = request.path_params["hook"][:LONGEST_NAME], _address(request), self._clock()
        wait = self._strangers.wait(f"hook {hook}", address, now)
        self._strangers.failed(f"hook {hook}", address, now)
        self._say(hook, "its credential is not this hook's, or there is no such hook in sentinel.yaml.")
        if wait > timedelta(0):
            said = {"retry-after": str(int(wait.total_seconds()) + 1), **UNREAD}
            return problem(429, "Too many wrong credentials came from your network. Wait, then try again.", "throttled", said)
        why = "Nothing was changed: this needs the credential of a hook that `hooks:` in sentinel.yaml names."
        return problem(401, why, "unproven", {**_WANTED, **UNREAD})

    def _say(self, hook: str, why: str) -> None:
        """Into the log, once in a while for each: a wrong secret must not go unseen, nor a knocker fill a disk."""
        now, last = self._clock(), self._said.get(hook)
        if last is None or now - last >= SAID_AGAIN:
            if len(self._said) > 1000:
                self._said.clear()
            self._said[hook] = now
            log.warning("what was reported to hook %r was refused: %s", hook, why)


def answer(heard: Heard) -> Response:
    """In the shape that the tool expects."""
    if heard.format is Format.PAGERDUTY:
        return _to_pagerduty(heard)
    if heard.refused is None:
        counts = {what.value: heard.became.get(what, 0) for what in Became}
        return JSONResponse({"alerts": sum(counts.values()), **counts, "truncated": heard.truncated})
    status = 413 if heard.too_large else 400
    return problem(status, f"Nothing was changed: {heard.why}.", heard.refused.value)


def _to_pagerduty(heard: Heard) -> Response:
    if heard.refused is None:
        said: Mapping[str, object] = {"status": "success", "message": "Event processed", "dedup_key": heard.key}
        return JSONResponse(said, status_code=202)
    said = {"status": "invalid event", "message": "Event object is invalid", "errors": [heard.why]}
    return JSONResponse(said, status_code=400)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
