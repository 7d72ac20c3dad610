"""A reader of Atlassian Statuspage, written after its published API v2: every documented field, its type, and its values.

It knows nothing of ours. What it cannot read is an error, but for keys of others, which any reader of JSON steps over.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _written(value: Any) -> Any:
    """Statuspage writes instants with milliseconds and Z."""
    if not isinstance(value, str) or len(value) != 24 or value[19] != "." or not value.endswith("Z"):
        raise ValueError("an instant is written like 2026-11-22T09:30:00.000Z")
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def _known(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError("an id is a word")
    return value


Instant = Annotated[datetime, BeforeValidator(_written)]
Id = Annotated[str, AfterValidator(_known)]
ComponentStatus = Literal["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]
IncidentStatus = Literal["investigating", "identified", "monitoring", "resolved", "postmortem"]
Impact = Literal["none", "minor", "major", "critical", "maintenance"]


class Read(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class Page(Read):
    id: Id
    name: str
    url: str
    time_zone: str
    updated_at: Instant


class Status(Read):
    indicator: Literal["none", "minor", "major", "critical", "maintenance"]
    description: str


class Component(Read):
    id: Id
    name: str
    status: ComponentStatus
    created_at: Instant
    updated_at: Instant
    position: int
    description: str | None
    showcase: bool
    start_date: str | None
    group_id: str | None
    page_id: Id
    group: bool
    only_show_if_degraded: bool


class Affected(Read):
    code: Id
    name: str
    old_status: ComponentStatus
    new_status: ComponentStatus


class Update(Read):
    id: Id
    status: IncidentStatus
    body: Annotated[str, Field(min_length=1)]
    incident_id: Id
    created_at: Instant
    updated_at: Instant
    display_at: Instant
    affected_components: list[Affected] | None
    deliver_notifications: bool
    custom_tweet: str | None
    tweet_id: str | None


class Incident(Read):
    id: Id
    name: str
    status: IncidentStatus
    impact: Impact
    created_at: Instant
    updated_at: Instant
    monitoring_at: Instant | None
    resolved_at: Instant | None
    started_at: Instant
    shortlink: str
    page_id: Id
    incident_updates: Annotated[list[Update], Field(min_length=1)]
    components: list[Component]


class Maintenance(Incident):
    scheduled_for: Instant
    scheduled_until: Instant


class StatusJson(Read):
    page: Page
    status: Status


class ComponentsJson(Read):
    page: Page
    components: list[Component]


class IncidentsJson(Read):
    page: Page
    incidents: list[Incident]


class MaintenancesJson(Read):
    page: Page
    scheduled_maintenances: list[Maintenance]


class SummaryJson(StatusJson):
    components: list[Component]
    incidents: list[Incident]
    scheduled_maintenances: list[Maintenance]


DOCUMENTS: dict[str, type[Read]] = {
    "summary.json": SummaryJson,
    "status.json": StatusJson,
    "components.json": ComponentsJson,
    "incidents.json": IncidentsJson,
    "incidents/unresolved.json": IncidentsJson,
    "scheduled-maintenances.json": MaintenancesJson,
    "scheduled-maintenances/upcoming.json": MaintenancesJson,
    "scheduled-maintenances/active.json": MaintenancesJson,
}
ORDER: dict[type[Read], tuple[str, ...]] = {
    kind: tuple(kind.model_fields) for kind in (Page, Status, Component, Affected, Update, Incident)
}


def in_order(document: Any, kind: type[Read]) -> None:
    """The fields of one object stand in the documented order, ours after them."""
    names = list(document)
    assert tuple(names[: len(ORDER[kind])]) == ORDER[kind], names
    assert set(names[len(ORDER[kind]) :]) <= {"sentinel"}, names


def read(name: str, document: Any) -> Any:
    """One document, read as strictly as its documentation says, and looked at as its readers do."""
    found = DOCUMENTS[name].model_validate(document)
    in_order(document["page"], Page)
    for each in document.get("components", ()):
        in_order(each, Component)
        assert each["page_id"] == document["page"]["id"]
    for each in document.get("incidents", ()):
        in_order(each, Incident)
        _look_into(each, document["page"]["id"])
    begun = [each["created_at"] for each in document.get("incidents", ())]
    assert begun == sorted(begun, reverse=True), "newest first"
    return found


def _look_into(incident: Any, page: str) -> None:
    assert incident["page_id"] == page
    assert incident["shortlink"].startswith("http")
    times = [update["display_at"] for update in incident["incident_updates"]]
    assert times == sorted(times, reverse=True), "newest first"
    assert (incident["status"] in ("resolved", "postmortem")) == (incident["resolved_at"] is not None)
    assert len({update["id"] for update in incident["incident_updates"]}) == len(times)
    for update in incident["incident_updates"]:
        in_order(update, Update)
        assert update["incident_id"] == incident["id"]
        for each in update["affected_components"] or ():
            in_order(each, Affected)
    for each in incident["components"]:
        in_order(each, Component)
