"""Translated: a check of ours that says what another tool's configuration asks of a target, or why it cannot be said. Pure."""

from dataclasses import dataclass, field
from typing import Any, Final

NO_EXPRESSIONS: Final = "it is a regular expression, and a text is looked for here letter for letter: write it as one"
NO_COUNTERPART: Final = "Sentinel has no counterpart of it"


@dataclass(kw_only=True, slots=True)
class Translated:
    """A check to be. `options` and `up` as people write them in checks/. `seconds`: its own time limit, if any."""

    kind: str
    options: dict[str, Any]
    up: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    cannot: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)

    def fact(self, name: str, **asked: Any) -> None:
        self.up.setdefault("fact", {}).setdefault(name, {}).update(asked)

    def when(self, expression: str) -> None:
        self.up.setdefault("when", []).append(expression)

    def refuse(self, key: str, why: str) -> None:
        self.cannot.append(f"`{key}`: {why}")
