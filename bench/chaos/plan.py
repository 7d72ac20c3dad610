"""Plans: at which points the hub is killed in each run, in the order in which a day reaches them.

Belongs here: the plans and what is still missing after some runs. Does not belong here: playing them (run.py).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.chaos.points import AIMS_AT, APPROVING, CLOSING, OPENING, WAVE, Point, Stratum

WANTED: Final = 2
"""Hits of each stratum that a full run must have."""
MOST_RUNS: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The points of one run. `settles_late`: the lead looks into the doubts of the opening only after the closing."""

    points: tuple[Point, ...]
    settles_late: bool = False

    def of(self, which: Iterable[Point]) -> tuple[Point, ...]:
        """Those of a kind, in order."""
        wanted = frozenset(which)
        return tuple(point for point in self.points if point in wanted)

    @property
    def opening(self) -> tuple[Point, ...]:
        return self.of(OPENING)

    @property
    def approving(self) -> tuple[Point, ...]:
        return self.of(APPROVING)

    @property
    def queued(self) -> tuple[Point, ...]:
        return self.of([Point.QUEUED])

    @property
    def wave(self) -> tuple[Point, ...]:
        return self.of(WAVE)

    @property
    def closing(self) -> tuple[Point, ...]:
        return self.of(CLOSING)


FULL: Final = (
    Plan(
        points=(
            Point.OPENING_SLACK_ASKED,
            Point.APPROVING,
            Point.QUEUED,
            Point.CLAIMED,
            Point.RCPT,
            Point.DATA,
            Point.ARRIVED,
            Point.TAKEN,
            Point.REPLIED,
            Point.RESOLVED,
            Point.CLOSING_TAKEN,
        )
    ),
    Plan(
        points=(
            Point.OPENING_DESK_KEPT,
            Point.APPROVED,
            Point.QUEUED,
            Point.CLAIMED,
            Point.MAIL,
            Point.DATA,
            Point.ARRIVED,
            Point.TAKEN,
            Point.REPLIED,
            Point.CLOSING_DATA,
        ),
        settles_late=True,
    ),
    Plan(
        points=(
            Point.OPENING_OFFSET,
            Point.OPENING_SLACK_KEPT,
            Point.APPROVING,
            Point.RCPT,
            Point.ARRIVED,
            Point.TAKEN,
            Point.REPLIED,
            Point.RECOVERING,
            Point.CLOSING_RCPT,
        )
    ),
)
"""Every stratum is aimed at twice by the first two, and once more, differently, by the third."""
QUICK: Final = (Plan(points=(Point.APPROVING, Point.ARRIVED, Point.TAKEN, Point.CLOSING_DATA)),)
"""One short day with the kills that caught most planted bugs."""


def next_plan(played: int, kills: int, wanted_kills: int, hits: Counter[Stratum], draw: Random) -> Plan | None:
    """The plan of the next full run, or None: enough has been done, or as much as is ever done.

    After the fixed ones, days are made of what has not been hit often enough, or by chance until there are enough kills.
    """
    if played >= MOST_RUNS:
        return None
    if played < len(FULL):
        return FULL[played]
    missing = [stratum for stratum in Stratum if hits[stratum] < WANTED]
    if missing:
        return Plan(points=tuple(point for point in Point if AIMS_AT[point] in missing))
    return by_chance(min(12, wanted_kills - kills), draw) if kills < wanted_kills else None


def by_chance(count: int, draw: Random) -> Plan:
    """A day with that many points drawn by chance, in the order of a day; at most one of each."""
    drawn = frozenset(draw.sample(list(Point), min(max(count, 1), len(Point))))
    return Plan(points=tuple(point for point in Point if point in drawn), settles_late=draw.random() < 0.3)
