"""A request's body as JSON, read strictly: what two parsers could read differently is refused, not guessed at.

Belongs here: media type, encoding, JSON and what no text of ours may hold. Does not belong here: what a command's fields are
(writes.py), how large or slow a body may be (shield.py).
"""

import json
import re
from email.message import Message
from typing import Any, NoReturn

from fastapi import Request

from sentinel.serve.api.problem import ProblemError

DEEPEST = 16
LONGEST_NUMBER = 4000
EXACT = 2**53
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


async def read_json(request: Request) -> Any:
    """The value that was sent; an empty body is an empty object. Raises ProblemError 400, 415 or 422."""
    body = await request.body()
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ProblemError(415, "media_type", "Send the body as it is, without a content encoding.", headers=_ACCEPT)
    written = request.headers.get("content-type")
    if not body and written is None:
        return {}
    if not _is_json(written or ""):
        raise ProblemError(415, "media_type", "Send the body as application/json, in UTF-8.", headers=_ACCEPT)
    return parsed(body) if body else {}


_ACCEPT = {"accept": "application/json"}


def _is_json(written: str) -> bool:
    message = Message()
    message["content-type"] = written
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == "application/json" and isinstance(charset, str) and charset.lower() == "utf-8"


def parsed(body: bytes) -> Any:
    """The value in a JSON text. Raises ProblemError: 400 for what is no JSON, 422 for text that cannot be kept."""
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_int=_int, parse_float=_float
        )
    except RecursionError:
        raise _unreadable("it is nested too deep") from None
    except UnicodeDecodeError:
        raise _unreadable("it is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"{error.msg} at character {error.pos}") from None
    _refuse_unstorable(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _unreadable("an object has a key twice")
    return made


def _constant(name: str) -> NoReturn:
    raise _unreadable(f"{name} is no JSON")


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _unreadable("a number is too long")
    return int(text)


def _float(text: str) -> float | int:
    """A whole number may be written with a point (132.0): JSON knows one kind of number."""
    number = float(text) if len(text) <= 100 else float("inf")
    if number in (float("inf"), float("-inf")):
        raise _unreadable("a number is too large")
    return int(number) if number.is_integer() and abs(number) <= EXACT else number


def _unreadable(why: str) -> ProblemError:
    return ProblemError(400, "unreadable", f"The body cannot be read as JSON: {why}. Nothing was changed.")


def _refuse_unstorable(value: Any) -> None:
    """Text with NUL or half a surrogate pair cannot be stored or sent, and nothing we take is nested deep."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEEPEST:
            raise _unreadable("it is nested too deep")
        if isinstance(one, str) and _UNSTORABLE.search(one):
            raise ProblemError(422, "text", "A text holds a NUL character or half a character. Nothing was changed.")
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]
