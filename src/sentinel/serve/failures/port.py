"""What the hub is asked for by the page of failures.

No person is named here, but for the addresses that are written to no more: these, and a provider's last word, which may repeat
an address, are for those who may see customers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sentinel.model.delivery import State
from sentinel.model.notice import Occasion, Towards

GROUPS = 50
"""Messages on one page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenChannel:
    """A channel whose provider refuses us for good: nothing goes by it until it is mended. `waiting`: how many rows do."""

    channel: str
    since: datetime
    why: str
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pile:
    """The deliveries of one message that are in one state: how many, by which channels, what most of their providers said.
    `bounced`: they were accepted, and came back later."""

    state: State
    count: int
    channels: tuple[str, ...]
    why: str = ""
    bounced: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedMessage:
    """One message, some of whose deliveries want somebody."""

    notice: int
    incident: int
    reference: str
    occasion: Occasion
    towards: Towards
    made_at: datetime
    piles: tuple[Pile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedAddress:
    """An address that a channel writes to no more: its provider knows no such recipient, or its reader complained."""

    channel: str
    address: str
    since: datetime
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnheardBrief:
    """A brief that no channel has taken: somebody has to tell somebody."""

    notice: int
    incident: int
    reference: str
    since: datetime
    channels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AsideLine:
    """Something that broke us and was set aside: results of a prober, or an incident that cannot be seen to."""

    what: str
    number: int
    at: datetime
    tries: int
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FailuresPage:
    """The newest messages first. `next`: the number to go on before, if there are more. `refused`: the latest of so many
    `refusals`; only for whoever may see customers."""

    messages: tuple[FailedMessage, ...]
    broken: tuple[BrokenChannel, ...] = ()
    unheard: tuple[UnheardBrief, ...] = ()
    refused: tuple[RefusedAddress, ...] = ()
    refusals: int = 0
    aside: tuple[AsideLine, ...] = ()
    asides: int = 0
    next: int | None = None


class FailuresPort(Protocol):
    """Part of serve.port.Hub."""

    async def failures(self, *, before: int | None = None, limit: int = GROUPS) -> FailuresPage: ...
