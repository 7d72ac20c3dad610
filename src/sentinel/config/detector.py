"""Detectors of a check: the defaults with the check's own options over them, each fitted to its kind."""

from dataclasses import replace
from typing import Any

from sentinel.config.fit import data_of, fit
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.tree import Mapping, Node, Scalar
from sentinel.model.kinds import Kinds

USUAL = ("outage", "slow")
"""The detectors that every check has when no defaults are written."""


PUSHED = ("silence",)
"""Those of a check that reports to us, whatever the defaults of the others are."""


def detectors(
    own: Node | None, defaults: Node | None, kinds: Kinds, problems: Problems, *, pushed: bool = False
) -> dict[str, Any]:
    """Kind → validated options. What is wrong is noted where it is written, in the check or in the defaults."""
    names = kinds.names("detect")
    usual: dict[str, tuple[Scalar, Node] | None] = {name: None for name in (PUSHED if pushed else USUAL) if name in names}
    wanted = usual if pushed else _by_kind(defaults) or usual
    for name, given in _by_kind(own).items():
        wanted[name] = (given[0], _over(wanted.get(name), given[1])) if given else None
    found: dict[str, Any] = {}
    for name, given in wanted.items():
        if given and name not in names:
            problems.add(given[0], f"unknown detector {quoted(name)}", nearest(name, names))
            continue
        node: Node = given[1] if given else Mapping("", 1, 1, ())
        fitted = fit(node, kinds.options("detect", name), problems)
        if fitted is not None:
            found[name] = data_of(fitted, node)
    return found


def _by_kind(node: Node | None) -> dict[str, tuple[Scalar, Node] | None]:
    """Kind → its key and options. `outage:` with nothing after it is the detector with its own defaults."""
    return {
        key.text: (key, Mapping(key.file, key.line, key.column, ()) if _is_empty(value) else value)
        for key, value in (node.items if isinstance(node, Mapping) else ())
    }


def _over(below: tuple[Scalar, Node] | None, above: Node) -> Node:
    """`above` with the keys that only `below` has: nodes keep their places, so mistakes are shown where they were made."""
    under = below[1] if below else None
    if not (isinstance(under, Mapping) and isinstance(above, Mapping)):
        return above
    written = {key.text for key, _ in above.items}
    return replace(above, items=(*above.items, *(item for item in under.items if item[0].text not in written)))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None and not node.broken
