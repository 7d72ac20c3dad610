"""How every form of the console is acted on: its command is submitted, and the page leads on or shows the refusal.

A refused command shows its page again, as it is now, with the reason at the form and everything that was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from starlette.responses import RedirectResponse, Response

from sentinel.model.command import Done, Refused
from sentinel.serve import actions, said
from sentinel.serve.gate import Visitor, ask
from sentinel.serve.port import Hub, status_of
from sentinel.serve.telling import sentence

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


class Acting:
    """Acts on forms in the name of whoever sent them."""

    def __init__(self, hub: Hub, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._clock = clock

    async def act(
        self, visitor: Visitor, reader: actions.Reader, target: int, *, at: str, again: ShowAgain, onward: LeadOn
    ) -> Response:
        """Read the form, submit its command, and lead on; or show the page again with the refusal at the form `at`."""
        house = self._hub.installation
        reading = actions.Reading(installation=house, now=self._clock(), account=visitor.email)
        command = actions.read(reader, visitor.form, target, reading)
        result = command if isinstance(command, Refused) else await ask(self._hub, visitor, command)
        if isinstance(result, Refused):
            return await again(Refusal(at=at, why=sentence(result.why), form=visitor.form, status=status_of(result)))
        answer = RedirectResponse(onward(result), status_code=303)
        carried = said.sealed(sentence(result.said or "Done."), visitor.token)
        https = house.url.startswith("https://")
        answer.set_cookie(said.COOKIE, carried, max_age=60, httponly=True, samesite="lax", secure=https)
        return answer
