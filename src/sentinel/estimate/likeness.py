"""How much each past incident tells about the present one: a weight from 0 to 1.

Belongs here: what makes two incidents alike, and how far likeness is to be trusted. Does not belong here: what was known when
(past.py), the curve (survival.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, log1p, sqrt
from operator import mul
from typing import Final

from sentinel.estimate.past import Past, Row, Word, first_told, last_told

HALF_LIFE: Final = 600
"""After this many later incidents a row counts half."""
BESIDE_NEAR: Final = 0.5
AGE_NEAR: Final = 0.8
"""How far two numbers of open incidents, two ages of the last word may lie apart as ln(1 + x) and be near."""
ENTERED_NEAR: Final = 1.0
"""And two times from the beginning to the phase that stands."""
DAY: Final = 24.0
HOUR_NEAR: Final = 3.0
"""And two times of the day, in hours."""
WATCH: Final = 4.0
"""Hours. Whether the time of day tells anything is judged by as many watches as make a day."""
HOUR_FEW: Final = 10.0
"""However much it tells, no fewer alike ones weigh as much as all others."""
_SHORTEST = 1 / 60
"""Minutes; below a second they count as one."""
_NONE = 1e-9
"""What is left of a difference by the last bits of floats is none."""
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
    present: Present,
    rows: Sequence[Row],
    past: Past,
    elapsed: float,
    borrow: int,
    left: Sequence[float | None],
    by_phase: Word | None = None,
) -> list[float]:
    """One weight a row, the rows from the last to the first to begin. `left`: how many minutes more each took, None where that
    is not known. `by_phase`: all of them were in that phase as long as the present one has been, so that what else was told is
    no likeness, but how long they took to get there.

    First age, and that what many checks saw of one event counts as the root of its number. Then one likeness after the other:
    each takes away from the rows that are not alike, and the more the more alike ones there are (partial pooling: with none,
    nothing is taken away). The service is the last and the strictest: other services together count `borrow` at most, beside
    what its own counted before anything was taken away.
    """
    by_age = _by_age(rows, past, present.began + elapsed)
    found = by_age
    for few, alike in _likenesses(present, rows, past, elapsed, left, by_phase):
        found = _pooled(found, alike, few)
    own = [_of_service(present, row) for row in rows]
    before, after = (sum(map(mul, those, own)) for those in (by_age, found))
    others = sum(found) - after
    keep = min(1.0, borrow * after / (before * others)) if before and others > 0 else 1.0
    return [weight * (keep + (1 - keep) * share) for weight, share in zip(found, own, strict=True)]


def _by_age(rows: Sequence[Row], past: Past, now: float) -> list[float]:
    found, later = [], 0.0
    for row in rows:
        share = 1 / sqrt(past.together(row, now))
        later += share
        found.append(share * 0.5 ** (later / HALF_LIFE))
    return found


def _likenesses(
    present: Present,
    rows: Sequence[Row],
    past: Past,
    elapsed: float,
    left: Sequence[float | None],
    by_phase: Word | None,
) -> Iterator[tuple[float, list[float]]]:
    """What is known of the present incident: how many alike ones weigh as much as the rest, and how alike the rows are in
    that, from 0 to 1."""
    beside = log1p(past.beside(present.began))
    yield FEW["beside"], [_near(log1p(row.beside) - beside, BESIDE_NEAR) for row in rows]
    if by_phase is not None:
        start, took = log1p(by_phase.after), [first_told(row.told, by_phase.phase) or 0.0 for row in rows]
        yield FEW["entered"], [_near(log1p(max(0.0, after)) - start, ENTERED_NEAR) for after in took]
    elif present.told or any(row.told for row in rows):
        phase, since = last_told(present.told, elapsed)
        stood, age = [last_told(row.told, elapsed) for row in rows], log1p(since)
        yield FEW["phase"], [float(told == phase) for told, _ in stood]
        yield FEW["age"], [_near(log1p(minutes) - age, AGE_NEAR) for _, minutes in stood]
    if present.impact is not None:
        yield FEW["impact"], [float(row.of.impact == present.impact) for row in rows]
    if present.causes:
        yield FEW["cause"], [float(row.of.cause.casefold() in present.causes) for row in rows]
    hours = [_hour(row.began) for row in rows]
    few = _credible([(hour // WATCH, minutes) for hour, minutes in zip(hours, left, strict=True) if minutes is not None])
    if few is not None:
        now = _hour(present.began)
        yield max(few, HOUR_FEW), [_near(DAY / 2 - abs(abs(hour - now) - DAY / 2), HOUR_NEAR) for hour in hours]


def _hour(began: float) -> float:
    """The time of day in UTC. What zone it is in is the same for all."""
    return began / 60 % DAY


def _credible(of: Sequence[tuple[float, float]]) -> float | None:
    """How many of a group weigh as much as all others together: the variance within groups by that between them (Bühlmann
    1967), of ln(minutes). None: they differ no more than by chance, and a group tells nothing of its own."""
    logs: dict[float, list[float]] = {}
    for group, minutes in of:
        logs.setdefault(group, []).append(log(max(minutes, _SHORTEST)))
    count, degrees = len(of), len(of) - len(logs)
    if degrees < 1 or len(logs) < 2:
        return None
    means = {group: fsum(those) / len(those) for group, those in logs.items()}
    mean = fsum(means[group] * len(those) for group, those in logs.items()) / count
    within = fsum((one - means[group]) ** 2 for group, those in logs.items() for one in those) / degrees
    between = fsum(len(those) * (means[group] - mean) ** 2 for group, those in logs.items())
    excess = between - (len(logs) - 1) * within
    spread = count - sum(len(those) ** 2 for those in logs.values()) / count
    return within * spread / excess if excess > _NONE * between else None


def _near(apart: float, scale: float) -> float:
    return exp(-0.5 * (apart / scale) ** 2)


def _pooled(found: Sequence[float], alike: Sequence[float], few: float) -> list[float]:
    own = sum(weight * share for weight, share in zip(found, alike, strict=True))
    keep = few / (few + own)
    return [weight * (keep + (1 - keep) * share) for weight, share in zip(found, alike, strict=True)]


def _of_service(present: Present, row: Row) -> float:
    """The service at the root is the incident's own; another that is touched is half as good."""
    return 1.0 if row.of.service == present.service else 0.5 if row.of.service in present.touched else 0.0
