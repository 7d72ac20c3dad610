"""What the desk reads: what to say now, who called about what, what one customer got, and subscribers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from sentinel.model.account import Right
from sentinel.serve.accounts.port import Seen, Sight
from sentinel.serve.api.asking import caller_of, record_in
from sentinel.serve.api.body import read_json
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub, SubscribersPage
from sentinel.serve.api.problem import ProblemError
from sentinel.serve.api.reads import STORABLE, Fewer, linked, operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.desk.port import CustomerPage, DeskPage, Topic

LONGEST_ASKED = 320


@dataclass(frozen=True, kw_only=True, slots=True)
class Callers:
    """Callers by what they called about, in the last hour and today."""

    at: datetime
    topics: tuple[Topic, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A person's id, an address, or an incident's reference."""

    asked: str


_After = Annotated[str, Query(max_length=128, pattern=STORABLE, description="`next` of the page before.")]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_desk() -> DeskPage:
        """Show what to tell callers now, by open incident."""
        return await hub.desk()

    async def list_callers() -> Callers:
        """List how many called about what, in the last hour and today."""
        desk = await hub.desk()
        return Callers(at=desk.at, topics=(*(topic for each in desk.open for topic in each.topics), *desk.topics))

    async def find_customer(request: Request) -> CustomerPage:
        """Show what one customer got and what they are owed. (Not a GET: an address has no place in a URL.)"""
        asked = record_in(Asked, await read_json(request)).asked.strip()
        if not 0 < len(asked) <= LONGEST_ASKED:
            raise ProblemError(422, "text", f"Ask with 1 to {LONGEST_ASKED} characters.")
        page, caller = await hub.customer(asked), caller_of(request)
        await hub.note_in_audit(Seen(do=Sight.LOOKED_UP, about=f"customer {page.mark}"), caller.who, caller.account)
        return page

    async def list_subscribers(request: Request, response: Response, after: _After = "", limit: Fewer = 50) -> SubscribersPage:
        """List the people who asked to hear of trouble, in the order of their ids."""
        return linked(request, response, await hub.subscribers(after=after, limit=limit))

    return [
        operation(door, "/desk", Right.READ, get_desk, "desk"),
        operation(door, "/callers", Right.READ, list_callers, "desk"),
        operation(door, "/customers/find", Right.CUSTOMERS, find_customer, "desk", method="POST"),
        operation(door, "/subscribers", Right.CUSTOMERS, list_subscribers, "desk"),
    ]
