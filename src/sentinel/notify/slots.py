"""The closed list of `{slots}`: how times, names and references reach a text.

Belongs here: which slots there are, which an occasion may use, what fills them, and the filling. Substitution knows
`{word}` and nothing else: no format specification, no attribute, no index, no second pass over what was filled in.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from sentinel.model.notice import Occasion
from sentinel.notify import language as tongues
from sentinel.notify.facts import Facts, graces

GRACES = 4
"""How many different grace days one message can name."""

SLOTS: Mapping[str, str] = {
    "name": "the person's name",
    "reference": "what a caller says and the desk types",
    "since": "about when it began",
    "until": "the promised time",
    "until_was": "the time that we gave before",
    "next_word": "by when they hear from us again",
    "from": "when it began, in the closing",
    "to": "when it was back, in the closing",
    "grace_day": "the last day that an assurance gives",
    **{f"grace_day_{number}": f"the same, of the assurance number {number}" for number in range(2, GRACES + 1)},
}
_GRACE = frozenset(slot for slot in SLOTS if slot.startswith("grace_day"))
_ALWAYS = frozenset({"name", "reference"})
_FULL = _ALWAYS | _GRACE | {"since", "until", "next_word"}

ALLOWED: Mapping[Occasion, frozenset[str]] = {
    Occasion.OPENED: _FULL,
    Occasion.WIDENED: _FULL | {"until_was"},
    Occasion.AGAIN: _FULL,
    Occasion.CORRECTION: _ALWAYS | _GRACE | {"next_word"},
    Occasion.DELAYED: _FULL | {"until_was"},
    Occasion.HOLDING: _ALWAYS | {"until_was", "next_word"},
    Occasion.CLOSED: _ALWAYS | {"from", "to"},
    Occasion.RETRACTION: _ALWAYS,
}
"""What an occasion may name. Holding and closing can never name a time of return: they have no slot for it."""

_SLOT = re.compile(r"\{([A-Za-z0-9_]+)\}")
_TRIED = re.compile(r"\{([^{}\n]{0,80})\}")
LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class BadSlot:
    """Braces that are no slot here. `nearest` is the slot that was perhaps meant, "" if none is near."""

    slot: str
    nearest: str
    why: str

    def __str__(self) -> str:
        meant = f"; did you mean {{{self.nearest}}}?" if self.nearest else ""
        return f"{{{self.slot}}} {self.why}{meant}"


class UnknownSlot(ValueError):
    """A text with an unknown or empty slot reached the filling: it was never checked. `bad` says which."""

    def __init__(self, bad: BadSlot) -> None:
        super().__init__(str(bad))
        self.bad = bad


def named(text: str) -> tuple[str, ...]:
    """The known slots in `text`, in order, each as often as it stands there."""
    return tuple(slot for slot in _SLOT.findall(text) if slot in SLOTS)


def bad_slots(text: str, occasion: Occasion) -> tuple[BadSlot, ...]:
    """Everything in braces that is not a slot which `occasion` may use. A lone brace is only a character."""
    found: list[BadSlot] = []
    for slot in dict.fromkeys(_TRIED.findall(text)):
        if slot not in SLOTS:
            found.append(BadSlot(slot=slot, nearest=_nearest(slot, ALLOWED[occasion]), why="is no slot"))
        elif slot not in ALLOWED[occasion]:
            found.append(BadSlot(slot=slot, nearest="", why=f"has no place in a message of occasion {occasion.value}"))
    return tuple(found)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each `{slot}` replaced by its value, once. Other braces stay as they are. Raises UnknownSlot."""

    def value(found: re.Match[str]) -> str:
        slot = found.group(1)
        if slot not in values:
            raise UnknownSlot(BadSlot(slot=slot, nearest=_nearest(slot, values), why="has no value here"))
        return values[slot]

    return _SLOT.sub(value, text)


def preview(text: str, values: Mapping[str, str]) -> str:
    """As `fill`, but a slot without a value stays as it stands: for judging a text that may be wrong."""
    return _SLOT.sub(lambda found: values.get(found.group(1), found.group()), text)


def held(facts: Facts) -> frozenset[str]:
    """The slots that these facts can fill in a message of their occasion."""
    return frozenset(values(facts, "en", facts.zone, "")) & ALLOWED.get(facts.occasion, frozenset())


def values(facts: Facts, language: str, zone: str, name: str) -> Mapping[str, str]:
    """Slot → its words in the reader's language and zone, for every slot that the facts can fill. Raises NoLanguage."""
    table = tongues.tongue(language)
    reader = ZoneInfo(zone)
    today = facts.now.astimezone(reader).date()

    def local(instant: datetime) -> datetime:
        return instant.astimezone(reader)

    said = {"name": clean_name(name) or table.nobody, "reference": facts.reference}
    said["since"] = tongues.began(local(facts.began_at), today, language)
    said["from"] = tongues.point(local(facts.began_at), today, language)
    if facts.recovered_at is not None:
        said["to"] = tongues.point(local(facts.recovered_at), today, language, said_at=facts.now)
    for slot, instant in (("until", facts.until), ("until_was", facts.old_until), ("next_word", facts.next_word_at)):
        if instant is not None:
            said[slot] = tongues.due(local(instant), today, language)
    for number, days in enumerate(graces(facts)[:GRACES], start=1):
        slot = "grace_day" if number == 1 else f"grace_day_{number}"
        said[slot] = tongues.last_day(facts.on + timedelta(days=days), today, language)
    return said


def clean_name(name: str) -> str:
    """A name of the directory on one line: no control characters, no invisible ones, not endless."""
    seen = "".join(" " if mark.isspace() else mark for mark in name)
    shown = "".join(mark for mark in seen if mark == " " or unicodedata.category(mark)[0] not in "CZ")
    return " ".join(shown.split())[:LONGEST_NAME].strip()


def _nearest(slot: str, among: Iterable[str]) -> str:
    word = re.split(r"[^A-Za-z0-9_]", slot.strip().casefold(), maxsplit=1)[0]
    near = get_close_matches(word, list(among), n=1, cutoff=0.5)
    return near[0] if near else ""
