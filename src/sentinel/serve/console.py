"""The console: pages for a signed-in person, and the forms on them. Every change is one command to the hub.

A refused command shows its page again, as it is now, with the reason at the form and everything that was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.model.command import Done, Refused
from sentinel.model.delivery import State
from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.serve import actions, said
from sentinel.serve.gate import Gate, Need, Visitor
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub, status_of
from sentinel.serve.telling import sentence

DELIVERIES_SHOWN = 100
MISSING = "There is no such page."


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a form was refused: `at` is the id of the form on the page, `form` what it held."""

    at: str
    why: str
    form: Mapping[str, str]
    status: int


ShowAgain: TypeAlias = Callable[[Refusal], Awaitable[Response]]
LeadOn: TypeAlias = Callable[[Done], str]


class Console:
    """The pages. `routes` declares each with what it needs."""

    def __init__(self, hub: Hub, installation: Installation, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._installation = installation
        self._pages = pages
        self._clock = clock
        self._https = installation.url.startswith("https://")

    def routes(self, gate: Gate) -> list[Route]:
        read, lead = Need.SIGNED_IN, Need.LEAD
        return [
            gate.route("GET", "/", read, self.board),
            gate.route("GET", "/report", read, self.report),
            gate.route("GET", "/declare", read, self.declare_page),
            gate.route("POST", "/declare", lead, self.declare),
            gate.route("GET", "/hold", read, self.hold_page),
            gate.route("POST", "/hold", lead, self.set_hold),
            gate.route("POST", "/release", lead, self.release),
            gate.route("GET", "/incidents/{id:int}", read, self.incident),
            gate.route("POST", "/incidents/{id:int}/{action}", lead, self.act_on_incident),
            gate.route("POST", "/notices/{id:int}/{action}", lead, self.act_on_notice),
            gate.route("GET", "/notices/{id:int}/deliveries", read, self.deliveries),
            gate.route("POST", "/deliveries/{id:int}/settle", lead, self.settle),
        ]

    # Pages to read.

    async def board(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(request, visitor, "board.html", board=await self._hub.board())

    async def report(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(request, visitor, "report.html", report=await self._hub.report())

    async def incident(self, request: Request, visitor: Visitor) -> Response:
        return await self._incident(request, visitor, request.path_params["id"])

    async def deliveries(self, request: Request, visitor: Visitor) -> Response:
        return await self._deliveries(request, visitor, request.path_params["id"])

    async def declare_page(self, request: Request, visitor: Visitor) -> Response:
        return await self._declare(request, visitor)

    async def hold_page(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(request, visitor, "hold.html", refusal=None)

    # Forms.

    async def declare(self, request: Request, visitor: Visitor) -> Response:
        async def again(refusal: Refusal) -> Response:
            return await self._declare(request, visitor, refusal)

        return await self._act(visitor, actions.declare, 0, "declare", again, lambda done: f"/incidents/{done.incident}")

    async def set_hold(self, request: Request, visitor: Visitor) -> Response:
        return await self._act(visitor, actions.hold, 0, "hold", self._hold_again(request, visitor), lambda done: "/hold")

    async def release(self, request: Request, visitor: Visitor) -> Response:
        return await self._act(visitor, actions.release, 0, "release", self._hold_again(request, visitor), lambda done: "/hold")

    async def act_on_incident(self, request: Request, visitor: Visitor) -> Response:
        number, action = request.path_params["id"], request.path_params["action"]
        reader = actions.OF_INCIDENT.get(action)
        if reader is None:
            raise HTTPException(404, MISSING)

        async def again(refusal: Refusal) -> Response:
            return await self._incident(request, visitor, number, refusal)

        at = f"answer-{visitor.form.get('promise', '')}" if action == "answer" else action
        return await self._act(visitor, reader, number, at, again, lambda done: f"/incidents/{number}")

    async def act_on_notice(self, request: Request, visitor: Visitor) -> Response:
        number, action = request.path_params["id"], request.path_params["action"]
        reader = actions.OF_NOTICE.get(action)
        view = await self._hub.notice(number)
        if reader is None or view is None:
            raise HTTPException(404, MISSING)
        incident = view.notice.incident

        async def again(refusal: Refusal) -> Response:
            return await self._incident(request, visitor, incident, refusal)

        at = f"{action}-{number}" + (f"-{visitor.form.get('language', '')}" if action == "edit" else "")
        return await self._act(visitor, reader, number, at, again, lambda done: f"/incidents/{incident}#notice-{number}")

    async def settle(self, request: Request, visitor: Visitor) -> Response:
        delivery, written = request.path_params["id"], visitor.form.get("notice", "")
        if not written.isdecimal() or len(written) > 18:
            raise HTTPException(404, MISSING)
        notice = int(written)

        async def again(refusal: Refusal) -> Response:
            return await self._deliveries(request, visitor, notice, refusal)

        back = f"/notices/{notice}/deliveries?state=in_doubt"
        return await self._act(visitor, actions.settle, delivery, f"settle-{delivery}", again, lambda done: back)

    # What they share.

    async def _act(
        self, visitor: Visitor, reader: actions.Reader, target: int, at: str, again: ShowAgain, onward: LeadOn
    ) -> Response:
        """Read the form, submit its command, and lead on; or show the page again with the refusal."""
        reading = actions.Reading(installation=self._installation, now=self._clock())
        command = actions.read(reader, visitor.form, target, reading)
        result = command if isinstance(command, Refused) else await self._hub.submit(command, _name(visitor))
        if isinstance(result, Refused):
            return await again(Refusal(at=at, why=sentence(result.why), form=visitor.form, status=status_of(result)))
        answer = RedirectResponse(onward(result), status_code=303)
        carried = said.sealed(sentence(result.said or "Done."), visitor.token)
        answer.set_cookie(said.COOKIE, carried, max_age=60, httponly=True, samesite="lax", secure=self._https)
        return answer

    def _hold_again(self, request: Request, visitor: Visitor) -> ShowAgain:
        async def again(refusal: Refusal) -> Response:
            return await self._page(request, visitor, "hold.html", refusal.status, refusal=refusal)

        return again

    async def _declare(self, request: Request, visitor: Visitor, refusal: Refusal | None = None) -> Response:
        statements: dict[str, list[Any]] = {}
        for statement in self._installation.statements.values():
            statements.setdefault(statement.service, []).append(statement)
        status = refusal.status if refusal else 200
        return await self._page(request, visitor, "declare.html", status, statements=statements, refusal=refusal)

    async def _incident(self, request: Request, visitor: Visitor, number: int, refusal: Refusal | None = None) -> Response:
        page = await self._hub.incident(number)
        if page is None:
            raise HTTPException(404, MISSING)
        status = refusal.status if refusal else 200
        given = {"page": page, "refusal": refusal, "phases": actions.PHASES, "forms": actions.FORMS}
        return await self._page(request, visitor, "incident.html", status, over=page.incident.phase.is_over, **given)

    async def _deliveries(self, request: Request, visitor: Visitor, number: int, refusal: Refusal | None = None) -> Response:
        asked = request.query_params.get("state", "")
        state = State(asked) if asked in set(State) else None
        after = request.query_params.get("after", "0")
        start = int(after) if after.isdecimal() and len(after) < 19 else 0
        view = await self._hub.notice(number)
        found = await self._hub.deliveries(number, after=start, limit=DELIVERIES_SHOWN, state=state)
        if found is None:
            raise HTTPException(404, MISSING)
        given = {"page": found, "view": view, "state": state, "states": tuple(State), "refusal": refusal}
        return await self._page(request, visitor, "deliveries.html", refusal.status if refusal else 200, **given)

    async def _page(self, request: Request, visitor: Visitor, template: str, status: int = 200, **given: Any) -> Response:
        value = request.cookies.get(said.COOKIE, "")
        carried = said.opened(value, visitor.token) if value else None
        hold = await self._hub.hold()
        shown = self._pages.render(template, status=status, visitor=visitor, hold=hold, said=carried, Phase=Phase, **given)
        if value:
            shown.delete_cookie(said.COOKIE, secure=self._https, httponly=True, samesite="lax")
        return shown


def _name(visitor: Visitor) -> str:
    if visitor.login is None:
        raise AssertionError("the gate lets nobody through to a form without a login")
    return visitor.login.name
