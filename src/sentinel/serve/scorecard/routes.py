"""The route of the scorecard. It is shown to all staff, also when it is embarrassing (P12)."""

from collections.abc import Callable
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.scorecard import words
from sentinel.serve.scorecard.picture import LEFT, SIDE, TOP, picture


class Scorecard:
    """`/scorecard`: numbers alone, no customer."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = Frame(hub, pages)

    def routes(self, gate: Gate) -> list[Route]:
        return [gate.route("GET", "/scorecard", Right.READ, self.scorecard)]

    async def scorecard(self, request: Request, visitor: Visitor) -> Response:
        asked = request.query_params
        names = self._hub.installation.services
        service = asked.get("service") if asked.get("service") in names else None
        since, wrong = _day(asked.get("since", ""))
        page = await self._hub.scorecard(service=service, since=since, rehearsed=asked.get("of") == "rehearsal")
        return await self._frame.page(
            request,
            visitor,
            "scorecard.html",
            page=page,
            picture=picture(page.card.reliability),
            box={"side": SIDE, "left": LEFT, "top": TOP},
            words=words,
            names=sorted(names),
            wrong=wrong,
        )


def _day(given: str) -> tuple[date | None, bool]:
    """The day, and whether what was written is none."""
    if not given:
        return None, False
    try:
        return date.fromisoformat(given), False
    except ValueError:
        return None, True
