"""templates/statements/<service>.yaml: what customers feel, and what is said to them."""

from typing import Annotated

from pydantic import ConfigDict, Field

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Day, Line, Lines, OpeningHours, Prose, Proses
from sentinel.model.service import Impact


class InLanguages(Shape):
    """Texts under their languages, beside keys of its own."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Prose]


class InsteadShape(InLanguages):
    open: OpeningHours = "always"
    """`always`, or hours such as `Mo-Fr 08:00-18:00; Sa 09:00-13:00`; closed, it is left out."""


class AssureShape(InLanguages):
    owner: Line
    """Who stands behind it."""
    evidence: Line
    """Where that is written."""
    until: Day
    """The last day it holds; later it is left out and the lead is told."""
    grace_days: Annotated[int, Field(ge=0, le=366)] | None = None
    """Fills {grace_day}: so many days after the day of the notice."""


class StatementShape(Shape):
    """One statement of templates/statements/<service>.yaml."""

    impact: Impact
    """How bad it is."""
    say: Proses
    """What customers feel."""
    headline: Lines | None = None
    """Opens the subject line; `say` if there is none."""
    do: Proses | None = None
    """What they must do, or that they need do nothing."""
    do_not: Proses | None = None
    """What they must not do."""
    instead: InsteadShape | None = None
    """What they can do instead."""
    afterwards: Proses | None = None
    """In the closing: what became of half-done things and whether to try again."""
    desk: Proses | None = None
    """For the desk alone."""
    assure: tuple[AssureShape, ...] = ()
    """Reassurances, each with its owner, evidence and last day."""
    corrects: bool = False
    """Whether a message of our own was wrong: then a correction is drafted, in the place of the opening."""
