"""The web application: every face of one hub, put together. Nothing is decided here.

Deny by default: `make_app` refuses to build an application with a route that does not declare what it needs.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from sentinel.model.installation import Installation
from sentinel.model.secret import Secret
from sentinel.serve.api import add_routes, answer_problems, problem
from sentinel.serve.console import Console
from sentinel.serve.door import Door
from sentinel.serve.gate import Gate, Need
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.public import Public, static_files, style_address
from sentinel.serve.session import SCRYPT_COST, Logins
from sentinel.serve.shield import BoundedBody, HeadersOnEverything

log = logging.getLogger(__name__)


def make_app(
    hub: Hub,
    installation: Installation,
    token: Secret,
    clock: Callable[[], datetime],
    *,
    scrypt_cost: int = SCRYPT_COST,
) -> ASGIApp:
    """The ASGI application of one hub.

    `token` is the operator's, for the API; `clock` gives the present instant, aware and in UTC. Takes half a second of CPU for
    each login (scrypt). Serve it with forwarded headers off: the peer's address is what the throttle counts.
    """
    inner = build(hub, installation, token, clock, scrypt_cost=scrypt_cost)
    return HeadersOnEverything(BoundedBody(inner), https=installation.url.startswith("https://"))


def build(hub: Hub, installation: Installation, token: Secret, clock: Callable[[], datetime], *, scrypt_cost: int) -> FastAPI:
    """The application without the shield around it. Raises ValueError for an empty token or an undeclared route."""
    if not token.reveal():
        raise ValueError("the operator's token is empty")
    files = static_files()
    pages = Pages(installation, clock, style_address(files))
    logins = Logins(installation.logins, scrypt_cost)
    gate = Gate(hub, logins, pages, installation.url, clock)

    app = FastAPI(title="Sentinel", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.operator_token = token
    add_routes(app, hub)
    app.router.routes.extend(Public(hub, installation, pages, files).routes(gate))
    app.router.routes.extend(Door(hub, logins, pages, installation.url, clock).routes(gate))
    app.router.routes.extend(Console(hub, installation, pages, clock).routes(gate))
    _answer_errors(app, pages)
    refuse_undeclared(app.routes)
    return app


def refuse_undeclared(routes: Iterable[BaseRoute]) -> None:
    """Raises ValueError if a route does not declare what it needs."""
    undeclared = [route for route in routes if not isinstance(getattr(route, "need", None), Need)]
    if undeclared:
        raise ValueError(f"routes that do not declare what they need: {undeclared}")


def _answer_errors(app: FastAPI, pages: Pages) -> None:
    """Errors in the manner of the face that was asked."""
    answer_problems(app)

    def answer(request: Request, status: int, why: str) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(status, why, "error")
        return pages.render("sorry.html", status=status, code=status, why=why, typed={}, sign_in=False)

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        why = {404: "There is no such page.", 405: "That cannot be asked of this page."}.get(error.status_code, error.detail)
        shown = answer(request, error.status_code, error.detail if request.url.path.startswith("/api/") else why)
        shown.headers.update(error.headers or {})
        return shown

    async def broken(request: Request, error: Exception) -> Response:
        log.error("%s %r failed", request.method, request.url.path, exc_info=error)
        return answer(request, 500, "Something is broken on our side. The command may or may not have been carried out.")

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, broken)
