"""Estimate: when it will be back, as a range with its basis; Promise: the one instant of it that we gave; Episode: what came
of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple


class Basis(StrEnum):
    ASSESSING = "assessing"
    HISTORY = "history"
    ENGINEER = "engineer"
    VENDOR = "vendor"
    CONFIRMED = "confirmed"


NAMED: Final = (Basis.ENGINEER, Basis.VENDOR)
"""Somebody named the time: it is promised as given, and by nothing else is a second time promised (DESIGN.md section 9)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """How long the disturbance lasts in all, counted from `began_at` (never the time remaining).

    `p50` and `p80` are None while nothing can be said (`assessing`). `confidence` is the share of such incidents that end
    within `p80`, as claimed. `sample` is how many past incidents stand behind it, `scope` which ones ("payments / cannot_pay",
    "all"). `id` is 0 before it is stored.
    """

    id: int = 0
    incident: int
    episode: int
    made_at: datetime
    basis: Basis
    began_at: datetime
    p50: timedelta | None
    p80: timedelta | None
    confidence: float = 0.8
    author: str = "sentinel"
    reason: str = ""
    sample: int = 0
    scope: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The phase that was told of an incident, and how long after its beginning."""

    after: timedelta
    phase: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIncident:
    """One row of history. `ended` says whether its end is the recovery or the (later) resolution. `told`: by time; of a row
    that is asked about at an instant, only what had been told by then is looked at."""

    service: str
    began_at: datetime
    lasted: timedelta
    cause: str = ""
    impact: str = ""
    ended: str = "recovery"
    told: tuple[Told, ...] = ()


class PromiseKind(StrEnum):
    ETA = "eta"
    NEXT_WORD = "next_word"


class PromiseState(StrEnum):
    """`moved` and `held`: we said so before it lapsed (with a new time; with holding words). `broken`: it lapsed in silence.
    `withdrawn`: the words that published it were stopped, taken back or too late before anybody was given it."""

    OPEN = "open"
    KEPT = "kept"
    MOVED = "moved"
    HELD = "held"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """One instant that we gave to customers, rounded outwards once, at publication. It never changes; its state does."""

    id: int
    incident: int
    episode: int
    kind: PromiseKind
    at: datetime
    published_at: datetime
    notice: int
    estimate: int | None = None
    state: PromiseState = PromiseState.OPEN
    settled_at: datetime | None = None


class Claim(NamedTuple):
    """That the `share` of such incidents lasts no longer than `within` in all."""

    share: float
    within: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """What was estimated of an open episode at a mark (0, 30, 60 min), shown or not: this is graded.

    `made_at` is when it really was made: at 0 minutes nothing has been detected yet, and a hub may have been away. `curve`:
    what the past said at several shares, for the reliability picture.
    """

    mark: timedelta
    made_at: datetime
    began_at: datetime
    basis: Basis
    p50: timedelta | None = None
    p80: timedelta | None = None
    curve: tuple[Claim, ...] = ()

    @property
    def elapsed(self) -> timedelta:
        return max(timedelta(0), self.made_at - self.began_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """How one episode of an incident went. `over_at` None: it is open. `recovered_at` None: open, or there was no disturbance
    as far as anybody knows (dismissed, or a suspicion that passed without being confirmed).

    `impact` and `cause` as they were known last before its end; `told` as in `PastIncident`.
    """

    incident: int
    episode: int
    service: str
    began_at: datetime
    over_at: datetime | None = None
    recovered_at: datetime | None = None
    impact: str = ""
    cause: str = ""
    told: tuple[Told, ...] = ()
    marks: tuple[Marked, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimatePolicy:
    """When a time may be promised and how it is rounded (DESIGN.md section 9).

    `round_to`: promised instants are rounded up to this. `at_most` and `spread_at_most`: no clock time when P80 is over that,
    or over that many times P50. `borrow_below`: other services count for this many past incidents at most.
    """

    round_to: timedelta = timedelta(minutes=15)
    at_most: timedelta = timedelta(hours=4)
    spread_at_most: float = 3.0
    borrow_below: int = 20
    least_ahead: timedelta = timedelta(minutes=20)
    """A promise nearer than this when it is published is of no use; the next rounded instant beyond it is taken."""
