"""Steps in a browser as people write them: where to go, what to fill in, choose and click, what must then be seen.

Belongs here: what a step holds. Does not belong here: doing it (page.py). Selectors are Playwright's: CSS, `text=Sign in`,
`role=button[name="Pay"]`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.probe.journey.fill import Name
from sentinel.probe.journey.step import StepName

Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Selector: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
_Texts: TypeAlias = Text | Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]
_Fields: TypeAlias = Annotated[Mapping[Selector, Annotated[str, Field(max_length=4096)]], Field(max_length=30)]
_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Expect(BaseModel):
    """What must be so, all of it, within the step's patience."""

    model_config = _STRICT

    text: _Texts | None = None
    """A text that the page shows, or several, letter for letter."""
    lacks: _Texts | None = None
    """A text that it must not show, or several."""
    selector: Selector | None = None
    """Something that must be visible."""
    url: Text | None = None
    """A part of the address."""
    title: Text | None = None
    """A part of the page's title."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> "Expect":
        if all(value is None for _, value in self):
            raise ValueError("say what to expect: `text`, `lacks`, `selector`, `url` or `title`")
        return self


class KeepShown(BaseModel):
    """Where on the page a value is found. One of these."""

    model_config = _STRICT

    text_of: Selector | None = None
    """The text of what this selects."""
    value_of: Selector | None = None
    """What stands in the field that this selects."""
    between: tuple[Text, Text] | None = None
    """What the page shows between two texts."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "KeepShown":
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("say one of `text_of`, `value_of` or `between`")
        return self


class PageStep(BaseModel):
    """One step. What it holds is done in this order: open, fill, select, click, expect, keep."""

    model_config = _STRICT

    step: StepName
    """Its name, in small letters and digits: reasons name it, and `sign in` gives the fact `sign_in_ms`."""
    open: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    """The address to go to; what begins with / stands on `site`. A status of 400 or more fails the step."""
    fill: _Fields = {}
    """Selector of a field → what is put into it."""
    select: _Fields = {}
    """Selector of a list → the label or value that is chosen."""
    click: Selector | None = None
    """What is clicked, the first that the selector finds."""
    expect: Expect | None = None
    """What must then be so. A plain text stands for `text`."""
    within: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(minutes=5))] = timedelta(seconds=5)
    """How long each field, list, click and expectation is waited for."""
    below_ms: Annotated[float, Field(gt=0, le=3_600_000)] | None = None
    """The whole step takes less than this, in milliseconds."""
    keep: Annotated[Mapping[Name, KeepShown], Field(max_length=20)] = {}
    """Name → where its value is found; later steps write `{name}`."""

    @model_validator(mode="after")
    def _does_something(self) -> "PageStep":
        if not (self.open or self.fill or self.select or self.click or self.expect or self.keep):
            raise ValueError("say what the step does: `open`, `fill`, `select`, `click`, `expect` or `keep`")
        return self
