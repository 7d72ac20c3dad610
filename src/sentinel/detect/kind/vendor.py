"""`vendor`: the status page of somebody we depend on says that something is wrong there.

Their word is a cause that we may name to staff, and never what our customers feel: that is ours to see. Belongs here: which of
a page's states count, and their words as evidence. Does not belong here: reading the page (probe/kind/statuspage.py).
"""

from datetime import timedelta
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sentinel.detect import run
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED
ORDER: Final = ("none", "maintenance", "minor", "major", "critical")
MOST: Final = 200
"""Letters of a vendor's text that are repeated."""


class Options(BaseModel):
    """From which state on it counts, and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    NEEDS: ClassVar = ("indicator",)

    at_least: Literal["maintenance", "minor", "major", "critical"] = Field(
        default="minor", description="The mildest indicator that counts: `maintenance`, `minor`, `major` or `critical`."
    )
    samples: int = Field(default=2, ge=1, le=100, description="How many looks in a row must have found it so, at least.")
    clears_after: int = Field(default=2, ge=1, le=100, description="How many looks in a row must have found it well to end it.")

    @property
    def persistence(self) -> timedelta:
        return timedelta(0)


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Bad is an indicator of `at_least` or worse. A page that does not answer says nothing, and changes nothing."""
    indicator = seen.facts.get("indicator")
    if seen.verdict is Verdict.UNKNOWN or indicator not in ORDER:
        return held
    is_bad = ORDER.index(str(indicator)) >= ORDER.index(options.at_least)
    return run.bad(held, seen.at, options) if is_bad else run.good(held, seen.at, options)


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """What the vendor says in its own words, shortened to one line each."""
    facts = {name: _line(seen.facts.get(name)) for name in ("indicator", "newest", "says", "not_operational")}
    words = facts["newest"] or facts["says"]
    said = f"the vendor says {facts['indicator']}" + (f": “{words}”" if words else "")
    return said + (f" ({facts['not_operational']})" if facts["not_operational"] else "")


def _line(fact: object) -> str:
    text = " ".join(str(fact or "").split())
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"
