"""Schedule: when which check is probed next. Pure: monotonic seconds are passed in, nothing sleeps here.

* Every check has its own grid of instants, `every` apart, its phase taken from a hash of its id, so that load is flat and a
  restart does not move it. The first sample comes soon after the start, off the grid.
* An instant whose predecessor still runs, or that comes too late, is skipped and counted, never made up for.
* A sample that changes the verdict starts `confirm` probes at offsets from *its own start*. Offsets that have passed when it
  ends collapse into one probe at once. Confirm probes may overlap one another; a new change starts the sequence again.
* At most `per_host` probes of one host run at a time; the others wait for their turn.

Does not belong here: how to probe, what a verdict means to anybody.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from math import ceil

from sentinel.model.observation import SampleKind, Verdict

MARGIN = 0.1
"""Seconds added to every confirm offset. Detectors measure persistence between the starts of samples as the hub stamped them,
and the stamps of two batches differ by how late the hub read each (milliseconds, more under load): a probe meant for 15 s must
not seem to have started at 14.99 s."""
STARTS_PER_SECOND = 200
"""First samples after a start are spread so that no more than this many begin in a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """When one check wants to be probed. Seconds."""

    check: str
    host: str
    every: float
    confirm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """One probe that has begun by leaving `take`; hand it back to `done`."""

    check: str
    sample: SampleKind
    host: str
    started: float


@dataclass(slots=True, eq=False)
class _Line:
    """What is remembered of one check between its samples."""

    plan: Plan
    next_at: float
    phase: float
    """Where its grid begins: seconds into the interval."""
    confirms: deque[float] = field(default_factory=deque)
    scheduled_runs: Due | None = None
    last_scheduled: float | None = None
    verdict: Verdict | None = None
    judged_until: float = float("-inf")
    """Start of the newest sample that said anything; an older one that ends later changes nothing."""
    waits: bool = False
    queued_at: float | None = None
    """The one entry of the queue that counts; others of this check are left over."""


class Schedule:
    """The checks, their grids and their confirm probes.

    `skipped` counts instants of grids that passed without a sample, for overruns and lateness.
    """

    def __init__(self, *, per_host: int = 32, margin: float = MARGIN) -> None:
        self.skipped = 0
        self._per_host = per_host
        self._margin = margin
        self._lines: dict[str, _Line] = {}
        self._queue: list[tuple[float, str]] = []
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[str]] = {}

    def load(self, plans: Iterable[Plan], now: float) -> None:
        """Put a full set of checks in force. A check whose plan is as before keeps its grid, verdict and confirm probes."""
        wanted = {plan.check: plan for plan in plans}
        window = max(1.0, len(wanted) / STARTS_PER_SECOND)
        lines: dict[str, _Line] = {}
        for check, plan in wanted.items():
            old = self._lines.get(check)
            lines[check] = old if old is not None and old.plan == plan else _fresh(plan, old, now, window)
        self._lines = lines
        self._waiting = {}
        self._queue = []
        for line in lines.values():
            line.waits = False
            self._push(line)

    def next_at(self) -> float | None:
        """When `take` will next have something, None when nothing is planned or all of it waits for a host."""
        return self._queue[0][0] if self._queue else None

    def take(self, now: float, room: int) -> list[Due]:
        """The probes to begin now, at most `room`, those due longest first. They count as running until `done`."""
        begun: list[Due] = []
        while len(begun) < room and self._queue and self._queue[0][0] <= now:
            at, check = heapq.heappop(self._queue)
            line = self._lines.get(check)
            if line is None or line.queued_at != at:
                continue
            line.queued_at = None
            host = line.plan.host
            sample = self._what_is_due(line, now)
            if sample is None:
                self._let_in(host, now)
            elif self._running.get(host, 0) >= self._per_host:
                self._waiting.setdefault(host, deque()).append(check)
                line.waits = True
                continue
            else:
                begun.append(self._begin(line, sample, now))
            self._push(line)
        return begun

    def done(self, due: Due, verdict: Verdict | None, now: float) -> None:
        """A probe has ended with `verdict` (None: it was given up and says nothing)."""
        left = self._running.get(due.host, 0) - 1
        if left > 0:
            self._running[due.host] = left
        else:
            self._running.pop(due.host, None)
        line = self._lines.get(due.check)
        if line is not None:
            self._learn(line, due, verdict, now)
        self._let_in(due.host, now)

    def _learn(self, line: _Line, due: Due, verdict: Verdict | None, now: float) -> None:
        if line.scheduled_runs is due:
            line.scheduled_runs = None
        if verdict is not None and verdict is not Verdict.UNKNOWN and due.started >= line.judged_until:
            line.judged_until = due.started
            before, line.verdict = line.verdict, verdict
            if verdict is not (before or Verdict.UP):
                self._confirm(line, due.started, now)

    def _what_is_due(self, line: _Line, now: float) -> SampleKind | None:
        if line.confirms and line.confirms[0] <= now:
            return SampleKind.CONFIRM
        if line.next_at > now:
            return None
        if line.scheduled_runs is None:
            return SampleKind.SCHEDULED
        following = _grid_from(line, now + 1e-6)
        self._skip(line, following, counted_from=0)
        return None

    def _begin(self, line: _Line, sample: SampleKind, now: float) -> Due:
        plan = line.plan
        due = Due(plan.check, sample, plan.host, now)
        self._running[plan.host] = self._running.get(plan.host, 0) + 1
        if sample is SampleKind.CONFIRM:
            while line.confirms and line.confirms[0] <= now:
                line.confirms.popleft()
        else:
            line.scheduled_runs = due
            line.last_scheduled = now
            self._skip(line, _grid_from(line, now + plan.every / 2), counted_from=1)
        return due

    def _skip(self, line: _Line, following: float, *, counted_from: int) -> None:
        """Move on to `following`, counting the instants of the grid that get no sample."""
        passed = round((following - line.next_at) / line.plan.every) - counted_from
        self.skipped += max(0, passed)
        line.next_at = following

    def _confirm(self, line: _Line, started: float, now: float) -> None:
        line.confirms = deque(sorted(started + offset + self._margin for offset in line.plan.confirm))
        if line.confirms:
            if line.confirms[0] < now:
                while line.confirms and line.confirms[0] <= now:
                    line.confirms.popleft()
                line.confirms.appendleft(now)
            if not line.waits:
                self._push(line)

    def _let_in(self, host: str, now: float) -> None:
        """If the host has room, put those that wait for it back in the queue, up to the first that is still due now."""
        waiting = self._waiting.get(host)
        while waiting and self._running.get(host, 0) < self._per_host:
            line = self._lines.get(waiting.popleft())
            if line is not None and line.waits:
                line.waits = False
                self._push(line)
                if line.queued_at is not None and line.queued_at <= now:
                    return

    def _push(self, line: _Line) -> None:
        """Queue the next thing that the check wants, in the place of what was queued for it before."""
        at = min(line.next_at, line.confirms[0]) if line.confirms else line.next_at
        line.queued_at = at
        heapq.heappush(self._queue, (at, line.plan.check))


def _fresh(plan: Plan, old: _Line | None, now: float, window: float) -> _Line:
    """A check that is new or has changed: its first sample soon, but not within half an interval of its last one."""
    fraction = _fraction(plan.check)
    first = now + fraction * min(plan.every, window)
    if old is not None and old.last_scheduled is not None:
        first = max(first, old.last_scheduled + max(plan.every, old.plan.every) / 2)
    line = _Line(plan, first, fraction * plan.every)
    if old is not None:
        line.last_scheduled, line.scheduled_runs = old.last_scheduled, old.scheduled_runs
        line.verdict, line.judged_until = old.verdict, old.judged_until
    return line


def _grid_from(line: _Line, at: float) -> float:
    """The first instant of the check's grid that is not before `at`."""
    every = line.plan.every
    instant = line.phase + ceil((at - line.phase) / every) * every
    return instant if instant >= at else instant + every


def _fraction(check: str) -> float:
    """Where in its interval a check is probed: 0 to 1, the same wherever and whenever it is asked."""
    return int.from_bytes(blake2b(check.encode(), digest_size=6).digest()) / 2**48
