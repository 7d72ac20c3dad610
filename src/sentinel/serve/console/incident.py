"""The page of one incident, with the forms of the incident and of its messages to customers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import RIGHT_OF, Right
from sentinel.serve import actions
from sentinel.serve.console.acting import MISSING, Acting, Refusal
from sentinel.serve.console.words import tongues, unnamed, unplaced
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Endpoint, Gate, Visitor
from sentinel.serve.port import Hub, IncidentPage, NoticeView

TICKS = timedelta(minutes=2)
"""While an approval can still be taken back for less than this, the page asks for itself more often."""


class IncidentFace:
    """`/incidents/{id}`, and one route for each thing that can be done there."""

    def __init__(self, hub: Hub, frame: Frame, acting: Acting, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._frame = frame
        self._acting = acting
        self._clock = clock

    def routes(self, gate: Gate) -> list[Route]:
        of_incident = [
            gate.route("POST", f"/incidents/{{id:int}}/{name}", RIGHT_OF[act.command], self._on_incident(name, act.reader))
            for name, act in actions.OF_INCIDENT.items()
        ]
        of_notice = [
            gate.route("POST", f"/notices/{{id:int}}/{name}", RIGHT_OF[act.command], self._on_notice(name, act.reader))
            for name, act in actions.OF_NOTICE.items()
        ]
        return [gate.route("GET", "/incidents/{id:int}", Right.READ, self.incident), *of_incident, *of_notice]

    async def incident(self, request: Request, visitor: Visitor) -> Response:
        return await self._shown(request, visitor, request.path_params["id"])

    def _on_incident(self, name: str, reader: actions.Reader) -> Endpoint:
        async def act(request: Request, visitor: Visitor) -> Response:
            number = request.path_params["id"]

            async def again(refusal: Refusal) -> Response:
                return await self._shown(request, visitor, number, refusal)

            at = f"answer-{visitor.form.get('promise', '')}" if name == "answer" else name
            return await self._acting.act(
                visitor, reader, number, at=at, again=again, onward=lambda done: f"/incidents/{number}"
            )

        return act

    def _on_notice(self, name: str, reader: actions.Reader) -> Endpoint:
        async def act(request: Request, visitor: Visitor) -> Response:
            number = request.path_params["id"]
            view = await self._hub.notice(number)
            if view is None:
                raise HTTPException(404, MISSING)
            incident = view.notice.incident

            async def again(refusal: Refusal) -> Response:
                return await self._shown(request, visitor, incident, refusal)

            at = f"{name}-{number}" + (f"-{visitor.form.get('language', '')}" if name == "edit" else "")
            back = f"/incidents/{incident}#notice-{number}"
            return await self._acting.act(visitor, reader, number, at=at, again=again, onward=lambda done: back)

        return act

    async def _shown(self, request: Request, visitor: Visitor, number: int, refusal: Refusal | None = None) -> Response:
        page = await self._hub.incident(number)
        if page is None:
            raise HTTPException(404, MISSING)
        if not visitor.may(Right.CUSTOMERS):
            page = replace(page, notices=tuple(unnamed(view) for view in page.notices))
        given: dict[str, Any] = {
            "page": page,
            "refusal": refusal,
            "over": page.incident.phase.is_over,
            "phases": actions.PHASES,
            "forms": actions.FORMS,
            "tongues": {view.notice.id: tongues(view) for view in page.notices},
            "unplaced": {view.notice.id: unplaced(view) for view in page.notices},
            "ticking": _is_ticking(page, self._clock()),
            "shape": _shape(page),
        }
        return await self._frame.page(request, visitor, "incident.html", refusal.status if refusal else 200, **given)


def _is_ticking(page: IncidentPage, now: datetime) -> bool:
    return any(view.cancel_until is not None and now < view.cancel_until < now + TICKS for view in page.notices)


def _shape(page: IncidentPage) -> str:
    """Stands for what the forms of the messages are about: a page with another one holds forms that are out of date."""
    return " ".join(_one(view) for view in page.notices)


def _one(view: NoticeView) -> str:
    notice, draft, audience = view.notice, view.draft, view.audience
    void = "void" if notice.void_at else notice.state.value
    counted = f"{audience.sending}" if audience and audience.complete else "counting"
    guarded = f"{len(view.signed)}:{bool(notice.paused_at)}:{view.rest if notice.paused_at else 0}"
    return f"{notice.id}:{void}:{draft.version if draft else 0}:{counted}:{bool(view.cancel_until)}:{guarded}"
