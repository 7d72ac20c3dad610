"""Values that are pushed: what a check of kind `value` is sent, by whoever has its own token or the scope to declare.

Belongs here: the operation, and how often it may be asked. Does not belong here: what a value means (run/heartbeat.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from fastapi import Request

from sentinel.model.account import Right
from sentinel.model.pushed import Value
from sentinel.serve.accounts.port import Sight
from sentinel.serve.api.asking import record_in
from sentinel.serve.api.body import read_json
from sentinel.serve.api.door import Caller, Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import ProblemError, no_such_thing
from sentinel.serve.api.reads import operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.throttle import PingThrottle

SHOWN = 10
"""So many of what is wrong with a value are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A value, with other facts beside it that the check announces."""

    value: float | bool | str
    facts: Mapping[str, float | bool | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """It is on disk, and its verdict with it."""

    stored: bool = True


class OwnToken(Door):
    """Lets in whoever shows the check's own token, beside those whom the API's door lets in."""

    def __init__(self, door: Door, hub: ApiHub) -> None:
        self._door = door
        self._hub = hub
        self.inside = 0

    async def caller(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        check = request.path_params["check"]
        if scheme.lower() == "bearer" and self._hub.is_value(check, token.strip()):
            return Caller(who=f"check {check}", account=f"check:{check}", rights=frozenset({Right.DECLARE}))
        return await self._door.caller(request)

    async def note(self, caller: Caller, do: Sight, about: str) -> None:
        await self._door.note(caller, do, about)


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    throttle = PingThrottle()

    async def push_value(request: Request, check: str) -> Stored:
        """Send a value to a check of kind `value`. Its own token will do as well."""
        sent = record_in(Sent, await read_json(request))
        wait = throttle.take(check, door.now())
        if wait:
            why = "This check gets values too often; what came before counts."
            raise ProblemError(429, "throttled", why, headers={"retry-after": str(max(1, ceil(wait.total_seconds())))})
        taken = await hub.push(check, Value(value=sent.value, facts=sent.facts))
        if not taken.known:
            throttle.forget(check)
            raise no_such_thing()
        if taken.faults:
            raise ProblemError(409, "unfit", f"This is not what the check takes: {'; '.join(taken.faults[:SHOWN])}.")
        return Stored()

    return [operation(OwnToken(door, hub), "/values/{check}", Right.DECLARE, push_value, "services", "POST")]
