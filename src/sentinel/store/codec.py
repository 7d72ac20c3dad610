"""Records to JSON text and back. pydantic knows our dataclasses, so no record needs a hand-written encoder."""

from collections.abc import Mapping
from functools import cache
from math import isfinite
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_json

from sentinel.model.observation import Fact

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_text(kind: Any, record: Any) -> str:
    """`record`, of type `kind` (a union is told apart by its discriminating field), as JSON."""
    return _adapter(kind).dump_json(record).decode()


def facts_to_text(facts: Mapping[str, Fact]) -> str:
    """The same for facts: plain values, of which there are some for every sample. A number that JSON has no word for raises
    ValueError."""
    if not all(isfinite(fact) for fact in facts.values() if isinstance(fact, float)):
        raise ValueError("a fact is no number")
    return to_json(dict(facts)).decode()


def from_text(kind: type[T], text: str) -> T:  # `kind` may be a union, which mypy does not call a type
    """The inverse of `to_text`. A text that is not of that type raises: then the store was altered by something else."""
    record: T = _adapter(kind).validate_json(text)  # type: ignore[arg-type]  # every type is hashable
    return record
