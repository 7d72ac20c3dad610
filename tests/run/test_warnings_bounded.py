"""Too many warnings: none is said to be over because another came; and each goes to those whose service it is."""

from types import SimpleNamespace
from typing import Any

from sentinel.run.ownsigns import MOST_WARNINGS, _warnings


def _signal(detector: str, check: str) -> Any:
    return SimpleNamespace(only_warns=True, stands=True, check=check, detector=detector, evidence="e", place="hub")


def test_a_new_warning_pushes_out_none_that_was_told() -> None:
    names = [f"s.c{place:03}" for place in range(MOST_WARNINGS)]
    house: Any = SimpleNamespace(checks=dict.fromkeys([*names, "s.last"], 1))
    before = _warnings([_signal("vendor", name) for name in names], house)
    after = _warnings([*(_signal("vendor", name) for name in names), _signal("flapping", "s.last")], house)
    assert before.keys() <= after.keys()
