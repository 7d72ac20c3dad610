"""The public state in the shape of Statuspage's API v2, read side: names, types and order of fields as their readers expect.

Pure. Belongs here: that shape and its vocabulary. Does not belong here: our own API (serve/api). What is ours stands in an
object called `sentinel`, which readers of Statuspage ignore.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sentinel.model.incident import Phase
from sentinel.model.installation import Installation
from sentinel.model.service import Impact
from sentinel.serve.status.port import Component, PublicState
from sentinel.serve.status.tale import Tale, Update

IMPACTS: Mapping[Impact, str] = {
    Impact.DEGRADED_PERFORMANCE: "minor",
    Impact.PARTIAL_OUTAGE: "major",
    Impact.MAJOR_OUTAGE: "critical",
}
PHASES: Mapping[Phase, str] = {
    Phase.INVESTIGATING: "investigating",
    Phase.IDENTIFIED: "identified",
    Phase.MONITORING: "monitoring",
    Phase.RESOLVED: "resolved",
    Phase.REVIEWED: "resolved",
}
INDICATORS: Mapping[Impact | None, tuple[str, str]] = {
    None: ("none", "All Systems Operational"),
    Impact.DEGRADED_PERFORMANCE: ("minor", "Partially Degraded Service"),
    Impact.PARTIAL_OUTAGE: ("major", "Partial System Outage"),
    Impact.MAJOR_OUTAGE: ("critical", "Major Service Outage"),
}
OPERATIONAL = "operational"
LISTED = 50
"""Incidents in incidents.json, as many as Statuspage gives."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a component was made: nobody knows, and their readers want an instant."""


def documents(house: Installation, state: PublicState, tales: Sequence[Tale]) -> dict[str, Any]:
    """Path below /api/v2/ → its document. `tales`: the disturbances of `state` in the installation's first language."""
    page = _page(house, state)
    shown = [_component(house, page["id"], each, place) for place, each in enumerate(state.components, start=1)]
    by_name = {each.name: document for each, document in zip(state.components, shown, strict=True)}
    told = [_incident(house, page["id"], tale, by_name) for tale in tales[:LISTED]]
    unresolved = [each for each in told if each["status"] != "resolved"]
    empty: dict[str, Any] = {"page": page, "scheduled_maintenances": []}
    status = _status(state)
    return {
        "summary.json": {
            "page": page,
            "components": shown,
            "incidents": unresolved,
            "scheduled_maintenances": [],
            "status": status,
        },
        "status.json": {"page": page, "status": status},
        "components.json": {"page": page, "components": shown},
        "incidents.json": {"page": page, "incidents": told},
        "incidents/unresolved.json": {"page": page, "incidents": unresolved},
        "scheduled-maintenances.json": empty,
        "scheduled-maintenances/upcoming.json": empty,
        "scheduled-maintenances/active.json": empty,
    }


def instant(at: datetime) -> str:
    """ISO 8601 with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def component_id(house: Installation, name: str) -> str:
    return _id(house, "component", name)


def changed_at(state: PublicState) -> datetime:
    """When anything that the page tells last changed; the beginning of the day where nothing ever did."""
    moments = [each.updated_at for each in state.disturbances] + [each.at for each in state.retracted]
    return max(moments, default=state.at.replace(hour=0, minute=0, second=0, microsecond=0))


def _id(house: Installation, *parts: object) -> str:
    return sha256("/".join(map(str, (house.name, *parts))).encode()).hexdigest()[:12]


def _optional(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def _page(house: Installation, state: PublicState) -> dict[str, Any]:
    return {
        "id": _id(house, "page"),
        "name": house.brand,
        "url": f"{house.url}/status",
        "time_zone": house.zone,
        "updated_at": instant(changed_at(state)),
    }


def _status(state: PublicState) -> dict[str, str]:
    felt = [each.impact for each in state.components if each.impact is not None]
    indicator, description = INDICATORS[max(felt, key=lambda impact: impact.rank, default=None)]
    return {"indicator": indicator, "description": description}


def _component(house: Installation, page: str, one: Component, position: int) -> dict[str, Any]:
    return {
        "id": component_id(house, one.name),
        "name": one.title.get(house.languages[0]) or next(iter(one.title.values())),
        "status": one.impact.value if one.impact else OPERATIONAL,
        "created_at": instant(NEVER),
        "updated_at": instant(one.changed_at or NEVER),
        "position": position,
        "description": None,
        "showcase": True,
        "start_date": None,
        "group_id": None,
        "page_id": page,
        "group": False,
        "only_show_if_degraded": False,
    }


def _incident(house: Installation, page: str, tale: Tale, components: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    one = tale.disturbance
    return {
        "id": one.id,
        "name": tale.title,
        "status": PHASES[one.phase],
        "impact": IMPACTS[one.impact],
        "created_at": instant(one.confirmed_at),
        "updated_at": instant(one.updated_at),
        "monitoring_at": _optional(next((at for phase, at in reversed(one.phases) if phase is Phase.MONITORING), None)),
        "resolved_at": _optional(one.resolved_at),
        "started_at": instant(one.began_at),
        "shortlink": f"{house.url}/status/history#{one.id}",
        "page_id": page,
        "incident_updates": [_update(house, tale, each, components) for each in reversed(tale.updates)],
        "components": [components[name] for name in one.components if name in components],
        "sentinel": {"eta": _optional(one.eta), "next_update_by": _optional(one.next_word_at)},
    }


def _update(house: Installation, tale: Tale, update: Update, components: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    one = tale.disturbance
    at = instant(update.at)
    return {
        "id": _id(house, one.id, update.mark),
        "status": PHASES[update.phase],
        "body": update.text,
        "incident_id": one.id,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": [
            {
                "code": components[name]["id"],
                "name": components[name]["name"],
                "old_status": OPERATIONAL if update.mark == "seen" else impact.value,
                "new_status": OPERATIONAL if update.phase.is_over else impact.value,
            }
            for name, impact in one.components.items()
            if name in components
        ],
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }
