"""What can be read of services, their checks and the places that look at them."""

from enum import IntEnum

from sentinel.model.account import Right
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.reads import found, operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.services.port import CheckPage, PlacesPage, ProcessesPage, ServicePage, ServicesPage


class Hours(IntEnum):
    """How far back a check's picture of latencies looks."""

    ONE = 1
    SIX = 6
    DAY = 24
    WEEK = 168
    DAYS_90 = 2160


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_services() -> ServicesPage:
        """List the services with their checks and uptime."""
        return await hub.services()

    async def get_service(service: str) -> ServicePage:
        """Show one service with its statements, assurances and incidents."""
        return found(await hub.service(service))

    async def get_check(check: str, hours: Hours = Hours.DAY) -> CheckPage:
        """Show one check with its latest facts at each place."""
        return found(await hub.check(check, hours=int(hours)))

    async def list_places() -> PlacesPage:
        """List the places that probes run from."""
        return await hub.places()

    async def list_processes() -> ProcessesPage:
        """List the hubs and workers that share the store."""
        return await hub.processes()

    return [
        operation(door, "/services", Right.READ, list_services, "services"),
        operation(door, "/services/{service}", Right.READ, get_service, "services"),
        operation(door, "/checks/{check}", Right.READ, get_check, "services"),
        operation(door, "/places", Right.READ, list_places, "services"),
        operation(door, "/processes", Right.WORK, list_processes, "services"),
    ]
