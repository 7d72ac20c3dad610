"""Sheet: one track while it is being filled: what was seen, column by column, and what each side's detectors make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentinel.detect.watch import Fitted
from sentinel.model.check import Check
from sentinel.model.observation import Observation, Verdict
from sentinel.run.replay.records import COLUMNS, WORST, Track
from sentinel.run.replay.rejudge import Limits
from sentinel.run.replay.watcher import Watcher, agreed


@dataclass(frozen=True, kw_only=True, slots=True)
class Eye:
    """A check as one side has it, with its detectors. None of them: that side does not have the check."""

    check: Check
    fitted: tuple[Fitted, ...]


class Sheet:
    """`eyes`: of each side, None where it has no such check. Observations come place by place, each in its order. `fact`: of an
    imported series, what its values are."""

    def __init__(
        self, name: str, service: str, eyes: Sequence[Eye | None], since: datetime, until: datetime, fact: str = ""
    ) -> None:
        self._name = name
        self._service = service
        self._eyes = eyes
        self._since = since
        self._width = max((until - since) / COLUMNS, timedelta(microseconds=1))
        self._columns: list[Verdict | None] = [None] * COLUMNS
        self._samples = 0
        self._limits = [None if eye is None else Limits(eye.check, fact) for eye in eyes]
        self._places: list[list[Watcher]] = [[] for _ in eyes]
        self._last: datetime | None = None

    def begin(self) -> None:
        """Another place's observations follow."""
        self._last = None
        for eye, watchers in zip(self._eyes, self._places, strict=True):
            if eye is not None:
                watchers.append(Watcher(eye.check, eye.fitted, self._since))

    def take(self, seen: Observation) -> None:
        """One observation. One that is older than the last one came late, and is passed over, as a hub does."""
        if self._last is not None and seen.at < self._last:
            return
        self._last = seen.at
        shown = seen
        for limits, watchers in zip(reversed(self._limits), reversed(self._places), strict=True):
            if limits is not None:
                shown = limits.judged(seen)
                watchers[-1].take(shown)
        if seen.at >= self._since:  # the first side's verdict is drawn
            self._samples += 1
            self._draw(shown)

    def _draw(self, shown: Observation) -> None:
        column = min(COLUMNS - 1, int((shown.at - self._since) / self._width))
        before = self._columns[column]
        if before is None or WORST.index(shown.verdict) < WORST.index(before):
            self._columns[column] = shown.verdict

    def track(self) -> Track:
        """What has come of it."""
        return Track(
            name=self._name,
            service=self._service,
            samples=self._samples,
            columns=tuple(self._columns),
            signals=tuple(agreed([watcher.signals for watcher in watchers]) for watchers in self._places),
            left_out=sum(watcher.left_out for watchers in self._places for watcher in watchers),
        )
