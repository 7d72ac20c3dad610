"""Forms into commands: what a person filled in → the command it asks for, or why it cannot be one. Pure.

Belongs here: reading fields. Whether a command may be carried out now is the hub's to say.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sentinel.model import command as ask
from sentinel.model.command import Command, Refused
from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.serve.clockface import BadTime, typed

Form: TypeAlias = Mapping[str, str]
FORMS = ("subject", "short", "text", "page", "voice")
"""The forms of a draft, in the order in which they are shown."""
PHASES = (Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING)
"""Those that a person sets; the others have commands of their own."""

_SEPARATOR = re.compile("[.,' \u00a0\u202f]")
_NUMBER = re.compile("[0-9]+|[0-9]{1,3}(?:[.,' \u00a0\u202f][0-9]{3})+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a form is read with: the installation for zone, languages and statements, the present instant, and whose it is."""

    installation: Installation
    now: datetime
    account: str = ""

    def instant(self, text: str) -> datetime:
        """Raises BadTime."""
        return typed(text, self.installation.zone, self.now)

    def optional_instant(self, text: str) -> datetime | None:
        return self.instant(text) if text.strip() else None


Reader: TypeAlias = Callable[[Form, int, Reading], Command | Refused]


def read(reader: Reader, form: Form, target: int, reading: Reading) -> Command | Refused:
    """The command of a form about incident, notice or delivery `target`; Refused with code "invalid" for a field at fault."""
    try:
        return reader(form, target, reading)
    except BadTime as bad:
        return _invalid(str(bad)[:1].upper() + str(bad)[1:] + ".")


def _invalid(why: str) -> Refused:
    return Refused(code="invalid", why=why)


def _text(form: Form, name: str) -> str:
    return form.get(name, "").strip()


def _number(form: Form, name: str) -> int | None:
    """A whole number as people type it back: 1204, and 1,204 or 1.204 or 1 204 too."""
    written = _text(form, name)
    return int(_SEPARATOR.sub("", written)) if len(written) < 16 and _NUMBER.fullmatch(written) else None


def declare(form: Form, target: int, reading: Reading) -> Command | Refused:
    statement = reading.installation.statements.get(_text(form, "statement"))
    if statement is None:
        return _invalid("Choose what customers feel.")
    began_at = reading.optional_instant(_text(form, "began_at"))
    return ask.Declare(service=statement.service, statement=statement.id, began_at=began_at, why=_text(form, "why"))


def acknowledge(form: Form, target: int, reading: Reading) -> Command | Refused:
    return ask.Acknowledge(incident=target)


def note(form: Form, target: int, reading: Reading) -> Command | Refused:
    text = _text(form, "text")
    return ask.Note(incident=target, text=text) if text else _invalid("Write the note first.")


def phase(form: Form, target: int, reading: Reading) -> Command | Refused:
    if _text(form, "phase") not in PHASES:
        return _invalid("Choose a phase.")
    cause = {language: _text(form, f"cause-{language}") for language in reading.installation.languages}
    written = {language: text for language, text in cause.items() if text}
    if written and len(written) < len(cause):
        missing = ", ".join(language for language in cause if language not in written)
        return _invalid(f"The cause is missing in: {missing}. Customers get it in every language, or not at all.")
    return ask.SetPhase(incident=target, phase=Phase(_text(form, "phase")), cause=written or None, why=_text(form, "why"))


def eta(form: Form, target: int, reading: Reading) -> Command | Refused:
    until = reading.instant(_text(form, "until"))
    if until <= reading.now:
        return _invalid("That time has passed: name one that is still to come.")
    reason = _text(form, "reason")
    if not reason:
        return _invalid("Say why: a time that customers are promised needs its reason.")
    return ask.SetEta(incident=target, until=until, reason=reason, vendor=_text(form, "vendor"))


def answer(form: Form, target: int, reading: Reading) -> Command | Refused:
    promise, given = _number(form, "promise"), _text(form, "answer")
    if promise is None:
        return _invalid("Choose one of the answers.")
    if given == "holds":
        return ask.Answer(incident=target, promise=promise, answer="holds")
    if given == "unknown":
        return ask.Answer(incident=target, promise=promise, answer="unknown")
    return _invalid("Choose one of the answers.")


def resolve(form: Form, target: int, reading: Reading) -> Command | Refused:
    recovered_at = reading.optional_instant(_text(form, "recovered_at"))
    return ask.Resolve(incident=target, recovered_at=recovered_at, why=_text(form, "why"))


def dismiss(form: Form, target: int, reading: Reading) -> Command | Refused:
    reason = _text(form, "reason")
    return ask.Dismiss(incident=target, reason=reason) if reason else _invalid("Say why there was no disturbance.")


def reopen(form: Form, target: int, reading: Reading) -> Command | Refused:
    why = _text(form, "why")
    return ask.Reopen(incident=target, why=why) if why else _invalid("Say why it is not over.")


def edit(form: Form, target: int, reading: Reading) -> Command | Refused:
    version, language = _number(form, "version"), _text(form, "language")
    if version is None or language not in reading.installation.languages:
        return _invalid("The draft that this form belongs to is gone.")
    forms = {name: form[name].strip() for name in FORMS if name in form}
    return ask.EditDraft(notice=target, version=version, language=language, forms=forms)


def approve(form: Form, target: int, reading: Reading) -> Command | Refused:
    count = _number(form, "count")
    if count is None:
        return _invalid("Type the number of people who will get it.")
    return ask.Approve(notice=target, hash=_text(form, "hash"), count=count, desk_knows=form.get("desk_knows") == "yes")


def go_on(form: Form, target: int, reading: Reading) -> Command | Refused:
    count = _number(form, "count")
    if count is None:
        return _invalid("Type the number of people who have still to get it.")
    return ask.GoOn(notice=target, count=count, why=_text(form, "why"))


def cancel(form: Form, target: int, reading: Reading) -> Command | Refused:
    return ask.Cancel(notice=target, why=_text(form, "why"))


def settle(form: Form, target: int, reading: Reading) -> Command | Refused:
    arrived = {"yes": True, "no": False}.get(_text(form, "arrived"))
    if arrived is None:
        return _invalid("Say whether it arrived.")
    return ask.Settle(delivery=target, arrived=arrived, why=_text(form, "why"))


def hold(form: Form, target: int, reading: Reading) -> Command | Refused:
    wanted = {"on": True, "off": False}.get(_text(form, "hold"))
    return _invalid("Choose on or off.") if wanted is None else ask.Hold(on=wanted, why=_text(form, "why"))


def release(form: Form, target: int, reading: Reading) -> Command | Refused:
    return ask.Release(why=_text(form, "why"))


def rehearse(form: Form, target: int, reading: Reading) -> Command | Refused:
    """To the account that asks: no address is read from a form."""
    if not reading.account:
        return _invalid("Your account has no e-mail address to send it to.")
    language = _text(form, "language")
    if language and language not in reading.installation.languages:
        return _invalid("Choose one of the languages.")
    return ask.Rehearse(notice=target, hash=_text(form, "hash"), to=reading.account, language=language)


def revive(form: Form, target: int, reading: Reading) -> Command | Refused:
    return ask.Revive(delivery=target, why=_text(form, "why"))


def revive_all(form: Form, target: int, reading: Reading) -> Command | Refused:
    count = _number(form, "count")
    if count is None:
        return _invalid("Type how many are given up, as the page says.")
    return ask.ReviveAll(notice=target, count=count, why=_text(form, "why"))


def mend(form: Form, target: int, reading: Reading) -> Command | Refused:
    return ask.Mend(channel=_text(form, "channel"), address=_text(form, "address"), why=_text(form, "why"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A form of a page: how it is read, and the command that it becomes, by which its route asks for a right."""

    reader: Reader
    command: type


OF_INCIDENT: Mapping[str, Act] = {
    "acknowledge": Act(reader=acknowledge, command=ask.Acknowledge),
    "note": Act(reader=note, command=ask.Note),
    "phase": Act(reader=phase, command=ask.SetPhase),
    "eta": Act(reader=eta, command=ask.SetEta),
    "answer": Act(reader=answer, command=ask.Answer),
    "resolve": Act(reader=resolve, command=ask.Resolve),
    "dismiss": Act(reader=dismiss, command=ask.Dismiss),
    "reopen": Act(reader=reopen, command=ask.Reopen),
}
"""Last part of the address → the form that is sent to it."""
OF_NOTICE: Mapping[str, Act] = {
    "edit": Act(reader=edit, command=ask.EditDraft),
    "approve": Act(reader=approve, command=ask.Approve),
    "go-on": Act(reader=go_on, command=ask.GoOn),
    "cancel": Act(reader=cancel, command=ask.Cancel),
    "rehearse": Act(reader=rehearse, command=ask.Rehearse),
}
