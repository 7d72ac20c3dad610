"""One operation of the API: everything that is asked of every request before its endpoint sees it, and after.

Belongs here: the order of the doors (who, right, path, query, crowd), conditional answers. Does not belong here: any resource.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from sentinel.serve.accounts.port import SEEN_BY, Sight
from sentinel.serve.api.door import Caller, Door, require
from sentinel.serve.api.problem import Fault, ProblemError, no_such_thing, not_valid
from sentinel.serve.gate import LARGEST_ID, Needs

PREFIX = "/api/v1"
NUMBERS = frozenset({"incident", "notice", "delivery", "token", "agent"})
"""Path parameters that are numbers; the others are names."""
LONGEST_NAME = 320
AT_ONCE = 64
SECONDS = 30.0

_NUMBER = re.compile(r"[0-9]{1,19}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRoute(APIRoute):
    """A route that asks for a token with its right before it reads anything else. HEAD is a GET whose body is not sent."""

    def __init__(
        self,
        door: Door,
        method: str,
        path: str,
        need: Needs,
        endpoint: Callable[..., Any],
        *,
        prefix: str = PREFIX,
        **about: Any,
    ) -> None:
        self.need = need
        self._door = door
        super().__init__(prefix + path, endpoint, methods=[method], **about)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(self._as_get(scope))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().handle(self._as_get(scope), receive, send)

    def _as_get(self, scope: Scope) -> Scope:
        is_head = scope["type"] == "http" and scope["method"] == "HEAD" and "GET" in (self.methods or ())
        return {**scope, "method": "GET"} if is_head else scope

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            caller = await self._door.caller(request)
            request.state.caller = caller
            await self._let_in(request, caller)
            _check_path(request)
            _check_query(request, frozenset(field.alias for field in self.dependant.query_params))
            return _conditional(request, await self._in_turn(request, handler))

        return guarded

    async def _let_in(self, request: Request, caller: Caller) -> None:
        """Whoever looks at what customers got or at the audit stands in the audit, and who asks for what their token lacks."""
        about = f"{request.method} {request.url.path}" + (f"?{request.url.query}" if request.url.query else "")
        try:
            require(caller, self.need)
        except ProblemError:
            if request.method != "GET":
                await self._door.note(caller, Sight.DENIED, about)
            raise
        if self.need in SEEN_BY and request.method == "GET":
            await self._door.note(caller, SEEN_BY[self.need], about)

    async def _in_turn(self, request: Request, handler: Handler) -> Response:
        """Bounded in number and time: a crowd of programs must not keep the lead waiting."""
        if self._door.inside >= AT_ONCE:
            raise ProblemError(503, "busy", "Too many requests are being answered. Try again in a second.", (), _SOON)
        self._door.inside += 1
        try:
            async with asyncio.timeout(SECONDS):
                return await handler(request)
        except TimeoutError:
            why = "This took too long. A command may or may not have been carried out: ask again with the same Idempotency-Key."
            raise ProblemError(503, "slow", why, (), _SOON) from None
        finally:
            self._door.inside -= 1


_SOON = {"retry-after": "1"}


def _check_path(request: Request) -> None:
    """Numbers become numbers. What no id or name can be is not there."""
    for name, given in request.path_params.items():
        if name in NUMBERS:
            if not _NUMBER.fullmatch(given) or not 1 <= int(given) <= LARGEST_ID:
                raise no_such_thing()
            request.path_params[name] = int(given)
        elif len(given) > LONGEST_NAME or _UNSTORABLE.search(given):
            raise no_such_thing()


def _check_query(request: Request, known: frozenset[str]) -> None:
    """A parameter that nobody reads is a mistake of the caller: `?stat=open` must not list everything."""
    names = [name for name, _ in request.query_params.multi_items()]
    faults = [
        Fault(parameter=name, what="there is no such parameter here") for name in dict.fromkeys(names) if name not in known
    ]
    faults += [Fault(parameter=name, what="given twice") for name in sorted(known) if names.count(name) > 1]
    values = request.query_params.items()
    faults += [Fault(parameter=name, what="holds what no text may") for name, value in values if _UNSTORABLE.search(value)]
    if faults:
        raise not_valid(faults)


def _conditional(request: Request, answer: Response) -> Response:
    """A GET's answer with its ETag; 304 without a body where the caller has just that already."""
    if request.method != "GET" or answer.status_code != 200:
        return answer
    etag = f'"{sha256(bytes(answer.body)).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers={"etag": etag})
    answer.headers["etag"] = etag
    return answer
