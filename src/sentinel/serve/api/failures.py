"""What can be read of deliveries that want somebody."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from sentinel.model.account import Right
from sentinel.serve.api.asking import caller_of
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.reads import operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.failures.port import GROUPS, FailuresPage

Before = Annotated[int | None, Query(ge=1, le=2**53)]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_failures(request: Request, before: Before = None) -> FailuresPage:
        """List the messages with deliveries that are in doubt, given up, refused, held or bounced, the newest first, at most
        50; the channels that are broken; the latest 20 addresses that are written to no more; and what was set aside."""
        return _without_words(request, await hub.failures(before=before, limit=GROUPS))

    return [operation(door, "/failures", Right.READ, list_failures, "deliveries")]


def _without_words(request: Request, page: FailuresPage) -> FailuresPage:
    """What a provider said may repeat an address: not for a token without `customers`."""
    if Right.CUSTOMERS in caller_of(request).rights:
        return page
    bare = [replace(one, piles=tuple(replace(pile, why="") for pile in one.piles)) for one in page.messages]
    return replace(page, messages=tuple(bare), refused=())
