"""What a replay comes to: tracks, disturbances, promises, and how two installations differ. Records alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal

COLUMNS: Final = 480
"""Columns that a replayed time is cut into; pictures join as many as they must."""
WORST: Final = (Verdict.DOWN, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One check (or one imported series): what was seen of it, and the signals of each side. `columns`: the worst
    verdict of each; None: nothing was seen. `left_out`: signals beyond what is kept."""

    name: str
    service: str
    samples: int
    columns: tuple[Verdict | None, ...]
    signals: tuple[tuple[Signal, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Disturbance:
    """An incident that there was, or a stretch that was labelled so. `about`: its services, or the series; `root`: the one at
    its root. `detected_at`: when it was known then; None where nobody says."""

    name: str
    about: frozenset[str]
    began_at: datetime
    ended_at: datetime | None
    detected_at: datetime | None = None
    dismissed: bool = False
    root: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """How one side saw one disturbance. `first`: the first signal about it, None: none."""

    of: Disturbance
    first: Signal | None

    @property
    def after(self) -> timedelta | None:
        """From its beginning to the signal; negative: before it began."""
        return None if self.first is None else self.first.raised_at - self.of.began_at

    @property
    def earlier(self) -> timedelta | None:
        """By how much it would have been known earlier than it was."""
        if self.first is None or self.of.detected_at is None:
            return None
        return self.of.detected_at - self.first.raised_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One installation's account. `in_vain`: its signals that no disturbance explains, but for early warnings: what they warn
    of may have been averted, so these are only counted, in `warned`."""

    name: str
    seen: tuple[Seen, ...]
    signals: int
    in_vain: tuple[Signal, ...]
    warned: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One signal of both, or of one alone."""

    a: Signal | None
    b: Signal | None

    @property
    def later(self) -> timedelta | None:
        """By how much the second raises it later; negative: earlier."""
        return None if self.a is None or self.b is None else self.b.raised_at - self.a.raised_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Promised:
    """What would have been said of past incidents after `mark`, on one installation's policy: how many were asked about, how
    many given a time, how many of these were over by then."""

    mark: timedelta
    asked: int
    given: int
    kept: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """`sides`: one, or two where two installations were compared; then `pairs`. `promised`: of each side."""

    since: datetime
    until: datetime
    tracks: tuple[Track, ...]
    disturbances: tuple[Disturbance, ...]
    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...] = ()
    promised: tuple[tuple[Promised, ...], ...] = ()
    notes: tuple[str, ...] = ()
