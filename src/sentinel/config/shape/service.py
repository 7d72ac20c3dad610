"""checks/<service>.yaml."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Day, Duration, Line, Lines, Name


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
    checks: dict[Name, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Name → one check."""
