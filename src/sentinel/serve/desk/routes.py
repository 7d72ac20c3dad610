"""The routes of the desk's page: the sentence to say now, callers by topic, and what one customer got.

Looking somebody up is a POST although it changes nothing: an address does not belong into a log, a history or a referrer. It is
written into the audit by a keyed hash.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, Literal, cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sentinel.model.account import Right
from sentinel.model.command import AddTold, Command, CountCaller, Refused
from sentinel.serve import said
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.desk.port import Topic
from sentinel.serve.frame import Frame
from sentinel.serve.gate import Gate, Visitor, ask
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub, status_of
from sentinel.serve.telling import sentence

LONGEST_ASKED = 320
"""Characters of an address, which is the longest of what can be looked up."""
SHOWN_ON_WALL = 4
_KEY = re.compile(r"[A-Za-z0-9_.:#-]{8,200}")
_HOW = ("phone", "chat", "asks")


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a form was refused: `at` is its id on the page, `form` what it held."""

    at: str
    why: str
    form: Mapping[str, str]
    status: int


class Desk:
    """Its pages. `routes` declares each with what it needs."""

    def __init__(self, hub: Hub, pages: Pages, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._pages = pages
        self._frame = Frame(hub, pages)

    def routes(self, gate: Gate) -> list[Route]:
        return [
            gate.route("GET", "/desk", Right.TALK, self.desk),
            gate.route("GET", "/desk/wallboard", Right.READ, self.wallboard),
            gate.route("POST", "/desk/callers", Right.TALK, self.count_caller),
            gate.route("POST", "/desk/told", Right.TALK, self.add_told),
            gate.route("GET", "/desk/customer", Right.CUSTOMERS, self.customer_page),
            gate.route("POST", "/desk/customer", Right.CUSTOMERS, self.customer),
        ]

    # Pages to read

    async def desk(self, request: Request, visitor: Visitor) -> Response:
        return await self._desk(request, visitor)

    async def wallboard(self, request: Request, visitor: Visitor) -> Response:
        """`?language=es`: for a desk that speaks another language than the first."""
        asked, spoken = request.query_params.get("language", ""), self._hub.installation.languages
        language = asked if asked in spoken else spoken[0]
        page = await self._hub.desk()
        told = [each for each in page.open if each.sayings]
        given: dict[str, Any] = {
            "page": page,
            "language": language,
            "told": told[:SHOWN_ON_WALL],
            "more": len(told[SHOWN_ON_WALL:]),
        }
        # Outside the frame: a screen that asks by itself must not take away what the hub said to somebody's own page.
        return self._pages.render("wallboard.html", hold=await self._hub.hold(), **given)

    async def customer_page(self, request: Request, visitor: Visitor) -> Response:
        return await self._customer(request, visitor, None)

    # Forms

    async def count_caller(self, request: Request, visitor: Visitor) -> Response:
        form = visitor.form
        service, statement = form.get("service", ""), form.get("statement", "")
        known = self._hub.installation.services
        topic = topic_id(service if service in known else "", statement)
        # A press has a key of its own: pressed twice by a slow network, it counts once.
        key = form.get("key", "")
        command = CountCaller(service=service, statement=statement)
        pressed = key if _KEY.fullmatch(key) else ""
        return await self._act(request, visitor, command, at=topic, back=f"/desk#{topic}", key=pressed)

    async def add_told(self, request: Request, visitor: Visitor) -> Response:
        command = _told(visitor.form)
        return await self._act(request, visitor, command, at="told", back="/desk#told")

    async def customer(self, request: Request, visitor: Visitor) -> Response:
        asked = visitor.form.get("asked", "").strip()
        if not asked or len(asked) > LONGEST_ASKED or not asked.isprintable():
            why = "Type a customer's number, an e-mail address, or a reference such as 17-A."
            return await self._customer(request, visitor, Refusal(at="look-up", why=why, form=visitor.form, status=422))
        found = await self._hub.customer(asked)
        # First the audit: what cannot be written down is not shown.
        seen = Seen(do=Sight.LOOKED_UP, about=f"customer {found.mark}")
        await self._hub.note_in_audit(seen, visitor.name, visitor.email)
        return await self._customer(request, visitor, None, found=found)

    # What they share

    async def _act(
        self, request: Request, visitor: Visitor, command: Command | Refused, *, at: str, back: str, key: str = ""
    ) -> Response:
        """Carry it out and lead back; or show the page again with the refusal."""
        result = command if isinstance(command, Refused) else await ask(self._hub, visitor, command, key=key)
        if isinstance(result, Refused):
            refusal = Refusal(at=at, why=sentence(result.why), form=visitor.form, status=status_of(result))
            return await self._desk(request, visitor, refusal)
        answer = RedirectResponse(back, status_code=303)
        https = self._hub.installation.url.startswith("https://")
        carried = said.sealed(sentence(result.said or "Done."), visitor.token)
        answer.set_cookie(said.COOKIE, carried, max_age=60, httponly=True, samesite="lax", secure=https)
        return answer

    async def _desk(self, request: Request, visitor: Visitor, refusal: Refusal | None = None) -> Response:
        page = await self._hub.desk()
        status = refusal.status if refusal else 200
        return await self._shown(request, visitor, "desk.html", status, page=page, refusal=refusal, nonce=token_urlsafe(9))

    async def _customer(self, request: Request, visitor: Visitor, refusal: Refusal | None, found: Any = None) -> Response:
        page = await self._hub.desk()
        status = refusal.status if refusal else 200
        return await self._shown(request, visitor, "customer.html", status, found=found, refusal=refusal, page=page)

    async def _shown(self, request: Request, visitor: Visitor, name: str, status: int, **given: Any) -> Response:
        return await self._frame.page(request, visitor, name, status, topic_id=_id_of, **given)


def topic_id(service: str, statement: str) -> str:
    """The id of a topic's row on the page."""
    return f"topic-{statement or service}"


def _id_of(topic: Topic) -> str:
    return topic_id(topic.service, topic.statement)


def _told(form: Mapping[str, str]) -> AddTold | Refused:
    number, how = form.get("incident", ""), form.get("how", "")
    if not (number.isdecimal() and number.isascii() and len(number) < 16):
        return Refused(code="invalid", why="Choose what they were told of.")
    if how not in _HOW:
        return Refused(code="invalid", why="Choose how they were told.")
    return AddTold(
        incident=int(number),
        address=form.get("address", "").strip(),
        name=form.get("name", "").strip(),
        person=form.get("person", "").strip(),
        language=form.get("language", ""),
        how=cast(Literal["phone", "chat", "asks"], how),
    )
