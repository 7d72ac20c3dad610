"""Incidents of a Statuspage-compatible page (`/api/v2/incidents.json`), or of its API (a list), as past incidents.

Its updates are the phases, each with its time. The end is the resolution: recovery came no later. Planned maintenance is no
incident, and one that has not ended teaches nothing yet. Belongs here: that format. Does not belong here: fetching it, and
where the rows are kept.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sentinel.exchange.targets import Unreadable
from sentinel.model.estimate import PastIncident, Told

MOST: Final = 50_000
MOST_UPDATES: Final = 500
LONGEST: Final = timedelta(days=3650)
IMPACTS: Final = {"minor": "degraded_performance", "major": "partial_outage", "critical": "major_outage", "none": ""}
"""Its words for the impact of an incident → ours."""
PHASES: Final = ("investigating", "identified", "monitoring")

Chooser = Callable[[Sequence[str]], str]
"""Names of components → the service that they are; empty: none of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What was read. `errors`: incidents left out, and why; the counts: left out without being wrong."""

    incidents: tuple[PastIncident, ...]
    errors: tuple[str, ...] = ()
    unfinished: int = 0
    planned: int = 0
    others: int = 0
    """Of components that are no service of ours."""


class _Bad(Exception):
    """Raised and caught in this file alone."""


def read(text: str, service_of: Chooser) -> Read:
    """The incidents of a page. Raises Unreadable for what is no list of incidents."""
    found: list[PastIncident] = []
    errors: list[str] = []
    counted = {"unfinished": 0, "planned": 0, "others": 0}
    for number, one in enumerate(_list(text), start=1):
        try:
            said = _object(one)
            why = _left_out(said)
            service = "" if why else service_of(_components(said))
            if why or not service:
                counted[why or "others"] += 1
            else:
                found.append(_incident(said, service))
        except _Bad as bad:
            errors.append(f"incident {number}: {bad}")
    return Read(incidents=tuple(found), errors=tuple(errors), **counted)


def _list(text: str) -> list[Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    found = read.get("incidents") if isinstance(read, dict) else read
    if not isinstance(found, list):
        raise Unreadable("it has no list of incidents: give the address of /api/v2/incidents.json, or what the API answered")
    if len(found) > MOST:
        raise Unreadable(f"it has more than {MOST} incidents")
    return found


def _object(one: Any) -> Mapping[str, Any]:
    if not isinstance(one, dict):
        raise _Bad("it is no object")
    return one


def _left_out(said: Mapping[str, Any]) -> str:
    if said.get("impact") == "maintenance" or said.get("scheduled_for"):
        return "planned"
    return "" if said.get("resolved_at") else "unfinished"


def _components(said: Mapping[str, Any]) -> list[str]:
    listed = said.get("components") or []
    if not isinstance(listed, list):
        raise _Bad("its components are no list")
    return [name for one in listed if isinstance(one, dict) and isinstance(name := one.get("name"), str)]


def _incident(said: Mapping[str, Any], service: str) -> PastIncident:
    began_at = _instant(said, "started_at") if said.get("started_at") else _instant(said, "created_at")
    lasted = _instant(said, "resolved_at") - began_at
    if lasted <= timedelta(0):
        raise _Bad("it ends before it begins")
    if lasted > LONGEST:
        raise _Bad("it ends over ten years after it begins")
    return PastIncident(
        service=service,
        began_at=began_at,
        lasted=lasted,
        impact=IMPACTS.get(str(said.get("impact")), ""),
        ended="resolution",
        told=_told(said, began_at, lasted),
    )


def _told(said: Mapping[str, Any], began_at: datetime, lasted: timedelta) -> tuple[Told, ...]:
    """Its phases by time; an update that says no new phase says nothing to us."""
    updates = said.get("incident_updates") or []
    if not isinstance(updates, list) or len(updates) > MOST_UPDATES:
        raise _Bad(f"its updates are no list, or more than {MOST_UPDATES}")
    found: list[Told] = []
    for one in updates:
        if isinstance(one, dict) and one.get("status") in PHASES:
            at = _instant(one, "display_at") if one.get("display_at") else _instant(one, "created_at")
            found.append(Told(after=max(timedelta(0), at - began_at), phase=str(one["status"])))
    by_time = sorted((one for one in found if one.after < lasted), key=lambda one: one.after)
    return tuple(one for place, one in enumerate(by_time) if not place or by_time[place - 1].phase != one.phase)


def _instant(said: Mapping[str, Any], name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(said.get(name)))
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Bad(f"its {name} is no instant with a zone") from None
