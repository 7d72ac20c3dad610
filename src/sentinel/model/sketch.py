"""Sketch: how many values there were and how they lay, small, from which every quantile is known to within 1 %.

Belongs here: the classes of values, adding up, the form on disk. Does not belong here: what is counted (store/rollups.py).

Values are whole numbers (of latencies: microseconds), so that sums are exact, and two sketches of halves are, bit for bit, the
one of the whole, in whatever order they are merged. A class holds the values from over 1.02^(k-1) to 1.02^k and answers with
the one that is at most 1/101 away from all others. Rule and mapping are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast
and fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12, 2019), with which it agrees to the digit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from math import ceil, log, log1p
from typing import Final

ACCURACY: Final = 1 / 101
"""A quantile is at most so much, relatively, away from the value that it stands for."""
LARGEST: Final = 10**15
"""Beyond it values fall into the outermost class (of microseconds: 31 years). So there are at most 3,491 classes."""
_GAMMA: Final = 0.02
_PER_LOG: Final = 1 / log1p(_GAMMA)
_PER_LOG2: Final = _PER_LOG * log(2)


@lru_cache(maxsize=20_000)
def class_of(value: int) -> int:
    """The class of a value: 0 of zero, above it for more, below it for less, in the order of the values."""
    if value < 0:
        return -class_of(-value)
    return ceil(log(min(value, LARGEST)) * _PER_LOG) + 1 if value else 0


def middle(found: int) -> float:
    """The value that stands for a class."""
    if found < 0:
        return -middle(-found)
    return float(2.0 ** ((found - 1) / _PER_LOG2) * (2 / (2 + _GAMMA))) if found else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sketch:
    """`classes`: class → how many values. `total`, `least` and `most` are exact; 0 where there are no values."""

    count: int = 0
    total: int = 0
    least: int = 0
    most: int = 0
    classes: Mapping[int, int] = field(default_factory=dict)

    def quantile(self, share: float) -> float | None:
        """The value below which `share` (0 to 1) of all lie, to within `ACCURACY`; None without values."""
        rank, passed = share * (self.count - 1), 0
        for found in sorted(self.classes):
            passed += self.classes[found]
            if passed > rank:
                return middle(found)
        return None


def sketch_of(values: Iterable[int]) -> Sketch:
    """The sketch of some values."""
    given = list(values)
    if not given:
        return Sketch()
    return Sketch(count=len(given), total=sum(given), least=min(given), most=max(given), classes=Counter(map(class_of, given)))


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """The sketch of all values of these."""
    there = [one for one in sketches if one.count]
    classes: Counter[int] = Counter()
    for one in there:
        classes.update(one.classes)
    return Sketch(
        count=sum(one.count for one in there),
        total=sum(one.total for one in there),
        least=min((one.least for one in there), default=0),
        most=max((one.most for one in there), default=0),
        classes=classes,
    )


# On disk: whole numbers from 0 on, 7 bits a byte, the highest bit saying that more follow.


def packed(numbers: Iterable[int]) -> bytes:
    """Numbers as bytes: one byte each for those below 128, as most are."""
    made = bytearray()
    for each in numbers:
        number = each
        while number > 127:
            made.append(number & 127 | 128)
            number >>= 7
        made.append(number)
    return bytes(made)


def unpacked(kept: bytes) -> Iterator[int]:
    """The numbers again."""
    if kept.isascii():
        return iter(kept)
    found: list[int] = []
    number = shift = 0
    for byte in kept:
        if byte > 127:
            number |= (byte & 127) << shift
            shift += 7
        else:
            found.append(number | byte << shift)
            number = shift = 0
    return iter(found)


def to_numbers(sketch: Sketch) -> Iterator[int]:
    """A sketch whole: its classes, then what is exact."""
    yield from classes_to_numbers(sketch.classes)
    if sketch.count:
        yield from (folded(sketch.least), sketch.most - sketch.least, sketch.total - sketch.count * sketch.least)


def from_numbers(numbers: Iterator[int]) -> Sketch:
    """The same again. Takes of `numbers` what is its own."""
    classes = classes_from_numbers(numbers)
    count = sum(classes.values())
    if not count:
        return Sketch()
    least = unfolded(next(numbers))
    most, total = least + next(numbers), count * least + next(numbers)
    return Sketch(count=count, total=total, least=least, most=most, classes=classes)


def classes_to_numbers(classes: Mapping[int, int]) -> Iterator[int]:
    """How many classes, each by how far it is from the one before, and how many values each holds."""
    there = sorted(classes)
    yield len(there)
    if there:
        yield folded(there[0])
        yield from (found - before for before, found in pairwise(there))
        yield from (classes[found] for found in there)


def classes_from_numbers(numbers: Iterator[int]) -> dict[int, int]:
    """The same again. Takes of `numbers` what is its own."""
    count = next(numbers)
    if not count:
        return {}
    there = accumulate(islice(numbers, count - 1), initial=unfolded(next(numbers)))
    return dict(zip(list(there), islice(numbers, count), strict=True))


def of_classes(classes: Mapping[int, int]) -> Sketch:
    """A sketch of which only the classes are known: what is exact of others is right to within `ACCURACY` of it."""
    if not classes:
        return Sketch()
    return Sketch(
        count=sum(classes.values()),
        total=round(sum(middle(found) * n for found, n in classes.items())),
        least=round(middle(min(classes))),
        most=round(middle(max(classes))),
        classes=classes,
    )


def folded(number: int) -> int:
    """A whole number as one from 0 on, small where it was near 0."""
    return 2 * number if number >= 0 else -2 * number - 1


def unfolded(number: int) -> int:
    """The number again."""
    return number // 2 if number % 2 == 0 else -(number + 1) // 2
