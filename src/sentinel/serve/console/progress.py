"""The books of a notice as a bar and as words: how far its delivery is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from sentinel.model.delivery import Books

WIDTH = 1000.0
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "done": ("accepted", ("accepted",)),
    "wait": ("on their way", ("expanding", "queued", "claimed", "armed", "retry", "held")),
    "warn": ("in doubt", ("in_doubt",)),
    "bad": ("not delivered", ("rejected", "dead")),
    "none": ("not sent to", ("suppressed", "cancelled")),
}
"""Looks of a piece → its name, and the states that it counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """One piece of the bar, from `x`, `width` wide of `WIDTH`. Its name and number say the same."""

    looks: str
    name: str
    number: int
    x: float
    width: float


def stretches(books: Books) -> tuple[Stretch, ...]:
    """The pieces that are not empty, from left to right."""
    found: list[Stretch] = []
    x = 0.0
    for looks, (name, states) in GROUPS.items():
        number = sum(books.counts.get(state, 0) for state in states)
        if number:
            width = WIDTH * number / max(books.snapshot, 1)
            found.append(Stretch(looks=looks, name=name, number=number, x=round(x, 2), width=round(width, 2)))
            x += width
    return tuple(found)
