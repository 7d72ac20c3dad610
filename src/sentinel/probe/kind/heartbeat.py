"""heartbeat: what it watches reports to us at `/ping/<token>`, and is overdue when it does not.

Nobody probes it: pings and looks at the clock are observations that the hub makes itself (run/heartbeat.py). Belongs here: its
options. Does not belong here: when it is overdue (detect/kind/silence.py).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.probe import due
from sentinel.probe.assertion import Conditions

LIVES_IN: Final = "hub"
FACTS: Final[Mapping[str, FactType]] = {"exit_code": "number", "run_ms": "number", "body": "text"}
"""Facts that conditions may judge. `body` is judged where it comes and does not travel."""
SHORTEST_TOKEN: Final = 22
"""Characters: 128 bits, as letters and digits of base64."""


def check_token(token: Secret) -> Secret:
    """One that nobody guesses. ValueError says what it must be."""
    value = token.reveal()
    if not SHORTEST_TOKEN <= len(value) <= 128 or not value.isascii() or not all(c.isalnum() or c in "-_" for c in value):
        raise ValueError(f"a token has {SHORTEST_TOKEN} to 128 letters, digits, `-` and `_`")
    return token


class Options(BaseModel):
    """When it reports, and by which secret it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    period: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] | None = None
    """How often it reports; or say `cron` or `calendar`."""
    cron: Annotated[str, Field(max_length=due.LONGEST), AfterValidator(due.check_cron)] | None = None
    """When it reports, as five fields of cron."""
    calendar: Annotated[str, Field(max_length=due.LONGEST), AfterValidator(due.check_calendar)] | None = None
    """When it reports, as systemd's OnCalendar has it."""
    time_zone: Annotated[str, AfterValidator(due.check_zone)] = "UTC"
    """In which zone `cron` and `calendar` are meant."""
    grace: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=366))] = timedelta(minutes=1)
    """How much later than that it may be."""
    longest_run: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] | None = None
    """How long a run may take whose start was told; without it, as long as the `grace`."""
    token: Secret
    """A reference to the last part of its address, 22 letters and digits or more that nobody guesses."""

    @field_validator("token")
    @classmethod
    def _cannot_be_guessed(cls, token: Secret) -> Secret:
        return check_token(token)

    @model_validator(mode="after")
    def _comes_in_one_way(self) -> "Options":
        if sum(one is not None for one in (self.period, self.cron, self.calendar)) != 1:
            raise ValueError("say when it reports: by `period`, `cron` or `calendar`, one of them")
        return self

    @property
    def expected(self) -> due.Expected:
        """When it is expected next."""
        if self.cron is not None:
            return due.by_cron(self.cron, self.time_zone)
        if self.calendar is not None:
            return due.by_calendar(self.calendar, self.time_zone)
        assert self.period is not None, "one of the three is there"
        return due.every(self.period)

    @property
    def run_limit(self) -> timedelta:
        return self.grace if self.longest_run is None else self.longest_run


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a job that says that it failed has failed, whatever the conditions are."""
    return up


def of(options: Any) -> Options:
    """The options of a check, from the plain data that a check holds."""
    return Options.model_validate({**options, "token": Secret(options["token"])})
