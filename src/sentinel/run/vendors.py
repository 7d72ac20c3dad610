"""Which vendors' pages concern an incident, and what each of them says of the end.

A page concerns it that is watched for one of its services, or for one on which these depend, and that says by itself that
something is wrong there: while a signal of `vendor` stands. Belongs here: finding them in the store. Does not belong here: what
follows from it (incident/vendor.py).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.incident.group import Dependencies
from sentinel.model.incident import MACHINE, Incident
from sentinel.model.observation import Verdict
from sentinel.probe.answer import instant_of
from sentinel.run.world import World
from sentinel.store import watching

DETECTOR: Final = "vendor"
FACT: Final = "ends_at"


def pages(c: Connection, world: World, incident: Incident) -> Mapping[str, datetime | None]:
    """Check → the end that the page it watches names; None: it names none, or is watched no more, or all is well there. A page
    that nobody could read when last looked at is left out."""
    standing = watching.standing_of(c, DETECTOR)
    mine = incident.eta.vendor if incident.eta is not None and incident.eta_by == MACHINE else None
    if not standing and mine is None:
        return {}
    services = world.installation.services
    below = {name for service in incident.services for name in Dependencies(services).below(service)}
    concerned = {signal.check for signal in standing if signal.service in below}
    found: dict[str, datetime | None] = {} if mine is None or mine in concerned else {mine: None}
    latest: dict[str, watching.Latest] = {}
    for look in watching.looks(c, concerned):
        if look.check not in latest or look.at > latest[look.check].at:
            latest[look.check] = look
    return found | {check: _end(look) for check, look in latest.items() if look.verdict is not Verdict.UNKNOWN}


def _end(look: watching.Latest) -> datetime | None:
    return instant_of(look.facts.get(FACT))
