"""The API's part of the hub in memory: one incident, its deliveries, and pages of them."""

from sentinel.model.delivery import Delivery
from sentinel.serve.api.port import EstimatesPage, IncidentsPage, SubscribersPage, TimelinePage, Which
from sentinel.serve.port import IncidentPage
from tests.serve import world


class ApiStandIn:
    """Incident 17 is open; 16 to 10 are over."""

    mark: str
    page: IncidentPage
    ledger: dict[int, Delivery]

    async def incidents(self, *, after: int | None, limit: int, which: Which | None = None) -> IncidentsPage:
        board = world.board(self.mark)
        lines = {Which.OPEN: board.open, Which.OVER: board.recent}.get(which, board.open + board.recent)  # type: ignore[arg-type]
        older = [line for line in lines if after is None or line.incident.id < after]
        return IncidentsPage(incidents=tuple(older[:limit]), next=older[limit - 1].incident.id if len(older) > limit else None)

    async def timeline(self, incident: int, *, after: int, limit: int) -> TimelinePage | None:
        later = [entry for entry in self.page.entries if entry.seq > after]
        more = later[limit - 1].seq if len(later) > limit else None
        return TimelinePage(incident=17, entries=tuple(later[:limit]), next=more) if incident == 17 else None

    async def estimates(self, incident: int, *, after: int, limit: int) -> EstimatesPage | None:
        later = tuple(each for each in self.page.estimates if each.id > after)
        return EstimatesPage(incident=17, estimates=later[:limit]) if incident == 17 else None

    async def delivery(self, delivery: int) -> Delivery | None:
        return self.ledger.get(delivery)

    async def subscribers(self, *, after: str, limit: int) -> SubscribersPage:
        return SubscribersPage(subscribers=())
