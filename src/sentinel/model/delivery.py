"""Delivery: one notice to one person by one channel, a row of the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CANARY = "canary"
"""The subject of messages to nobody, which show that messages are sent (run/canary.py). They are left out of every count."""


class State(StrEnum):
    """Where a delivery is. `accepted`, `rejected`, `suppressed`, `cancelled`, `in_doubt` and `dead` are at rest."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    ARMED = "armed"
    RETRY = "retry"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPPRESSED = "suppressed"
    HELD = "held"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"
    DEAD = "dead"


class Lane(StrEnum):
    """Lanes never share workers. In the order in which they matter."""

    STAFF = "staff"
    CUSTOMERS = "customers"
    CONFIRMATIONS = "confirmations"
    """Letters that one person asked for: "confirm your address", "send it to me first"."""
    HOUSEKEEPING = "housekeeping"
    """What nobody waits for: the canary notice that proves the way whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One row. Unique on (subject, episode, step, person) and on (subject, episode, step, address).

    `fence` is the number of the claim that holds it; a mark by an older claim changes nothing. `attempts` counts claims that
    armed. `key` is the same on every attempt and is what a provider may dedupe on. `detail` is the provider's last word.
    """

    id: int
    notice: int
    lane: Lane
    channel: str
    subject: str
    episode: int
    step: str
    person: str
    name: str
    address: str
    language: str
    zone: str
    state: State
    attempts: int = 0
    fence: int = 0
    due_at: datetime | None = None
    made_at: datetime | None = None
    settled_at: datetime | None = None
    detail: str = ""
    armed_at: datetime | None = None
    dedupes_until: datetime | None = None
    """Until when its provider takes a second message with our key for the first."""
    dedupes_by: str | None = None
    """Which provider that is: no other one knows our key."""
    doubted_at: datetime | None = None
    """Since when it may have arrived, though it is to go again: on an earlier try nobody heard what became of it."""
    bounced_at: datetime | None = None
    """A later fact about one that was accepted: it came back, as `bounce_why` says."""
    bounce_why: str | None = None
    instead_of: int | None = None
    """The row of another channel that this one stands in for, because that one could not deliver in time."""

    @property
    def key(self) -> str:
        return key_of(self.subject, self.episode, self.step, self.person)


def key_of(subject: str, episode: int, step: str, person: str) -> str:
    """What makes a delivery once."""
    return f"{subject}/{episode}/{step}/{person}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many messages in so long, by one channel, whoever sends them."""

    count: int
    per: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The provider's final reply was yes. `ref` is its own id for the message, if it gave one."""

    ref: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The provider said no, or could not be reached, and we *know* that nothing was taken.

    `permanent`: trying again is of no use. `after`: seconds the provider asked us to wait.
    """

    reason: str
    permanent: bool = False
    after: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """The effect may have happened: the connection broke after the point of no return."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """The count of one snapshot's people by where they are. `balanced` is promise P10."""

    notice: int
    step: str
    snapshot: int
    counts: dict[str, int]
    """`expanding` and every `State` → how many."""
    bounced: int = 0
    """How many of those that were accepted came back later."""

    @property
    def balanced(self) -> bool:
        return self.snapshot == sum(self.counts.values())
