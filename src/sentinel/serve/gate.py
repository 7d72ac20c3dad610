"""The gate of the console: no page is reached but through a route that declares what it needs.

Belongs here: who is let through to which endpoint, and what they see if not. Does not belong here: what the endpoints do.
The API has a gate of its own (api.py), since it takes no cookies.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, get_args
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.model.account import RIGHT_OF, Right, Role, may, rights_of
from sentinel.model.command import Command, Refused, Result
from sentinel.serve.accounts.port import SEEN_BY, Seen, Sight
from sentinel.serve.form import BadForm, is_from_our_page, read_form
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.session import TOUCH, Logins, SignedIn, cookie_name, form_token, form_token_matches, is_alive, token_hash

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_ID = 2**63 - 1
NOTED_AGAIN = timedelta(minutes=1)
"""A page that refreshes itself is one look a minute in the audit."""
NOTED_KEPT = 1000
LISTENING = "/live"
"""The address of the live stream."""


class Need(StrEnum):
    """What a route asks of whoever calls it. `own_page`: nobody in particular, but by a form of ours."""

    NOBODY = "nobody"
    OWN_PAGE = "own_page"
    SIGNED_IN = "signed_in"
    OPERATOR = "operator"


Needs: TypeAlias = Need | Right
"""A route asks for one of these, or for a right of whoever is signed in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Whoever calls. `token` is the session's, for the forms; `form` what they sent, empty for a safe method."""

    login: SignedIn | None = None
    token: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Under which what they do stands in a timeline; empty for nobody."""
        return self.login.name if self.login else ""

    @property
    def email(self) -> str:
        """Which account they are, for the audit; empty for nobody."""
        return self.login.email if self.login else ""

    @property
    def roles(self) -> tuple[Role, ...]:
        return self.login.roles if self.login else ()

    @property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.login.roles) if self.login else frozenset()

    def may(self, right: str) -> bool:
        """For pages, which show nobody a form that they may not send."""
        return Right(right) in self.rights

    @property
    def form_token(self) -> str:
        return form_token(self.token) if self.token else ""


async def ask(hub: Hub, visitor: Visitor, command: Command, *, key: str = "") -> Result:
    """Submit a command in the visitor's name. One that their roles give no right to is refused here, and the audit says so."""
    if visitor.login is None:
        raise AssertionError("the gate lets nobody through to a form without a login")
    if not may(visitor.rights, command):
        await hub.note_in_audit(Seen(do=Sight.DENIED, about=command.do), visitor.name, visitor.email)
        return Refused(code="forbidden", why="Your roles do not give the right to do this.")
    return await hub.submit(command, visitor.name, account=visitor.email, key=key)


Endpoint: TypeAlias = Callable[[Request, Visitor], Awaitable[Response]]


class Declared(Route):
    """A route with its `need`. The application refuses to be built with one that has none."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], *, method: str, need: Needs) -> None:
        super().__init__(path, endpoint, methods=[method], name=f"{method} {path}", include_in_schema=False)
        self.need = need


class Gate:
    """Wraps endpoints into declared routes that check the need first. Raises ValueError while a command is nobody's."""

    def __init__(self, hub: Hub, logins: Logins, pages: Pages, url: str, clock: Callable[[], datetime]) -> None:
        refuse_unruled(get_args(Command), RIGHT_OF)
        self.logins = logins
        self._hub = hub
        self._pages = pages
        self._url = url
        self._clock = clock
        self._cookie = cookie_name(url.startswith("https://"))
        self._noted: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def route(self, method: str, path: str, need: Needs, endpoint: Endpoint) -> Declared:
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
        login = await self.logins.of_session(session)
        if login is None:
            return Visitor()
        if now - session.seen_at >= TOUCH and not is_by_itself(request):
            await self._hub.save_session(replace(session, seen_at=now))
        return Visitor(login=login, token=token)

    async def _through(self, request: Request, need: Needs, endpoint: Endpoint) -> Response:
        # Before anything is read: what changes while a page is made must be announced to it.
        request.state.mark = self._hub.live_mark
        if any(isinstance(part, int) and part > LARGEST_ID for part in request.path_params.values()):
            return self._sorry(404, "There is no such page.")
        if need is Need.NOBODY:
            return await endpoint(request, Visitor())
        visitor = await self.visitor(request)
        if request.method in SAFE:
            if need is not Need.OWN_PAGE and visitor.login is None:
                target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=303)
            if isinstance(need, Right) and need not in visitor.rights:
                return self._sorry(403, f"This page needs the right {need.value}, which your roles do not give.")
            return await self._let_in(request, need, visitor, endpoint)
        return await self._unsafe(request, need, visitor, endpoint)

    async def _unsafe(self, request: Request, need: Needs, visitor: Visitor, endpoint: Endpoint) -> Response:
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
        if isinstance(need, Right) and need not in visitor.rights:
            await self._hub.note_in_audit(Seen(do=Sight.DENIED, about=request.url.path), visitor.name, visitor.email)
            why = f"This needs the right {need.value}, which your roles do not give. Nothing was changed."
            return self._sorry(403, why, form)
        return await self._let_in(request, need, visitor, endpoint)

    async def _let_in(self, request: Request, need: Needs, visitor: Visitor, endpoint: Endpoint) -> Response:
        """Whoever looks at what customers got, or at the audit, stands in it, whichever page it is: the right says what it
        shows."""
        if need in SEEN_BY:
            asked = urlencode(dict(request.query_params))  # not the form: whoever is asked for there stands as a hash (desk)
            about = request.url.path + (f"?{asked}" if asked else "")
            if self._is_news(visitor.email, about):
                await self._hub.note_in_audit(Seen(do=SEEN_BY[need], about=about), visitor.name, visitor.email)
        return await endpoint(request, visitor)

    def _is_news(self, email: str, about: str) -> bool:
        now, last = self._clock(), self._noted.get((email, about))
        if last is not None and now - last < NOTED_AGAIN:
            return False
        self._noted[email, about] = now
        self._noted.move_to_end((email, about))
        while len(self._noted) > NOTED_KEPT:
            self._noted.popitem(last=False)
        return True

    def _sorry(self, status: int, why: str, form: Mapping[str, str] | None = None, *, sign_in: bool = False) -> Response:
        """A page that says no, and gives back what was typed so that it can be copied."""
        typed = {name: text for name, text in (form or {}).items() if text.strip() and name not in _NOT_TYPED}
        return self._pages.render("sorry.html", status=status, code=status, why=why, typed=typed, sign_in=sign_in)


def is_by_itself(request: Request) -> bool:
    """Whether an open page asks of its own accord (it listens, or shows itself anew): that is no sign of a person before it,
    and must not keep a session alive for as long as the page is open."""
    return request.url.path == LISTENING or "hx-request" in request.headers


_NOT_TYPED = frozenset({"token", "hash", "version", "language", "promise", "notice", "phase", "end",
                        "password", "again", "old", "code"})  # fmt: skip
"""Fields of forms that nobody would want back: what a page wrote into them, and secrets."""


def refuse_unruled(commands: Iterable[type], rights: Mapping[type, Right]) -> None:
    """Raises ValueError for a command that no right covers: it would be nobody's, and a face might let it through unasked."""
    unruled = [command.__name__ for command in commands if command not in rights]
    if unruled:
        raise ValueError(f"commands that no right covers: {unruled}")
