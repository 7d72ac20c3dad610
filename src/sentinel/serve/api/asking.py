"""From a request to a command, and from a command to its result.

Belongs here: a command's fields read from JSON with every fault named, the idempotency key, the caller's name. Does not belong
here: which path asks for which command (writes.py).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_type_hints

from fastapi import Request
from pydantic import ConfigDict, TypeAdapter, ValidationError

from sentinel.model.command import Command, Done, Refused
from sentinel.serve.api.door import Caller
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import Fault, ProblemError, not_valid, refusal
from sentinel.serve.gate import LARGEST_ID

T = TypeVar("T")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_STRICT = ConfigDict(extra="forbid", strict=True)
_KEY = re.compile(r"[!-~]{1,255}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")
FIRST_YEAR, LAST_YEAR = 2000, 2100


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Reads one record strictly: no field that it lacks, no text for a number. (Or None: pydantic takes a config for a union
    alone, and whoever calls has an object.)"""
    return TypeAdapter(kind | None, config=_STRICT)


@cache
def instants(kind: Any) -> frozenset[str]:
    """The fields of a record that are instants."""
    return frozenset(name for name, hint in get_type_hints(kind).items() if "datetime" in str(hint))


def name_of(kind: Any) -> str:
    """What `do` is for a command."""
    return str(next(each.default for each in fields(kind) if each.name == "do"))


def command_in(kind: type, body: Any, given: Mapping[str, Any]) -> Command:
    """The command of `kind` with the fields `given` by the path and the rest from the body. Raises ProblemError 422."""
    return cast(Command, record_in(kind, body, {**given, "do": name_of(kind)}))


def record_in(kind: type[T], body: Any, given: Mapping[str, Any] = _NOTHING) -> T:
    """A record of `kind` with the fields that are `given` and the rest from the body. Raises ProblemError 422."""
    if not isinstance(body, dict):
        raise not_valid([Fault(pointer="", what="an object is wanted")])
    faults = [Fault(pointer=pointer(name), what="is no field of this body") for name in body if name in given]
    faults += [
        Fault(pointer=pointer(name), what="write an instant as RFC 3339 with its offset from UTC, 2026-11-22T14:30:00+01:00")
        for name in sorted(instants(cast(Any, kind)) & body.keys())
        if isinstance(body[name], str) and not _INSTANT.fullmatch(body[name])
    ]
    try:
        record = adapter(cast(Any, kind)).validate_json(json.dumps({**body, **given}))
    except ValidationError as error:
        said = {fault.pointer for fault in faults}
        found = [Fault(pointer=pointer(*each["loc"]), what=each["msg"]) for each in error.errors(include_input=False)]
        raise not_valid([*faults, *(each for each in found if each.pointer not in said)]) from None
    faults += [Fault(pointer=pointer(name), what=f"must be 0 to {LARGEST_ID}") for name in _out_of_range(record)]
    if faults:
        raise not_valid(faults)
    _check_years(record)
    return cast(T, record)


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _out_of_range(command: Any) -> list[str]:
    values = {each.name: getattr(command, each.name) for each in fields(command)}
    numbers = {name: value for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)}
    return [name for name, value in numbers.items() if not 0 <= value <= LARGEST_ID]


def _check_years(command: Any) -> None:
    """Times far off are slips of a program, and at the ends of the calendar no zone can show them."""
    for each in fields(command):
        value = getattr(command, each.name)
        if isinstance(value, datetime) and not FIRST_YEAR <= value.year < LAST_YEAR:
            raise ProblemError(422, "instant", f"{each.name}: the year must be {FIRST_YEAR} to {LAST_YEAR - 1}.")


def caller_of(request: Request) -> Caller:
    return cast(Caller, request.state.caller)


def key_of(request: Request) -> str:
    """The idempotency key, empty if none was sent. Raises ProblemError 422 for one that is none."""
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1 or any(not _KEY.fullmatch(key) for key in keys):
        raise not_valid(
            [
                Fault(
                    parameter="Idempotency-Key", what="send one key of 1 to 255 printable ASCII characters, no space among them"
                )
            ]
        )
    return keys[0] if keys else ""


async def submit(hub: ApiHub, request: Request, command: Command) -> Done:
    """Carry it out in the caller's name. Raises ProblemError for a refusal."""
    caller, key = caller_of(request), key_of(request)
    result = await hub.submit(command, caller.who, account=caller.account, key=key)
    if isinstance(result, Refused):
        raise refusal(result)
    return result
