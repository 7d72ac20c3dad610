"""Service: what customers use, with their name for it, its owner, and what it depends on."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sentinel.model.words import Words


class Impact(StrEnum):
    """What customers feel, in Statuspage's words, from mild to grave."""

    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def rank(self) -> int:
        """0 for the mildest; two impacts compare by this."""
        return list(Impact).index(self)

    @property
    def cadence(self) -> timedelta:
        """How often page and desk get a new word while it lasts (DESIGN.md section 3)."""
        return timedelta(minutes=(60, 30, 20)[self.rank])


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Who answers for a service; `reviewed` is when that was last looked at."""

    team: str
    person: str
    reviewed: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service of `checks/`.

    `staff` and `by` name channels of the installation; `audience` names one of its audiences, None if customers are never
    told. `worth_telling`: how long a disturbance must have lasted before customers are told of it.
    """

    name: str
    title: Words
    owner: Owner
    depends_on: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    audience: str | None = None
    by: tuple[str, ...] = ()
    worth_telling: timedelta = timedelta(0)
