"""What the board shows for a check."""

import pytest

from sentinel.detect.board import Shown, State, show
from sentinel.detect.kind import outage, slow
from sentinel.detect.watch import fit, watch
from sentinel.model.check import Check
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

from .samples import DEGRADED, DOWN, UNKNOWN, UP, at, sample

CHECK = Check(id="payments.card-form", service="payments", kind="http", options={}, detectors={"outage": {}, "slow": {}})
FITTED = fit(CHECK, {"outage": outage, "slow": slow})


def board(*told: tuple[float, Verdict]) -> Shown:
    held: dict[str, Hysteresis] = {}
    last: Observation | None = None
    for seconds, verdict in told:
        last = sample(seconds, verdict, reason=f"it was {verdict}")
        held |= watch(CHECK, held, last, last.at, FITTED).held
    return show(CHECK.id, held, last)


TABLE = [
    ("nothing was seen yet", [], State.UNKNOWN, None),
    ("steady and good", [(0, UP), (30, UP)], State.UP, 0),
    ("one bad sample is not yet failing", [(0, UP), (30, DOWN)], State.UP, None),
    ("three bad ones are, long before they persisted", [(0, UP), (30, DOWN), (31, DOWN), (32, DOWN)], State.FAILING, 30),
    ("persisted", [(30, DOWN), (31, DOWN), (32, DOWN), (45, DOWN)], State.DOWN, 30),
    ("down until it clears", [(30, DOWN), (38, DOWN), (46, DOWN), (60, UP)], State.DOWN, 30),
    ("cleared", [(30, DOWN), (38, DOWN), (46, DOWN), (60, UP), (61, UP)], State.UP, 60),
    ("cleared, but slow", [(30, DOWN), (38, DOWN), (46, DOWN), (60, DEGRADED), (61, DEGRADED)], State.UP, None),
    ("degraded, not yet long", [(0, DEGRADED), (20, DEGRADED), (40, DEGRADED)], State.FAILING, 0),
    ("degraded for long", [(0, DEGRADED), (30, DEGRADED), (60, DEGRADED)], State.SLOW, 0),
    (
        "slow, now failing",
        [(0, DEGRADED), (30, DEGRADED), (60, DEGRADED), (90, DOWN), (91, DOWN), (92, DOWN)],
        State.FAILING,
        90,
    ),
    ("we cannot see", [(0, UP), (30, UNKNOWN)], State.UNKNOWN, 30),
    ("down, and now we cannot see", [(30, DOWN), (38, DOWN), (46, DOWN), (60, UNKNOWN)], State.DOWN, 30),
    ("slow, and now we cannot see", [(0, DEGRADED), (30, DEGRADED), (60, DEGRADED), (90, UNKNOWN)], State.SLOW, 0),
]


@pytest.mark.parametrize(("what", "told", "state", "since"), TABLE, ids=[row[0] for row in TABLE])
def test_the_board(what: str, told: list[tuple[float, Verdict]], state: State, since: float | None) -> None:
    shown = board(*told)
    assert (shown.state, shown.since) == (state, None if since is None else at(since))
    assert shown.reason


def test_the_reason_owns_that_we_cannot_see_what_still_counts_as_down() -> None:
    shown = board((30, DOWN), (38, DOWN), (46, DOWN), (60, UNKNOWN))
    assert shown.reason == "cannot be seen now: it was unknown"
