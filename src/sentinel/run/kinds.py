"""The registry of kinds: the file name is the kind that users write. Adding a kind is adding one file."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from sentinel.model.kinds import FactType, Room
from sentinel.model.notice import Towards

PACKAGES: Mapping[Room, str] = {
    "probe": "sentinel.probe.kind",
    "detect": "sentinel.detect.kind",
    "channel": "sentinel.deliver.channel",
}


class FoundKinds:
    """The kinds whose files lie in the rooms' folders. A file is imported when its kind is first asked for."""

    def names(self, room: Room) -> tuple[str, ...]:
        return _names(PACKAGES[room])

    def module(self, room: Room, name: str) -> ModuleType:
        """The file of one kind; KeyError if there is none of that name."""
        if name not in self.names(room):
            raise KeyError(name)
        return import_module(f"{PACKAGES[room]}.{name}")

    def options(self, room: Room, name: str) -> type[BaseModel]:
        options: type[BaseModel] = self.module(room, name).Options
        return options

    def facts(self, probe: str, options: Mapping[str, Any] | None = None) -> Mapping[str, FactType]:
        kind = self.module("probe", probe)
        facts: Mapping[str, FactType] = kind.FACTS
        return {**facts, **kind.facts_of(options)} if options is not None and hasattr(kind, "facts_of") else facts

    def unknown_in(self, expression: str, gives: Mapping[str, FactType]) -> str:
        fault: str = import_module("sentinel.probe.cel").unknown_in(expression, gives)
        return fault

    def compared(self) -> Mapping[FactType, frozenset[str]]:
        compared: Mapping[FactType, frozenset[str]] = import_module("sentinel.probe.assertion").COMPARED
        return compared

    def lives_in(self, probe: str) -> str:
        """The child that a probe kind lives in; `hub` for one that nobody probes."""
        return str(self.module("probe", probe).LIVES_IN)

    def conditions(self) -> type[BaseModel]:
        conditions: type[BaseModel] = import_module("sentinel.probe.assertion").Conditions
        return conditions

    def needs(self) -> Mapping[str, str]:
        needs: Mapping[str, str] = import_module("sentinel.probe.assertion").NEEDS
        return needs

    def reaches(self, channel: str, options: Any) -> frozenset[Towards]:
        kind = self.module("channel", channel)
        found: frozenset[Towards] = kind.reaches(options) if hasattr(kind, "reaches") else kind.REACHES
        return found


@cache
def _names(package: str) -> tuple[str, ...]:
    return tuple(sorted(found.name for found in iter_modules(import_module(package).__path__)))
