"""Kills: what is written down of each one, and of each run. Plain data, and how it becomes JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.chaos.oracle import Counts
from bench.chaos.points import Point, Stratum

SIGKILLED: Final = -9


@dataclass(kw_only=True, slots=True)
class Kill:
    """One kill. `states`: customers' rows by state in the file right after it, which is the truth about where it hit.

    `row`: the state of the row of the recipient in the conversation, "" without one. `doubts`: rows in doubt that it left,
    as the file said after the next start.
    """

    point: Point
    at: float
    states: Counter[str]
    row: str
    strata: frozenset[Stratum]
    exit_code: int | None
    incident: bool
    doubts: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "point": self.point.name.lower(),
            "at_seconds": round(self.at, 2),
            "states": dict(sorted(self.states.items())),
            "row": self.row,
            "strata": sorted(self.strata),
            "exit_code": self.exit_code,
            "incident_on_disk": self.incident,
            "in_doubt": self.doubts,
        }


@dataclass(kw_only=True, slots=True)
class Record:
    """One run. `missed`: points that the day never came to. `seen`: what was wrong, in words."""

    number: int
    kills: list[Kill] = field(default_factory=list)
    missed: list[Point] = field(default_factory=list)
    skipped: list[Point] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    seen: list[str] = field(default_factory=list)
    reported: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    settled: int = 0
    mails: int = 0
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether every promise held and every hub that was killed ended by SIGKILL."""
        return self.counts.held and all(kill.exit_code == SIGKILLED for kill in self.kills)

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.number,
            "held": self.held,
            "seconds": round(self.seconds, 1),
            "kills": [kill.as_json() for kill in self.kills],
            "missed": [point.name.lower() for point in self.missed],
            "skipped": [point.name.lower() for point in self.skipped],
            "counts": self.counts.as_json(),
            "seen": self.seen,
            "not_told_but_reported": dict(sorted(self.reported.items())),
            "book_samples": self.samples,
            "settled_by_hand": self.settled,
            "mails_to_customers": self.mails,
        }


def all_counts(records: Sequence[Record]) -> Counts:
    """What all runs together found."""
    together = Counts()
    for record in records:
        together.add(record.counts)
    return together


def hits(records: Sequence[Record]) -> Counter[Stratum]:
    """How many kills hit each stratum."""
    return Counter(stratum for record in records for kill in record.kills for stratum in kill.strata)


def by_point(records: Sequence[Record]) -> Counter[Point]:
    """How many kills there were at each point."""
    return Counter(kill.point for record in records for kill in record.kills)


def by_state(records: Sequence[Record]) -> Counter[str]:
    """At how many kills a customer's row lay in each state."""
    return Counter(state for record in records for kill in record.kills for state, count in kill.states.items() if count)
