"""heartbeat: what it watches reports to us at `/ping/<token>`, and is overdue when it does not.

Nobody probes it: pings and looks at the clock are observations that the hub makes itself (run/heartbeat.py). Belongs here: its
options. Does not belong here: when it is overdue (detect/kind/silence.py).
"""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sentinel.model.secret import Secret

LIVES_IN: Final = "hub"
FACTS: Final[frozenset[str]] = frozenset()
SHORTEST_TOKEN: Final = 22
"""Characters: 128 bits, as letters and digits of base64."""


class Options(BaseModel):
    """How often it reports, and by which secret it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    period: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))]
    """How often it reports."""
    grace: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=366))] = timedelta(minutes=1)
    """How much later than that it may be."""
    token: Secret
    """A reference to the last part of its address, 22 letters and digits or more that nobody guesses."""

    @field_validator("token")
    @classmethod
    def _cannot_be_guessed(cls, token: Secret) -> Secret:
        value = token.reveal()
        if not SHORTEST_TOKEN <= len(value) <= 128 or not value.isascii() or not all(c.isalnum() or c in "-_" for c in value):
            raise ValueError(f"a token has {SHORTEST_TOKEN} to 128 letters, digits, `-` and `_`")
        return token


def of(options: Any) -> Options:
    """The options of a check, from the plain data that a check holds."""
    return Options.model_validate({**options, "token": Secret(options["token"])})
