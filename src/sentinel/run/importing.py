"""Importing: what another tool watches, as a file of checks; first as a plan.

Belongs here: which target becomes which check, and the file's text. Does not belong here: the other tool's words (exchange/),
asking people and writing (cli/import_.py).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from sentinel.exchange import blackbox
from sentinel.exchange.targets import Target
from sentinel.model.kinds import Kinds
from sentinel.run.modules import Unfit, fitted

MARK: Final = "# Written by `sentinel import`; what is changed here by hand is lost when it is run again.\n"
"""The first line of a file that may be written again."""
_SECRET: Final = re.compile(r"(?i)authorization|password|secret|token|bearer|api-?key|cookie")
_PUBLIC: Final = ("accept", "user-agent", "host", "content-type")
"""Headers that say nothing of whoever asks; any other may prove who that is."""
NAME_LENGTH: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One target of the plan. `cannot`: why it becomes no check; `unlike`: what is not quite as it was."""

    target: Target
    name: str = ""
    kind: str = ""
    check: Mapping[str, Any] = field(default_factory=dict)
    cannot: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    """Variables of the environment that its references ask for."""


def plan(
    modules: Mapping[str, Mapping[str, Any]], targets: Iterable[Target], kinds: Kinds, *, module: str = ""
) -> tuple[Line, ...]:
    """What becomes of each target. `module`: for those that name none."""
    lines: list[Line] = []
    taken: set[str] = set()
    for one in targets:
        wanted = Target(address=one.address, module=one.module or module or blackbox.DEFAULT)
        line = _line(modules, wanted, kinds)
        name = _free(_name(wanted), taken) if line.check else ""
        lines.append(Line(target=wanted, name=name, kind=line.kind, check=line.check, cannot=line.cannot, unlike=line.unlike,
                          secrets=line.secrets))  # fmt: skip
    return tuple(lines)


def _line(modules: Mapping[str, Mapping[str, Any]], target: Target, kinds: Kinds) -> Line:
    module = modules.get(target.module)
    if module is None:
        return Line(target=target, cannot=(f"there is no module `{target.module}`",))
    made = blackbox.translate(module, target.address)
    if made.cannot:
        return Line(target=target, kind=made.kind, cannot=tuple(made.cannot))
    try:
        fitted(made, kinds)
    except Unfit as unfit:
        return Line(target=target, kind=made.kind, cannot=unfit.reasons)
    asked: dict[str, str] = {}
    options = _without_secrets(made.options, f"{target.module}", asked)
    check: dict[str, Any] = {made.kind: options}
    if made.seconds:
        check["timeout"] = f"{made.seconds:g}s"
    if made.up:
        check["up"] = made.up
    return Line(target=target, kind=made.kind, check=check, unlike=tuple(made.unlike), secrets=tuple(asked))


def _without_secrets(value: Any, path: str, asked: dict[str, str]) -> Any:
    """`value` with a reference in the place of what looks like a secret: files of checks are read by many."""
    if isinstance(value, dict):
        return {key: _reference(key, item, path, asked) for key, item in value.items()}
    return value


def _reference(key: str, item: Any, path: str, asked: dict[str, str]) -> Any:
    if key in ("headers", "metadata") and isinstance(item, dict):
        return {one: said if one.lower() in _PUBLIC else _asked(one, said, path, asked) for one, said in item.items()}
    if isinstance(item, str) and (key == "body" or _SECRET.search(key)) and key not in ("token_url",):
        return _asked(key, item, path, asked)
    return _without_secrets(item, path, asked)


def _asked(key: str, item: str, path: str, asked: dict[str, str]) -> str:
    """The reference; never one that stands for something else already."""
    wanted = re.sub(r"[^A-Z0-9]+", "_", f"{path}_{key}".upper()).strip("_")
    name, number = wanted, 1
    while asked.get(name, item) != item:
        number += 1
        name = f"{wanted}_{number}"
    asked[name] = item
    return f"${{env:{name}}}"


def _name(target: Target) -> str:
    """`https://pay.northwind.example/form` → `pay-northwind-example-form`."""
    bare = re.sub(r"^[a-z]+://", "", target.address.lower())
    name = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:NAME_LENGTH].strip("-") or "target"
    return name if name[0].isalpha() else f"{target.module.lower().replace('_', '-')}-{name}"[:NAME_LENGTH].strip("-")


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def text(service: str, lines: Iterable[Line]) -> str:
    """checks/<service>.yaml. Title and owner are for people to fill in."""
    head = {
        "service": service,
        "title": service.replace("-", " ").capitalize(),
        "owner": {"team": "To be named", "person": "To be named"},
        "checks": {line.name: line.check for line in lines if line.check},
    }
    # By way of JSON, so that nothing is shared: the files know no anchors.
    written = yaml.safe_dump(json.loads(json.dumps(head)), sort_keys=False, allow_unicode=True, width=120)
    return f"{MARK}{written}"
