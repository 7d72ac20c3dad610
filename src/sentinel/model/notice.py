"""Notice: the decision to tell one audience one thing; Draft: its wording; Approval: the consent; Brief: for the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sentinel.model.service import Impact


class Towards(StrEnum):
    STAFF = "staff"
    CUSTOMERS = "customers"


class Occasion(StrEnum):
    """What a notice is for. The first row goes to staff, the second to customers."""

    SUSPECTED = "suspected"
    STAFF_OPENED = "staff_opened"
    CHANGED = "changed"
    PROMISE_DUE = "promise_due"
    WORDS = "words"
    """The desk gets the words that customers are about to get."""
    RECOVERED = "recovered"
    DISMISSED = "dismissed"
    SECOND = "second"
    """One person has approved words that two must approve."""
    PAUSED = "paused"
    """The first batch of a message went badly, or what went after it: the rest waits for a person."""

    OPENED = "opened"
    WIDENED = "widened"
    DELAYED = "delayed"
    HOLDING = "holding"
    AGAIN = "again"
    CORRECTION = "correction"
    """A message of our own was wrong: it stands in the place of the opening, and goes to those who got it."""
    CLOSED = "closed"
    RETRACTION = "retraction"
    DESK = "desk"
    """Told by the desk in person, or put on the list by it: nothing is sent, and the end is owed."""


TELLING: Final = (Occasion.OPENED, Occasion.AGAIN, Occasion.CORRECTION, Occasion.WIDENED)
"""The occasions that tell somebody of a disturbance: who got one of these is owed its end."""


class NoticeState(StrEnum):
    """`draft` waits for consent; `approved` may go out within its gates; `void` and `cancelled` never will (again)."""

    DRAFT = "draft"
    APPROVED = "approved"
    VOID = "void"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quoted:
    """What a draft says of the world. A change to it makes the notice void in the same transaction.

    Holding and closing words have facts of their own: they name the services, and `about` says what must still be so
    ("promise 4 is open", "episode 1 is over").
    """

    services: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    impact: Impact | None = None
    promise_at: datetime | None = None
    next_word_at: datetime | None = None
    places: tuple[str, ...] = ()
    assurances: tuple[str, ...] = ()
    """Evidence of each assurance that the words give, "statement id#evidence"."""
    cause: bool = False
    """Whether the words name the cause."""
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The wording in one language, slots (`{name}`, `{until}`, ...) still named. HTML is derived from `text`."""

    language: str
    subject: str
    short: str
    text: str
    page: str
    voice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What the plain-words check found. One that blocks must be mended before approval."""

    language: str
    form: str
    what: str
    blocks: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The wording of one notice in every language. `version` counts edits and refreshed facts; `hash` binds an approval to
    exactly this wording and these facts. `edited`: languages whose text a person wrote; `fell_back`: languages set back to
    their standard text because another one was edited. `holding` and `closing` are approved beside an opening.
    """

    notice: int
    version: int
    bodies: tuple[Body, ...]
    quoted: Quoted
    hash: str
    holding: tuple[Body, ...] = ()
    closing: tuple[Body, ...] = ()
    edited: tuple[str, ...] = ()
    fell_back: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    """Assurances left out because they are not current, in words for the lead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """Identity: (subject, episode, step, cause), the cause being the timeline entry that made it due.

    Gates that the claim and the arming ask in their own WHERE: `state` approved, `void_at` None, `sendable_until` not passed,
    `release_at` passed (None: not yet released). `rule` names the audience: an audience of the installation, `told`
    (accepted, not yet closed) or a staff channel list; `snapshot` is its answer. `promise`: the promise that it publishes,
    or (holding, delayed, promise_due) the one that it is about.
    """

    id: int
    subject: str
    incident: int
    episode: int
    step: str
    cause: int
    occasion: Occasion
    towards: Towards
    state: NoticeState
    made_at: datetime
    rule: str
    approval: int | None = None
    promise: int | None = None
    snapshot: int | None = None
    void_at: datetime | None = None
    void_why: str = ""
    sendable_until: datetime | None = None
    release_at: datetime | None = None
    words_of: int | None = None
    """For occasion `words`: the customer notice whose words these are."""
    tried_at: datetime | None = None
    """When its first batch was judged good, or a person last had it go on; until then only that batch is sent."""
    paused_at: datetime | None = None
    """Since when its sending waits for a person, because too many failed."""
    paused_why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """The consent to one notice: one row that binds the bodies, the audience's complete snapshot and the quoted facts."""

    id: int
    notice: int
    by: str
    at: datetime
    draft_hash: str
    bodies: tuple[Body, ...]
    quoted: Quoted
    snapshot: int | None
    counted: int
    holding: tuple[Body, ...] = ()
    closing: tuple[Body, ...] = ()
    rule: str = ""
    """Set when a rule stood in for the person: which one, and on whose approval it rests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """What customer service reads. Every channel lays it out in its own way; nothing here is markup."""

    reference: str
    occasion: Occasion
    headline: str
    services: tuple[str, ...]
    felt: tuple[str, ...]
    """What customers feel, in the statements' own words."""
    since: datetime | None
    until: datetime | None
    """The published promise; None when no time was given."""
    next_word: datetime | None
    who: str
    """Who is affected, and how many, in words."""
    say: str
    """The sentence to say to a caller now."""
    do_not: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    desk: tuple[str, ...] = ()
    """What the desk alone must know."""
    ask: str = ""
    """The one question put to the reader, with its answers, if any."""
    carried: str = ""
    """How it came, where that is not as usual: late, or because another channel did not take it."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Language → the text that customers get."""
    link: str = ""
    zone: str = "UTC"
    impact: Impact | None = None
    """The worst that customers feel now; None where they feel nothing, or it is over."""
    acknowledged_by: str = ""
    """Who said that they are at it, "" if nobody did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePolicy:
    """The times that rule notices (DESIGN.md sections 9 and 10).

    `cancel_window`: how long an approval can be taken back. `desk_first`: how long the desk has the words before customers.
    `ask_before`: a person is asked this long before a promise lapses; `hold_before`: holding words go out this long before
    if nobody answered. `send_margin`: nothing that quotes a promise leaves later than this before it. `next_word`: how far
    ahead the inbox is promised its next word.
    """

    cancel_window: timedelta = timedelta(seconds=60)
    desk_first: timedelta = timedelta(minutes=5)
    ask_before: timedelta = timedelta(minutes=10)
    hold_before: timedelta = timedelta(minutes=6)
    send_margin: timedelta = timedelta(minutes=5)
    next_word: timedelta = timedelta(minutes=60)
    gather: timedelta = timedelta(seconds=60)
    """News to staff after the first is gathered for this long, so that a burst of signals is one message."""
