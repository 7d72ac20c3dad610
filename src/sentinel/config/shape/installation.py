"""sentinel.yaml."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator

from sentinel.config.shape.check import DefaultsShape
from sentinel.config.shape.frame import Shape
from sentinel.config.shape.hooks import HookShape
from sentinel.config.shape.people import AudienceShape, DrillShape, LoginShape
from sentinel.config.shape.policy import PoliciesShape
from sentinel.config.shape.returns import ReturnsShape
from sentinel.config.text import (
    Canary,
    Day,
    Language,
    Line,
    Lines,
    Listening,
    Name,
    Network,
    Period,
    Size,
    WebAddress,
    WeekDays,
    Zone,
    is_web_address,
)
from sentinel.model.database import engine_of
from sentinel.model.keep import Keep
from sentinel.model.secret import Secret
from sentinel.model.web import split

_KEEP = Keep()


class DeadManShape(Shape):
    url: Secret
    """A reference to the address that is asked (POST) at each ping; whoever has it can keep the alarm silent."""
    every: Period = timedelta(seconds=60)
    """How often, for as long as the self-audit passes."""

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: Secret) -> Secret:
        split(url.reveal())
        if not is_web_address(url.reveal()):
            raise ValueError("what this reference stands for is no http or https address")
        return url


class KeepShape(Shape):
    observations: Period = _KEEP.observations
    """What probes saw, in whole days."""
    minutes: Period = _KEEP.minutes
    """What probes saw, rolled up by minutes."""
    hours: Period = _KEEP.hours
    """What probes saw, rolled up by hours; at least as long as `minutes`."""
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


class CalendarShape(Shape):
    """Business days, for detectors that count them."""

    week: WeekDays = "Mo-Fr"
    """The days on which work is done, like `Mo-Fr` or `Mo,We-Fr`."""
    holidays: Annotated[tuple[Day, ...], Field(max_length=1000)] = ()
    """Days on which none is done, though they are such days."""


class PlaceShape(Shape):
    """A place where agents probe."""

    canaries: Annotated[tuple[Canary, ...], Field(max_length=9)] | None = None
    """Its own canaries; left out: those of the installation."""
    allow_private: tuple[Network, ...] = ()
    """Networks (CIDR) that its probes may reach although they are private or loopback."""


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
    places: Annotated[dict[Name, PlaceShape], Field(max_length=50)] = {}  # noqa: RUF012 - pydantic copies it
    """Other places, where agents probe: name → what holds there."""
    calendar: CalendarShape = CalendarShape()
    """On which days work is done."""
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
    returns: ReturnsShape | None = None
    """How mail that could not be delivered comes back to the hub."""
    hooks: Annotated[dict[Name, HookShape], Field(max_length=50)] = {}  # noqa: RUF012 - pydantic copies it
    """Other tools that report to `/hooks/<name>`: name → what it speaks, how it is known, what its alerts are about."""
    people: tuple[LoginShape, ...] = ()
    """Who may sign in."""
    channels: dict[Name, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Name → one kind with its options."""
    audiences: dict[Name, AudienceShape] = {}  # noqa: RUF012 - pydantic copies it
    """Name → where the people are read from."""
    policies: PoliciesShape = PoliciesShape()
    """The times that rule incidents, estimates and notices."""
    keep: KeepShape = KeepShape()
    """How long things are kept before they are let go of."""
    defaults: DefaultsShape = DefaultsShape()
    """Of every check."""
    modules: Annotated[dict[str, Any], Field(max_length=500)] = {}  # noqa: RUF012 - pydantic copies it
    """Modules of blackbox_exporter, as they are written there, by which `/probe` looks at targets."""
    modules_file: Line | None = None
    """Path of a file of blackbox_exporter that holds further modules."""
    drill: DrillShape | None = None
    """Practice: only those named here are ever written to, and all says that it is a drill."""

    @field_validator("database")
    @classmethod
    def _is_postgresql(cls, database: Secret | None) -> Secret | None:
        if database is not None and engine_of(database.reveal()) not in ("postgresql", "postgres"):
            raise ValueError(
                "what this reference stands for is no address of PostgreSQL, such as postgresql://name:password@host/database"
            )
        return database
