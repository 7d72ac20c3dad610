"""value: a number or a text that somebody sends us, judged by the check's conditions: a queue's length, the state of a job.

Nobody probes it: it comes to `POST /api/v1/values/<check>` (run/heartbeat.py). Belongs here: its options, and whether what came
is what was announced. Does not belong here: when it is overdue (detect/kind/silence.py).
"""

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.model.pushed import Value
from sentinel.model.secret import Secret
from sentinel.probe import due
from sentinel.probe.assertion import Conditions
from sentinel.probe.kind.heartbeat import check_token

LIVES_IN: Final = "hub"
FACTS: Final[Mapping[str, FactType]] = {"value": "number"}
TEXT_LIMIT: Final = 4000
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Options(BaseModel):
    """What is sent, and by which secret its sender is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    token: Secret
    """A reference to the token that its sender shows, 22 letters and digits or more that nobody guesses."""
    type: Literal["number", "text"] = "number"
    """What the value is."""
    facts: Annotated[Mapping[_Name, Literal["number", "text", "yes or no"]], Field(max_length=20)] = {}
    """Other facts that may come with it → what each of them is."""
    period: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] | None = None
    """How often it comes; without it, it is never overdue."""
    grace: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=366))] = timedelta(minutes=1)
    """How much later than that it may be."""

    @field_validator("token")
    @classmethod
    def _cannot_be_guessed(cls, token: Secret) -> Secret:
        return check_token(token)

    @field_validator("facts")
    @classmethod
    def _are_its_own(cls, facts: Mapping[str, str]) -> Mapping[str, str]:
        if "value" in facts or "evidence" in facts:
            raise ValueError("`value` and `evidence` are names of our own")
        return facts

    @property
    def expected(self) -> due.Expected:
        """When it is expected next."""
        return (lambda after: None) if self.period is None else due.every(self.period)

    @property
    def run_limit(self) -> timedelta:
        """It has no runs."""
        return self.grace


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a value that came is good."""
    return up


def of(options: Any) -> Options:
    """The options of a check, from the plain data that a check holds."""
    return Options.model_validate({**options, "token": Secret(options["token"])})


def facts_of(options: Mapping[str, Any]) -> Mapping[str, FactType]:
    """The facts that these options bring about."""
    return {"value": options.get("type", "number"), **options.get("facts", {})}


def faults(options: Options, came: Value) -> tuple[str, ...]:
    """Why `came` is not what was announced, empty where it is."""
    wanted: dict[str, str] = {"value": options.type, **options.facts}
    given: dict[str, Fact] = {**came.facts, "value": came.value}
    if "value" in came.facts:
        return ("facts: `value` stands beside them",)
    unknown = [f"facts: this check has no fact `{name[:40]}`" for name in came.facts if name not in wanted]
    return tuple(unknown) + tuple(
        f"{name}: {wrong}" for name, kind in wanted.items() if name in given and (wrong := _wrong(kind, given[name]))
    )


def _wrong(kind: str, fact: Fact) -> str:
    if kind == "yes or no":
        return "" if isinstance(fact, bool) else "true or false is wanted here"
    if kind == "number":
        fits = isinstance(fact, int | float) and not isinstance(fact, bool) and isfinite(fact) and abs(fact) < 1e300
        return "" if fits else "a number is wanted here"
    fits = isinstance(fact, str) and len(fact) <= TEXT_LIMIT
    return "" if fits else f"a text of at most {TEXT_LIMIT} characters is wanted here"
