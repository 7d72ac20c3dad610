"""Our Kaplan-Meier against lifelines, to the digit: its answers lie beside us, and lifelines_golden.py says how they came."""

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from sentinel.estimate.survival import Life, quantile, survival

GOLDEN = json.loads(Path(__file__).with_name("lifelines.json").read_text(encoding="utf-8"))
CASES = GOLDEN["cases"]


def curve(case: dict[str, Any]) -> list[Life]:
    return [Life(*one) for one in zip(case["lasted"], case["ended"], case["weights"], strict=True)]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_curve_is_that_of_lifelines(number: int) -> None:
    """Where somebody was censored lifelines repeats the share of before; we give the steps alone."""
    case = CASES[number]
    steps = survival(curve(case))
    ours = {step.at: step.still_open for step in steps}
    still = 1.0
    for at, share in case["steps"]:
        still = ours.get(at, still)
        assert still == pytest.approx(share, abs=1e-12)
    assert set(ours) <= {at for at, _ in case["steps"]}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_median_is_that_of_lifelines(number: int) -> None:
    case = CASES[number]
    assert quantile(survival(curve(case)), 0.5) == (inf if case["median"] is None else case["median"])


def test_it_is_said_which_lifelines_it_was() -> None:
    assert GOLDEN["lifelines"] == "0.30.3"
    assert any(not all(case["ended"]) for case in CASES)
    assert any(max(case["weights"]) > 1 for case in CASES)
