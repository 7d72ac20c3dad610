"""The console: pages for a signed-in person. Every change is one command to the hub.

Belongs here: the board, the report, declaring, the hold. The incident and deliveries have modules of their own.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.serve import actions
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.console import sheet
from sentinel.serve.console.acting import Acting, Refusal, ShowAgain
from sentinel.serve.console.deliveries import DeliveriesFace
from sentinel.serve.console.incident import IncidentFace
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub


class Console:
    """The pages. `routes` declares each with what it needs."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = Frame(hub, pages)
        self._acting = Acting(hub, clock)
        self._incident = IncidentFace(hub, self._frame, self._acting, clock)
        self._deliveries = DeliveriesFace(hub, self._frame, self._acting, clock)

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/", Right.READ, self.board),
            gate.route("GET", "/report", Right.READ, self.report),
            gate.route("GET", "/report.json", Right.READ, self.report_json),
            gate.route("GET", "/report.csv", Right.READ, self.report_csv),
            gate.route("GET", "/declare", Right.DECLARE, self.declare_page),
            gate.route("POST", "/declare", Right.DECLARE, self.declare),
            gate.route("GET", "/hold", Right.READ, self.hold_page),
            gate.route("POST", "/hold", Right.HOLD, self.set_hold),
            gate.route("POST", "/release", Right.APPROVE, self.release),
            *self._incident.routes(gate),
            *self._deliveries.routes(gate),
        ]

    async def board(self, request: Request, visitor: Visitor) -> Response:
        return await self._frame.page(request, visitor, "board.html", board=await self._hub.board())

    # The report

    async def report(self, request: Request, visitor: Visitor) -> Response:
        found = await self._hub.report()
        return await self._frame.page(request, visitor, "report.html", report=found, chart=sheet.chart(found.data))

    async def report_json(self, request: Request, visitor: Visitor) -> Response:
        text = json.dumps((await self._hub.report()).data, indent=2, ensure_ascii=False)
        return await self._taken(visitor, text, "application/json", "sentinel-report.json")

    async def _taken(self, visitor: Visitor, text: str, media_type: str, name: str) -> Response:
        """A file to keep. Who took it out stands in the audit."""
        await self._hub.note_in_audit(Seen(do=Sight.EXPORTED, about=name), visitor.name, visitor.email)
        headers = {"content-type": media_type, "content-disposition": f'attachment; filename="{name}"'}
        return Response(text.encode(), headers=headers)

    async def report_csv(self, request: Request, visitor: Visitor) -> Response:
        text = sheet.as_csv((await self._hub.report()).data)
        return await self._taken(visitor, text, "text/csv; charset=utf-8", "sentinel-report.csv")

    # Declaring

    async def declare_page(self, request: Request, visitor: Visitor) -> Response:
        return await self._declare(request, visitor)

    async def declare(self, request: Request, visitor: Visitor) -> Response:
        async def again(refusal: Refusal) -> Response:
            return await self._declare(request, visitor, refusal)

        return await self._acting.act(
            visitor, actions.declare, 0, at="declare", again=again, onward=lambda done: f"/incidents/{done.incident}"
        )

    async def _declare(self, request: Request, visitor: Visitor, refusal: Refusal | None = None) -> Response:
        statements: dict[str, list[Any]] = {}
        for statement in self._hub.installation.statements.values():
            statements.setdefault(statement.service, []).append(statement)
        status = refusal.status if refusal else 200
        given = {"statements": statements, "refusal": refusal, "asked": request.query_params.get("statement", "")}
        return await self._frame.page(request, visitor, "declare.html", status, **given)

    # The hold

    async def hold_page(self, request: Request, visitor: Visitor) -> Response:
        return await self._frame.page(request, visitor, "hold.html", refusal=None)

    async def set_hold(self, request: Request, visitor: Visitor) -> Response:
        again = self._hold_again(request, visitor)
        return await self._acting.act(visitor, actions.hold, 0, at="hold", again=again, onward=lambda done: "/hold")

    async def release(self, request: Request, visitor: Visitor) -> Response:
        again = self._hold_again(request, visitor)
        return await self._acting.act(visitor, actions.release, 0, at="release", again=again, onward=lambda done: "/hold")

    def _hold_again(self, request: Request, visitor: Visitor) -> ShowAgain:
        async def again(refusal: Refusal) -> Response:
            return await self._frame.page(request, visitor, "hold.html", refusal.status, refusal=refusal)

        return again
