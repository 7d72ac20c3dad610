"""The registry of kinds: the file name is the kind that users write. Adding a kind is adding one file."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from pydantic import BaseModel

from sentinel.model.kinds import Room

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

    def facts(self, probe: str) -> frozenset[str]:
        return frozenset(self.module("probe", probe).FACTS)

    def conditions(self) -> type[BaseModel]:
        conditions: type[BaseModel] = import_module("sentinel.probe.condition").Conditions
        return conditions

    def needs(self) -> Mapping[str, str]:
        needs: Mapping[str, str] = import_module("sentinel.probe.condition").NEEDS
        return needs


@cache
def _names(package: str) -> tuple[str, ...]:
    return tuple(sorted(found.name for found in iter_modules(import_module(package).__path__)))
