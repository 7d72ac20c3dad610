"""Spool: what our own prober found and what is not on disk yet, bounded, in this process's memory.

While the database is away, probing goes on. When there is no more room, the oldest samples that only say again what the one
before them said are left out first; one that says something new about its check is kept as long as there is any room at all.
"""

import logging
from collections import deque
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeAlias

from sentinel.model.observation import Verdict
from sentinel.probe.wire import Batch

ROWS_KEPT: Final = 50_000
ROWS_IN_A_ROUND: Final = 500
"""Samples that one round takes in. Each costs some statements under the one guard, for which a kill switch waits: after a long
outage rounds are many and short."""
_ROOM: Final = 0.9
"""Thinning makes so much room that it is not needed again with the next batch."""

Arrived: TypeAlias = tuple[Batch, datetime]

log = logging.getLogger(__name__)


class Spool:
    """Batches in the order of their arrival. Each stays a batch even without samples: their numbers have no gap."""

    def __init__(self, rows_kept: int = ROWS_KEPT) -> None:
        self.dropped = 0
        """Samples that had to be left out so far."""
        self._kept = rows_kept
        self._batches: deque[Arrived] = deque()
        self._rows = 0

    def __len__(self) -> int:
        """How many samples wait."""
        return self._rows

    def add(self, batch: Batch, at: datetime) -> None:
        """A batch has come."""
        self._batches.append((batch, at))
        self._rows += len(batch.rows)
        if self._rows > self._kept:
            self._thin()

    def take(self, most: int = ROWS_IN_A_ROUND) -> list[Arrived]:
        """The first batches, about `most` samples; all of them if they are few."""
        taken: list[Arrived] = []
        rows = 0
        while self._batches and (not taken or rows + len(self._batches[0][0].rows) <= most):
            taken.append(self._batches.popleft())
            rows += len(taken[-1][0].rows)
        self._rows -= rows
        return taken

    def put_back(self, taken: list[Arrived]) -> None:
        """They could not be stored: they are the first again."""
        self._batches.extendleft(reversed(taken))
        self._rows += sum(len(batch.rows) for batch, _ in taken)
        if self._rows > self._kept:
            self._thin()

    def _thin(self) -> None:
        before, goal = self._rows, int(self._kept * _ROOM)
        self._leave_out(goal, changes=False)
        if self._rows > self._kept:
            self._leave_out(goal, changes=True)
        self.dropped += before - self._rows
        log.warning("the database has been away for long: %d samples were left out so far, oldest first", self.dropped)

    def _leave_out(self, goal: int, *, changes: bool) -> None:
        """Leave out the oldest samples until `goal` are left; those that say something new only if `changes`."""
        said: dict[str, Verdict] = {}
        for place, (batch, at) in enumerate(self._batches):
            rows = []
            for row in batch.rows:
                is_news = said.get(row.check) != row.verdict
                said[row.check] = row.verdict
                if self._rows > goal and (changes or not is_news):
                    self._rows -= 1
                else:
                    rows.append(row)
            if len(rows) < len(batch.rows):
                self._batches[place] = (replace(batch, rows=tuple(rows)), at)
            if self._rows <= goal:
                return
