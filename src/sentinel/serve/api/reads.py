"""What can be read of incidents, notices, deliveries and the hub itself. Every list is bounded and comes by the page.

Belongs here: which view a path shows, and what of it a token without the scope `customers` does not see.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Le
from fastapi import Path, Query, Request, Response
from pydantic import BeforeValidator

from sentinel.model.account import Right
from sentinel.model.delivery import Books, Delivery, State
from sentinel.serve.api.asking import caller_of
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub, EstimatesPage, IncidentsPage, TimelinePage, Which
from sentinel.serve.api.problem import no_such_thing
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.gate import LARGEST_ID
from sentinel.serve.port import Board, DeliveryPage, Health, HoldView, IncidentPage, NoticeView, ReportView

T = TypeVar("T")
STORABLE = "^[^\\x00]*$"
"""What every text in a query fits: route.py refuses the others, and the document says so by this."""


def digits(given: object) -> object:
    """A number in a query is written in digits alone: no sign, no point, no space."""
    if isinstance(given, str) and not (given.isascii() and given.isdigit() and len(given) < 20):
        raise ValueError("write it in digits")
    return given


Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_next = Query(description="`next` of the page before.")
_most = Query(description="At most so many.")
After = Annotated[int, Ge(0), Le(LARGEST_ID), BeforeValidator(digits), _next]
Older = Annotated[Annotated[int, Ge(1), Le(LARGEST_ID)] | None, BeforeValidator(digits), _next]
Limit = Annotated[int, Ge(1), Le(500), BeforeValidator(digits), _most]
Fewer = Annotated[int, Ge(1), Le(100), BeforeValidator(digits), _most]


@dataclass(frozen=True, kw_only=True, slots=True)
class BooksView:
    """One notice's books, and whether they balance (P10)."""

    books: Books
    balanced: bool


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    return [*_of_incidents(hub, door), *_of_notices(hub, door), *_of_hub(hub, door)]


def operation(
    door: Door, path: str, need: Right, endpoint: Callable[..., Coroutine[Any, Any, Any]], tag: str, method: str = "GET"
) -> ApiRoute:
    """A route: its id is the endpoint's name, its summary the first sentence of the endpoint's docstring."""
    said = (endpoint.__doc__ or "").strip()
    about: dict[str, Any] = {"operation_id": endpoint.__name__, "description": said, "tags": [tag]}
    return ApiRoute(door, method, path, need, endpoint, summary=said.partition(". ")[0].removesuffix("."), **about)


def _of_incidents(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_incidents(
        request: Request, response: Response, state: Which | None = None, after: Older = None, limit: Fewer = 50
    ) -> IncidentsPage:
        """List incidents, newest first."""
        return linked(request, response, await hub.incidents(after=after, limit=limit, which=state))

    async def get_incident(request: Request, incident: Id) -> IncidentPage:
        """Show one incident, whole. Of the timeline the last 500 entries, of the estimates the last 50."""
        page = found(await hub.incident(incident))
        return replace(page, notices=tuple(without_names(request, each) for each in page.notices))

    async def list_timeline(
        request: Request, response: Response, incident: Id, after: After = 0, limit: Limit = 100
    ) -> TimelinePage:
        """List the timeline of an incident, oldest first."""
        return linked(request, response, found(await hub.timeline(incident, after=after, limit=limit)))

    async def list_estimates(
        request: Request, response: Response, incident: Id, after: After = 0, limit: Limit = 100
    ) -> EstimatesPage:
        """List what was estimated of an incident, oldest first."""
        return linked(request, response, found(await hub.estimates(incident, after=after, limit=limit)))

    return [
        operation(door, "/incidents", Right.READ, list_incidents, "incidents"),
        operation(door, "/incidents/{incident}", Right.READ, get_incident, "incidents"),
        operation(door, "/incidents/{incident}/timeline", Right.READ, list_timeline, "incidents"),
        operation(door, "/incidents/{incident}/estimates", Right.READ, list_estimates, "incidents"),
    ]


def _of_notices(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_notice(request: Request, notice: Id) -> NoticeView:
        """Show one notice to customers with its draft, audience and books."""
        return without_names(request, found(await hub.notice(notice)))

    async def list_deliveries(
        request: Request,
        response: Response,
        notice: Id,
        state: State | None = None,
        bounced: bool = False,
        after: After = 0,
        limit: Limit = 100,
    ) -> DeliveryPage:
        """List the deliveries of a notice in the order of their ids; with `bounced`, only those that bounced."""
        page = await hub.deliveries(notice, after=after, limit=limit, state=state, bounced=bounced)
        return linked(request, response, found(page))

    async def get_delivery(delivery: Id) -> Delivery:
        """Show one delivery."""
        return found(await hub.delivery(delivery))

    async def list_books() -> list[BooksView]:
        """Show where every person of each audience is, newest first, at most the last 200."""
        return [BooksView(books=kept, balanced=kept.balanced) for kept in await hub.books()]

    return [
        operation(door, "/notices/{notice}", Right.READ, get_notice, "notices"),
        operation(door, "/notices/{notice}/deliveries", Right.CUSTOMERS, list_deliveries, "deliveries"),
        operation(door, "/deliveries/{delivery}", Right.CUSTOMERS, get_delivery, "deliveries"),
        operation(door, "/books", Right.READ, list_books, "deliveries"),
    ]


def _of_hub(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_board() -> Board:
        """Show services, checks, open and recent incidents, and the kill switch."""
        return await hub.board()

    async def get_report() -> ReportView:
        """Show the report: `data`, and the same as `text`."""
        return await hub.report()

    async def get_hold() -> HoldView:
        """Show whether messages to customers are held."""
        return await hub.hold()

    async def get_status() -> Health:
        """Show whether the hub can do its work. (For a probe without a token: /readyz.)"""
        return await hub.health()

    return [
        operation(door, "/board", Right.READ, get_board, "hub"),
        operation(door, "/report", Right.READ, get_report, "hub"),
        operation(door, "/hold", Right.READ, get_hold, "hub"),
        operation(door, "/status", Right.READ, get_status, "hub"),
    ]


def found(view: T | None) -> T:
    """What was asked for. Raises ProblemError 404."""
    if view is None:
        raise no_such_thing()
    return view


def linked(request: Request, response: Response, page: T) -> T:
    """The page, with a Link header (RFC 8288) to the next one if there is one."""
    after = getattr(page, "next", None)
    if after is not None:
        response.headers["link"] = f'<{request.url.path}?{request.url.include_query_params(after=after).query}>; rel="next"'
    return page


def without_names(request: Request, view: NoticeView) -> NoticeView:
    """The words as one customer will read them name that customer: not for a token without `customers`."""
    if Right.CUSTOMERS in caller_of(request).rights:
        return view
    return replace(view, previews=(), slots={})
