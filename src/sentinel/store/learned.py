"""What a detector has learned of a check lies in a row of its own, beside the small memory that changes at every sample.

Belongs here: how the two are told apart. Does not belong here: reading and writing them (memory.py, watching.py).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from sentinel.model.signal import Hysteresis
from sentinel.store import codec

END: Final = ".learned"
"""How the key of that row ends; before it stands the detector's name."""


def rows(check: str, place: str, detector: str, state: Hysteresis, known: str = "") -> list[dict[str, Any]]:
    """The rows that hold `state`: what was learned only where it differs from `known`, which lies there already."""
    apart = state if not state.learned else replace(state, learned="")
    key = {"check": check, "place": place}
    small = {**key, "detector": detector, "state": codec.to_text(Hysteresis, apart)}
    if not state.learned or state.learned == known:
        return [small]
    return [small, {**key, "detector": detector + END, "state": state.learned}]


def joined(found: Iterable[tuple[str, str]]) -> dict[str, Hysteresis]:
    """Detector → what it remembers, from the rows (detector, state) of one check at one place."""
    states = dict(found)
    return {
        detector: replace(codec.from_text(Hysteresis, state), learned=states.get(detector + END, ""))
        for detector, state in states.items()
        if not detector.endswith(END)
    }
