"""Person: somebody of the directory whom a notice may reach; Found: what a source says of them, before anybody is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Purpose(StrEnum):
    """What somebody allows us to write to them for: trouble with what they use, or news that they asked for."""

    SERVICE = "service"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One customer as a source has them.

    `id` is opaque (a policy number, never an address). `addresses`: kind of channel (email, sms) → theirs on it; `bad`: kinds
    under which something stands that is no address. `consents`: what they allow. `allows`: kinds of channel that they want to
    be reached by, empty for any. `language` and `zone` are as the source has them, empty where it has none. `where` says which
    row it was.
    """

    id: str
    name: str
    language: str = ""
    zone: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    bad: frozenset[str] = frozenset()
    consents: frozenset[Purpose] = frozenset()
    allows: frozenset[str] = frozenset()
    segments: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One customer. `id` is opaque (a policy number, never an address); `channel` the first of the service's channels that
    they have and allow, `address` theirs on it. `zone` is an IANA name."""

    id: str
    name: str
    channel: str
    address: str
    language: str
    zone: str
    segments: tuple[str, ...] = ()


class Reason(StrEnum):
    """Why somebody of an audience is not sent to. Silence is a decision too, and is counted."""

    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    SAME_PERSON = "same_person"
    SAME_ADDRESS = "same_address"
    UNSUBSCRIBED = "unsubscribed"
    ALREADY_TOLD = "already_told"
    """An earlier message of this episode told them, or is about to."""
    CAPPED = "capped"
    """They have had as many messages lately as anybody may get; words that we owe are not counted."""
    QUIET = "quiet"
    """The words would give them a time that lies in their quiet hours."""
    BROKEN = "broken"
    """Their address refused our messages for good."""
    DRILL = "drill"
    """It is a drill, and they are not among those whom it may reach."""
    ERASED = "erased"
    """Their data was erased on request: they are written to no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """One person of a snapshot, with the reason they are not sent to (None: they are)."""

    person: Person
    reason: Reason | None = None
