"""Strikes: what is written down of one kill or stop, and of one scene; and what a set of them has hit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench.chaos.oracle import Counts
from bench.chaos.steps import SMTP

STATES: Final = ("expanding", "queued", "claimed", "armed", "retry", "accepted", "rejected", "in_doubt")
"""States of a customer's row that must have lain on disk at some kill. `expanding`: approved, and not everybody has a row."""
PHASES: Final = ("opening", "approving", "expanding", "sending", "closing", "starting")
STEPS: Final = tuple(step.value for step in SMTP)
SIGKILLED: Final = -9


@dataclass(kw_only=True, slots=True)
class Strike:
    """`aim`: what it waited for. `states`: customers' rows by state, read right after it. `row`: that of the recipient whose
    conversation sprang it. `step`: the conversation's step, "" if none sprang it. `code`: how the process ended (a kill)."""

    aim: str
    phase: str
    at: float
    member: str
    is_stop: bool = False
    step: str = ""
    states: Counter[str] = field(default_factory=Counter)
    row: str = ""
    code: int | None = None
    start: float = 0.0
    """Seconds that the next start took."""

    def as_json(self) -> dict[str, Any]:
        return {
            "aim": self.aim,
            "phase": self.phase,
            "at_seconds": round(self.at, 2),
            "member": self.member,
            "stop": self.is_stop,
            "step": self.step,
            "states": dict(sorted(self.states.items())),
            "row": self.row,
            "exit_code": self.code,
            "start_seconds": round(self.start, 2),
        }


@dataclass(kw_only=True, slots=True)
class Scene:
    """One opening and closing to everybody, with its strikes. `seen`: what was wrong, in words."""

    number: int
    seed: str
    database: str = "sqlite"
    strikes: list[Strike] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counts)
    seen: list[str] = field(default_factory=list)
    people: int = 0
    mails: int = 0
    doubts: int = 0
    settled: int = 0
    refused: int = 0
    samples: int = 0
    looks: int = 0
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        return sum(not strike.is_stop for strike in self.strikes)

    @property
    def stops(self) -> int:
        return sum(strike.is_stop for strike in self.strikes)

    @property
    def held(self) -> bool:
        """Whether every promise held, and every process that was killed ended by SIGKILL."""
        return self.counts.held and all(strike.is_stop or strike.code == SIGKILLED for strike in self.strikes)

    def wrong(self, what: str, times: int, seen: object) -> None:
        """Count something that must not be, if it is."""
        if times:
            setattr(self.counts, what, getattr(self.counts, what) + int(times))
            self.seen.append(f"{what}: {str(seen)[:400]}")

    def as_json(self) -> dict[str, Any]:
        return {
            "scene": self.number,
            "seed": self.seed,
            "database": self.database,
            "held": self.held,
            "seconds": round(self.seconds, 1),
            "people": self.people,
            "mails": self.mails,
            "kills": self.kills,
            "stops": self.stops,
            "in_doubt": self.doubts,
            "settled_by_hand": self.settled,
            "refused_by_the_provider": self.refused,
            "samples_of_the_books": self.samples,
            "looks_at_the_store": self.looks,
            "counts": self.counts.as_json(),
            "seen": self.seen,
            "missed": dict(self.missed),
            "strikes": [strike.as_json() for strike in self.strikes],
        }


@dataclass(kw_only=True, slots=True)
class Hits:
    """How often each state, step and phase was hit, by what lay on disk right after each strike."""

    states: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)

    def add(self, strike: Strike) -> None:
        self.states.update(state for state, count in strike.states.items() if count)
        self.steps.update([strike.step] if strike.step else [])
        self.phases.update([strike.phase])

    def empty(self) -> list[str]:
        """What should have been hit and never was."""
        wanted = ((STATES, self.states), (STEPS, self.steps), (PHASES, self.phases))
        return [name for names, hit in wanted for name in names if not hit[name]]


def hits(scenes: Sequence[Scene]) -> Hits:
    """What all scenes together hit."""
    found = Hits()
    for scene in scenes:
        for strike in scene.strikes:
            found.add(strike)
    return found
