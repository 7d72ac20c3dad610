"""What the pages of accounts share: what they are made of, a refusal at its form, and leading on after a change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sentinel.serve import said
from sentinel.serve.frame import Frame
from sentinel.serve.pages import Pages
from sentinel.serve.port import Hub
from sentinel.serve.session import Logins

MISSING = "There is no such page."


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a form was refused: `at` is the id of the form on the page, `form` what it held."""

    at: str
    why: str
    form: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What a page of this face is made of."""

    hub: Hub
    pages: Pages
    frame: Frame
    logins: Logins
    clock: Callable[[], datetime]

    @property
    def https(self) -> bool:
        return self.hub.installation.url.startswith("https://")

    def lead_on(self, to: str, words: str, token: str) -> Response:
        """To another page, which shows `words` to the session of `token`."""
        answer = RedirectResponse(to, status_code=303)
        carried = said.sealed(words, token)
        answer.set_cookie(said.COOKIE, carried, max_age=60, httponly=True, samesite="lax", secure=self.https)
        return answer


def address_of(request: Request) -> str:
    """Where the request came from, for the throttle."""
    return request.client.host if request.client else ""


def ticked(form: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The ticked boxes of a group: fields `role-lead=on`, since a form's fields each have a name of their own."""
    return tuple(field.removeprefix(f"{name}-") for field in form if field.startswith(f"{name}-"))
