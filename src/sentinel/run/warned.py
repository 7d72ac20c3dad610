"""The early warnings that stand beside an incident: what staff were warned of before it, or meanwhile.

Belongs here: which of them concern it. Does not belong here: telling staff of one (ownherald.py). They are shown and change
nothing: no word of theirs stands in a timeline.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.model.incident import Incident
from sentinel.model.signal import CLAIMS, WARNS
from sentinel.serve.port import EarlyWarning
from sentinel.store import watching

BEFORE: Final = timedelta(hours=1)
"""One that ended longer before it began than this has nothing to do with it."""
SHOWN: Final = 20
LOOKED_AT: Final = 500
"""Of all services, the latest: an hour in which more than these warned is no hour for reading them."""


def of_incident(c: Connection, incident: Incident) -> tuple[EarlyWarning, ...]:
    """Those about its services that stood in the hour before it began or until it was over, the oldest first."""
    until = incident.resolved_at if incident.phase.is_over else None
    able = WARNS | CLAIMS.keys()  # a file may let these only warn, too
    found = watching.raised(c, able, after=incident.first_began_at - BEFORE, until=until, limit=LOOKED_AT)
    mine = [
        EarlyWarning(check=one.check, detector=one.detector, since=one.since, detail=one.evidence, over_at=one.cleared_at)
        for one in found
        if one.only_warns and one.service in incident.services
    ]
    return tuple(mine[-SHOWN:])
