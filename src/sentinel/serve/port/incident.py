"""One incident and what belongs to it: its notices, their words and approvals, their deliveries, its briefs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sentinel.model.delivery import Books, Delivery, State
from sentinel.model.estimate import Estimate, Promise
from sentinel.model.incident import Entry, Incident
from sentinel.model.notice import Approval, Body, Brief, Draft, Notice
from sentinel.model.person import Reason
from sentinel.model.service import Impact


class Part(StrEnum):
    """Which of the words approved together: what goes out now, and what is approved beside it."""

    NOW = "now"
    HOLDING = "holding"
    CLOSING = "closing"


@dataclass(frozen=True, kw_only=True, slots=True)
class AudienceCount:
    """The answer of the audience's rule. `sending`: the number that an approver types back; `left_out`: how many by reason."""

    rule: str
    complete: bool
    sending: int
    left_out: Mapping[Reason, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """Rows of the directory that could not be read: where, and what is wrong with them. While not `complete`: why a source
    cannot be read. It is asked again by itself."""
    notes: tuple[str, ...] = ()
    """What an approver should know of those who are sent to ("3 read none of our languages, and get en")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """One body with its slots filled for one recipient of the audience (`to`: their name), as they will read it.

    `zone`: the clock that its times are told by; empty where no recipient is shown.
    """

    part: Part
    to: str
    body: Body
    zone: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """One consent to a draft that more than one person must approve. `account`: what they signed in with."""

    who: str
    account: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeView:
    """One notice to customers with everything that an approver needs.

    `slots`: name of each slot that its words may hold → what it would be for the sample recipient. `cancel_until`: until when
    the approval can be taken back (None: not approved, or too late). `books`: None until there is a snapshot.
    """

    notice: Notice
    audience: AudienceCount | None = None
    draft: Draft | None = None
    previews: tuple[Preview, ...] = ()
    slots: Mapping[str, str] = field(default_factory=dict)
    approval: Approval | None = None
    cancel_until: datetime | None = None
    books: Books | None = None
    in_doubt: int = 0
    wanted: int = 1
    """How many people must approve it."""
    signed: tuple[Signed, ...] = ()
    """Those who have, while one more is wanted."""
    rest: int = 0
    """How many have still to get it, while it is paused."""
    waits_for: str = ""
    """Why the rest of its people has not been written to yet, in words; empty where nothing is waited for."""
    standard: tuple[Body, ...] = ()
    """The standard text of each language that was edited, slots named: what an edit is compared with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BriefSent:
    """One notice to staff as it was sent: by which channel, where that stands, and what it said."""

    notice: int
    at: datetime
    channel: str
    state: State
    brief: Brief


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyWarning:
    """What a detector warned staff of, about a check of the incident's services. It opened nothing, and stands in no timeline.
    `over_at`: None while it stands."""

    check: str
    detector: str
    since: datetime
    detail: str
    over_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorTime:
    """When the page that `check` watches says that the work under way there is to end: for a person to take up."""

    check: str
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentPage:
    """One incident, whole. `brief` is what the desk would be told this minute; `asked` promises that are due an answer.

    `entries` oldest first and at most the last 500; `briefs` and `notices` newest first; `estimates` newest first, at most 50.
    """

    incident: Incident
    reference: str
    headline: str
    impact: Impact | None
    entries: tuple[Entry, ...]
    brief: Brief | None = None
    briefs: tuple[BriefSent, ...] = ()
    promises: tuple[Promise, ...] = ()
    asked: tuple[int, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    notices: tuple[NoticeView, ...] = ()
    staff_told_at: datetime | None = None
    customers_told_at: datetime | None = None
    callers: Mapping[str, int] = field(default_factory=dict)
    """Who called about it in the last hour: full id of a statement, or a service's name where that is all → how many."""
    callers_usual: Mapping[str, float] = field(default_factory=dict)
    """And how many are usual in an hour, at this hour of the week; only what is known of it."""
    warnings: tuple[EarlyWarning, ...] = ()
    """Early warnings about its services that stood in the hour before it began, or since; the oldest first, at most 20."""
    vendors: tuple[VendorTime, ...] = ()
    """What the pages of vendors on whom it stands say of the end, the latest first, at most 5."""
    corrects: bool = False
    """Whether it is a wrong message of ours: nothing stopped working, so nothing is to be back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryPage:
    """Some deliveries of one notice in the order of their ids. `next`: pass it as `after` for more; None at the end.

    `unwritten`: the ids of those whose address is written to no more by their channel, until somebody says that it works again.
    """

    notice: int
    deliveries: tuple[Delivery, ...]
    next: int | None = None
    unwritten: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportView:
    """The report twice: plain JSON-able data, and text for a person."""

    data: Mapping[str, Any]
    text: str
