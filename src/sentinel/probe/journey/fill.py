"""Filling: `{name}` in what a step sends or expects, replaced letter for letter by a secret or by what an earlier step kept.

Pure. It is no template language: there is nothing but the name between the braces. Belongs here: which names there are, and
what a value becomes where it is put. Does not belong here: where values come from (keep.py), what is done with them (walk.py).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import quote

from pydantic import Field

from sentinel.model.secret import Secret

LONGEST: Final = 4096
"""Characters of a value."""
UNIQUE: Final = "unique"
"""A name that always has a value: twelve letters and digits that are others in every sample."""
_SLOT: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")

Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Secrets: TypeAlias = Annotated[Mapping[Name, Secret], Field(max_length=20)]
Values: TypeAlias = Mapping[str, str]


def names_in(data: Any) -> Iterator[str]:
    """Every name in the texts of plain data."""
    match data:
        case str():
            yield from (found[1] for found in _SLOT.finditer(data))
        case Mapping():
            for key, value in data.items():
                yield from names_in(key)
                yield from names_in(value)
        case list() | tuple():
            for value in data:
                yield from names_in(value)


def filled(data: Any, values: Values) -> Any:
    """The same plain data with every name replaced that has a value."""
    match data:
        case str():
            return _put(data, values, lambda value: value)
        case Mapping():
            return {filled(key, values): filled(value, values) for key, value in data.items()}
        case list() | tuple():
            return [filled(value, values) for value in data]
    return data


def address(url: str, values: Values) -> str:
    """A URL: what is put into it is percent-encoded, but for a value with which it begins, such as a link out of a mail."""
    first = _SLOT.match(url)
    if first is None:
        return _put(url, values, lambda value: quote(value, safe=""))
    return values.get(first[1], first[0]) + _put(url[first.end() :], values, lambda value: quote(value, safe=""))


def disguises(value: str) -> set[str]:
    """The forms in which what we send may come back to us."""
    return {value, quote(value, safe=""), quote(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}


def _put(text: str, values: Values, encoded: Callable[[str], str]) -> str:
    return _SLOT.sub(lambda found: encoded(values[found[1]]) if found[1] in values else found[0], text)
