"""Rings: how many samples were good and bad lately, in windows that slide by slots. Bounded, and kept as text.

Belongs here: counting. Does not belong here: what a share means (kind/budget.py).

A window of `SLOTS` slots is the present one and the 47 before it, so it is shorter than its name says by less than a slot: 2 %
of a long window, a quarter of the short one (a twelfth of the long). Nothing else is lost: what is counted is exact.

A sample changes only the numbers of the present slots. Those of the past slots are a text that changes when a slot ends.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

SLOTS: Final = 48
SHORT: Final = 4
"""Slots of the short window: a twelfth of the long one."""


@dataclass(slots=True)
class _Ring:
    """`slot`: the present one's number since 1970. `sums`: good and bad of the past slots. `past`: them, the oldest first, in
    text: `6` is six good ones, `5.1` five good and one bad. It may be shorter than 47: what is missing is long ago."""

    slot: int
    good: int
    bad: int
    sum_good: int
    sum_bad: int
    past: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """`long`: (good, bad) in each long window. `open_slots` and `past` are to be kept, and given to the next `count`."""

    long: tuple[tuple[int, int], ...]
    open_slots: str
    past: str
    rings: tuple[_Ring, ...]

    def short(self, place: int) -> tuple[int, int]:
        """(good, bad) in the short window of one pair."""
        one = self.rings[place]
        last = [_pair(text) for text in one.past.rsplit(maxsplit=SHORT - 1)[-(SHORT - 1) :]]
        return one.good + sum(good for good, _ in last), one.bad + sum(bad for _, bad in last)


class Came(NamedTuple):
    """Samples that came `at` so many seconds since 1970."""

    at: float
    good: int = 0
    bad: int = 0


def count(open_slots: str, past: str, lengths: tuple[float, ...], *more: Came) -> Counts:
    """More samples, in order. `lengths`: of the long windows, in seconds. Other lengths begin anew."""
    rings = _rings(open_slots, past, lengths)
    for one, length in zip(rings, lengths, strict=True):
        for came in more:
            _move(one, int(came.at * SLOTS / length))
            one.good += came.good
            one.bad += came.bad
    return _counts(rings, lengths)


def read(open_slots: str, past: str, lengths: tuple[float, ...]) -> Counts:
    """What is counted so far."""
    return _counts(_rings(open_slots, past, lengths), lengths)


def _move(one: _Ring, slot: int) -> None:
    """Go on to `slot`. A late sample counts in the present one; a clock that was set back by a window or more begins anew."""
    gone = slot - one.slot
    if one.slot == 0 or gone >= SLOTS or gone <= -SLOTS:
        one.slot, one.good, one.bad, one.sum_good, one.sum_bad, one.past = slot, 0, 0, 0, 0, ""
    elif gone > 0:
        ended = f"{one.good}.{one.bad}" if one.bad else str(one.good)
        kept = [*one.past.split(), ended, *["0"] * (gone - 1)]
        left = [_pair(text) for text in kept[: -(SLOTS - 1)]]
        one.sum_good += one.good - sum(good for good, _ in left)
        one.sum_bad += one.bad - sum(bad for _, bad in left)
        one.slot, one.good, one.bad, one.past = slot, 0, 0, " ".join(kept[-(SLOTS - 1) :])


def _pair(text: str) -> tuple[int, int]:
    good, _, bad = text.partition(".")
    return int(good), int(bad or 0)


def _rings(open_slots: str, past: str, lengths: tuple[float, ...]) -> list[_Ring]:
    written, _, heads = open_slots.partition(":")
    parts, pasts = heads.split(";"), past.split(";")
    if written != _name(lengths) or len(parts) != len(lengths) or len(pasts) != len(lengths):
        return [_Ring(0, 0, 0, 0, 0, "") for _ in lengths]
    return [_ring(head, text) for head, text in zip(parts, pasts, strict=True)]


def _ring(head: str, past: str) -> _Ring:
    slot, good, bad, sum_good, sum_bad = map(int, head.split(","))
    return _Ring(slot, good, bad, sum_good, sum_bad, past)


def _counts(rings: list[_Ring], lengths: tuple[float, ...]) -> Counts:
    heads = ";".join(f"{one.slot},{one.good},{one.bad},{one.sum_good},{one.sum_bad}" for one in rings)
    return Counts(
        long=tuple((one.sum_good + one.good, one.sum_bad + one.bad) for one in rings),
        open_slots=f"{_name(lengths)}:{heads}",
        past=";".join(one.past for one in rings),
        rings=tuple(rings),
    )


def _name(lengths: tuple[float, ...]) -> str:
    """By which a change of the window is known: then the slots are others."""
    return f"{lengths[0]:.0f}x{len(lengths)}"
