"""What every detector keeps to, whichever file it is. New kinds are found by themselves."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
from pydantic import ValidationError

from sentinel.detect import kind
from sentinel.detect.watch import Detector
from sentinel.model.observation import Verdict
from sentinel.model.signal import Hysteresis

from .samples import UNKNOWN, sample

LEAST: dict[str, dict[str, object]] = {"forecast": {"above": 95}}
"""What must be written: options without which a kind means nothing."""
NAMES = [found.name for found in iter_modules(kind.__path__)]


def _detector(name: str) -> Detector:
    found: Detector = import_module(f"sentinel.detect.kind.{name}")
    return found


def test_the_kinds_of_this_version_are_found() -> None:
    assert {"outage", "slow"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_a_verdict_and_documented_options_with_defaults_that_refuse_unknown_keys(name: str) -> None:
    detector = _detector(name)
    assert isinstance(detector.VERDICT, Verdict)
    assert detector.Options.model_validate(LEAST.get(name, {}))
    assert all(field.description for field in detector.Options.model_fields.values())
    with pytest.raises(ValidationError):
        detector.Options.model_validate({"persistense": 3})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [{"persistence": -1}, {"samples": 0}, {"clears_after": 0}, {"samples": 101}])
def test_options_out_of_bounds_are_refused(name: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        _detector(name).Options.model_validate(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_changes_nothing_in_any_kind(name: str) -> None:
    detector = _detector(name)
    held = Hysteresis(bad_since=sample(0, UNKNOWN).at, bad_samples=2)
    assert detector.step(held, sample(9, UNKNOWN), detector.Options.model_validate(LEAST.get(name, {}))) is held
