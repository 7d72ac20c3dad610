"""Limits: how far one person's word, or a written rule, may reach, and how fast (DESIGN.md section 10, guards).

Belongs here: the records of `policies.guards`, `policies.approve` and `drill`, and what a span of hours holds. Does not belong
here: what follows from them for one notice (notify/batch.py, notify/standing.py), who counts the rows (store/caps.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sentinel.model.notice import Occasion
from sentinel.model.service import Impact


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Hours of a day, such as 21:00-08:00; one that ends before it begins goes over midnight."""

    begins: time
    ends: time

    @classmethod
    def read(cls, text: str) -> "Span":
        """Of `21:00-08:00`. ValueError for anything else."""
        begins, _, ends = text.partition("-")
        return cls(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))

    def holds(self, at: datetime) -> bool:
        """Whether the span holds `at`, read on the clock of its own zone."""
        clock = at.time().replace(tzinfo=None)
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends

    def over_at(self, at: datetime) -> datetime:
        """When the span that holds `at` is over, on the same clock."""
        end = datetime.combine(at.date(), self.ends, tzinfo=at.tzinfo)
        return end if end > at else end + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Guards:
    """What stands between one mistake and everybody's inbox.

    `two_above`: a message to more people than this needs two who approve. `first_batch`: so many get it first; the rest wait
    until it is judged, at the latest after `judge_after`. `pause_above`: the percentage of the batch that may fail.
    `bounced_within`: for how long after it went out what comes back of it is waited for, where anything can come back to us.
    `each_per_day`, `each_per_month`: how many messages one person, or one address, gets over all incidents. `all_per_hour`,
    `all_per_day`: how many go out altogether. Words that we owe (holding, delayed, closing, retraction) count in none of the
    caps. `quiet`: hours, by each reader's clock, in which nothing begins that is less than a major outage.
    """

    two_above: int = 1000
    first_batch: int = 50
    pause_above: float = 5.0
    judge_after: timedelta = timedelta(seconds=60)
    bounced_within: timedelta = timedelta(seconds=30)
    each_per_day: int = 4
    each_per_month: int = 10
    all_per_hour: int = 100_000
    all_per_day: int = 500_000
    quiet: Span | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingConsent:
    """One written rule of `policies.approve`: it stands in for the person, within its limits.

    `occasions`: which messages. `impact`: at most so bad. `audiences`: to nobody else (empty: whichever). `at_most`: people;
    `per_day`: approvals in 24 hours. `hours`: when, on the installation's clock; None: always. Standard words with nothing
    to mend, and a disturbance that is confirmed (by several places, several checks or a person) are wanted always.
    """

    name: str
    occasions: tuple[Occasion, ...]
    at_most: int
    impact: Impact = Impact.MAJOR_OUTAGE
    audiences: tuple[str, ...] = ()
    per_day: int = 1
    hours: Span | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """Practice: nobody but these is ever written to. `only`: addresses, and domains written as `@example.com`."""

    only: tuple[str, ...]

    def reaches(self, address: str) -> bool:
        plain = address.strip().casefold()
        at = plain.rpartition("@")
        return plain in {each.casefold() for each in self.only} or (bool(at[1]) and f"@{at[2]}" in _domains(self.only))


def _domains(only: Iterable[str]) -> set[str]:
    return {each.casefold() for each in only if each.startswith("@")}


OWED = (Occasion.HOLDING, Occasion.DELAYED, Occasion.CLOSED, Occasion.RETRACTION)
"""Words that those who were told are owed: no cap and no quiet hour holds them (P6, P7)."""
