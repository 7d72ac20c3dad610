"""`policies` of sentinel.yaml: the times and limits that rule incidents, estimates and messages."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from sentinel.config.shape.frame import Shape
from sentinel.config.text import DayHours, Duration, Name, Percent, Period
from sentinel.model.contact import ContactPolicy
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.installation import AuditPolicy
from sentinel.model.limits import Guards
from sentinel.model.notice import NoticePolicy
from sentinel.model.service import Impact

_CONTACTS = ContactPolicy()
_INCIDENT = IncidentPolicy()
_ESTIMATE = EstimatePolicy()
_NOTICE = NoticePolicy()
_GUARDS = Guards()
_AUDIT = AuditPolicy()


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
    """Other services count for this many past incidents at most."""
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


class ContactsShape(Shape):
    alarm: bool = _CONTACTS.alarm
    """Whether far more contacts than usual about a topic are a signal; `false`: they are only shown."""
    odds: Annotated[int, Field(ge=100, le=100_000_000)] = _CONTACTS.odds
    """It is raised when so many would come by chance in one quarter of an hour out of this many."""
    at_least: Annotated[int, Field(ge=2, le=100_000)] = _CONTACTS.at_least
    """Never for fewer contacts than this."""
    clears_after: Annotated[Period, Field(le=timedelta(hours=6))] = _CONTACTS.clears_after
    """How long they must have been as few as usual before it is over."""


class GuardsShape(Shape):
    two_above: Annotated[int, Field(ge=1)] = _GUARDS.two_above
    """A message to more people than this needs two who approve it."""
    first_batch: Annotated[int, Field(ge=1, le=1000)] = _GUARDS.first_batch
    """So many people get it first; the rest wait until it is known how that went."""
    pause_above: Percent = _GUARDS.pause_above
    """Percent of the first batch, and later of all that was sent: when more than this fails, the rest waits for a person."""
    judge_after: Period = _GUARDS.judge_after
    """How long the first batch is waited for; what is under way still counts as neither."""
    bounced_within: Duration = _GUARDS.bounced_within
    """After the first batch went out: how long what bounces is waited for, by channels whose bounces reach the hub."""
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


class PoliciesShape(Shape):
    incident: IncidentShape = IncidentShape()
    """The times that rule an incident's life."""
    estimate: EstimateShape = EstimateShape()
    """When a time of return may be promised."""
    notice: NoticeShape = NoticeShape()
    """The times that rule messages."""
    contacts: ContactsShape = ContactsShape()
    """When so many customers contact you that it is a signal."""
    guards: GuardsShape = GuardsShape()
    """How many people one word may reach, and how fast."""
    approve: tuple[StandingShape, ...] = ()
    """Rules that approve in the place of a person, within their limits."""
    audit: AuditShape = AuditShape()
    """How the hub examines itself."""
