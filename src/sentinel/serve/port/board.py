"""The first page: services and their checks, incidents in a line, the kill switch, trouble of our own."""

from dataclasses import dataclass, field
from datetime import datetime

from sentinel.model.incident import Incident
from sentinel.model.service import Impact
from sentinel.serve.services.port import Shown


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
    callers: int = 0
    """How many called about it in the last hour."""
    callers_usual: float | None = None
    """And how many are usual; None where that is not known."""


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
    warnings: tuple[TroubleLine, ...] = ()
    """What detectors warn of that open no incident, the oldest first."""
    canaries: int = 3
    """How many canaries are configured: with none, nobody knows whether our own place can see."""
