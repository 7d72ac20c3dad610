"""The sketch: its bound, that merging loses nothing, its form on disk; and DDSketch to the digit, whose answers lie beside us
(ddsketch_golden.py says how they came)."""

import json
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.model.sketch import (
    ACCURACY,
    LARGEST,
    Sketch,
    class_of,
    from_numbers,
    merged,
    middle,
    of_classes,
    packed,
    sketch_of,
    to_numbers,
    unpacked,
)

GOLDEN = json.loads(Path(__file__).with_name("ddsketch.json").read_text(encoding="utf-8"))
CASES = GOLDEN["cases"]
VALUES = st.lists(st.integers(-LARGEST, LARGEST) | st.integers(-300, 300), max_size=60)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_its_quantiles_are_those_of_ddsketch_to_the_digit(number: int) -> None:
    case: dict[str, Any] = CASES[number]
    found = sketch_of(case["values"])
    assert [found.quantile(share) for share in GOLDEN["shares"]] == case["quantiles"]
    assert found.total == case["sum"]


def test_it_is_said_which_ddsketch_it_was() -> None:
    assert GOLDEN["ddsketch"] == "3.0.1"
    assert pytest.approx(ACCURACY) == GOLDEN["accuracy"]


@given(VALUES.filter(bool), st.floats(0, 1))
def test_a_quantile_is_within_1_percent_of_the_value_that_it_stands_for(values: list[int], share: float) -> None:
    true = sorted(values)[floor(share * (len(values) - 1))]
    assert sketch_of(values).quantile(share) == pytest.approx(true, rel=ACCURACY * (1 + 1e-9), abs=0)


@settings(max_examples=50)
@given(st.lists(VALUES, max_size=6), st.randoms(use_true_random=False))
def test_parts_merged_in_any_order_are_the_whole(parts: list[list[int]], chance: Any) -> None:
    sketches = [sketch_of(part) for part in parts]
    chance.shuffle(sketches)
    half = len(sketches) // 2
    whole = sketch_of(value for part in parts for value in part)
    assert merged([merged(sketches[:half]), merged(sketches[half:])]) == whole


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_one_after_the_other(parts: list[list[int]]) -> None:
    sketches = [sketch_of(part) for part in parts]
    numbers = unpacked(packed(number for one in sketches for number in to_numbers(one)))
    assert [from_numbers(numbers) for _ in sketches] == sketches
    assert list(numbers) == []


@given(VALUES.filter(bool))
def test_of_the_classes_alone_the_rest_is_known_to_within_1_percent(values: list[int]) -> None:
    whole = sketch_of(values)
    known = of_classes(whole.classes)
    assert (known.count, known.classes) == (whole.count, whole.classes)
    for said, true in ((known.least, whole.least), (known.most, whole.most)):
        assert said == pytest.approx(true, abs=ACCURACY * abs(true) + 1)
    assert known.total == pytest.approx(whole.total, abs=ACCURACY * sum(map(abs, values)) + 1)


def test_however_large_a_value_is_there_is_a_class_for_it_and_not_one_more() -> None:
    outermost = class_of(LARGEST)
    assert class_of(10**300) == outermost == -class_of(-(10**300)) == 1746
    assert middle(outermost) == pytest.approx(LARGEST, rel=ACCURACY)


def test_without_values_there_is_no_quantile() -> None:
    assert sketch_of([]) == Sketch() == merged([]) == merged([Sketch()])
    assert Sketch().quantile(0.5) is None
