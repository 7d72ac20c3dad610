"""Installation: everything that people wrote, read and validated whole. Made by config/, passed to those who need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath as PurePath  # config makes paths too, and may not import pathlib itself
from typing import Any

from sentinel.model.account import Role
from sentinel.model.audience import Audience as Audience  # one of an installation's parts, like those below
from sentinel.model.check import Check
from sentinel.model.estimate import EstimatePolicy
from sentinel.model.incident import IncidentPolicy
from sentinel.model.notice import NoticePolicy
from sentinel.model.secret import Secret
from sentinel.model.service import Service
from sentinel.model.statement import Statement
from sentinel.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One channel of `channels:`: its name, kind (slack, email) and that kind's validated options."""

    name: str
    kind: str
    options: Any


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
class Installation:
    """The whole. `languages[0]` is the desk's. `brand` signs messages."""

    name: str
    brand: str
    url: str
    zone: str
    languages: tuple[str, ...]
    place: str
    store: PurePath
    listen: str
    services: Mapping[str, Service]
    statements: Mapping[str, Statement]
    checks: Mapping[str, Check]
    channels: Mapping[str, Channel]
    audiences: Mapping[str, Audience]
    templates: tuple[TemplateFile, ...]
    logins: tuple[Login, ...]
    history: PurePath | None = None
    desk: Words | None = None
    """How customers reach the desk, as a noun ("the number on your policy"), per language; no link and no clock time."""
    guard: Guard = field(default_factory=Guard)
    incident: IncidentPolicy = field(default_factory=IncidentPolicy)
    estimate: EstimatePolicy = field(default_factory=EstimatePolicy)
    notice: NoticePolicy = field(default_factory=NoticePolicy)
