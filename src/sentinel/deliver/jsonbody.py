"""Jsonbody: a JSON body that people write with `{slots}` in it, cut once and filled for each customer by joining bytes.

Belongs here: the closed list of slots, what is refused at load, the filling. A slot stands in a string and is filled with the
escapes of JSON, so nothing that is filled in can end the string, add a field or be read as a slot again. No engine, no
attribute, no index, no format.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from html import escape
from typing import Any, Final, TypeAlias

from sentinel.deliver import page
from sentinel.model.message import NAME, Letter, Wording, handed_over, told_apart

SLOTS: Final[Mapping[str, str]] = {
    "key": "the delivery's key, the same on every attempt",
    "delivery": "what its provider names it by when it reports on it",
    "person": "the person's id",
    "name": "how they are addressed",
    "address": "their mail address or phone number",
    "subject": "the message's subject",
    "short": "its short form",
    "text": "its text",
    "html": "its text as HTML, a whole page",
    "language": "its language",
    "zone": "the time zone of its times",
    "notice": "the notice's number",
    "thread": "the same for all notices of one disturbance",
}
LARGEST: Final = 32_768
_DEEPEST: Final = 8
_SLOT = re.compile(r"\{([a-z_]+)\}")
_TRIED = re.compile(r"\{([^{}\"]{0,80})\}")
Pieces: TypeAlias = tuple[bytes | str, ...]
"""Bytes as they stand, and slots by their names; `name_html` is the name inside of HTML."""


def check(body: Mapping[str, Any]) -> None:
    """ValueError where a body holds braces that are no slot, a value that JSON has not, or too much."""
    _check(body, _DEEPEST)
    if len(json.dumps(body)) > LARGEST:
        raise ValueError(f"the body is larger than {LARGEST:,} bytes")


def _check(value: object, depth: int) -> None:
    if depth == 0:
        raise ValueError(f"the body is nested deeper than {_DEEPEST}")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or _TRIED.search(key):
                raise ValueError("the body's keys are plain text, without slots")
            _check(inner, depth - 1)
    elif isinstance(value, Sequence):
        for inner in value:
            _check(inner, depth - 1)
    elif value is not None and not isinstance(value, bool | int | float):
        raise ValueError("the body holds what JSON cannot")


def _check_text(text: str) -> None:
    for tried in _TRIED.findall(text):
        if tried not in SLOTS:
            near = get_close_matches(tried.strip().casefold(), SLOTS, n=1)
            meant = f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(SLOTS)}"
            raise ValueError(f"{{{tried}}} is no slot: {meant}")


def cut(body: Mapping[str, Any]) -> Pieces:
    """A checked body as JSON, cut where its slots stand."""
    text = json.dumps(body, separators=(",", ":"))
    return tuple(piece if at % 2 else piece.encode() for at, piece in enumerate(_SLOT.split(text)))


def prepare(pieces: Pieces, wording: Wording) -> Pieces:
    """With all filled in that is the same for everybody of this wording."""
    made: list[bytes | str] = []
    for piece in pieces:
        if isinstance(piece, bytes) or piece in _OWN:
            made.append(piece)
            continue
        said = page.whole(wording) if piece == "html" else str(getattr(wording, piece))
        inner = "name_html" if piece == "html" else "name"
        for at, part in enumerate(said.split(NAME)):
            made += [inner, _quoted(part)] if at else [_quoted(part)]
    return tuple(made)


def fill(prepared: Pieces, letter: Letter) -> bytes:
    """The body for one person."""
    return b"".join([piece if isinstance(piece, bytes) else _OWN[piece](letter) for piece in prepared])


def _quoted(text: str) -> bytes:
    """`text` as it stands between the quotes of a JSON string."""
    return _encode(text)[1:-1].encode()


_encode: Final = json.JSONEncoder().encode  # what `json.dumps` comes to, without the way there


_OWN: Final[Mapping[str, Callable[[Letter], bytes]]] = {
    "key": lambda letter: told_apart(letter.key).encode(),
    "delivery": lambda letter: handed_over(letter.delivery, letter.key).encode(),
    "person": lambda letter: _quoted(letter.person),
    "name": lambda letter: _quoted(letter.name),
    "name_html": lambda letter: _quoted(escape(letter.name)),
    "address": lambda letter: _quoted(letter.address),
}
"""What is each person's own. It is made where it is asked for: the hashes cost more than all the rest."""
