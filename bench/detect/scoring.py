"""The scoring of the Numenta Anomaly Benchmark, written from its published rules (Lavin and Ahmad, 2015, section II.B).

Belongs here: what one row of one file is worth, the threshold that serves all files best, the scale from null to perfect. Does
not belong here: reading files (nab.py), and who gives the scores.

A file's first rows are probation and are worth nothing. A window of the truth counts once, by the earliest row in it that is
said to be unusual: 1 at its left edge, falling to 0 at its right edge; a window without one costs a miss. Each row outside that
is said to be unusual costs up to a false alarm, less shortly after a window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, floor

PROBATION, PROBATION_MOST = 0.15, 750
"""The share of a file's rows that is not scored, and how many they are at most."""
FAR = 3.0
"""So many widths after a window a false alarm costs all of its weight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What a window found, a window missed and a false alarm weigh."""

    found: float = 1.0
    missed: float = 1.0
    false: float = 0.11


PROFILES: Mapping[str, Profile] = {"standard": Profile(), "low_fp": Profile(false=0.22), "low_fn": Profile(missed=2.0)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row after probation: the detector's score, what saying so is worth (unweighted), and the window it lies in or ""."""

    score: float
    worth: float
    window: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The threshold that served best, the normalised score that it had, and the rows outside windows that it cost."""

    threshold: float
    score: float
    false: int
    found: int


def place(position: float) -> float:
    """What a row is worth by where it lies: -1 is a window's left edge, 0 its right edge; above 0 it is past it."""
    return -1.0 if position > FAR else 2 / (1 + exp(5 * position)) - 1


def probation(rows: int) -> int:
    return min(floor(PROBATION * rows), PROBATION_MOST)


def rows(name: str, scores: Sequence[float], windows: Sequence[tuple[int, int]]) -> list[Row]:
    """The rows of one file that count. `windows`: first and last row of each, in order."""
    skipped, full, found = probation(len(scores)), place(-1.0), []
    ahead, past = list(windows), None
    for at, score in enumerate(scores):
        if past is None or at > past[1]:
            while ahead and at > ahead[0][1]:
                past = ahead.pop(0)
        inside = bool(ahead) and ahead[0][0] <= at
        if inside:
            left, right = ahead[0]
            worth = place(-(right - at + 1) / (right - left + 1)) / full
        elif past is None:
            worth = -1.0
        else:
            worth = place((at - past[1]) / max(1, past[1] - past[0]))
        if at >= skipped:
            found.append(Row(score=score, worth=worth, window=f"{name}|{ahead[0][0]}" if inside else ""))
    return found


def best(files: Iterable[Sequence[Row]], windows: int, profile: Profile) -> Best:
    """The one threshold that serves all files best, as NAB chooses it. `windows`: how many there are, to be found or missed.

    Nothing said is 0, every window found at its left edge with no false alarm is 100. With no window there is no score: 0.
    """
    every = sorted((row for one in files for row in one), key=lambda row: row.score, reverse=True)
    null = -profile.missed * len({row.window for row in every if row.window})
    scale = profile.found * windows - null
    reached: dict[str, float] = {}
    total, false, top = null, 0, (null, float("inf"), 0, 0)
    for threshold, level in groupby(every, key=lambda row: row.score):
        for row in level:
            if not row.window:
                total, false = total + profile.false * row.worth, false + 1
                continue
            before = reached.get(row.window, -profile.missed)
            reached[row.window] = max(before, profile.found * row.worth)
            total += reached[row.window] - before
        if total > top[0]:
            top = (total, threshold, false, len(reached))
    score = 100 * (top[0] - null) / scale if scale else 0.0
    return Best(threshold=top[1], score=score, false=top[2], found=top[3])
