"""References: `${env:NAME}` and `${file:path}` in any value, filled with what the given `resolve` says they stand for."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from sentinel.config.problem import HIDDEN, Problems, quoted
from sentinel.config.tree import Mapping, Node, Scalar, Sequence

Resolve: TypeAlias = Callable[[str], str | None]
"""`env:NAME` or `file:path` → its value, or None if there is none."""

_REFERENCE = re.compile(r"\$\{([^{}]*)\}?")
_KNOWN = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f]+")


def fill(node: Node, resolve: Resolve, problems: Problems) -> Node:
    """The same tree with every reference filled in. One that cannot be is a Problem, and its scalar is `broken`."""
    match node:
        case Scalar():
            return _filled(node, resolve, problems) if "${" in node.text else node
        case Sequence():
            return replace(node, nodes=tuple(fill(item, resolve, problems) for item in node.nodes))
        case Mapping():
            items = tuple((key, fill(value, resolve, problems)) for key, value in node.items)
            return replace(node, items=items)


def _filled(node: Scalar, resolve: Resolve, problems: Problems) -> Scalar:
    values: list[str] = []
    broken = False

    def stand_in(found: re.Match[str]) -> str:
        nonlocal broken
        name = found[1]
        value = resolve(name) if found[0].endswith("}") and _KNOWN.fullmatch(name) else None
        if value is None:
            broken = True
            problems.add(node, *_complaint(found[0], name))
            return ""
        values.append(value)
        return value

    text = _REFERENCE.sub(stand_in, node.text)
    return replace(node, value=text, resolved=tuple(values), broken=broken)


def _complaint(written: str, name: str) -> tuple[str, str]:
    kind, _, rest = name.partition(":")
    if not (written.endswith("}") and _KNOWN.fullmatch(name)):
        return f"{quoted(written)} is not a reference", "write ${env:NAME} or ${file:path}"
    if kind == "env":
        return f"{quoted(written)} is not set", f"set {rest[:60]} in the environment that Sentinel starts in"
    return f"{quoted(written)} cannot be read", "put a text file of at most 64 kB there that Sentinel may read"


class Concealed(str):
    """Text that holds the value of a reference and must stay text, since it travels as JSON: only its repr is dots."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{HIDDEN}'"
