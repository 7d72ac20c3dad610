"""What people ask of a running hub: one record a command, told apart by `do`. `submit(command, who)` carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from sentinel.model.contact import ContactCount
from sentinel.model.incident import Phase
from sentinel.model.secret import Secret
from sentinel.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Declare:
    """ "Our callers say it is broken": `statement` is a full id (payments.cannot_pay). `began_at` None: now."""

    service: str
    statement: str
    began_at: datetime | None = None
    why: str = ""
    do: Literal["declare"] = "declare"


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledge:
    incident: int
    do: Literal["acknowledge"] = "acknowledge"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    incident: int
    text: str
    do: Literal["note"] = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class SetPhase:
    """`cause`: what customers may be told of it, per language; only with phase identified or later."""

    incident: int
    phase: Phase
    cause: Words | None = None
    why: str = ""
    do: Literal["set_phase"] = "set_phase"


@dataclass(frozen=True, kw_only=True, slots=True)
class SetEta:
    """A named person's time of return. `vendor`: on whose word, where a vendor named it."""

    incident: int
    until: datetime
    reason: str
    vendor: str = ""
    do: Literal["set_eta"] = "set_eta"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The answer to "promise p is due": it holds, or nobody knows. (A new time is `SetEta`.)"""

    incident: int
    promise: int
    answer: Literal["holds", "unknown"]
    do: Literal["answer"] = "answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolve:
    """A named person ends an incident that no samples can end. `recovered_at` None: now."""

    incident: int
    recovered_at: datetime | None = None
    why: str = ""
    do: Literal["resolve"] = "resolve"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dismiss:
    """There was no disturbance."""

    incident: int
    reason: str
    do: Literal["dismiss"] = "dismiss"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reopen:
    incident: int
    why: str
    do: Literal["reopen"] = "reopen"


@dataclass(frozen=True, kw_only=True, slots=True)
class EditDraft:
    """New wording for one language: form (subject, short, text, page, voice) → text with slots."""

    notice: int
    version: int
    language: str
    forms: Mapping[str, str]
    do: Literal["edit_draft"] = "edit_draft"


@dataclass(frozen=True, kw_only=True, slots=True)
class Approve:
    """`hash` is that of the draft as the approver saw it, `count` the number of recipients typed back.

    `desk_knows`: a lead's word that the desk already has these words; without it customers wait for `desk_first`.
    """

    notice: int
    hash: str
    count: int
    desk_knows: bool = False
    do: Literal["approve"] = "approve"


@dataclass(frozen=True, kw_only=True, slots=True)
class GoOn:
    """Send the rest of a notice that is paused, on a person's word. `count`: how many have it still to get, typed back."""

    notice: int
    count: int
    why: str = ""
    do: Literal["go_on"] = "go_on"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """Take an approval back inside its window, throw a draft away, or stop the rest of a notice that is paused."""

    notice: int
    why: str = ""
    do: Literal["cancel"] = "cancel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settle:
    """A person's word on a delivery that is in doubt: it arrived, or it did not."""

    delivery: int
    arrived: bool
    why: str = ""
    do: Literal["settle"] = "settle"


@dataclass(frozen=True, kw_only=True, slots=True)
class Revive:
    """Try a dead delivery once more, on a person's word."""

    delivery: int
    why: str = ""
    do: Literal["revive"] = "revive"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviveAll:
    """Try all dead deliveries of a notice once more. `count`: how many they are, typed back."""

    notice: int
    count: int
    why: str = ""
    do: Literal["revive_all"] = "revive_all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """A broken channel (its provider refused us for good) works again, or, with `address`, a place that it sends to."""

    channel: str
    address: str = ""
    why: str = ""
    do: Literal["mend"] = "mend"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """The kill switch of all customers' lanes."""

    on: bool
    why: str = ""
    do: Literal["hold"] = "hold"


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """Let customer work go on after the store was restored from a backup."""

    why: str = ""
    do: Literal["release"] = "release"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearse:
    """ "Send it to me first": the draft as one customer would get it, to the address of the account that asks (never a typed
    one). `hash` is that of the draft as it was seen."""

    notice: int
    hash: str
    to: str
    language: str = ""
    do: Literal["rehearse"] = "rehearse"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountCaller:
    """ "+1 caller": somebody called about what this statement says (a full id), or, with `statement` empty, about a service."""

    service: str
    statement: str = ""
    do: Literal["count_caller"] = "count_caller"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountContacts:
    """How many contacted us, as `source` (a telephone system, a chat) counted them by quarters of an hour. What it said before
    of the same topic, channel and quarter of an hour is replaced. `sealed` stands in the audit in the place of the counts."""

    source: str
    counts: tuple[ContactCount, ...]
    sealed: str = ""
    do: Literal["count_contacts"] = "count_contacts"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddTold:
    """Somebody was told of an open incident by phone or chat, or asks to be told when it works: from now on they are owed
    its end. `person` is their id in the directory where the desk found it, else empty; `address` is where the end goes."""

    incident: int
    address: str
    name: str = ""
    person: str = ""
    language: str = ""
    how: Literal["phone", "chat", "asks"] = "phone"
    do: Literal["add_told"] = "add_told"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscribe:
    """Somebody wants to hear of trouble with these services (none named: all), whether or not an audience names them."""

    address: str
    name: str = ""
    language: str = ""
    zone: str = ""
    services: tuple[str, ...] = ()
    do: Literal["subscribe"] = "subscribe"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsubscribe:
    address: str
    do: Literal["unsubscribe"] = "unsubscribe"


@dataclass(frozen=True, kw_only=True, slots=True)
class Erase:
    """Take the data of one person out of the store for good: their name and addresses, wherever they stand. `person` is their
    id in the directory, `address` one of theirs; with it, everybody who has that address is erased. At least one is given.
    """

    person: str = ""
    address: str = ""
    why: str = ""
    do: Literal["erase"] = "erase"


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveAccount:
    """Make an account, or change one: its name, roles, password (`digest`: scrypt text, made before the command; empty: keep
    the one there is), or shut it out (`disabled`)."""

    email: str
    name: str
    roles: tuple[str, ...]
    digest: Secret = field(default_factory=lambda: Secret(""))
    disabled: bool = False
    do: Literal["save_account"] = "save_account"


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeToken:
    """A program's key. `token_hash` is the SHA-256 of the key, made before the command; the key itself is shown once."""

    name: str
    token_hash: Secret
    rights: tuple[str, ...]
    expires_at: datetime | None = None
    do: Literal["make_token"] = "make_token"


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeToken:
    token: int
    do: Literal["revoke_token"] = "revoke_token"


@dataclass(frozen=True, kw_only=True, slots=True)
class MakeAgent:
    """An agent is to come to a place. `enrol_hash` is the SHA-256 of the token by which it enrols, which is shown once."""

    place: str
    enrol_hash: Secret
    do: Literal["make_agent"] = "make_agent"


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeAgent:
    """Nothing that this agent sends counts any more, and it gets no checks."""

    agent: int
    do: Literal["revoke_agent"] = "revoke_agent"


Command: TypeAlias = (
    Declare
    | Acknowledge
    | Note
    | SetPhase
    | SetEta
    | Answer
    | Resolve
    | Dismiss
    | Reopen
    | EditDraft
    | Approve
    | GoOn
    | Cancel
    | Settle
    | Revive
    | ReviveAll
    | Mend
    | Hold
    | Release
    | Rehearse
    | CountCaller
    | CountContacts
    | AddTold
    | Subscribe
    | Unsubscribe
    | Erase
    | SaveAccount
    | MakeToken
    | RevokeToken
    | MakeAgent
    | RevokeAgent
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The command was carried out and is on disk. `incident` and `notice` are what it made or changed."""

    incident: int | None = None
    notice: int | None = None
    said: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The command was not carried out; nothing changed. `why` says what to do. `code` is for programs."""

    code: str
    why: str


Result: TypeAlias = Done | Refused
