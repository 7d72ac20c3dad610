"""`/api/v1`: the same commands and views as the console, as JSON, for the hub's operator (its own command line above all).

Takes a bearer token and no cookie, so no page can ask in a person's name. Every refusal is problem+json (RFC 9457).
"""

import hmac
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Body, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import ConfigDict, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from sentinel.model.command import AnyCommand, Command, Done, Refused
from sentinel.model.delivery import Books, State
from sentinel.model.secret import Secret
from sentinel.serve.gate import LARGEST_ID, Need
from sentinel.serve.port import Board, DeliveryPage, Hub, IncidentLine, IncidentPage, NoticeView, status_of
from sentinel.serve.telling import sentence

PREFIX = "/api/v1"
T = TypeVar("T")
WHO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Incidents:
    """Open ones, and the last that are over."""

    open: tuple[IncidentLine, ...]
    recent: tuple[IncidentLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BooksView:
    """One notice's books, and whether they balance (P10)."""

    books: Books
    balanced: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """RFC 9457. `code` is for programs, `detail` for people."""

    status: int
    title: str
    detail: str
    code: str
    type: str = "about:blank"


class OperatorRoute(APIRoute):
    """A route that asks for the operator's token before it reads anything else."""

    need = Need.OPERATOR

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if not _bears(request, request.app.state.operator_token):
                raise HTTPException(
                    401, "This needs the operator's token in the Authorization header.", {"www-authenticate": "Bearer"}
                )
            if any(part.isdecimal() and int(part[:20]) > LARGEST_ID for part in request.path_params.values()):
                raise HTTPException(404, "There is no such thing.")
            return await handler(request)

        return guarded


def _bears(request: Request, token: Secret) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.reveal().encode())
    return matches and scheme.lower() == "bearer"


def _who(request: Request) -> str:
    """The name under which the command stands in the timeline. The header names a person to the record and gives no rights."""
    name = request.headers.get("sentinel-as", "")
    return f"operator {name}" if WHO.fullmatch(name) else "operator"


_Who = Annotated[str, Depends(_who)]
_COMMAND: TypeAdapter[Command] = TypeAdapter(AnyCommand, config=ConfigDict(extra="forbid"))
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}} for status in (400, 401, 404, 409, 413, 422)
}


def add_routes(app: FastAPI, hub: Hub) -> None:
    """All routes of the API. From here on every route that FastAPI itself makes asks for the operator's token."""
    app.router.route_class = OperatorRoute
    _add_commands(app, hub)
    _add_views(app, hub)


def _add_commands(app: FastAPI, hub: Hub) -> None:

    @app.post(PREFIX + "/commands", responses=PROBLEMS)
    async def commands(body: Annotated[Any, Body()], who: _Who) -> Done:
        """Carry out one command."""
        result = await hub.submit(_command(body), who)
        if isinstance(result, Refused):
            raise RefusedError(result)
        return result


def _add_views(app: FastAPI, hub: Hub) -> None:
    @app.get(PREFIX + "/board", responses=PROBLEMS)
    async def board() -> Board:
        """Services, checks, open and recent incidents, and the kill switch."""
        return await hub.board()

    @app.get(PREFIX + "/incidents", responses=PROBLEMS)
    async def incidents() -> Incidents:
        board = await hub.board()
        return Incidents(open=board.open, recent=board.recent)

    @app.get(PREFIX + "/incidents/{incident}", responses=PROBLEMS)
    async def incident(incident: int) -> IncidentPage:
        """One incident, whole."""
        return _found(await hub.incident(incident))

    @app.get(PREFIX + "/notices/{notice}", responses=PROBLEMS)
    async def notice(notice: int) -> NoticeView:
        """One notice with its draft, audience and books."""
        return _found(await hub.notice(notice))

    @app.get(PREFIX + "/notices/{notice}/deliveries", responses=PROBLEMS)
    async def deliveries(
        notice: int,
        after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        state: State | None = None,
    ) -> DeliveryPage:
        """Deliveries by id; pass `next` as `after` for more."""
        return _found(await hub.deliveries(notice, after=after, limit=limit, state=state))

    @app.get(PREFIX + "/books", responses=PROBLEMS)
    async def books() -> list[BooksView]:
        """Where every person of each snapshot is, newest first."""
        return [BooksView(books=kept, balanced=kept.balanced) for kept in await hub.books()]

    @app.get(PREFIX + "/report", responses=PROBLEMS)
    async def report() -> dict[str, Any]:
        """The report: `data`, and the same as `text`."""
        view = await hub.report()
        return {"data": view.data, "text": view.text}

    @app.get(PREFIX + "/openapi.json", responses=PROBLEMS)
    async def openapi(request: Request) -> dict[str, Any]:
        """This document."""
        document: dict[str, Any] = request.app.openapi()
        return document


class RefusedError(Exception):
    """Carries a refusal out of an endpoint to where it becomes problem+json."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


def answer_problems(app: FastAPI) -> None:
    """How refusals and unreadable requests are answered. (Plain HTTP errors: see app.py, which knows both faces.)"""

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, RefusedError):
            raise error
        return problem(status_of(error.refused), sentence(error.refused.why), error.refused.code)

    async def unreadable(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(400 if first["type"] == "json_invalid" else 422, f"{where}: {first['msg']}", "invalid")

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, unreadable)


def problem(status: int, detail: str, code: str, headers: Mapping[str, str] | None = None) -> Response:
    """One problem+json answer."""
    titles = {400: "Not readable", 401: "Not signed in", 404: "Not found", 409: "Refused", 422: "Not valid"}
    body = {
        "type": "about:blank", "status": status, "title": titles.get(status, "Error"), "detail": detail, "code": code,
    }  # fmt: skip
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def _found(view: T | None) -> T:
    if view is None:
        raise HTTPException(404, "There is no such thing.")
    return view


def _command(body: object) -> Command:
    """The command in a JSON body. Fields that it does not have, naive instants and huge numbers are refused."""
    try:
        command = _COMMAND.validate_python(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "command"
        raise RefusedError(Refused(code="invalid", why=f"{where}: {first['msg']}")) from None
    for each in fields(command):
        value = getattr(command, each.name)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise RefusedError(Refused(code="invalid", why=f"{each.name}: the offset from UTC is missing"))
        if isinstance(value, int) and abs(value) > LARGEST_ID:
            raise RefusedError(Refused(code="invalid", why=f"{each.name}: the number is too large"))
    return command
