"""Kinds: what config is told of the probes, detectors and channels that there are, so that it need not import their rooms."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias

from pydantic import BaseModel

from sentinel.model.notice import Towards

Room: TypeAlias = Literal["probe", "detect", "channel"]
FactType: TypeAlias = Literal["number", "text", "yes or no"]


class Kinds(Protocol):
    """The registry, passed in by run/wiring.py. The file name is the kind; it is imported when first asked for."""

    def names(self, room: Room) -> tuple[str, ...]:
        """The kinds there are, sorted: for "did you mean"."""
        ...

    def options(self, room: Room, name: str) -> type[BaseModel]:
        """The options of one kind (`Options` of its file). KeyError if there is no such kind."""
        ...

    def facts(self, probe: str, options: Mapping[str, Any] | None = None) -> Mapping[str, FactType]:
        """The facts that a probe kind gives (`FACTS` of its file), and what each of them is.

        With a check's `options`, those too that they bring about (`facts_of` of its file), such as how long each step takes.
        """
        ...

    def unknown_in(self, expression: str, gives: Mapping[str, FactType]) -> str:
        """What of a CEL expression does not fit the facts that a kind gives, "" if all of it does."""
        ...

    def compared(self) -> Mapping[FactType, frozenset[str]]:
        """What a fact may be asked (`is`, `below`, ...), by its type."""
        ...

    def conditions(self) -> type[BaseModel]:
        """The model of an assertion block (`up`, `healthy`, `calm`): each field one condition."""
        ...

    def needs(self) -> Mapping[str, str]:
        """Condition name → the fact that it judges."""
        ...

    def reaches(self, channel: str, options: Any) -> frozenset[Towards]:
        """Whom such a channel can write to (`REACHES` of its file, or `reaches` where the options decide)."""
        ...
