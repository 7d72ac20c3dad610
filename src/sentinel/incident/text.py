"""What people may type into a timeline: how long, and which characters.

Belongs here: the bounds of notes, reasons and causes. Does not belong here: the wording of notices (notify/).
"""

from unicodedata import category

from sentinel.model.command import Refused

NOTE = 4000
REASON = 500
CAUSE = 500
VENDOR = 100
"""Most characters of a note, of a reason, of a cause in one language, and of a vendor's name."""

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides of the direction of writing: what is read is not what is stored."""


def refuse(what: str, typed: str, most: int, *, many_lines: bool = False, may_be_empty: bool = False) -> Refused | None:
    """The reason why `typed` cannot be taken as `what`, or None if it can. Line breaks pass with `many_lines` only."""
    if not may_be_empty and not typed.strip():
        return Refused(code="text", why=f"the {what} is empty")
    if len(typed) > most:
        return Refused(code="text", why=f"the {what} has {len(typed)} characters; {most} are the most")
    for at, character in enumerate(typed):
        if many_lines and character in "\n\r\t":
            continue
        if character in _TURNS or category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return Refused(code="text", why=f"the {what} holds a control character (U+{ord(character):04X}) at place {at + 1}")
    return None
