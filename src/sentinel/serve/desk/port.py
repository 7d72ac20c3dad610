"""What the hub is asked for by the desk's page: views, and the part of the port that gives them.

Belongs here: what somebody with a phone in their hand needs to see. What customers are called and where they live stands in
`CustomerPage` alone, which is answered to those with the right to it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sentinel.model.estimate import PromiseKind
from sentinel.model.notice import Occasion
from sentinel.model.service import Impact


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One thing that callers call about. `statement` is empty for "something else" about a service.

    `words`: what they feel, in the desk's language. `hour`, `today`: how many called in the last hour, and since midnight.
    """

    service: str
    statement: str
    title: str
    words: str
    hour: int = 0
    today: int = 0
    usual: float | None = None
    """How many are usual in an hour, at this hour of the week; None where that is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What to tell a caller, in one language. `say` is the published promise and nothing tighter."""

    language: str
    say: str
    do_not: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskIncident:
    """One open incident. `sayings`: the desk's language first; empty where customers feel nothing of it.

    `until`: the time that customers were given. `affected`: how many there are, None where nobody has counted them. `back_at`:
    since when it answers again, while that is being watched.
    """

    incident: int
    reference: str
    headline: str
    suspected: bool
    impact: Impact | None
    since: datetime
    until: datetime | None
    next_word: datetime | None
    who: str
    affected: int | None = None
    back_at: datetime | None = None
    sayings: tuple[Saying, ...] = ()
    notes: tuple[str, ...] = ()
    """What the desk alone must know."""
    topics: tuple[Topic, ...] = ()

    @property
    def hour(self) -> int:
        """How many called about it in the last hour."""
        return sum(topic.hour for topic in self.topics)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeskPage:
    """`open`: largest first. `topics`: what is not open, those with most callers today first; once `suggest_at` of them called
    within an hour about one, it should be declared. `calm`: what to say to a caller about what is not open."""

    at: datetime
    open: tuple[DeskIncident, ...]
    topics: tuple[Topic, ...]
    suggest_at: int
    calm: tuple[Saying, ...] = ()


class Standing(StrEnum):
    """How a customer stands with regard to an open incident, and so what the desk may say they will get."""

    TOLD = "told"
    LISTED = "listed"
    """The desk told them, or they asked for it: they get the end."""
    ON_ITS_WAY = "on_its_way"
    WAITING = "waiting"
    """They are in the audience; the message waits for its approval."""
    IN_DOUBT = "in_doubt"
    LEFT_OUT = "left_out"
    """They are in the audience and are not sent to."""
    STRANGER = "stranger"
    """Not among those affected, as far as we know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """One open incident with regard to one customer. `promise_at`: the promise in force that they hold us to."""

    incident: int
    reference: str
    headline: str
    standing: Standing
    why: str = ""
    promise_at: datetime | None = None
    promise_kind: PromiseKind | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Got:
    """One delivery. `state`: where it is, in words. `subject` and `text`: the very words; empty where nothing was sent."""

    at: datetime
    reference: str
    incident: int
    occasion: Occasion
    by: str
    state: str
    is_good: bool
    person: str
    language: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerPage:
    """What one customer got and what we promised them; for an incident's reference, what its customers got.

    `mark` stands for what was asked in the audit: a keyed hash. `person` is empty where no directory has named them to us.
    `got`: newest first, at most 50; `more`: there are older ones.
    """

    asked: str
    mark: str
    found: bool
    person: str = ""
    name: str = ""
    address: str = ""
    language: str = ""
    others: int = 0
    """How many more people share the address."""
    got: tuple[Got, ...] = ()
    more: bool = False
    owed: tuple[Owed, ...] = ()
    incident: DeskIncident | None = None
    reference: str = ""
    """The incident that was asked for, open or over."""


class DeskPort(Protocol):
    """Part of serve.port.Hub."""

    async def desk(self) -> DeskPage: ...

    async def customer(self, asked: str) -> CustomerPage:
        """By a person's id, an address, or an incident's reference. Whoever asks writes it into the audit, with `mark`."""
        ...
