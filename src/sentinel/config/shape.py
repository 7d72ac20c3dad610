"""Shapes: which keys each file may hold and of what type. What must agree across files is checked elsewhere.

What a kind decides (a check's kind and conditions, a channel, a detector) is `Any` here and fitted to the kind's own model.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

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

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class LoginShape(Shape):
    name: Line
    email: MailAddress
    role: Literal["viewer", "desk", "lead", "owner", "engineer", "admin"]
    password: Secret


class AudienceShape(Shape):
    csv: Line
    segment: Line | None = None


class IncidentShape(Shape):
    group_within: Duration = _INCIDENT.group_within
    reopen_within: Duration = _INCIDENT.reopen_within
    hold: Duration = _INCIDENT.hold
    hold_intervals: Annotated[int, Field(ge=0, le=1000)] = _INCIDENT.hold_intervals


class EstimateShape(Shape):
    round_to: Period = _ESTIMATE.round_to
    at_most: Period = _ESTIMATE.at_most
    spread_at_most: Annotated[float, Field(ge=1)] = _ESTIMATE.spread_at_most
    borrow_below: Annotated[int, Field(ge=0)] = _ESTIMATE.borrow_below
    least_ahead: Duration = _ESTIMATE.least_ahead


class NoticeShape(Shape):
    cancel_window: Duration = _NOTICE.cancel_window
    desk_first: Duration = _NOTICE.desk_first
    ask_before: Period = _NOTICE.ask_before
    hold_before: Period = _NOTICE.hold_before
    send_margin: Duration = _NOTICE.send_margin
    next_word: Period = _NOTICE.next_word
    gather: Duration = _NOTICE.gather


class PoliciesShape(Shape):
    incident: IncidentShape = IncidentShape()
    estimate: EstimateShape = EstimateShape()
    notice: NoticeShape = NoticeShape()


class DefaultsShape(Shape):
    """Of every check."""

    every: Period | None = None
    timeout: Period | None = None
    confirm: Annotated[tuple[Period, ...], Field(max_length=20)] | None = None
    detect: dict[str, Any] = {}


class InstallationShape(Shape):
    """sentinel.yaml."""

    name: Name
    brand: Line
    desk: Lines | None = None
    url: WebAddress
    time_zone: Zone
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=50)]
    store: Line = "sentinel.db"
    listen: Listening = "127.0.0.1:8080"
    place: Name = "hub"
    history: Line | None = None
    allow_private: tuple[Network, ...] = ()
    people: tuple[LoginShape, ...] = ()
    channels: dict[Name, Any] = {}
    audiences: dict[Name, AudienceShape] = {}
    policies: PoliciesShape = PoliciesShape()
    defaults: DefaultsShape = DefaultsShape()


class OwnerShape(Shape):
    team: Line
    person: Line
    reviewed: Day | None = None


class CustomersShape(Shape):
    audience: str
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    worth_telling: Duration = timedelta(0)


class TellShape(Shape):
    staff: tuple[str, ...] = ()
    customers: CustomersShape | None = None


class ServiceShape(Shape):
    """checks/<service>.yaml."""

    service: Name
    title: Lines
    owner: OwnerShape
    depends_on: tuple[str, ...] = ()
    tell: TellShape = TellShape()
    checks: dict[Name, Any] = {}


class CheckShape(DefaultsShape):
    """One check, without its kind."""

    up: dict[str, Any] = {}
    healthy: dict[str, Any] = {}
    calm: dict[str, Any] = {}
    means: dict[Literal["down", "degraded"], str] = {}


class InLanguages(Shape):
    """Texts under their languages, beside keys of its own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Prose]


class InsteadShape(InLanguages):
    open: OpeningHours = "always"


class AssureShape(InLanguages):
    owner: Line
    evidence: Line
    until: Day
    grace_days: Annotated[int, Field(ge=0, le=366)] | None = None


class StatementShape(Shape):
    """One statement of templates/statements/<service>.yaml."""

    impact: Impact
    say: Proses
    headline: Lines | None = None
    do: Proses | None = None
    do_not: Proses | None = None
    instead: InsteadShape | None = None
    afterwards: Proses | None = None
    desk: Proses | None = None
    assure: tuple[AssureShape, ...] = ()
