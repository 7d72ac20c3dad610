"""What the pages of vendors say of the end, for a person to take up: the machine gives nobody a time on their word.

A page concerns an incident that is watched for one of its services, or for one on which these depend, and that says by itself
that something is wrong there: while a signal of `vendor` stands. Does not belong here: reading pages
(probe/kind/statuspage.py), what is promised on a vendor's word (estimate/).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.incident.group import Dependencies
from sentinel.model.incident import Incident
from sentinel.model.observation import Verdict
from sentinel.probe.answer import instant_of
from sentinel.run.world import World
from sentinel.serve.port import VendorTime
from sentinel.store import watching

DETECTOR: Final = "vendor"
FACT: Final = "ends_at"
SHOWN: Final = 5


def times(c: Connection, world: World, incident: Incident, now: datetime) -> tuple[VendorTime, ...]:
    """The ends that lie ahead, the latest first. Of several places that look at a page the one counts that saw the latest."""
    if incident.phase.is_over or incident.recovered_at is not None:
        return ()
    dependencies = Dependencies(world.installation.services)
    below = {name for service in incident.services for name in dependencies.below(service)}
    said = [one for one in watching.signals_standing(c) if one.detector == DETECTOR and one.service in below]
    standing = {(one.check, one.place) for one in said}
    found: dict[str, datetime] = {}
    for look in watching.looks(c, {check for check, _ in standing}):
        until = instant_of(look.facts.get(FACT)) if look.verdict is not Verdict.UNKNOWN else None
        if (look.check, look.place) in standing and until is not None and until > now:
            found[look.check] = max(until, found.get(look.check, until))
    latest = sorted(found.items(), key=lambda one: (one[1], one[0]), reverse=True)
    return tuple(VendorTime(check=check, until=until) for check, until in latest[:SHOWN])
