"""Comparing: a value that was found with one that was written, and both in the words of a reason. Pure.

Belongs here: every comparison that an assertion may make. Does not belong here: where the value is found (condition.py).
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
    return text if len(text) <= 80 else text[:79] + "…"
