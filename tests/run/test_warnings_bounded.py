"""Too many warnings: none is said to be over because another came; and each goes to those whose service it is."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal
from sentinel.run.ownsigns import MOST_WARNINGS, _warnings

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def _signal(detector: str, check: str) -> Signal:
    return Signal(
        id=f"{detector}:{check}",
        detector=detector,
        service="s",
        check=check,
        place="hub",
        verdict=Verdict.DOWN,
        statement=None,
        since=NOW,
        raised_at=NOW,
        evidence="e",
    )


def test_a_new_warning_pushes_out_none_that_was_told() -> None:
    names = [f"s.c{place:03}" for place in range(MOST_WARNINGS)]
    house: Any = SimpleNamespace(checks=dict.fromkeys([*names, "s.last"], 1))
    before = _warnings([_signal("vendor", name) for name in names], house)
    after = _warnings([*(_signal("vendor", name) for name in names), _signal("flapping", "s.last")], house)
    assert before.keys() <= after.keys()
