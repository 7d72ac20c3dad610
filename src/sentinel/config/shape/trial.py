"""A test of checks (docs/reference/tests.md): what would be seen, and what must come of it."""

from typing import Annotated, Any

from pydantic import Field

from sentinel.config.shape.frame import Shape
from sentinel.config.text import Line, Period
from sentinel.model.incident import Phase
from sentinel.model.service import Impact

MOST_STEPS, MOST_WANTED = 1_000, 200


class TrialShape(Shape):
    """One test."""

    test: Line
    """What it shows, in a few words; its name in reports."""
    start: str = ""
    """When it begins, `2026-11-20 10:00` on the installation's clock."""
    every: Period | None = None
    """Between two samples."""
    samples: Annotated[dict[str, Any], Field(min_length=1, max_length=MOST_WANTED)]
    """Check, or check@place → what is seen of it, sample by sample."""
    expect: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_WANTED)]
    """What must be so, instant by instant."""


class StepShape(Shape):
    """Samples with facts."""

    facts: dict[str, str | int | float | bool | None] = {}  # noqa: RUF012 - pydantic copies it
    """What the probe found; the check's own assertions judge it."""
    body: str = ""
    """The answer's body, for assertions that look into it."""
    headers: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """The answer's headers, for assertions that look at them."""
    times: Annotated[int, Field(ge=1)] | None = None
    """How many samples."""
    lasts: Period | None = None
    """For how long, instead of `times`."""


class ExpectShape(Shape):
    """What must be so at one instant. What is not written is not asked."""

    at: str | int
    """When: `6m` after the start, or `10:06` on the installation's clock."""
    signals: Annotated[list[Any], Field(max_length=MOST_WANTED)] | None = None
    """The signals that stand, these and no others: `payments.card-form outage`, or with more; []: none."""
    incident: Any = None
    """The newest incident; `none`: there is none."""
    staff: Annotated[list[Any], Field(max_length=MOST_WANTED)] | None = None
    """What staff were told so far, these and nothing else, in their order."""
    customers: Annotated[list[Any], Field(max_length=MOST_WANTED)] | None = None
    """What waits for approval to be told to customers, these and nothing else; []: nothing."""
    promise: str | None = None
    """The time of return that the waiting draft gives; `none`: it gives none."""
    next_word: str | None = None
    """By when the waiting draft promises the next word; `none`: it promises none."""


class SignalShape(Shape):
    """One signal that stands."""

    check: str
    """The check that it is about."""
    detector: str
    """The detector that raised it."""
    place: str | None = None
    """The place that sees it."""
    since: str | None = None
    """Its first bad sample."""
    means: str | None = None
    """The statement that it stands for; `none`: no statement."""


class WantedIncidentShape(Shape):
    """The newest incident."""

    phase: Phase | None = None
    """Its phase."""
    root: str | None = None
    """The service at its root."""
    services: list[str] | None = None
    """The services that it touches, these and no others."""
    felt: list[str] | None = None
    """The statements in force, these and no others."""
    impact: Impact | None = None
    """The worst that customers feel."""
    began: str | None = None
    """Since when."""
    recovered: str | None = None
    """The first good sample of its end."""


class WantedNoticeShape(Shape):
    """One message, or one draft."""

    occasion: str
    """What it is for."""
    language: str | None = None
    """In which language its words are looked at; the first one if not given."""
    says: list[str] = []  # noqa: RUF012 - pydantic copies it
    """Words that stand in it."""
    lacks: list[str] = []  # noqa: RUF012 - pydantic copies it
    """Words that do not."""
