"""What nobody watches any more is forgotten: checks, detectors and places that the files do not name.

Belongs here: what counts as nobody, with one hub and with several. Does not belong here: what is forgotten of a check, and the
signals that end with it (store/watching.py).

Hubs may have read different files for a while: an edit reaches one after the other, and somebody may start one from an older
checkout. What *we* do not know of is no reason to end the signals of those who do: beside other hubs only that is forgotten
which nobody has looked at for a while, and it is looked for again every minute.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.model.signal import Signal
from sentinel.run import callers, hooked
from sentinel.run.presence import GONE_AFTER
from sentinel.run.world import World
from sentinel.store import processes, watching

SILENT: Final = timedelta(minutes=10)
"""At the least; three of our longest intervals if they are longer: others' checks will be like ours."""
AGAIN_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


def forget(c: Connection, world: World, me: str | None, now: datetime) -> list[Signal]:
    """Forget it; the signals that end with it. `me`: this process, as others on its store know it (empty before it has said
    so); None where there can be no others."""
    there = () if me is None else processes.living(c, now, GONE_AFTER)
    beside = [each for each in there if each.kind == "serve" and each.id != me]
    if not beside:
        ended = watching.forget(c, world.watched, now, places=world.places, looked_from=_looked_from(world))
        return [*ended, *_said_by_others(c, world, now, beside=False)]
    places = {*world.places, *(each.place for each in beside)}
    longest = max((check.every for check in world.installation.checks.values()), default=SILENT)
    ended = watching.forget(c, world.watched, now, places=places, since=now - max(SILENT, 3 * longest))
    return [*ended, *_said_by_others(c, world, now, beside=True)]


def _said_by_others(c: Connection, world: World, now: datetime, *, beside: bool) -> list[Signal]:
    """What tools and callers say, of hooks and topics that are in the files no more."""
    return [*hooked.forget(c, world, now, beside=beside), *callers.forget(c, world, now, beside=beside)]


def _looked_from(world: World) -> dict[str, tuple[str, ...]]:
    """Check → the places that it is looked at from, of those that name them."""
    return {name: one.places for name, one in world.installation.checks.items() if one.places and not one.is_pushed}


def report(ended: Sequence[Signal]) -> None:
    """Say in the log which signals ended."""
    for one in ended:
        log.warning(
            "nobody watches %s by %s from %s any more: its signal ends, and a person must end its incident",
            one.check,
            one.detector,
            one.place,
        )
