"""Detectors of a check: the defaults with the check's own options over them, each fitted to its kind."""

from collections.abc import Collection, Iterator
from collections.abc import Mapping as Plain
from dataclasses import replace
from typing import Any

from sentinel.config.fit import data_of, fit
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.tree import Mapping, Node, Scalar, below
from sentinel.model.kinds import FactType, Kinds
from sentinel.model.signal import WARNS

USUAL = ("outage", "slow")
"""The detectors that every check has when no defaults are written."""


PUSHED = ("silence", "slow")
"""Those of a check that reports to us, whatever the defaults of the others are."""


MAY = "may"
"""What a detector of a check may do, written among its options: less than it would, never more."""
NOTHING, WARN, OPEN = "nothing", "warn", "open"


def detectors(
    own: Node | None, defaults: Node | None, kinds: Kinds, problems: Problems, *, pushed: bool = False
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Kind → validated options, and those that may only warn where they would open an incident. What is wrong is noted where
    it is written, in the check or in the defaults."""
    names = kinds.names("detect")
    usual: dict[str, tuple[Scalar, Node] | None] = {name: None for name in (PUSHED if pushed else USUAL) if name in names}
    wanted = usual if pushed else _by_kind(defaults) or usual
    for name, given in _by_kind(own).items():
        wanted[name] = (given[0], _over(wanted.get(name), given[1])) if given else None
    found: dict[str, Any] = {}
    warns: list[str] = []
    for name, given in wanted.items():
        if given and name not in names:
            problems.add(given[0], f"unknown detector {quoted(name)}", nearest(name, names))
            continue
        node: Node = given[1] if given else Mapping("", 1, 1, ())
        may = _may(name, below(node, MAY), problems)
        options = replace(node, items=tuple(_but_may(node))) if isinstance(node, Mapping) else node
        fitted = fit(options, kinds.options("detect", name), problems)
        if fitted is not None and may != NOTHING:
            found[name] = data_of(fitted, options)
            warns += [name] if may == WARN and name not in WARNS else []
    return found, tuple(warns)


def most(name: str) -> tuple[str, ...]:
    """What this detector may be let do; the last is what it does where nothing is written."""
    return (NOTHING, WARN) if name in WARNS else (NOTHING, WARN, OPEN)


def _may(name: str, node: Node | None, problems: Problems) -> str:
    """What is written, or the most that this detector may."""
    able = most(name)
    if node is None:
        return able[-1]
    word = node.word if isinstance(node, Scalar) else ""
    if word == OPEN and name in WARNS:
        what = f"`{name}` only warns staff: what it says is a hunch, and what an incident rests on reaches customers"
        problems.add(node, what, "take it out; who knows that customers feel it declares an incident")
    elif word not in able:
        problems.add(node, f"{quoted(word)} is nothing that a detector may do", nearest(word, able))
    return word


def _but_may(node: Mapping) -> Iterator[tuple[Scalar, Node]]:
    return (item for item in node.items if item[0].text != MAY)


def judging(
    found: dict[str, Any], own: Node | None, kind: str, gives: Plain[str, FactType], kinds: Kinds, problems: Problems
) -> dict[str, Any]:
    """`found` without those of the defaults whose `fact` a check of this kind does not find; one that the check itself writes
    so is a mistake. `FACT_TYPES` of a detector's options says what the fact may be; a number if it says nothing."""
    written = _by_kind(own)
    kept: dict[str, Any] = {}
    for name, options in found.items():
        fact = options.get("fact")
        able: tuple[FactType, ...] = getattr(kinds.options("detect", name), "FACT_TYPES", ("number",))
        if not isinstance(fact, str) or gives.get(fact) in able:
            kept[name] = options
        elif given := written.get(name):
            at = below(given[1], "fact") or given[0]
            is_wrong = f"is a {gives[fact]}" if fact in gives else f"is not found by a check of kind `{kind}`"
            fit_here = sorted(one for one, of in gives.items() if of in able)
            hint = f"write `fact:` with one of: {', '.join(fit_here)}" if fit_here else f"none of its facts is a {able[0]}"
            problems.add(at, f"`{name}` judges {quoted(fact)}, which {is_wrong}", hint)
    return kept


def check_needs(own: Node | None, probe: str, gives: Collection[str], kinds: Kinds, problems: Problems) -> None:
    """A detector that judges what one kind of check alone finds (`NEEDS` of its options) must stand in such a check."""
    for name, given in _by_kind(own).items():
        if given is None or name not in kinds.names("detect"):
            continue
        lacking = [fact for fact in getattr(kinds.options("detect", name), "NEEDS", ()) if fact not in gives]
        if lacking:
            what = f"{quoted(name)} judges `{lacking[0]}`, which a check of kind `{probe}` does not find"
            problems.add(given[0], what, "take it out, or put it into a check that does")


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
