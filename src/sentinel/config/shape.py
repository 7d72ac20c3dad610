"""Shapes: which keys each file may hold and of what type. What must agree across files is checked elsewhere.

What a kind decides (a check's kind and conditions, a channel, a detector) is `Any` here and fitted to the kind's own model.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sentinel.config.query import Query
from sentinel.config.text import (
    Canary,
    Day,
    DayHours,
    Duration,
    Language,
    Line,
    Lines,
    Listening,
    MailAddress,
    Name,
    Network,
    OpeningHours,
    Percent,
    Period,
    PerTime,
    Prose,
    Proses,
    Reachable,
    Roles,
    Size,
    WebAddress,
    Zone,
    is_web_address,
)
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.installation import AuditPolicy
from sentinel.model.keep import Keep
from sentinel.model.limits import Guards
from sentinel.model.notice import NoticePolicy
from sentinel.model.secret import Secret
from sentinel.model.service import Impact

_INCIDENT, _ESTIMATE, _NOTICE, _GUARDS = IncidentPolicy(), EstimatePolicy(), NoticePolicy(), Guards()
_AUDIT = AuditPolicy()
_KEEP = Keep()


class Shape(BaseModel):
    """No key but the known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)


class ChannelShape(Shape):
    """What stands beside the kind of a channel, the same for every kind."""

    rate: PerTime | None = None
    """How many messages may leave by it at most: `50/s`, `1000/h`; for all hubs and workers together."""
    falls_over_to: tuple[str, ...] = ()
    """For staff: which channels get what it does not take within a minute, the first that the notice has not gone by."""


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


class AuditShape(Shape):
    every: Period = _AUDIT.every
    """How often the hub examines itself."""
    late_after: Period = _AUDIT.late_after
    """How late a step of its own may be: a notice that is due, a message that could go, a lease that should be renewed."""


class DeadManShape(Shape):
    url: Secret
    """A reference to the address that is asked (POST) at each ping; whoever has it can keep the alarm silent."""
    every: Period = timedelta(seconds=60)
    """How often, for as long as the self-audit passes."""

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: Secret) -> Secret:
        if not is_web_address(url.reveal()):
            raise ValueError("what this reference stands for is no http or https address")
        return url


class GuardsShape(Shape):
    two_above: Annotated[int, Field(ge=1)] = _GUARDS.two_above
    """A message to more people than this needs two who approve it."""
    first_batch: Annotated[int, Field(ge=1, le=1000)] = _GUARDS.first_batch
    """So many people get it first; the rest wait until it is known how that went."""
    pause_above: Percent = _GUARDS.pause_above
    """Percent of the first batch: when more than this fails, the rest waits for a person."""
    judge_after: Period = _GUARDS.judge_after
    """How long the first batch is waited for; what is under way still counts as neither."""
    each_per_day: Annotated[int, Field(ge=1)] = _GUARDS.each_per_day
    """Messages that one person, or one address, gets in 24 hours over all incidents."""
    each_per_month: Annotated[int, Field(ge=1)] = _GUARDS.each_per_month
    """And in 30 days."""
    all_per_hour: Annotated[int, Field(ge=1)] = _GUARDS.all_per_hour
    """Messages that go out altogether in an hour; the rest waits and goes on by itself."""
    all_per_day: Annotated[int, Field(ge=1)] = _GUARDS.all_per_day
    """And in 24 hours."""
    quiet: DayHours | None = None
    """Hours such as `21:00-08:00`, by each reader's clock, in which only a major outage begins."""


class StandingShape(Shape):
    """One rule of `policies.approve`."""

    name: Name
    """Its name, which stands in each approval that it gives."""
    occasions: Annotated[tuple[Literal["opened", "again", "widened", "delayed"], ...], Field(min_length=1)]
    """Which messages it may approve."""
    at_most: Annotated[int, Field(ge=1)]
    """To no more people than this; never more than `two_above`."""
    impact: Impact = Impact.MAJOR_OUTAGE
    """At most so bad."""
    audiences: tuple[Name, ...] = ()
    """To these audiences and no others; []: whichever."""
    per_day: Annotated[int, Field(ge=1)] = 1
    """How many approvals it may give in 24 hours."""
    hours: DayHours | None = None
    """When, by the installation's clock, such as `22:00-06:00`; without it always."""


class DrillShape(Shape):
    only: Annotated[tuple[Reachable, ...], Field(min_length=1)]
    """Addresses, numbers and domains (`@example.org`); nobody else is ever written to."""


class PoliciesShape(Shape):
    incident: IncidentShape = IncidentShape()
    """The times that rule an incident's life."""
    estimate: EstimateShape = EstimateShape()
    """When a time of return may be promised."""
    notice: NoticeShape = NoticeShape()
    """The times that rule messages."""
    guards: GuardsShape = GuardsShape()
    """How many people one word may reach, and how fast."""
    approve: tuple[StandingShape, ...] = ()
    """Rules that approve in the place of a person, within their limits."""
    audit: AuditShape = AuditShape()
    """How the hub examines itself."""


class KeepShape(Shape):
    observations: Period = _KEEP.observations
    """What probes saw, in whole days."""
    deliveries: Period = _KEEP.deliveries
    """Customers' names and addresses in deliveries and audiences, and the calls that the desk counted."""
    audit: Period = _KEEP.audit
    """The lines of the audit."""
    keys: Period = _KEEP.keys
    """Idempotency keys of commands."""
    callbacks: Period = _KEEP.callbacks
    """What providers reported back."""
    quarantine: Period = _KEEP.quarantine
    """Input that could not be taken in."""


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
    database: Secret | None = None
    """A reference to the URL of a PostgreSQL database, for many hubs and workers; `store` then names this machine's files."""
    listen: Listening = "127.0.0.1:8080"
    """Address and port of the console."""
    place: Name = "hub"
    """The name of where the hub probes from."""
    history: Line | None = None
    """Path of a CSV file of past incidents."""
    allow_private: tuple[Network, ...] = ()
    """Networks (CIDR) that probes and channels by HTTP may reach although they are private or loopback."""
    canaries: Annotated[tuple[Canary, ...], Field(max_length=9)] = ()
    """Three or more targets that are not yours and do not fail together, by which the hub knows whether it can see at all."""
    disk_reserve: Size = 200_000_000
    """Free space of the store's disk below which messages to customers wait: what cannot be recorded is not sent."""
    dead_man: DeadManShape | None = None
    """Who alarms when Sentinel itself falls silent."""
    people: tuple[LoginShape, ...] = ()
    """Who may sign in."""
    channels: dict[Name, Any] = {}
    """Name → one kind with its options."""
    audiences: dict[Name, AudienceShape] = {}
    """Name → where the people are read from."""
    policies: PoliciesShape = PoliciesShape()
    """The times that rule incidents, estimates and notices."""
    keep: KeepShape = KeepShape()
    """How long things are kept before they are let go of."""
    defaults: DefaultsShape = DefaultsShape()
    """Of every check."""
    drill: DrillShape | None = None
    """Practice: only those named here are ever written to, and all says that it is a drill."""


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
    """Channels; each person is reached by the first for which they have an address and which they allow."""
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
