"""Keeping: what of an answer later steps are given, and the finding of it. Pure; no regular expression is run on an answer."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.probe.compare import steps_of
from sentinel.probe.condition import Seen
from sentinel.probe.journey.fill import LONGEST

_Text = Annotated[str, Field(min_length=1, max_length=1000)]


class Keep(BaseModel):
    """Where a value is found. One of these."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True, serialize_by_alias=True
    )

    json_: Annotated[_Text | None, Field(alias="json")] = None
    """A path into a JSON body, such as data.token."""
    header: _Text | None = None
    """A header of the answer, in any case."""
    cookie: _Text | None = None
    """A cookie that has been set on this journey."""
    between: tuple[_Text, _Text] | None = None
    """What stands in the body between two texts, at the first place where they do."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Keep":
        if sum(given is not None for given in (self.json_, self.header, self.cookie, self.between)) != 1:
            raise ValueError("say one of `json`, `header`, `cookie` or `between`")
        return self

    @field_validator("json_")
    @classmethod
    def _walkable(cls, path: str | None) -> str | None:
        if path is not None:
            steps_of(path)
        return path


class NotFound(Exception):
    """There is no such value; the message says which."""


def found(keep: Keep, seen: Seen, cookie: Callable[[str], str | None]) -> str:
    """The value that `keep` means. NotFound says why there is none."""
    value = _found(keep, seen, cookie)
    if len(value) > LONGEST:
        raise NotFound(f"what is to be kept has {len(value)} characters, more than {LONGEST}")
    return value


def _found(keep: Keep, seen: Seen, cookie: Callable[[str], str | None]) -> str:
    if keep.json_ is not None:
        return _in_json(keep.json_, bytes(seen.body))
    if keep.header is not None:
        values = [value for name, value in seen.headers if name.lower() == keep.header.lower()]
        if not values:
            raise NotFound(f"there is no header {keep.header} to keep")
        return values[0]
    if keep.cookie is not None:
        value = cookie(keep.cookie)
        if value is None:
            raise NotFound(f"no cookie {keep.cookie} was set")
        return value
    assert keep.between is not None, "Keep says one thing"
    return between(bytes(seen.body).decode("utf-8", "replace"), *keep.between)


def between(text: str, before: str, after: str) -> str:
    """What stands in `text` between the two."""
    _, begun, rest = text.partition(before)
    value, ended, _ = rest.partition(after)
    if not begun or not ended:
        raise NotFound(f"nothing stands between “{before}” and “{after}”")
    return value


def _in_json(path: str, body: bytes) -> str:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise NotFound("the body is not JSON") from None
    for step in steps_of(path):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise NotFound(f"the JSON body has no {path}") from None
    if not isinstance(value, str | int | float | bool):
        raise NotFound(f"{path} in the JSON body is no text and no number")
    return value if isinstance(value, str) else json.dumps(value)
