"""The record in words for staff: what each kind of timeline entry says, and the plain names of states. Pure.

Belongs here: wording that only the faces need. What customers and the desk are told is written by notify/, never here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from sentinel.model import incident as said
from sentinel.model.hook import CHECK
from sentinel.model.incident import Entry
from sentinel.model.installation import Installation
from sentinel.serve import clockface

LABELS: Mapping[str, str] = {
    "degraded_performance": "works badly",
    "partial_outage": "partly broken",
    "major_outage": "broken",
    "in_doubt": "in doubt",
    "next_word": "next word",
    "eta": "back by",
    "no_consent": "no consent",
    "no_address": "no address",
    "bad_address": "bad address",
    "already_told": "told already",
    "erased": "erased on request",
    "same_address": "sharing an address",
    "staff_opened": "opened",
    "promise_due": "promise due",
    "words": "words for customers",
    "second": "second approval wanted",
    "capped": "had enough messages lately",
    "quiet": "in their quiet hours",
    "broken": "address refused for good",
    "drill": "outside the drill",
    "desk": "told by the desk",
    "email": "e-mail",
    "sms": "text message",
}


def label(name: str | Enum) -> str:
    """The plain name of a state, phase, impact, occasion, reason or kind."""
    plain = str(name.value) if isinstance(name, Enum) else name
    return LABELS.get(plain, plain.replace("_", " "))


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop at the end, if it lacks them."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", "!", "?", ":")) else ".")


def service_title(name: str, installation: Installation) -> str:
    """The customers' name of a service in the desk's language; its plain name if the configuration no longer has it."""
    service = installation.services.get(name)
    return service.title.get(installation.languages[0], name) if service else name


def statement_words(statement: str | None, installation: Installation) -> str:
    """What customers feel, in the statement's own words; its id if the configuration no longer has it."""
    if statement is None:
        return "nothing that customers feel, as far as is known."
    known = installation.statements.get(statement)
    return known.say.get(installation.languages[0], statement) if known else statement


def topic_words(topic: str, installation: Installation) -> str:
    """What callers call about: a statement in its own words, or a service by its name."""
    return statement_words(topic, installation) if topic in installation.statements else service_title(topic, installation)


def entry_words(entry: Entry, installation: Installation, now: datetime) -> str:
    """One line of the timeline as a sentence, without who and when."""

    def at(instant: datetime) -> str:
        return clockface.in_words(instant, installation.zone, now)

    def feels(service: str, statement: str | None) -> str:
        return f"{service_title(service, installation)}: {statement_words(statement, installation)}"

    words = _WORDS.get(entry.said.kind)
    return words(entry.said, at, feels) if words else sentence(label(entry.said.kind))


_At = Callable[[datetime], str]
_Feels = Callable[[str, str | None], str]


def _check(signal: str) -> str:
    """What a signal is about, of `outage:payments.page@office:2026-06-10T08:05:00+00:00`: the check and its place. Of another
    tool's (`hook:hook/prometheus@4f0c...:...`) the tool: what stands for the place says nothing to anybody."""
    kind, _, rest = signal.partition(":")
    about = rest.partition(":")[0] or kind
    return about.partition("@")[0] if about.startswith(CHECK) else about


def _phase(entry: said.PhaseSet) -> str:
    cause = "; ".join(f"{language}: {text}" for language, text in (entry.cause or {}).items())
    return f"Phase is now {label(entry.phase)}." + (f" Cause for customers: {cause}" if cause else "")


_WORDS: Mapping[str, Callable[[Any, _At, _Feels], str]] = {
    "opened": lambda e, at, feels: f"Opened as {label(e.phase)}, since {at(e.began_at)}. {feels(e.service, e.statement)}",
    "signal_joined": lambda e, at, feels: (
        f"Also failing since {at(e.since)} ({_check(e.signal)}). {feels(e.service, e.statement)}"
    ),
    "signal_cleared": lambda e, at, feels: (
        f"Good again since {at(e.good_since)} ({_check(e.signal)})."
        if e.good_since
        else f"Watched no more ({_check(e.signal)})."
    ),
    "declared": lambda e, at, feels: f"Declared, since {at(e.began_at)}. {feels(e.service, e.statement)}",
    "phase_set": lambda e, at, feels: _phase(e),
    "acknowledged": lambda e, at, feels: "Acknowledged.",
    "noted": lambda e, at, feels: f"Note: {e.text}",
    "eta_set": lambda e, at, feels: (
        f"Expected back by {at(e.until)}" + (f", on the word of {e.vendor}" if e.vendor else "") + f": {e.reason}"
    ),
    "eta_unknown": lambda e, at, feels: f"Nobody can name a time any more (promise {e.promise}).",
    "promise_holds": lambda e, at, feels: f"The promise holds (promise {e.promise}).",
    "recovering": lambda e, at, feels: f"All good since {at(e.recovered_at)}; watching until {at(e.hold_until)}.",
    "recovery_broken": lambda e, at, feels: "Failed again while it was being watched.",
    "resolved": lambda e, at, feels: f"Resolved. Customers have it back since {at(e.recovered_at)}.",
    "dismissed": lambda e, at, feels: f"Dismissed: {e.reason}",
    "reopened": lambda e, at, feels: f"Reopened, broken since {at(e.began_at)} (episode {e.episode}).",
    "notice_approved": lambda e, at, feels: f"Approved message {e.notice} ({label(e.step)}) for {e.people}.",
    "notice_cancelled": lambda e, at, feels: f"Cancelled message {e.notice} ({label(e.step)}).",
    "notice_voided": lambda e, at, feels: f"Message {e.notice} ({label(e.step)}) became void.",
}
"""Each kind of entry → its sentence. A test holds it complete; until then a new kind is shown by its name."""
