"""The gate of the console: no page is reached but through a route that declares what it needs.

Belongs here: who is let through to which endpoint, and what they see if not. Does not belong here: what the endpoints do.
The API has a gate of its own (api.py), since it takes no cookies.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.model.installation import Login
from sentinel.serve.form import BadForm, is_from_our_page, read_form
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.session import TOUCH, Logins, cookie_name, form_token, form_token_matches, is_alive, token_hash

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_ID = 2**63 - 1


class Need(StrEnum):
    """What a route asks of whoever calls it. `own_page`: nobody in particular, but by a form of ours."""

    NOBODY = "nobody"
    OWN_PAGE = "own_page"
    SIGNED_IN = "signed_in"
    LEAD = "lead"
    OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Whoever calls. `token` is the session's, for the forms; `form` what they sent, empty for a safe method."""

    login: Login | None = None
    token: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def form_token(self) -> str:
        return form_token(self.token) if self.token else ""


Endpoint: TypeAlias = Callable[[Request, Visitor], Awaitable[Response]]


class Declared(Route):
    """A route with its `need`. The application refuses to be built with one that has none."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], *, method: str, need: Need) -> None:
        super().__init__(path, endpoint, methods=[method], name=f"{method} {path}", include_in_schema=False)
        self.need = need


class Gate:
    """Wraps endpoints into declared routes that check the need first."""

    def __init__(self, hub: Hub, logins: Logins, pages: Pages, url: str, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._logins = logins
        self._pages = pages
        self._url = url
        self._clock = clock
        self._cookie = cookie_name(url.startswith("https://"))

    def route(self, method: str, path: str, need: Need, endpoint: Endpoint) -> Declared:
        async def through(request: Request) -> Response:
            return await self._through(request, need, endpoint)

        return Declared(path, through, method=method, need=need)

    async def visitor(self, request: Request) -> Visitor:
        """Who the session's cookie says it is; nobody when there is none, or it has ended."""
        token = request.cookies.get(self._cookie, "")
        if not token:
            return Visitor()
        session = await self._hub.find_session(token_hash(token))
        now = self._clock()
        if session is None or not is_alive(session, now):
            return Visitor()
        login = self._logins.of_session(session)
        if login is None:
            return Visitor()
        if now - session.seen_at >= TOUCH:
            await self._hub.save_session(replace(session, seen_at=now))
        return Visitor(login=login, token=token)

    async def _through(self, request: Request, need: Need, endpoint: Endpoint) -> Response:
        if any(isinstance(part, int) and part > LARGEST_ID for part in request.path_params.values()):
            return self._sorry(404, "There is no such page.")
        if need is Need.NOBODY:
            return await endpoint(request, Visitor())
        visitor = await self.visitor(request)
        if request.method in SAFE:
            if need is not Need.OWN_PAGE and visitor.login is None:
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)
            return await endpoint(request, visitor)
        return await self._unsafe(request, need, visitor, endpoint)

    async def _unsafe(self, request: Request, need: Need, visitor: Visitor, endpoint: Endpoint) -> Response:
        if not is_from_our_page(request.headers, self._url):
            return self._sorry(403, "This was not sent by a page of this console. Nothing was changed.")
        try:
            form = read_form(await request.body(), request.headers.get("content-type", ""))
        except BadForm as bad:
            return self._sorry(400, f"Nothing was changed: {bad}.")
        visitor = replace(visitor, form=form)
        if need is Need.OWN_PAGE:
            return await endpoint(request, visitor)
        if visitor.login is None:
            return self._sorry(401, "You are no longer signed in. Nothing was changed.", form, sign_in=True)
        if not form_token_matches(visitor.token, form.get("token", "")):
            return self._sorry(403, "This form belongs to an earlier sign-in. Nothing was changed; open the page again.", form)
        if need is Need.LEAD and visitor.login.role != "lead":
            return self._sorry(403, "Only a lead may do this. Nothing was changed.", form)
        return await endpoint(request, visitor)

    def _sorry(self, status: int, why: str, form: Mapping[str, str] | None = None, *, sign_in: bool = False) -> Response:
        """A page that says no, and gives back what was typed so that it can be copied."""
        typed = {name: text for name, text in (form or {}).items() if text.strip() and name not in _NOT_TYPED}
        return self._pages.render("sorry.html", status=status, code=status, why=why, typed=typed, sign_in=sign_in)


_NOT_TYPED = frozenset({"token", "hash", "version", "language", "promise", "notice", "password", "phase"})
