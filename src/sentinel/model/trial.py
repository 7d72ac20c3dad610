"""Trial: one test of checks that people write: what would be seen, and what must come of it.

Belongs here: the record of a test. Does not belong here: how it is written (config/trial.py), running it (run/trial/).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sentinel.model.incident import Phase
from sentinel.model.notice import Occasion
from sentinel.model.observation import Fact, Verdict
from sentinel.model.service import Impact

CANARIES = "canaries"
"""The series that stands for every canary of a place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """`times` samples one after the other. `verdict` None: the check's own assertions judge the facts. `unseen`: nothing was
    looked at for so long. `grows`: what a number among the facts rises by from one sample to the next."""

    times: int
    verdict: Verdict | None = None
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    grows: Mapping[str, float] = field(default_factory=dict)
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    unseen: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """What one place sees of one check (of all canaries: `CANARIES`), from the start of the test on."""

    check: str
    place: str
    every: timedelta
    steps: tuple[Step, ...]

    @property
    def samples(self) -> int:
        return sum(step.times for step in self.steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedSignal:
    """None: whatever it is."""

    check: str
    detector: str
    place: str | None = None
    since: datetime | None = None
    means: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedIncident:
    """The newest incident. None: whatever it is. `felt`: exactly these statements."""

    phase: Phase | None = None
    root: str | None = None
    services: tuple[str, ...] | None = None
    felt: tuple[str, ...] | None = None
    impact: Impact | None = None
    began: datetime | None = None
    recovered: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedNotice:
    """`says` and `lacks`: what stands, or must not stand, in any form of its words in that language."""

    occasion: Occasion
    language: str | None = None
    says: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Never:
    """Something that is written and must not be there: no incident, no promise."""


NEVER = Never()


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What must be so at one instant; None: nothing is asked. `line`: where it is written; `lines`: where each key is."""

    at: datetime
    line: int
    lines: Mapping[str, int]
    signals: tuple[WantedSignal, ...] | None = None
    incident: WantedIncident | Never | None = None
    staff: tuple[WantedNotice, ...] | None = None
    customers: tuple[WantedNotice, ...] | None = None
    promise: datetime | Never | None = None
    next_word: datetime | Never | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One test. `file` as its path below the folder of the installation."""

    name: str
    file: str
    line: int
    start: datetime
    series: tuple[Series, ...]
    expect: tuple[Expected, ...]
