"""Audience: a rule that names the affected customers; its source, and the question that the source is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from sentinel.model.person import Purpose
from sentinel.model.secret import Secret

PARAMETERS = ("began_at", "now", "places", "segment", "services")
"""What a source may be asked with."""
LISTS = ("places", "services")
"""Those of them that are lists: in SQL they stand as `in :places`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SqlSource:
    """One query of one database, read in a transaction that cannot write. `timeout`: for the whole answer."""

    url: Secret
    query: str
    timeout: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpSource:
    """One address that answers with people, page by page. `token` is sent as a bearer's. `timeout`: for the whole answer."""

    url: str
    token: Secret | None
    timeout: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """One audience of `audiences:`: where the people are read from (one of `csv`, `sql`, `http`, or none) and which of them.

    Paths are absolute. `subscribers`: whether people who subscribed to the services join them. `purpose`: which consent is
    asked for.
    """

    name: str
    csv: PurePath | None = None
    sql: SqlSource | None = None
    http: HttpSource | None = None
    segment: str | None = None
    subscribers: bool = True
    purpose: Purpose = Purpose.SERVICE


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a source is asked with: since when it has been so, where from it was seen, which services, and when it is asked.
    Instants are aware and in UTC."""

    began_at: datetime
    now: datetime
    places: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    def parameters(self, segment: str | None) -> Mapping[str, Any]:
        """By the names of `PARAMETERS`."""
        return {
            "began_at": self.began_at,
            "now": self.now,
            "places": list(self.places),
            "segment": segment or "",
            "services": list(self.services),
        }
