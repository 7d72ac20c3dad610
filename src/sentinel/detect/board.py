"""What the board shows for one check at one place, long before and long after a signal stands.

Belongs here: the five states of the board. Does not belong here: how they look (serve/).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sentinel.detect.watch import NOTHING_HELD
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import WARNS, Hysteresis

FAILING_AFTER = 3
"""Bad samples in a row after which the board says so, whatever persistence the detector asks for."""


class State(StrEnum):
    """`failing`: bad, and it has not yet lasted long enough to be called down or slow."""

    UP = "up"
    FAILING = "failing"
    DOWN = "down"
    SLOW = "slow"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One square of the board. `since` None: not known (nothing was seen yet, or the run has only just begun)."""

    check: str
    state: State
    since: datetime | None
    reason: str


def show(check: str, held: Mapping[str, Hysteresis], last: Observation | None) -> Shown:
    """The state of `check` from what its detectors remember (kind → memory) and its last observation (None: none yet).

    A standing signal is shown before anything else, also while we cannot see: `unknown` closes nothing.
    """
    reason = "not looked at yet" if last is None else last.reason
    outage, slow = held.get("outage") or held.get("silence", NOTHING_HELD), held.get("slow", NOTHING_HELD)
    if outage.raised_since is not None:
        return Shown(check=check, state=State.DOWN, since=outage.raised_since, reason=_still(last, Verdict.DOWN))
    if last is None or last.verdict is Verdict.UNKNOWN:
        if slow.raised_since is not None:
            return Shown(check=check, state=State.SLOW, since=slow.raised_since, reason=_still(last, Verdict.DEGRADED))
        return Shown(check=check, state=State.UNKNOWN, since=last.at if last else None, reason=reason)
    if outage.bad_samples >= FAILING_AFTER:
        return Shown(check=check, state=State.FAILING, since=outage.bad_since, reason=reason)
    if slow.raised_since is not None:
        return Shown(check=check, state=State.SLOW, since=slow.raised_since, reason=_still(last, Verdict.DEGRADED))
    if slow.bad_samples >= FAILING_AFTER:
        return Shown(check=check, state=State.FAILING, since=slow.bad_since, reason=reason)
    warned = sorted(kind for kind, one in held.items() if kind in WARNS and one.raised_since is not None)
    reason = reason or (f"warned of by {', '.join(warned)}" if warned else "")
    return Shown(check=check, state=State.UP, since=_well_since(outage, slow), reason=reason)


def _still(last: Observation | None, bad: Verdict) -> str:
    """Why it is still shown as bad, in words."""
    if last is None:
        return "not looked at since this hub began"
    if last.verdict is bad:
        return last.reason
    if last.verdict is Verdict.UNKNOWN:
        return f"cannot be seen now: {last.reason}" if last.reason else "cannot be seen now"
    return f"{last.verdict} in the last sample, not yet steady"


def _well_since(outage: Hysteresis, slow: Hysteresis) -> datetime | None:
    """The start of the time in which both detectors saw good samples only."""
    if outage.bad_since is not None or slow.bad_since is not None:
        return None
    known = [run.good_since for run in (outage, slow) if run.good_since is not None]
    return max(known, default=None)
