"""Installation: everything that people wrote, read and validated whole. Made by config/, passed to those who need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath as PurePath  # config makes paths too, and may not import pathlib itself
from typing import Any

from sentinel.model.account import Role
from sentinel.model.agent import Far
from sentinel.model.audience import Audience as Audience  # one of an installation's parts, like those below
from sentinel.model.check import Check
from sentinel.model.contact import ContactPolicy
from sentinel.model.delivery import Rate
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.hook import Hook
from sentinel.model.incident import IncidentPolicy
from sentinel.model.keep import Keep
from sentinel.model.limits import Drill, Guards, StandingConsent
from sentinel.model.notice import NoticePolicy
from sentinel.model.returned import Ways
from sentinel.model.secret import Secret
from sentinel.model.service import Service
from sentinel.model.statement import Statement
from sentinel.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One channel of `channels:`: its name, kind (slack, email) and that kind's validated options.

    `rate`: how fast it may be used, by all who send. `falls_over_to`: channels for staff that get what it does not take.
    `connections`: how many each process opens for customers' messages; None: as many as it thinks fit.
    """

    name: str
    kind: str
    options: Any
    rate: Rate | None = None
    falls_over_to: tuple[str, ...] = ()
    connections: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Somebody of sentinel.yaml who may sign in. (Accounts made on a running hub: model/account.py.)"""

    name: str
    email: str
    roles: tuple[Role, ...]
    password: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateFile:
    """One file of templates/<audience>/<occasion>.<language>, read as text; notify/ parses it."""

    path: str
    occasion: str
    language: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """Which private addresses probes may reach: networks in CIDR form, from the file alone."""

    allow: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadMan:
    """Who is to alarm when we fall silent: `url` is pinged each `every`, for as long as the self-audit passes."""

    url: Secret
    every: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPolicy:
    """The self-audit: how often, and how late any step of ours may be before it fails."""

    every: timedelta = timedelta(seconds=30)
    late_after: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """The whole. `languages[0]` is the desk's. `brand` signs messages."""

    name: str
    brand: str
    url: str
    zone: str
    languages: tuple[str, ...]
    place: str
    store: PurePath
    """The SQLite file; with a `database`, what this machine's own files are named after."""
    listen: str
    services: Mapping[str, Service]
    statements: Mapping[str, Statement]
    checks: Mapping[str, Check]
    channels: Mapping[str, Channel]
    audiences: Mapping[str, Audience]
    templates: tuple[TemplateFile, ...]
    logins: tuple[Login, ...]
    database: Secret | None = None
    """The URL of the PostgreSQL database that hubs and workers share; None: SQLite."""
    history: PurePath | None = None
    desk: Words | None = None
    """How customers reach the desk, as a noun ("the number on your policy"), per language; no link and no clock time."""
    guard: Guard = field(default_factory=Guard)
    places: Mapping[str, Far] = field(default_factory=dict)
    """Name → a place beside the hub's own, where agents probe."""
    canaries: tuple[str, ...] = ()
    """Targets that we do not watch, by which the hub's place knows whether it can see: tcp://host:port, or web addresses."""
    disk_reserve: int = 200_000_000
    """Bytes that must be free on the store's disk, or customers' sends wait: what cannot be recorded is not sent."""
    dead_man: DeadMan | None = None
    returns: Ways = field(default_factory=Ways)
    """How mail that came back reaches us."""
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    """Name → another tool that reports to us."""
    audit: AuditPolicy = field(default_factory=AuditPolicy)
    incident: IncidentPolicy = field(default_factory=IncidentPolicy)
    estimate: EstimatePolicy = field(default_factory=EstimatePolicy)
    contacts: ContactPolicy = field(default_factory=ContactPolicy)
    notice: NoticePolicy = field(default_factory=NoticePolicy)
    keep: Keep = field(default_factory=Keep)
    guards: Guards = field(default_factory=Guards)
    standing: tuple[StandingConsent, ...] = ()
    """Written rules that approve in the place of a person, in their order."""
    modules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """Modules of blackbox_exporter by which scrapers may have targets looked at, as they are written there."""
    modules_file: PurePath | None = None
    """The file that further ones come from."""
    drill: Drill | None = None
    """None: it is real."""
