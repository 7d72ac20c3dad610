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
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp

from sentinel.model.account import Right
from sentinel.model.secret import Secret
from sentinel.serve.accounts.routes import Accounts
from sentinel.serve.agents.routes import Agents
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import problem
from sentinel.serve.api.routes import add_routes
from sentinel.serve.assets import packaged
from sentinel.serve.console.routes import Console
from sentinel.serve.desk.routes import Desk
from sentinel.serve.door import Door
from sentinel.serve.failures.routes import Failures
from sentinel.serve.gate import Gate, Need
from sentinel.serve.hooks.routes import Hooks
from sentinel.serve.live.routes import Live
from sentinel.serve.pages import Pages
from sentinel.serve.public import Public
from sentinel.serve.pushed import Pushed
from sentinel.serve.returns.routes import Callbacks
from sentinel.serve.scorecard.routes import Scorecard
from sentinel.serve.services.routes import Services
from sentinel.serve.session import SCRYPT_COST, Logins
from sentinel.serve.shield import BoundedBody, HeadersOnEverything
from sentinel.serve.status.routes import Status

log = logging.getLogger(__name__)


def make_app(
    hub: ApiHub,
    token: Secret,
    clock: Callable[[], datetime],
    *,
    scrypt_cost: int = SCRYPT_COST,
) -> ASGIApp:
    """The ASGI application of one hub.

    `token` is the operator's, for the API; `clock` gives the present instant, aware and in UTC. Serve it with
    forwarded headers off: the peer's address is what the throttle counts.
    """
    inner = build(hub, token, clock, scrypt_cost=scrypt_cost)
    return HeadersOnEverything(BoundedBody(inner), https=hub.installation.url.startswith("https://"))


def build(hub: ApiHub, token: Secret, clock: Callable[[], datetime], *, scrypt_cost: int) -> FastAPI:
    """The application without the shield around it. Raises ValueError for an empty token or an undeclared route."""
    if not token.reveal():
        raise ValueError("the operator's token is empty")
    files = packaged()
    pages = Pages(hub, clock, files)
    logins = Logins(hub, scrypt_cost)
    gate = Gate(hub, logins, pages, hub.installation.url, clock)

    app = FastAPI(title="Sentinel", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    add_routes(app, hub, token, clock)
    app.router.routes.extend(Public(hub, pages, files).routes(gate))
    app.router.routes.extend(Pushed(hub, clock).routes(gate))
    app.router.routes.extend(Door(hub, logins, pages, hub.installation.url, clock).routes(gate))
    for face in (Console, Failures, Scorecard, Callbacks, Hooks, Agents, Desk, Services, Status, Accounts, Live):
        app.router.routes.extend(face(hub, pages, clock).routes(gate))
    _answer_errors(app, pages)
    refuse_undeclared(app.routes)
    return app


def refuse_undeclared(routes: Iterable[BaseRoute]) -> None:
    """Raises ValueError if a route does not declare what it needs."""
    undeclared = [route for route in routes if not isinstance(getattr(route, "need", None), Need | Right)]
    if undeclared:
        raise ValueError(f"routes that do not declare what they need: {undeclared}")


def methods_of(app: FastAPI, request: Request) -> set[str]:
    """What may be asked of a path: of all the routes that it has, not just of the first (RFC 9110, section 15.5.6)."""
    there = [route for route in app.routes if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in there for method in route.methods or ()}
    return methods | ({"HEAD"} if "GET" in methods else set())


def _answer_errors(app: FastAPI, pages: Pages) -> None:
    """Errors in the manner of the face that was asked."""

    def answer(request: Request, status: int, why: str) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(status, why, {404: "unknown", 405: "method", 500: "broken"}.get(status, "error"))
        return pages.render("sorry.html", status=status, code=status, why=why, typed={}, sign_in=False)

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        why = {404: "There is no such page.", 405: "That cannot be asked of this page."}.get(error.status_code, error.detail)
        shown = answer(request, error.status_code, why)
        shown.headers.update(error.headers or {})
        if error.status_code == 405:
            shown.headers["allow"] = ", ".join(sorted(methods_of(app, request)))
        return shown

    async def broken(request: Request, error: Exception) -> Response:
        log.error("%s %r failed", request.method, request.url.path, exc_info=error)
        return answer(request, 500, "Something is broken on our side. The command may or may not have been carried out.")

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, broken)
