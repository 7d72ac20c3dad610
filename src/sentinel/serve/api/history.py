"""The history of a check: what was counted of it, from one instant to another, in steps.

Belongs here: the operation, and what may be asked of it. Does not belong here: the counting (store/history.py).
"""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query

from sentinel.model.account import Right
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import ProblemError
from sentinel.serve.api.reads import found, operation
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.services.port import History

MOST: Final = 1000
"""Steps in one answer."""
USUAL: Final = 100
"""Where no step is asked for, the finest that makes at most so many."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
"""At the ends of the calendar there is no room for a step more."""


class Step(StrEnum):
    """How long each is. Those of an hour and more go back for as long as hours are kept, the others as minutes are."""

    MINUTE = "1m"
    MINUTES_5 = "5m"
    MINUTES_15 = "15m"
    HOUR = "1h"
    HOURS_6 = "6h"
    DAY = "1d"


LENGTHS: Final = {
    Step.MINUTE: timedelta(minutes=1),
    Step.MINUTES_5: timedelta(minutes=5),
    Step.MINUTES_15: timedelta(minutes=15),
    Step.HOUR: timedelta(hours=1),
    Step.HOURS_6: timedelta(hours=6),
    Step.DAY: timedelta(days=1),
}
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_SHAPE: Final = {"format": "date-time"}
From = Annotated[str | None, Query(alias="from", json_schema_extra=_SHAPE, description="If none is given, a day before `to`.")]
To = Annotated[str | None, Query(json_schema_extra=_SHAPE, description="If none is given, now.")]
Wanted = Annotated[Step | None, Query(description=f"If none is given, the finest that makes at most {USUAL} of them.")]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def get_history(check: str, since: From = None, to: To = None, step: Wanted = None) -> History:
        """Show how long a check took and how often it was up, in at most 1000 steps. Both ends are moved outwards to whole
        steps of UTC, and empty steps are left out."""
        until = door.now() if to is None else _instant("to", to)
        begin = until - timedelta(days=1) if since is None else _instant("from", since)
        kept = hub.installation.keep.minutes
        length = _length(until - begin, step, kept if begin < door.now() - kept else None)
        return found(await hub.history(check, since=begin, until=until, step=length))

    return [operation(door, "/checks/{check}/history", Right.READ, get_history, "services")]


def _instant(name: str, given: str) -> datetime:
    try:
        at = datetime.fromisoformat(given.upper()) if _INSTANT.fullmatch(given) else None
    except ValueError:
        at = None
    if at is None:
        raise ProblemError(422, "instant", f"{name}: write an instant, such as 2026-11-22T10:00:00Z.")
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise ProblemError(422, "instant", f"{name}: the year must be {FIRST_YEAR} to {LAST_YEAR - 1}.")
    return at.astimezone(UTC)


def _length(span: timedelta, step: Step | None, minutes_gone: timedelta | None) -> timedelta:
    """How long each step is. `minutes_gone`: for how long minutes are kept, where some of these are not any more."""
    if span <= timedelta(0):
        raise ProblemError(422, "span", "`from` must be before `to`.")
    able = [each for each in LENGTHS.values() if minutes_gone is None or each >= LENGTHS[Step.HOUR]]
    length = next((each for each in able if span / each <= USUAL), able[-1]) if step is None else LENGTHS[step]
    if length not in able:
        why = f"What is older than {minutes_gone.days if minutes_gone else 0} days is kept by the hour: ask for 1h or more."
        raise ProblemError(422, "too_fine", why)
    if span / length > MOST:
        raise ProblemError(422, "too_many", f"These are more than {MOST} steps: ask for longer ones, or for less time.")
    return length
