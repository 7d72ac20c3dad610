"""Assertions: the blocks `up`, `healthy` and `calm` as people write them, and what each of them may ask.

Pure. Belongs here: the shapes of every kind's assertions. Does not belong here: judging by them (condition.py, compare.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.probe import cel
from sentinel.probe.compare import steps_of

_STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True, use_attribute_docstrings=True)
_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=4096)]
_Texts: TypeAlias = _Text | Annotated[tuple[_Text, ...], Field(min_length=1, max_length=50)]
_Expression: TypeAlias = Annotated[str, Field(min_length=1, max_length=cel.LONGEST), AfterValidator(cel.check_syntax)]
_Status: TypeAlias = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern="^[1-5]xx$")]

NEEDS: Mapping[str, str] = {
    "status": "status",
    "body": "body",
    "below_ms": "total_ms",
    "certificate_days": "certificate_days",
    "json": "body",
    "header": "headers",
}
"""Condition → the fact that it judges."""

COMPARED: Mapping[FactType, frozenset[str]] = {
    "number": frozenset({"is", "is_not", "one_of", "above", "at_least", "below", "at_most"}),
    "text": frozenset({"is", "is_not", "one_of", "contains", "lacks"}),
    "yes or no": frozenset({"is", "is_not"}),
}
"""What a fact may be asked, by its type."""


def _walkable(path: str) -> str:
    steps_of(path)
    return path


class BodyHolds(BaseModel):
    """Texts that the body must or must not hold, letter for letter."""

    model_config = _STRICT

    contains: _Texts | None = None
    """A text that it must hold, or several, all of them."""
    lacks: _Texts | None = None
    """A text that it must not hold, or several, none of them."""

    @model_validator(mode="after")
    def _says_something(self) -> "BodyHolds":
        if self.contains is None and self.lacks is None:
            raise ValueError("say what the body `contains` or `lacks`")
        return self


class JsonHolds(BaseModel):
    """A value in a JSON body: `path` like `queue.workers[0].state`, compared with `value`."""

    model_config = _STRICT

    path: Annotated[_Text, AfterValidator(_walkable)]
    """Such as queue.workers[0].state."""
    op: Literal["==", "!=", "<", "<=", ">", ">=", "contains"] = "=="
    """How the two are compared."""
    value: str | int | float | bool | None
    """What it is compared with."""


class HeaderHolds(BaseModel):
    """A header of the answer (any case), which `is` a text, `contains` or `lacks` one."""

    model_config = _STRICT

    name: _Text
    """In any case."""
    is_: str | None = Field(default=None, alias="is", max_length=4096)
    """The whole value."""
    contains: _Text | None = None
    """A part of it."""
    lacks: _Text | None = None
    """What is in none of its values."""
    may_be_missing: bool = False
    """An answer without it is good, too."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "HeaderHolds":
        if sum(one is not None for one in (self.is_, self.contains, self.lacks)) != 1:
            raise ValueError("say one thing: what the header `is`, `contains` or `lacks`")
        return self


class FactHolds(BaseModel):
    """What a fact must be. A plain value stands for `is`. All that is written must hold."""

    model_config = _STRICT

    is_: str | int | float | bool | None = Field(default=None, alias="is")
    """This very value."""
    is_not: str | int | float | bool | None = None
    """Anything but this value."""
    one_of: Annotated[tuple[str | int | float, ...], Field(min_length=1, max_length=50)] | None = None
    """One of these."""
    above: float | None = None
    """More than this."""
    at_least: float | None = None
    """This or more."""
    below: float | None = None
    """Less than this."""
    at_most: float | None = None
    """This or less."""
    contains: _Texts | None = None
    """A text that holds this, or all of these, letter for letter."""
    lacks: _Texts | None = None
    """A text that holds none of these."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"is": value} if isinstance(value, str | int | float) else value

    @model_validator(mode="after")
    def _says_something(self) -> "FactHolds":
        if not self.asked:
            raise ValueError(
                "say what the fact must be: is, is_not, one_of, above, at_least, below, at_most, contains or lacks"
            )
        return self

    @property
    def asked(self) -> dict[str, Any]:
        """Comparison → with what, as people write them."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Conditions(BaseModel):
    """An assertion block. Every condition that is written must hold."""

    model_config = _STRICT

    status: _Status | Annotated[tuple[_Status, ...], Field(min_length=1, max_length=50)] | None = None
    """A status, several, or classes of them: 200, [200, 204], 2xx."""
    body: BodyHolds | None = None
    """Texts that the body must or must not hold, letter for letter."""
    below_ms: Annotated[float, Field(gt=0, le=3_600_000)] | None = None
    """The whole sample takes less than this, in milliseconds."""
    certificate_days: Annotated[float, Field(ge=0, le=3650)] | None = None
    """The certificate is valid for at least this many days more."""
    json_: JsonHolds | Annotated[tuple[JsonHolds, ...], Field(min_length=1, max_length=50)] | None = Field(
        default=None, alias="json"
    )
    """A value in a JSON body, or several."""
    header: HeaderHolds | Annotated[tuple[HeaderHolds, ...], Field(min_length=1, max_length=50)] | None = None
    """A header of the answer, or several."""
    fact: Annotated[Mapping[str, FactHolds], Field(min_length=1, max_length=50)] | None = None
    """Any fact that the kind gives → what it must be."""
    when: _Expression | Annotated[tuple[_Expression, ...], Field(min_length=1, max_length=10)] | None = None
    """A CEL expression over the facts that must come to true, or several; an extra."""
