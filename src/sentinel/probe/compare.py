"""Comparing: a value that was found with one that was written, and both in the words of a reason. Pure.

Belongs here: every comparison that an assertion may make, paths into JSON. Does not belong here: where the value is found
(condition.py).
"""

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from sentinel.model.observation import Fact

WORDS: Mapping[str, str] = {
    "is": "is", "is_not": "is not", "one_of": "is one of", "above": "is above", "at_least": "is at least", "below": "is below",
    "at_most": "is at most", "contains": "contains", "lacks": "lacks",
}  # fmt: skip
_BETWEEN = frozenset(" \n\t\"'<>(){}[],;&")
"""Letters of which tokens have none."""
_FACT_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": operator.gt, "at_least": operator.ge, "below": operator.lt, "at_most": operator.le,
}  # fmt: skip
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def several(given: Any) -> tuple[Any, ...]:
    """What is written once or several times, or not at all."""
    return () if given is None else given if isinstance(given, tuple) else (given,)


def is_so(found: Fact, how: str, wanted: Any) -> bool:
    match how:
        case "is":
            return compares(found, "==", wanted)
        case "is_not":
            return compares(found, "!=", wanted)
        case "one_of":
            return any(compares(found, "==", one) for one in wanted)
        case "contains":
            return isinstance(found, str) and all(text in found for text in several(wanted))
        case "lacks":
            return isinstance(found, str) and not any(text in found for text in several(wanted))
    return _is_number(found) and bool(_FACT_ORDERS[how](found, wanted))


def compares(found: Any, op: str, value: Any) -> bool:
    if op in ("==", "!="):
        same = found == value and isinstance(found, bool) == isinstance(value, bool)
        return same is (op == "==")
    if op == "contains":
        if isinstance(found, str):
            return isinstance(value, str) and value in found
        return isinstance(found, list | dict) and any(compares(one, "==", value) for one in found)
    alike = (isinstance(found, str) and isinstance(value, str)) or (_is_number(found) and _is_number(value))
    return alike and bool(_ORDERS[op](found, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def short(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(short(one) for one in value)[:400]
    if isinstance(value, float):
        return f"{value:.10g}"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float | bool | None) else type(value).__name__
    return beginning(text, 79)


def beginning(text: str, most: int, *, is_cut: bool = False) -> str:
    """At most `most` letters of `text`, and "…" where there are more (`is_cut`: there were, before).

    It is cut between two words: what was sent may come back, and half of a secret is not known for one by whoever takes secrets
    out of a reason.
    """
    if len(text) <= most and not is_cut:
        return text
    end = min(len(text), most)
    while end and not (end < len(text) and text[end] in _BETWEEN) and text[end - 1] not in _BETWEEN:
        end -= 1
    return text[:end] + "…"


def apart(found: float, limit: float) -> str:
    """A number in whole ones, unless it would read like its limit."""
    return f"{found:.0f}" if round(found) != round(limit) else f"{found:.10g}"


def steps_of(path: str) -> tuple[str | int, ...]:
    """`a.b[0].c` → ("a", "b", 0, "c"). ValueError for a path that cannot be read."""
    steps: list[str | int] = []
    for part in path.split("."):
        name, *indexes = part.split("[")
        if name:
            steps.append(name)
        if not (name or indexes) or not all(index.endswith("]") and index[:-1].isdigit() for index in indexes):
            raise ValueError("a path reads like queue.workers[0].state")
        steps.extend(int(index[:-1]) for index in indexes)
    return tuple(steps)
