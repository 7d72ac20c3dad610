"""The routes of the deliveries that want somebody, and what can be done about many of them at once."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.serve import actions
from sentinel.serve.console.acting import Acting, Refusal
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub

THERE = "/failures"
LONGEST_AT = 64


class Failures:
    """`/failures`: numbers and reasons; names stand behind its links, for those who may see them."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = Frame(hub, pages)
        self._acting = Acting(hub, clock)

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", THERE, Right.READ, self.failures),
            gate.route("POST", "/notices/{id:int}/revive", Right.APPROVE, self.revive_all),
            gate.route("POST", "/channels/mend", Right.HOLD, self.mend),
        ]

    async def failures(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(request, visitor)

    async def revive_all(self, request: Request, visitor: Visitor) -> Response:
        notice = request.path_params["id"]
        return await self._act(request, visitor, actions.revive_all, notice, f"revive-{notice}")

    async def mend(self, request: Request, visitor: Visitor) -> Response:
        """A channel, or one address of it. A form in the list of a message's deliveries leads back to that."""
        form = visitor.form
        at = form["at"][:LONGEST_AT] if form.get("address") and form.get("at") else f"mend-{form.get('channel', '')}"
        written = form.get("notice", "")
        is_of_notice = written.isascii() and written.isdecimal() and len(written) < 19
        onward = f"/notices/{written}/deliveries?state=bounced" if is_of_notice else THERE
        return await self._act(request, visitor, actions.mend, 0, at, onward)

    async def _act(
        self, request: Request, visitor: Visitor, reader: actions.Reader, target: int, at: str, onward: str = THERE
    ) -> Response:
        async def again(refusal: Refusal) -> Response:
            return await self._page(request, visitor, refusal)

        return await self._acting.act(visitor, reader, target, at=at, again=again, onward=lambda done: onward)

    async def _page(self, request: Request, visitor: Visitor, refusal: Refusal | None = None) -> Response:
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isdecimal() and len(asked) < 19 else None
        page = await self._hub.failures(before=before)
        status = refusal.status if refusal else 200
        return await self._frame.page(request, visitor, "failures.html", status, page=page, refusal=refusal)
