"""What can be read of how well we estimate."""

import re
from datetime import date
from typing import Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator

from sentinel.model.account import Right
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.reads import operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.scorecard.port import CardPage

Service = Annotated[str | None, Query(max_length=64, pattern="^[^\\x00]*$", description="Only incidents of this service.")]


def _is_day(given: object) -> object:
    """pydantic would take 0 for the first day of 1970."""
    if isinstance(given, str) and not _DAY.fullmatch(given):
        raise ValueError("write the day as 2026-11-22")
    return given


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Since = Annotated[date | None, BeforeValidator(_is_day), Query(description="Only incidents that began since this day (UTC).")]
Rehearsed = Annotated[bool, Query(description="What would have been said of the imported history, instead of what was said.")]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_scorecard(service: Service = None, since: Since = None, rehearsed: Rehearsed = False) -> CardPage:
        """Show how well we estimate: at 0, 30 and 60 minutes, by service and by basis, and what became of promises."""
        return await hub.scorecard(service=service, since=since, rehearsed=rehearsed)

    return [operation(door, "/scorecard", Right.READ, get_scorecard, "incidents")]
