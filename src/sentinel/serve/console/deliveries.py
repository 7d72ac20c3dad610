"""The deliveries of one notice, and what one person received."""

from collections.abc import Callable
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.model.delivery import State
from sentinel.serve import actions
from sentinel.serve.console.acting import MISSING, Acting, Refusal
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Endpoint, Gate, Visitor
from sentinel.serve.port import DeliveryPage, Hub

SHOWN = 100
LONGEST_SEARCH = 200
BOUNCED = "bounced"
"""Asked for like a state; it is a later fact about one that was accepted."""


class DeliveriesFace:
    """`/notices/{id}/deliveries` and `/deliveries/{id}`: customers' names, so both ask for the right to see them."""

    def __init__(self, hub: Hub, frame: Frame, acting: Acting, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = frame
        self._acting = acting

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/notices/{id:int}/deliveries", Right.CUSTOMERS, self.deliveries),
            gate.route("GET", "/deliveries/{id:int}", Right.CUSTOMERS, self.received),
            gate.route("POST", "/deliveries/{id:int}/settle", Right.APPROVE, self._on("settle", actions.settle)),
            gate.route("POST", "/deliveries/{id:int}/revive", Right.APPROVE, self._on("revive", actions.revive)),
        ]

    async def deliveries(self, request: Request, visitor: Visitor) -> Response:
        return await self._list(request, visitor, request.path_params["id"])

    async def received(self, request: Request, visitor: Visitor) -> Response:
        found = await self._hub.received(request.path_params["id"])
        if found is None:
            raise HTTPException(404, MISSING)
        return await self._frame.page(request, visitor, "delivery.html", received=found, refusal=None)

    def _on(self, name: str, reader: actions.Reader) -> Endpoint:
        """Both forms stand in the list, and lead back to it."""

        async def act(request: Request, visitor: Visitor) -> Response:
            delivery, written = request.path_params["id"], visitor.form.get("notice", "")
            if not written.isdecimal() or len(written) > 18:
                raise HTTPException(404, MISSING)
            notice = int(written)

            async def again(refusal: Refusal) -> Response:
                return await self._list(request, visitor, notice, refusal)

            state = State.IN_DOUBT if name == "settle" else State.DEAD
            back = f"/notices/{notice}/deliveries?state={state.value}"
            at = f"{name}-{delivery}"
            return await self._acting.act(visitor, reader, delivery, at=at, again=again, onward=lambda done: back)

        return act

    async def _list(self, request: Request, visitor: Visitor, number: int, refusal: Refusal | None = None) -> Response:
        asked = request.query_params.get("state", "")
        state, bounced = State(asked) if asked in set(State) else None, asked == BOUNCED
        search = request.query_params.get("who", "").strip()[:LONGEST_SEARCH]
        page = await self._page(request, number, state, bounced, search)
        if page is None:
            raise HTTPException(404, MISSING)
        given = {"page": page, "view": await self._hub.notice(number), "search": search}
        which = {"which": BOUNCED if bounced else state.value if state else "", "all": (*State, BOUNCED)}
        status = refusal.status if refusal else 200
        return await self._frame.page(request, visitor, "deliveries.html", status, refusal=refusal, **given, **which)

    async def _page(
        self, request: Request, number: int, state: State | None, bounced: bool, search: str
    ) -> DeliveryPage | None:
        after = request.query_params.get("after", "0")
        start = int(after) if after.isdecimal() and len(after) < 19 else 0
        if not search:
            return await self._hub.deliveries(number, after=start, limit=SHOWN, state=state, bounced=bounced)
        return await self._hub.find_deliveries(number, search, state, SHOWN, bounced=bounced)
