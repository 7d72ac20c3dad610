"""Outbox: the samples that wait to be told, cut into numbered batches and written to a pipe that may be full.

Bounded: when the hub does not read, or does not acknowledge, the oldest samples are dropped and counted. A batch gets its
number, and its samples their ages, when it is written, so the numbers stay contiguous and the ages true.
"""

import os
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.probe.wire import Alive, Batch, Row, write_alive, write_batch

FLUSH_EVERY = 0.05
"""Seconds: what is not well, or well again, leaves at once, but no more often than this."""
FLUSH_GOOD_EVERY = 0.5
"""What is well as before waits so long for company: a round of the hub costs as much as 100 samples, however few it has."""
ROWS_KEPT = 20_000
ROWS_IN_A_BATCH = 500
TEXT_IN_A_BATCH = 500_000
"""Characters of evidence after which a batch is full: far below a line's limit, whatever JSON makes of them."""
UNACKNOWLEDGED = 1000
"""Batches that may be under way before the hub must acknowledge some."""
ALIVE_EVERY = 5.0


class Told(NamedTuple):
    """A sample to tell; `started` on this process's monotonic clock. (A tuple: one is made for every sample.)"""

    sequence: int
    started: float
    check: str
    sample: SampleKind
    facts: Mapping[str, Fact]
    verdict: Verdict
    reason: str


class Outbox:
    """What waits for the pipe `fd`, which does not block."""

    def __init__(self, fd: int, now: float) -> None:
        self.blocked = False
        """The pipe is full: call `pump` when it takes more."""
        self.source = ""
        """Nothing is written before the hub has said whose samples these are."""
        self.dropped = 0
        self._fd = fd
        self._waiting: deque[Told] = deque()
        self._unwritten = memoryview(b"")
        self._sequence = 0
        self._number = 0
        self._acked = 0
        self._wrote_at = now
        self._is_urgent = False
        """Something waits that is news."""
        self._well: set[str] = set()
        """Checks whose last sample was well."""

    def add(
        self, started: float, check: str, sample: SampleKind, facts: Mapping[str, Fact], verdict: Verdict, reason: str
    ) -> None:
        """Take a sample in; the oldest goes when there is no more room."""
        self._sequence += 1
        if len(self._waiting) >= ROWS_KEPT:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(Told(self._sequence, started, check, sample, facts, verdict, reason))
        if verdict is not Verdict.UP:
            self._well.discard(check)
        elif check in self._well and sample is SampleKind.SCHEDULED:
            return
        else:
            if len(self._well) >= ROWS_KEPT:
                self._well.clear()  # of checks that are gone: of the others each is news once more
            self._well.add(check)
        self._is_urgent = True

    def acknowledged(self, source: str, number: int) -> None:
        """The hub has every batch up to `number`."""
        if source == self.source:
            self._acked = max(self._acked, min(number, self._number))

    def wait(self, now: float) -> float:
        """Seconds until `pump` has something to do."""
        if self.blocked or not self.source:
            return ALIVE_EVERY
        pause = self._pause if self._waiting and self._may_send() else ALIVE_EVERY
        return max(0.0, self._wrote_at + pause - now)

    def pump(self, now: float, skipped: int) -> None:
        """Write what is due. BrokenPipeError when nobody reads any more."""
        if self._unwritten and not self._write():
            return
        since = now - self._wrote_at
        if not self.source or since < FLUSH_EVERY:
            return
        if self._waiting and self._may_send():
            if since < self._pause:
                return
            self._number += 1
            counts = {"skipped": skipped, "dropped": self.dropped}
            line = write_batch(Batch(source=self.source, number=self._number, rows=self._rows(now), counts=counts))
        elif since >= ALIVE_EVERY:
            line = write_alive(Alive(source=self.source))
        else:
            return
        self._unwritten = memoryview(line)
        self._wrote_at = now
        self._write()

    @property
    def _pause(self) -> float:
        """Seconds between two batches, as things stand."""
        return FLUSH_EVERY if self._is_urgent or len(self._waiting) >= ROWS_IN_A_BATCH else FLUSH_GOOD_EVERY

    def _may_send(self) -> bool:
        return self._number - self._acked < UNACKNOWLEDGED

    def _rows(self, now: float) -> tuple[Row, ...]:
        rows: list[Row] = []
        text = 0
        while self._waiting and len(rows) < ROWS_IN_A_BATCH and text < TEXT_IN_A_BATCH:
            told = self._waiting.popleft()
            text += len(str(told.facts["evidence"])) if "evidence" in told.facts else 0
            rows.append(
                Row(
                    told.sequence,
                    max(0, round((now - told.started) * 1000)),
                    told.check,
                    told.sample,
                    told.facts,
                    told.verdict,
                    told.reason,
                )
            )
        self._is_urgent = self._is_urgent and bool(self._waiting)
        return tuple(rows)

    def _write(self) -> bool:
        """Whether all that was begun has been written."""
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._fd, self._unwritten) :]
        except BlockingIOError:
            self.blocked = True
            return False
        self.blocked = False
        return True
