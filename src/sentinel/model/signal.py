"""Signal: a detector's claim about a check, raised or cleared; Hysteresis: what a detector remembers between samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sentinel.model.learned import Gathered
from sentinel.model.observation import Verdict

TOLD: Final = "hook"
SECOND: Final = "hook_seconds"
WARNED: Final = "hook_warns"
OF_TOOLS: Final = frozenset({TOLD, SECOND, WARNED})
"""Detectors of what other tools say (model/hook.py). All tools are one witness, and that it is over is no sample of ours."""
JOINS: Final = frozenset({SECOND})
"""Detectors that open no incident: they join one that there is."""
CLAIMS: Final[Mapping[str, Verdict]] = {"outage": Verdict.DOWN, "silence": Verdict.DOWN, "slow": Verdict.DEGRADED}
"""Detectors of checks that may open an incident, and what each of them claims: what a check means by that is what is felt."""
WARNS: Final = frozenset(
    {
        "budget",
        "flapping",
        "forecast",
        "turnaround",
        "unusual",
        WARNED,
        "vendor",
    }
)
"""Detectors that only warn staff, who hear of each once by itself, and once of its end. In no timeline stands a word of theirs:
they open, join, confirm and reopen no incident, date none back, hold up no recovery, and reach no customer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hysteresis:
    """What one detector remembers of one check at one place. Stored in the transaction of the batch that changed it.

    A run of bad samples has `bad_since` and `bad_samples`, a run of good ones `good_since` and `good_samples`; one of the two
    is empty. `raised_since` is the first bad sample of the run that raised the standing signal, None when none stands.
    A detector that learns has `gathered`, the samples that it was not taught yet, and `learned`, a text of its own making:
    large and seldom changed, so it is stored apart and written only when it has changed. `kept` is the little that may
    change at each sample, another such text.
    """

    bad_since: datetime | None = None
    bad_samples: int = 0
    good_since: datetime | None = None
    good_samples: int = 0
    raised_since: datetime | None = None
    gathered: Gathered | None = None
    learned: str = ""
    kept: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One claim. It stands from `raised_at` until `cleared_at`.

    `since` is the first bad sample, `good_since` the first good sample of the run that cleared it. `id` is
    detector:check@place:since, so the same claim found twice is the same signal. `statement` is what the failing check means
    to customers (None: staff only).
    """

    id: str
    detector: str
    service: str
    check: str
    place: str
    verdict: Verdict
    statement: str | None
    since: datetime
    raised_at: datetime
    evidence: str = ""
    good_since: datetime | None = None
    cleared_at: datetime | None = None
    warns: bool = False
    """Its check let this detector warn only when it rose."""
    lifted: bool = False
    """Its check lets the detector do more by now."""

    @property
    def only_warns(self) -> bool:
        """Whether it is for staff alone, and stands in no timeline."""
        return (self.warns and not self.lifted) or self.detector in WARNS

    @property
    def is_warned_of(self) -> bool:
        """Whether staff hear of it by itself, and of its end: also of one that has come to stand in an incident since."""
        return self.warns or self.detector in WARNS

    @property
    def stands(self) -> bool:
        return self.cleared_at is None
