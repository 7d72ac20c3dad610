"""Literal: the plain text that a regular expression searches for, where it searches for nothing else.

Sentinel searches for texts letter for letter, which costs least and is quoted best in a reason. Most expressions in probe
modules are such texts, written with a few backslashes. Pure.
"""

from typing import Final

_SPECIAL: Final = frozenset("^$*+?{}[]|()")
_TEXTS: Final = {"t": "\t", "n": "\n", "r": "\r"}


def literal(expression: str) -> str | None:
    """The text that an unanchored search for `expression` finds, None where it is more than a text. A dot between letters is
    taken as a dot, which is what nearly everybody means who leaves out its backslash; `.*` at the ends says nothing."""
    rest = expression
    while rest.startswith(".*"):
        rest = rest[2:]
    while rest.endswith(".*") and not rest.endswith("\\.*"):
        rest = rest[:-2]
    found: list[str] = []
    letters = iter(rest)
    for letter in letters:
        if letter == "\\":
            escaped = next(letters, "")
            if not escaped or (escaped.isalnum() and escaped not in _TEXTS):
                return None
            found.append(_TEXTS.get(escaped, escaped))
        elif letter in _SPECIAL:
            return None
        else:
            found.append(letter)
    return "".join(found)
