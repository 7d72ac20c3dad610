"""Person: somebody of the directory whom a notice may reach; Told: what the ledger knows of one person."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One customer. `id` is opaque (a policy number, never an address); `channel` the first of the service's channels that
    they have, `address` theirs on it. `zone` is an IANA name."""

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
    SAME_ADDRESS = "same_address"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """One person of a snapshot, with the reason they are not sent to (None: they are)."""

    person: Person
    reason: Reason | None = None
