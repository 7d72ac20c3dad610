"""The routes of services, checks and places with their latest facts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.services.picture import picture, row_words, shares
from sentinel.serve.services.port import HOURS

MISSING = "There is no such page."
USUAL_HOURS = 24


class Services:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = Frame(hub, pages)

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/services", Right.READ, self.services),
            gate.route("GET", "/services/{name}", Right.READ, self.service),
            gate.route("GET", "/checks/{check}", Right.READ, self.check),
            gate.route("GET", "/places", Right.READ, self.places),
        ]

    async def services(self, request: Request, visitor: Visitor) -> Response:
        return await self._frame.page(request, visitor, "services.html", page=await self._hub.services())

    async def service(self, request: Request, visitor: Visitor) -> Response:
        page = await self._hub.service(request.path_params["name"])
        if page is None:
            raise HTTPException(404, MISSING)
        return await self._frame.page(request, visitor, "service.html", page=page)

    async def check(self, request: Request, visitor: Visitor) -> Response:
        asked = request.query_params.get("hours", "")
        hours = next((each for each in HOURS if str(each) == asked), USUAL_HOURS)
        page = await self._hub.check(request.path_params["check"], hours=hours)
        if page is None:
            raise HTTPException(404, MISSING)
        zone = self._hub.installation.zone
        drawn = picture(page.latency, zone)
        bad = [row_words(span, page.latency, zone) for span in page.latency.spans if span.bad or span.degraded or span.unknown]
        given: dict[str, Any] = {"picture": drawn, "bad": bad, "shares": shares, "offered": HOURS}
        return await self._frame.page(request, visitor, "check.html", page=page, **given)

    async def places(self, request: Request, visitor: Visitor) -> Response:
        # Names of machines are for those who work on them.
        running = await self._hub.processes() if visitor.may(Right.WORK) else None
        return await self._frame.page(request, visitor, "places.html", page=await self._hub.places(), running=running)
