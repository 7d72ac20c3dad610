"""`slow`: raised after 60 s and 3 samples of degraded, cleared by 2 that are up."""

from collections.abc import Iterable

from sentinel.detect.kind.slow import Options, step
from sentinel.model.observation import Verdict
from sentinel.model.signal import Hysteresis

from .samples import DEGRADED, DOWN, UP, at, samples


def run(told: Iterable[tuple[float, Verdict]]) -> Hysteresis:
    held = Hysteresis()
    for seen in samples(told):
        held = step(held, seen, Options())
    return held


def test_raised_after_a_minute_of_degraded_samples() -> None:
    assert run([(0, DEGRADED), (30, DEGRADED), (59, DEGRADED)]).raised_since is None
    assert run([(0, DEGRADED), (30, DEGRADED), (60, DEGRADED)]).raised_since == at(0)


def test_down_between_neither_ends_slowness_nor_counts_as_slow() -> None:
    assert run([(0, DEGRADED), (30, DOWN), (60, DEGRADED)]).raised_since is None
    assert run([(0, DEGRADED), (30, DOWN), (60, DEGRADED), (61, DEGRADED)]).raised_since == at(0)


def test_down_does_not_clear_it_and_two_up_samples_do() -> None:
    slow = [(0, DEGRADED), (30, DEGRADED), (60, DEGRADED)]
    assert run([*slow, (90, DOWN), (120, DOWN), (150, UP)]).raised_since == at(0)
    cleared = run([*slow, (90, DOWN), (120, UP), (150, UP)])
    assert cleared.raised_since is None
    assert cleared.good_since == at(120)
