"""What the pages of vendors say of the end → what is to stand in a timeline of it.

Belongs here: when a vendor's time is taken up, and when it is taken back. Does not belong here: reading pages
(probe/kind/statuspage.py), which of them concern an incident (run/vendors.py), what is promised on it (estimate/).

A vendor's time stands below a person's: while a time that a person named lies ahead the page is not listened to, and what it
had said before a person spoke is not said again. Only the instant is taken; no text of a page comes into a timeline.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sentinel.incident.obey import ETA_WITHIN
from sentinel.model.incident import MACHINE, Entry, EtaSet, EtaWithdrawn, Incident, Reopened

REASON: Final = "its status page says when the work there is to end"
BELIEVED: Final = 12
"""Times of return that are taken from pages in one episode: one that moves more often is no guide."""


def heard(
    incident: Incident, timeline: Sequence[Entry], pages: Mapping[str, datetime | None], now: datetime
) -> EtaSet | EtaWithdrawn | None:
    """What the machine is to write of the vendors' times at `now`; None: nothing new.

    `pages`: check → the end that the page it watches names, None if that names none (any more). A page that cannot be read is
    not among them: it says nothing, and what it said stands.
    """
    if incident.phase.is_over or incident.recovered_at is not None:
        return None
    eta = incident.eta
    is_theirs = eta is not None and incident.eta_by == MACHINE
    if eta is not None and eta.until > now and not is_theirs:
        return None
    if eta is not None and is_theirs:
        pages = {eta.vendor: eta.until, **pages}
    said = _said(timeline)
    ahead = [(until, check) for check, until in pages.items() if until is not None and now < until <= now + ETA_WITHIN]
    if ahead and len([one for one in said if isinstance(one, EtaSet)]) < BELIEVED:
        until, check = max(ahead)  # of several vendors the last one
        last = said[-1] if said else None
        is_known = isinstance(last, EtaSet) and (last.until, last.vendor) == (until, check)
        return None if is_known else EtaSet(until=until, reason=REASON, vendor=check)
    is_gone = eta is not None and now < eta.until and pages[eta.vendor] != eta.until
    return EtaWithdrawn() if is_gone else None


def _said(timeline: Sequence[Entry]) -> list[EtaSet | EtaWithdrawn]:
    """What the machine has said of them in the present episode."""
    found: list[EtaSet | EtaWithdrawn] = []
    for entry in timeline:
        if isinstance(entry.said, Reopened):
            found = []
        elif entry.who == MACHINE and isinstance(entry.said, EtaSet | EtaWithdrawn):
            found.append(entry.said)
    return found
