"""The reliability picture as shapes for an SVG: the share claimed across, the share that held upwards; on the diagonal is true.

Pure. Belongs here: geometry, and the same in words. Does not belong here: colours (scorecard.css), counting (estimate/card.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sentinel.estimate.card import ENOUGH, Point
from sentinel.serve.scorecard.words import percent

SIDE, LEFT, TOP = 320, 44, 12
"""The square, and the room for labels left of it and above it."""
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One claim: where it lies, and from where to where its interval reaches."""

    x: float
    y: float
    low: float
    high: float
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    dots: tuple[Dot, ...]
    line: str
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    says: str


def picture(points: Sequence[Point]) -> Picture | None:
    """The picture; None while there are too few to draw one."""
    if not points or min(point.graded for point in points) < ENOUGH:
        return None
    dots = tuple(
        Dot(x=_x(one.claimed), y=_y(one.held), low=_y(one.between[0]), high=_y(one.between[1]), says=_says(one))
        for one in points
    )
    return Picture(
        dots=dots,
        line=" ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in dots),
        across=tuple(Tick(at=_x(share), text=percent(share)) for share in TICKS),
        upwards=tuple(Tick(at=_y(share), text=percent(share)) for share in TICKS),
        says="; ".join(dot.says for dot in dots),
    )


def _says(point: Point) -> str:
    return f"of the {percent(point.claimed)} claimed {percent(point.held)} held"


def _x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(TOP + SIDE * (1 - share), 1)
