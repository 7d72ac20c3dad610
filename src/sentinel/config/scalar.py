"""Scalars: what a plain word of YAML 1.2 stands for, and durations.

The core schema and no more: `22:00`, `no`, `on`, `2026-06-01` stay text. Numbers that JSON could not carry stay text too.
"""

import re
from datetime import timedelta
from math import isfinite
from typing import TypeAlias

Plain: TypeAlias = str | int | float | bool | None

_CONSTANTS: dict[str, Plain] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,4})?")

_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST = timedelta(days=3650)


def plain(text: str) -> Plain:
    """What an unquoted scalar stands for in YAML 1.2's core schema."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text) and not text.lstrip("+-").isdigit() and isfinite(number := float(text)):
        return number
    return text


def duration(text: str) -> timedelta | None:
    """`500ms`, `30s`, `5m`, `2h`, `14d` as a timedelta; None if it is not written so or is longer than ten years."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    milliseconds = int(found[1]) * _UNITS[found[2]]
    length = timedelta(milliseconds=milliseconds)
    return length if length <= LONGEST else None


def written(length: timedelta) -> str:
    """A duration as people write it, in the largest unit that holds it whole."""
    milliseconds = length // timedelta(milliseconds=1)
    unit = next((unit for unit, size in reversed(_UNITS.items()) if milliseconds and milliseconds % size == 0), "s")
    return f"{milliseconds // _UNITS[unit]}{unit}"
