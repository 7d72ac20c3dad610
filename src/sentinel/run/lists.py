"""The hub's answers that come by the page: the part of serve/api/port.py that is the API's own."""

from dataclasses import asdict

from sqlalchemy import Connection

from sentinel.model.delivery import Delivery
from sentinel.run import case as cases
from sentinel.run import pages
from sentinel.run.reads import Reads
from sentinel.serve.api.port import EstimatesPage, IncidentsPage, SubscribersPage, SubscriberView, TimelinePage, Which
from sentinel.store import books, lists
from sentinel.store import subscribers as kept


class ListViews(Reads):
    """Implements what serve.api.port.ApiHub adds to the hub. One row more than asked for tells whether there is a next page."""

    async def incidents(self, *, after: int | None, limit: int, which: Which | None = None) -> IncidentsPage:
        is_open = None if which is None else which is Which.OPEN
        now = self.clock.now()

        def page(c: Connection) -> IncidentsPage:
            ids = lists.incident_ids(c, after, limit + 1, is_open)
            lines = tuple(pages.line(self.world, cases.load(c, number), now) for number in ids[:limit])
            return IncidentsPage(incidents=lines, next=ids[limit - 1] if len(ids) > limit else None)

        return await self._read(page)

    async def timeline(self, incident: int, *, after: int, limit: int) -> TimelinePage | None:
        def page(c: Connection) -> TimelinePage | None:
            if not lists.is_incident(c, incident):
                return None
            rows = lists.entries(c, incident, after, limit + 1)
            more = rows[limit - 1].seq if len(rows) > limit else None
            return TimelinePage(incident=incident, entries=tuple(rows[:limit]), next=more)

        return await self._read(page)

    async def estimates(self, incident: int, *, after: int, limit: int) -> EstimatesPage | None:
        def page(c: Connection) -> EstimatesPage | None:
            if not lists.is_incident(c, incident):
                return None
            rows = lists.estimates(c, incident, after, limit + 1)
            more = rows[limit - 1].id if len(rows) > limit else None
            return EstimatesPage(incident=incident, estimates=tuple(rows[:limit]), next=more)

        return await self._read(page)

    async def delivery(self, delivery: int) -> Delivery | None:
        return await self._read(lambda c: books.delivery(c, delivery))

    async def subscribers(self, *, after: str, limit: int) -> SubscribersPage:
        rows = await self._read(lambda c: kept.page(c, after, limit + 1))
        shown = tuple(SubscriberView(**asdict(each)) for each in rows[:limit])
        return SubscribersPage(subscribers=shown, next=rows[limit - 1].person if len(rows) > limit else None)
