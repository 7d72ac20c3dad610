"""How a brief is worded for the desk, whatever the channel: the parts, in the order in which somebody on the phone needs them.

Belongs here: labels, order, how instants are written. Does not belong here: markup and its escaping (each channel's own).
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sentinel.model.notice import Brief


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One labelled part. `quoted`: words to be said or sent as they stand; else each line is a point of its own."""

    label: str
    lines: tuple[str, ...]
    quoted: bool = False


def title(brief: Brief) -> str:
    """The first line, and the subject of a mail: the reference that callers and desk use, and the headline."""
    return f"{brief.reference}: {brief.headline}" if brief.reference else brief.headline


def parts(brief: Brief) -> tuple[Part, ...]:
    """What there is to say, in order. What the brief lacks is left out, except the time of return."""
    found = [
        Part(label="How this came", lines=(brief.carried,)),
        Part(label="Please answer", lines=(brief.ask,)),
        Part(label="Say now", lines=(brief.say,), quoted=True),
        Part(label="What customers feel", lines=brief.felt),
        Part(label="When", lines=_when(brief)),
        Part(label="Who", lines=(brief.who,)),
        Part(label="Do not", lines=brief.do_not),
        Part(label="Instead", lines=brief.instead),
        Part(label="For the desk alone", lines=brief.desk),
        *(Part(label=f"What customers get ({each})", lines=(text,), quoted=True) for each, text in brief.words.items()),
    ]
    said = ((part, tuple(line for line in part.lines if line.strip())) for part in found)
    return tuple(Part(label=part.label, lines=lines, quoted=part.quoted) for part, lines in said if lines)


def instant(at: datetime, zone: str) -> str:
    """An instant in the reader's zone, with its date and the zone's name: "Mon 8 June, 12:05 (Europe/Madrid)"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%B}, {local:%H:%M} ({zone})"


def _when(brief: Brief) -> tuple[str, ...]:
    since = f"since {instant(brief.since, brief.zone)}" if brief.since else ""
    until = f"expected back by {instant(brief.until, brief.zone)}" if brief.until else ""
    next_word = f"next word by {instant(brief.next_word, brief.zone)}" if brief.next_word else ""
    unsaid = "" if until or not since or not next_word else "no time of return has been given"
    return since, until or unsaid, next_word
