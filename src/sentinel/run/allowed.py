"""What the files let a standing claim do: one that only warned may open an incident as soon as they let it.

Belongs here: the claims that stand when files take effect. Does not belong here: what a claim may do when it rises
(detect/watch.py), the incident that it opens (the next round).

Nothing follows the other way round: an incident keeps what it rests on until that is good again, so that its end is seen.
"""

from dataclasses import replace

from sqlalchemy import Connection

from sentinel.model.check import Check
from sentinel.model.signal import Signal
from sentinel.run.world import World
from sentinel.store import watching

SAYS = "until now it only warned of this, as the files had it"


def lift(c: Connection, world: World) -> None:
    """Let claims that stand open an incident where their checks let them warn only, and do so no more."""
    checks = world.installation.checks
    standing = [one for one in watching.signals_standing(c) if one.warns and not one.lifted]
    lifted = [one for one in standing if one.check in checks and _may_open(checks[one.check], one)]
    watching.keep_signals(c, [replace(one, lifted=True, evidence=f"{one.evidence}; {SAYS}") for one in lifted])


def _may_open(check: Check, one: Signal) -> bool:
    return one.detector in check.detectors and one.detector not in check.warns
