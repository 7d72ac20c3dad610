"""Who signs in, who is written to, and by what."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from sentinel.config.query import Query
from sentinel.config.shape.frame import Shape
from sentinel.config.text import Line, MailAddress, Period, PerTime, Reachable, Roles, WebAddress
from sentinel.model.database import engine_of
from sentinel.model.secret import Secret


class ChannelShape(Shape):
    """What stands beside the kind of a channel, the same for every kind."""

    rate: PerTime | None = None
    """How many messages may leave by it at most: `50/s`, `1000/h`; for all hubs and workers together."""
    falls_over_to: tuple[str, ...] = ()
    """For staff: which channels get what it does not take within a minute, the first that the notice has not gone by."""
    connections: Annotated[int, Field(ge=1, le=50)] | None = None
    """For customers: how many connections each hub and worker opens; 4 if none is written. More is faster: ask the provider."""


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

    @field_validator("url")
    @classmethod
    def _is_database(cls, url: Secret | str) -> Secret | str:
        engine_of(url.reveal() if isinstance(url, Secret) else url)
        return url


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


class DrillShape(Shape):
    only: Annotated[tuple[Reachable, ...], Field(min_length=1)]
    """Addresses, numbers and domains (`@example.org`); nobody else is ever written to."""
