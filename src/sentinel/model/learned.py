"""Learned: what a detector has learned of one number of one check at one place, at most some 3 KB as text; Gathered: the
samples that it has not been taught yet, at most 1 KB.

Does not belong here: how it is learned and what is unusual (detect/baseline.py), when a row is full (detect/gather.py).
"""

from dataclasses import dataclass
from datetime import datetime

DAY, WEEK = 24, 168
"""The hours that have an expectation of their own (UTC)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """The samples of a row that is not full yet: `seen` of them, from `began` to `last`, of which `values` are every `each`-th.

    Without values, the row that began then was one sample, and is taught already. `before`: the value of the row before.
    """

    began: datetime
    last: datetime
    values: tuple[float, ...] = ()
    seen: int = 1
    each: int = 1
    before: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The range that view number `view` had left when a row became suspect: what is inside it is usual again.

    `value` is that row's, of so many `samples`.
    """

    view: int
    low: float
    high: float
    value: float
    samples: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """`fact`: the number that it is of. Instants are seconds since 1970. `means`, `spreads`: averages over a few to a hundred
    rows, and the spread about them.

    `day`, `week`: what is expected in each hour, None where nothing was seen. `misses`: by how much the slow mean (`level`),
    the hour of day and the hour of week have erred lately. `residuals`: averages of what is left of a row beyond what was
    expected; `compared` counts how many there were. `low`, `high`: the range of each view. `evidence`: what has been gathered
    against "as usual". `quiet`: for so many rows more nothing is suspected anew.
    """

    fact: str
    since: float
    at: float
    rows: int
    level: float
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    residuals: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    day: tuple[float | None, ...] = (None,) * DAY
    week: tuple[float | None, ...] = (None,) * WEEK
    misses: tuple[float, ...] = (0.0, 0.0, 0.0)
    compared: int = 0
    evidence: float = 0.0
    quiet: int = 0
    line: Line | None = None
