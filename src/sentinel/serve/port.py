"""What serve is given: the Hub, as a Protocol, and the small frozen views that it answers with.

Belongs here: what the pages, the API and the metrics need to know, made of the model's records. Does not belong here: how it
is found (run/ implements it over the store), or how it looks (pages/). Every read is bounded and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sentinel.model.command import Command, Refused, Result
from sentinel.model.delivery import Books, Delivery, Lane, State
from sentinel.model.estimate import Estimate, Promise
from sentinel.model.incident import Entry, Incident, Phase
from sentinel.model.installation import Installation
from sentinel.model.notice import Approval, Body, Brief, Draft, Notice
from sentinel.model.person import Reason
from sentinel.model.service import Impact
from sentinel.serve.accounts.port import AccountsPort
from sentinel.serve.accounts.port import Session as Session
from sentinel.serve.console.port import ConsolePort
from sentinel.serve.deliveries.port import FailuresPort
from sentinel.serve.desk.port import DeskPort
from sentinel.serve.live.port import LivePort
from sentinel.serve.services.port import ServicesPort
from sentinel.serve.services.port import Shown as Shown
from sentinel.serve.status.port import StatusPort


class Part(StrEnum):
    """Which of the words approved together: what goes out now, and what is approved beside it."""

    NOW = "now"
    HOLDING = "holding"
    CLOSING = "closing"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckView:
    """One check. `since`: the first sample of what is shown now, None before there was any. `reason`: of the last bad one."""

    id: str
    shown: Shown
    since: datetime | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceView:
    """One service. `title` in the desk's language; `shown` is its worst check; `incident` the open one that touches it."""

    name: str
    title: str
    shown: Shown
    checks: tuple[CheckView, ...] = ()
    incident: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldView:
    """The kill switch of customers' lanes, and whether a restored store waits for `release`."""

    on: bool = False
    why: str = ""
    by: str = ""
    since: datetime | None = None
    release_needed: bool = False
    restored_from: datetime | None = None
    """While a release is needed: when the backup was made, as far as that is known. What was sent from then on is not known."""
    restored_at: datetime | None = None
    """And when it was put back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentLine:
    """One incident in a list. `headline` in the desk's language; `until`: the ETA that stands published.

    What waits for a person: `to_approve` (ids of customer notices in state draft), `asked` (ids of promises that are due an
    answer), `in_doubt` (deliveries whose fate nobody knows).
    """

    incident: Incident
    reference: str
    headline: str
    impact: Impact | None = None
    until: datetime | None = None
    to_approve: tuple[int, ...] = ()
    asked: tuple[int, ...] = ()
    in_doubt: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TroubleLine:
    """Trouble of Sentinel's own, for staff. `told`: whether a channel has taken the word of it."""

    name: str
    since: datetime
    detail: str
    told: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """The first page. `open`: newest first. `recent`: the last ten that are over."""

    at: datetime
    zone: str
    services: tuple[ServiceView, ...]
    open: tuple[IncidentLine, ...]
    recent: tuple[IncidentLine, ...]
    hold: HoldView = field(default_factory=HoldView)
    problems: tuple[str, ...] = ()
    """What is wrong with the files on disk: the configuration in force is an older one, until this is mended."""
    troubles: tuple[TroubleLine, ...] = ()
    """What is wrong with Sentinel itself, the oldest first."""
    canaries: int = 3
    """How many canaries are configured: with none, nobody knows whether our own place can see."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryPage:
    """Some deliveries of one notice in the order of their ids. `next`: pass it as `after` for more; None at the end."""

    notice: int
    deliveries: tuple[Delivery, ...]
    next: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportView:
    """The report twice: plain JSON-able data, and text for a person."""

    data: Mapping[str, Any]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """Whether this hub can do its work, and if not, why not. Reasons are shown to anybody: no names, no addresses."""

    ready: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFigures:
    """What /metrics shows of the process itself, from its memory: it is there also when the store is not. Ages in seconds.

    `troubles`: kind → how many stand. `free`: bytes on the store's disk, None where that cannot be told. `pinged_age`: of the
    last ping that the dead man's switch took, None if there was none.
    """

    audit_ok: bool = True
    audit_age: float = 0.0
    canary_age: float = 0.0
    troubles: Mapping[str, int] = field(default_factory=dict)
    canaries: int = 0
    canaries_failing: int = 0
    free: int | None = None
    loop_lag: float = 0.0
    pinged_age: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What /metrics shows, read from the store at the scrape. Absent keys count as 0.

    `oldest_undelivered` is in seconds, of deliveries that could go now (queued, claimed, armed or retry).
    `last_round_age` is in seconds, None before the first round.
    """

    incidents: Mapping[Phase, int]
    deliveries: Mapping[tuple[Lane, State], int]
    oldest_undelivered: Mapping[Lane, float]
    checks: Mapping[Shown, int]
    observations_stored: int
    hold_on: bool
    release_needed: bool
    prober_restarts: int
    last_round_age: float | None
    config_ok: bool
    housekeeping_age: float | None = None
    """Seconds since what had its time was last let go of; None before the first time."""


_STATUS: Mapping[str, int] = {
    "unknown": 404, "forbidden": 403, "no_incident": 404,
    "invalid": 422, "instant": 422, "text": 422, "no_service": 422, "no_statement": 422, "count": 422, "key_reused": 422,
}  # fmt: skip


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal: 404 for a thing that is not there, 422 where the command itself is at fault, and 409 for
    any other code: a conflict with how things stand."""
    return _STATUS.get(refused.code, 409)


class Hub(DeskPort, ServicesPort, StatusPort, AccountsPort, LivePort, ConsolePort, FailuresPort, Protocol):
    """The running hub, as the faces see it. An unknown id is None, never an exception."""

    @property
    def installation(self) -> Installation:
        """As it is in force now: a reload replaces it whole, so nobody keeps it."""
        ...

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result:
        """Carry out one command for a named person. Done means on disk. For what a refusal's code means, see `status_of`.

        `account` (an e-mail address, or `token:<id>`) is for the audit. A `key` that this account has used before for the same
        command gives the result it gave then, and carries nothing out; for another command it is refused ("key_reused").
        Rights are the face's to ask (model/account.py): the hub carries out what it is given.
        """
        ...

    async def board(self) -> Board: ...

    async def incident(self, incident: int) -> IncidentPage | None: ...

    async def notice(self, notice: int) -> NoticeView | None: ...

    async def deliveries(self, notice: int, *, after: int, limit: int, state: State | None = None) -> DeliveryPage | None:
        """Those with an id above `after`, at most `limit` (1 to 500), of one state if asked. Of staff notices too."""
        ...

    async def books(self) -> tuple[Books, ...]:
        """Of every notice to customers that has a snapshot, newest first, at most the last 200."""
        ...

    async def hold(self) -> HoldView:
        """Asked for every page: one row."""
        ...

    async def report(self) -> ReportView: ...

    async def health(self) -> Health: ...

    async def figures(self) -> Figures: ...

    def own_figures(self) -> OwnFigures:
        """From memory alone."""
        ...

    async def ping(self, token: str) -> bool:
        """A heartbeat reports. True once it is on disk; False for a token that is nobody's."""
        ...

    async def unsubscribe(self, token: str) -> bool:
        """Whether the token is one of ours; if so no opening reaches its person any more. Twice does no harm."""
        ...

    async def save_session(self, session: Session) -> None:
        """Store a new session, or a new `seen_at` of one that is there."""
        ...

    async def find_session(self, token_hash: str) -> Session | None: ...

    async def revoke_session(self, token_hash: str) -> None:
        """Forget it. One that is not there is no error."""
        ...
