"""`turnaround`: the oldest piece of work in a queue has waited longer than was promised, in business days.

Belongs here: promise, warning and end. Does not belong here: which days count (detect/calendar.py), asking the queue (a check
of kind `sql` whose first value is the instant at which the oldest one came).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from sentinel.detect.calendar import waited, week_of
from sentinel.detect.grade import Grade, graded
from sentinel.detect.number import number_of
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED
WEEK: Final = "Mo-Fr"
_LONGEST: Final = 20 * 366 * 86_400.0


def _days(value: Any) -> Any:
    """`5 business days` and `5` are the same."""
    if not isinstance(value, str):
        return value
    return value.strip().removesuffix("days").removesuffix("day").rstrip().removesuffix("business").rstrip()


def _a_week(text: str) -> str:
    try:
        week_of(text)
    except ValueError:
        raise ValueError("these are no days of the week: write them like Mo-Fr or Mo,We-Fr") from None
    return text


def _a_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("this is not a time zone of the IANA list") from None


BusinessDays = Annotated[int, BeforeValidator(_days)]


class Options(BaseModel):
    """What was promised, and which days count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str = Field(default="age_s", max_length=100, description="How old the oldest piece of work is, in seconds.")
    promise: BusinessDays = Field(default=5, ge=0, le=1000, description="How many business days it may wait.")
    warn_before: BusinessDays = Field(
        default=1, ge=0, le=1000, description="Staff are warned from so many business days before it is too late; 0: never."
    )
    clears_after: BusinessDays = Field(
        default=1, ge=1, le=1000, description="For how many business days the promise must have been kept for it to be over."
    )
    week: Annotated[str, Field(max_length=40), AfterValidator(_a_week)] | None = Field(
        default=None, description="The days on which work is done, like `Mo-Fr`; left out: those of `calendar`."
    )
    holidays: tuple[date, ...] | None = Field(
        default=None, max_length=1000, description="Days on which no work is done; left out: those of `calendar`."
    )
    zone: Annotated[str, Field(max_length=60), AfterValidator(_a_zone)] | None = Field(
        default=None, description="The clock by which days end, an IANA name; left out: the installation's."
    )


class _Calendar(NamedTuple):
    """Read once of each week and list of holidays, not at every sample."""

    week: frozenset[int]
    holidays: frozenset[date]


@lru_cache(maxsize=256)
def _calendar(week: str, holidays: tuple[date, ...]) -> _Calendar:
    return _Calendar(week_of(week), frozenset(holidays))


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """A sample without the number, of a check that answers, is of an empty queue. What is down or unknown says nothing.

    `kept` is the grade that is claimed. `good_since` is since when the promise is kept, `bad_since` since when it is about to
    be broken, or is.
    """
    if seen.verdict in (Verdict.UNKNOWN, Verdict.DOWN):
        return held
    found = _grade(_waits(seen, options), options)
    claimed = Grade(int(held.kept or 0))
    if claimed is Grade.MAJOR and found is Grade.MINOR:
        found = claimed  # one more is due today: the promise is not kept again yet
    if found is Grade.NONE:
        good_since = held.good_since or seen.at
        held = held if held.good_since else replace(held, good_since=good_since)
        if claimed is not Grade.NONE and _between(good_since, seen.at, options) < options.clears_after:
            return held  # not for long enough
    elif held.good_since is not None or held.bad_since is None:
        held = replace(held, good_since=None, bad_since=seen.at if held.raised_since is None else held.bad_since)
    after, claims = graded(held, claimed, found, seen.at)
    kept = str(int(claims)) if claims or held.kept else ""
    return after if after.kept == kept else replace(after, kept=kept)


def _waits(seen: Observation, options: Options) -> int:
    """Business days for which the oldest one has waited, 0 where there is none."""
    age = number_of(seen, options.fact)
    return 0 if age is None else _between(seen.at - timedelta(seconds=min(max(age, 0.0), _LONGEST)), seen.at, options)


def _between(came: datetime, at: datetime, options: Options) -> int:
    zone, calendar = ZoneInfo(options.zone or "UTC"), _calendar(options.week or WEEK, options.holidays or ())
    return waited(came.astimezone(zone).date(), at.astimezone(zone).date(), calendar.week, calendar.holidays)


def _grade(waits: int, options: Options) -> Grade:
    if waits > options.promise:
        return Grade.MAJOR
    return Grade.MINOR if waits > options.promise - options.warn_before and waits > 0 else Grade.NONE


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """For the evidence: "oldest item waits 7 business days; 5 are promised"."""
    waits = _waits(seen, options)
    last = " (today is the last of them)" if waits == options.promise else ""
    return f"oldest item waits {waits} business day{'' if waits == 1 else 's'}; {options.promise} are promised{last}"
