"""One check of a service, and what stands for every check."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Name, Period


class DefaultsShape(Shape):
    """Of every check."""

    every: Period | None = None
    """Between two samples."""
    timeout: Period | None = None
    """For one sample, redirects and all."""
    confirm: Annotated[tuple[Period, ...], Field(max_length=20)] | None = None
    """After a sample that changes the verdict, when it is probed again, counted from that sample; []: never."""
    detect: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Detector → its options."""
    places: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)] | None = None
    """From which places it is looked at: the hub's own and those of `places:`; left out: from all of them."""


class CheckShape(DefaultsShape):
    """One check, without its kind."""

    up: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Conditions that hold, or the check is down."""
    healthy: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Conditions that hold, or it is degraded."""
    calm: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """Conditions that hold, or staff see a warning on the board; nothing more."""
    means: dict[Literal["down", "degraded"], str] = {}  # noqa: RUF012 - pydantic copies it
    """A statement of this service for `down` and for `degraded`. Without it customers are never told on this check's word."""
