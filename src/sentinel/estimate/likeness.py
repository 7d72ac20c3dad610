"""How much each past incident tells about the present one: a weight from 0 to 1.

Belongs here: what makes two incidents alike, and how far likeness is to be trusted. Does not belong here: what was known when
(past.py), the curve (survival.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log1p, sqrt
from typing import Final

from sentinel.estimate.past import Past, Row, Word, first_told, last_told

HALF_LIFE: Final = 600
"""After this many later incidents a row counts half."""
BESIDE_NEAR: Final = 0.5
AGE_NEAR: Final = 0.8
"""How far two numbers of open incidents, two ages of the last word may lie apart as ln(1 + x) and be near."""
ENTERED_NEAR: Final = 1.0
"""And two times from the beginning to the phase that stands."""
FEW: Final = {"beside": 15, "phase": 10, "age": 20, "entered": 20, "impact": 20, "cause": 10}
"""That many incidents' worth of alike ones weigh as much as the rest of the past together would if likeness meant nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """What is known of the incident that is asked about. `began` in minutes since the epoch of `Past`; None is not known."""

    began: float
    service: str
    touched: frozenset[str] = frozenset()
    impact: str | None = None
    causes: frozenset[str] = frozenset()
    told: tuple[Word, ...] = ()


def weights(
    present: Present, rows: Sequence[Row], past: Past, elapsed: float, borrow: int, by_phase: Word | None = None
) -> list[float]:
    """One weight a row, the rows from the last to the first to begin. `by_phase`: all of them were in that phase as long as
    the present one has been, so that what else was told is no likeness, but how long they took to get there.

    First age, and that what many checks saw of one event counts as the root of its number. Then one likeness after the other:
    each takes away from the rows that are not alike, and the more the more alike ones there are (partial pooling: with none,
    nothing is taken away). The service is the last and the strictest: other services together count `borrow` at most.
    """
    found = _by_age(rows, past, present.began + elapsed)
    for name, alike in _likenesses(present, rows, past, elapsed, by_phase):
        found = _pooled(found, alike, FEW[name])
    own = [_of_service(present, row) for row in rows]
    others = sum(weight * (1 - share) for weight, share in zip(found, own, strict=True))
    keep = min(1.0, borrow / others) if others else 1.0
    return [weight * (keep + (1 - keep) * share) for weight, share in zip(found, own, strict=True)]


def _by_age(rows: Sequence[Row], past: Past, now: float) -> list[float]:
    found, later = [], 0.0
    for row in rows:
        share = 1 / sqrt(past.together(row, now))
        later += share
        found.append(share * 0.5 ** (later / HALF_LIFE))
    return found


def _likenesses(
    present: Present, rows: Sequence[Row], past: Past, elapsed: float, by_phase: Word | None
) -> Iterator[tuple[str, list[float]]]:
    """What is known of the present incident, each with how alike the rows are in that, from 0 to 1."""
    beside = log1p(past.beside(present.began))
    yield "beside", [_near(log1p(row.beside) - beside, BESIDE_NEAR) for row in rows]
    if by_phase is not None:
        start, took = log1p(by_phase.after), [first_told(row.told, by_phase.phase) or 0.0 for row in rows]
        yield "entered", [_near(log1p(max(0.0, after)) - start, ENTERED_NEAR) for after in took]
    elif present.told or any(row.told for row in rows):
        phase, since = last_told(present.told, elapsed)
        stood, age = [last_told(row.told, elapsed) for row in rows], log1p(since)
        yield "phase", [float(told == phase) for told, _ in stood]
        yield "age", [_near(log1p(minutes) - age, AGE_NEAR) for _, minutes in stood]
    if present.impact is not None:
        yield "impact", [float(row.of.impact == present.impact) for row in rows]
    if present.causes:
        yield "cause", [float(row.of.cause.casefold() in present.causes) for row in rows]


def _near(apart: float, scale: float) -> float:
    return exp(-0.5 * (apart / scale) ** 2)


def _pooled(found: Sequence[float], alike: Sequence[float], few: float) -> list[float]:
    own = sum(weight * share for weight, share in zip(found, alike, strict=True))
    keep = few / (few + own)
    return [weight * (keep + (1 - keep) * share) for weight, share in zip(found, alike, strict=True)]


def _of_service(present: Present, row: Row) -> float:
    """The service at the root is the incident's own; another that is touched is half as good."""
    return 1.0 if row.of.service == present.service else 0.5 if row.of.service in present.touched else 0.0
