"""Signal: a detector's claim about a check, raised or cleared; Hysteresis: what a detector remembers between samples."""

from dataclasses import dataclass
from datetime import datetime

from sentinel.model.observation import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Hysteresis:
    """What one detector remembers of one check at one place. Stored in the transaction of the batch that changed it.

    A run of bad samples has `bad_since` and `bad_samples`, a run of good ones `good_since` and `good_samples`; one of the two
    is empty. `raised_since` is the first bad sample of the run that raised the standing signal, None when none stands.
    """

    bad_since: datetime | None = None
    bad_samples: int = 0
    good_since: datetime | None = None
    good_samples: int = 0
    raised_since: datetime | None = None


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

    @property
    def stands(self) -> bool:
        return self.cleared_at is None
