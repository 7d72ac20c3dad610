"""What the API asks of the hub beside what the pages ask: long lists by the page, and one delivery.

Belongs here: views and the part of the port that gives them. How they are found: run/lists.py over store/lists.py.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sentinel.model.delivery import Delivery
from sentinel.model.estimate import Estimate
from sentinel.model.incident import Entry
from sentinel.serve.port import Hub, IncidentLine


class Which(StrEnum):
    """Incidents that are open, or over."""

    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentsPage:
    """Some incidents, newest first. `next`: pass it as `after` for older ones; None at the end."""

    incidents: tuple[IncidentLine, ...]
    next: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelinePage:
    """Some entries of one incident, oldest first. `next`: pass it as `after` for later ones; None at the end."""

    incident: int
    entries: tuple[Entry, ...]
    next: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimatesPage:
    """Some estimates of one incident, as they were made, oldest first. `next`: pass it as `after`; None at the end."""

    incident: int
    estimates: tuple[Estimate, ...]
    next: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriberView:
    """Somebody who asked to hear of trouble. `services` empty: of all."""

    person: str
    address: str
    name: str
    language: str
    zone: str
    services: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscribersPage:
    """Some subscribers in the order of their ids. `next`: pass it as `after` for more; None at the end."""

    subscribers: tuple[SubscriberView, ...]
    next: str | None = None


class ApiHub(Hub, Protocol):
    """The hub as the API sees it. `limit` is 1 to 500 (incidents: to 100); an unknown id is None."""

    async def incidents(self, *, after: int | None, limit: int, which: Which | None = None) -> IncidentsPage: ...

    async def timeline(self, incident: int, *, after: int, limit: int) -> TimelinePage | None: ...

    async def estimates(self, incident: int, *, after: int, limit: int) -> EstimatesPage | None: ...

    async def delivery(self, delivery: int) -> Delivery | None: ...

    async def subscribers(self, *, after: str, limit: int) -> SubscribersPage: ...
