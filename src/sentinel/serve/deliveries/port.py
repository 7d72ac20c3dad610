"""What the hub is asked for by the page of deliveries that want somebody.

No person is named here. A provider's last word may repeat an address: it is for those who may see customers.
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
    """The deliveries of one message that are in one state: how many, by which channels, what most of their providers said."""

    state: State
    count: int
    channels: tuple[str, ...]
    why: str = ""


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
    """The newest messages first. `next`: the number to go on before, if there are more."""

    messages: tuple[FailedMessage, ...]
    broken: tuple[BrokenChannel, ...] = ()
    unheard: tuple[UnheardBrief, ...] = ()
    aside: tuple[AsideLine, ...] = ()
    asides: int = 0
    next: int | None = None


class FailuresPort(Protocol):
    """Part of serve.port.Hub."""

    async def failures(self, *, before: int | None = None, limit: int = GROUPS) -> FailuresPage: ...
