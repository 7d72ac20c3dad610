"""Shapes: which keys each file may hold and of what type. What must agree across files is checked elsewhere.

What a kind decides (a check's kind and conditions, a channel, a detector) is `Any` here and fitted to the kind's own model.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sentinel.config.query import Query
from sentinel.config.text import (
    Day,
    Duration,
    Language,
    Line,
    Lines,
    Listening,
    MailAddress,
    Name,
    Network,
    OpeningHours,
    Period,
    Prose,
    Proses,
    Roles,
    WebAddress,
    Zone,
)
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.notice import NoticePolicy
from sentinel.model.secret import Secret
from sentinel.model.service import Impact

_INCIDENT, _ESTIMATE, _NOTICE = IncidentPolicy(), EstimatePolicy(), NoticePolicy()


class Shape(BaseModel):
    """No key but the known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)


class LoginShape(Shape):
    name: Line
    """How they appear in timelines."""
    email: MailAddress
    """What they sign in with; each once."""
    role: Roles
    """What they may do: one role, or a list of them."""
    password: Secret
    """A reference: ${env:NAME} or ${file:path}."""


class SqlShape(Shape):
    url: Secret | Line
    """Where the database is; a reference if it holds a password."""
    query: Query
    """The one SELECT that reads the people."""
    timeout: Period = timedelta(minutes=2)
    """How long the query may take."""


class HttpShape(Shape):
    url: WebAddress
    """Where the people are read from."""
    token: Secret | None = None
    """A reference; sent as a bearer token."""
    timeout: Period = timedelta(minutes=10)
    """How long the whole reading may take."""


class AudienceShape(Shape):
    csv: Line | None = None
    """Path of the CSV file of people."""
    sql: SqlShape | None = None
    """A query of a database that gives the people."""
    http: HttpShape | None = None
    """A service of yours that gives the people."""
    segment: Line | None = None
    """Only people whose segments hold it."""
    subscribers: bool | None = None
    """Those who asked to be told."""
    purpose: Literal["service", "subscriptions"] = "service"
    """What consent these messages need."""


class IncidentShape(Shape):
    group_within: Duration = _INCIDENT.group_within
    """Services with a common dependency that fail within this are one incident."""
    reopen_within: Duration = _INCIDENT.reopen_within
    """What fails again within this after the end reopens the incident."""
    hold: Duration = _INCIDENT.hold
    """How long everything must stay good before an incident is resolved."""
    hold_intervals: Annotated[int, Field(ge=0, le=1000)] = _INCIDENT.hold_intervals
    """And at least so many intervals of its checks; the longer of the two counts."""


class EstimateShape(Shape):
    round_to: Period = _ESTIMATE.round_to
    """Promised instants are rounded up to this."""
    at_most: Period = _ESTIMATE.at_most
    """No time is promised when P80 of the whole duration is over this."""
    spread_at_most: Annotated[float, Field(ge=1)] = _ESTIMATE.spread_at_most
    """Nor when P80 is over this many times P50."""
    borrow_below: Annotated[int, Field(ge=0)] = _ESTIMATE.borrow_below
    """A set of fewer past incidents borrows from wider ones."""
    least_ahead: Duration = _ESTIMATE.least_ahead
    """A promise is at least this far ahead when it is published."""


class NoticeShape(Shape):
    cancel_window: Duration = _NOTICE.cancel_window
    """How long an approval can be taken back."""
    desk_first: Duration = _NOTICE.desk_first
    """How long the desk has the words before customers, unless the lead says that it knows."""
    ask_before: Period = _NOTICE.ask_before
    """A person is asked this long before a promise lapses."""
    hold_before: Period = _NOTICE.hold_before
    """Holding words go out this long before it lapses if nobody answered; less than `ask_before`."""
    send_margin: Duration = _NOTICE.send_margin
    """What names a time does not leave later than this before it; at most `hold_before`."""
    next_word: Period = _NOTICE.next_word
    """Where no time can be given, how far ahead the next word is promised."""
    gather: Duration = _NOTICE.gather
    """News to staff after the first is gathered for so long, so that a burst is one message."""


class PoliciesShape(Shape):
    incident: IncidentShape = IncidentShape()
    """The times that rule an incident's life."""
    estimate: EstimateShape = EstimateShape()
    """When a time of return may be promised."""
    notice: NoticeShape = NoticeShape()
    """The times that rule messages."""


class DefaultsShape(Shape):
    """Of every check."""

    every: Period | None = None
    """Between two samples."""
    timeout: Period | None = None
    """For one sample, redirects and all."""
    confirm: Annotated[tuple[Period, ...], Field(max_length=20)] | None = None
    """After a sample that changes the verdict, when it is probed again, counted from that sample; []: never."""
    detect: dict[str, Any] = {}
    """Detector → its options."""


class InstallationShape(Shape):
    """sentinel.yaml."""

    name: Name
    """The installation's name."""
    brand: Line
    """Who signs the messages."""
    desk: Lines | None = None
    """How customers reach the desk, as a noun (“the number on your policy”), no link and no clock time."""
    url: WebAddress
    """Where people reach the console; links in staff notices begin with it."""
    time_zone: Zone
    """IANA name; the desk's times, and those of `open:` hours."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=50)]
    """Codes of the customers' languages; the first is the desk's."""
    store: Line = "sentinel.db"
    """Path of the SQLite file; its sidecars lie beside it."""
    listen: Listening = "127.0.0.1:8080"
    """Address and port of the console."""
    place: Name = "hub"
    """The name of where the hub probes from."""
    history: Line | None = None
    """Path of a CSV file of past incidents."""
    allow_private: tuple[Network, ...] = ()
    """Networks (CIDR) that probes may reach although they are private or loopback."""
    people: tuple[LoginShape, ...] = ()
    """Who may sign in."""
    channels: dict[Name, Any] = {}
    """Name → one kind with its options."""
    audiences: dict[Name, AudienceShape] = {}
    """Name → where the people are read from."""
    policies: PoliciesShape = PoliciesShape()
    """The times that rule incidents, estimates and notices."""
    defaults: DefaultsShape = DefaultsShape()
    """Of every check."""


class OwnerShape(Shape):
    team: Line
    """The team."""
    person: Line
    """A person of it."""
    reviewed: Day | None = None
    """The day on which that was last looked at; over 18 months ago it is called overdue."""


class CustomersShape(Shape):
    audience: str
    """One of `audiences` in sentinel.yaml."""
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    """Channels; the first is used."""
    worth_telling: Duration = timedelta(0)
    """Customers are not told of what has lasted less."""


class TellShape(Shape):
    staff: tuple[str, ...] = ()
    """Channels. A service without any tells those of all services: somebody must hear."""
    customers: CustomersShape | None = None
    """Whom; without it customers are never told."""


class ServiceShape(Shape):
    """checks/<service>.yaml."""

    service: Name
    """Its name: that of the file."""
    title: Lines
    """The customers' name for it."""
    owner: OwnerShape
    """Who answers for it."""
    depends_on: tuple[str, ...] = ()
    """Services that it stands on; no circles."""
    tell: TellShape = TellShape()
    """Who hears when it is ill."""
    checks: dict[Name, Any] = {}
    """Name → one check."""


class CheckShape(DefaultsShape):
    """One check, without its kind."""

    up: dict[str, Any] = {}
    """Conditions that hold, or the check is down."""
    healthy: dict[str, Any] = {}
    """Conditions that hold, or it is degraded."""
    calm: dict[str, Any] = {}
    """Conditions that hold, or staff see a warning on the board; nothing more."""
    means: dict[Literal["down", "degraded"], str] = {}
    """A statement of this service for `down` and for `degraded`. Without it customers are never told on this check's word."""


class InLanguages(Shape):
    """Texts under their languages, beside keys of its own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Prose]


class InsteadShape(InLanguages):
    open: OpeningHours = "always"
    """`always`, or hours such as `Mo-Fr 08:00-18:00; Sa 09:00-13:00`; closed, it is left out."""


class AssureShape(InLanguages):
    owner: Line
    """Who stands behind it."""
    evidence: Line
    """Where that is written."""
    until: Day
    """The last day it holds; later it is left out and the lead is told."""
    grace_days: Annotated[int, Field(ge=0, le=366)] | None = None
    """Fills {grace_day}: so many days after the day of the notice."""


class StatementShape(Shape):
    """One statement of templates/statements/<service>.yaml."""

    impact: Impact
    """How bad it is."""
    say: Proses
    """What customers feel."""
    headline: Lines | None = None
    """Opens the subject line; `say` if there is none."""
    do: Proses | None = None
    """What they must do, or that they need do nothing."""
    do_not: Proses | None = None
    """What they must not do."""
    instead: InsteadShape | None = None
    """What they can do instead."""
    afterwards: Proses | None = None
    """In the closing: what became of half-done things and whether to try again."""
    desk: Proses | None = None
    """For the desk alone."""
    assure: tuple[AssureShape, ...] = ()
    """Reassurances, each with its owner, evidence and last day."""
