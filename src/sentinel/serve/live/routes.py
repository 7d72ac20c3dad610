"""The live stream: server-sent events that say that something shown has changed, and nothing else.

A page that hears one asks for itself again, with the rights of who is signed in; so the stream carries no word of any record.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.serve.gate import LISTENING, Gate, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub

LISTENERS, LISTENERS_OF_ONE = 200, 12
"""How many may listen at once, and how many of them with one account."""
QUIET_SECONDS = 10.0
"""So often something is said and the session is looked at, though nothing changed."""
EVENTS = "text/event-stream"
LONGEST = timedelta(minutes=30)
"""Then a stream ends; a browser begins another."""


class Live:
    """`GET /live`. `routes` declares it with what it needs."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock
        self._listening: Counter[str] = Counter()

    def routes(self, gate: Gate) -> list[Route]:
        async def listen(request: Request, visitor: Visitor) -> Response:
            return self._listen(gate, request, visitor)

        return [gate.route("GET", LISTENING, Right.READ, listen)]

    def _listen(self, gate: Gate, request: Request, visitor: Visitor) -> Response:
        account = visitor.login.email if visitor.login else ""
        if self._listening.total() >= LISTENERS or self._listening[account] >= LISTENERS_OF_ONE:
            why = "Too many pages listen at once. This one is as old as its last load: load it again for the latest."
            return PlainTextResponse(why, status_code=503, headers={"retry-after": "30"})
        if request.method == "HEAD":  # nothing would be sent, and the place be held for as long as a stream
            return Response(media_type=EVENTS)
        events = self._events(gate, request, account)
        return StreamingResponse(events, media_type=EVENTS, headers={"x-accel-buffering": "no"})

    async def _events(self, gate: Gate, request: Request, account: str) -> AsyncIterator[str]:
        seen, ends = request.query_params.get("seen", "")[:64], self._clock() + LONGEST
        self._listening[account] += 1
        try:
            yield "retry: 3000\n\n"
            while self._clock() < ends:
                mark = await self._hub.watch(seen, QUIET_SECONDS)
                if mark is None or not await _may_listen(gate, request):
                    return
                yield f"event: changed\nid: {mark}\ndata: \n\n" if mark != seen else ": nothing new\n\n"
                seen = mark
        finally:
            self._listening[account] -= 1
            self._listening += Counter()  # drops accounts that listen no more


async def _may_listen(gate: Gate, request: Request) -> bool:
    """Whether the session that began the stream is alive still, and its account may read."""
    return Right.READ in (await gate.visitor(request)).rights
