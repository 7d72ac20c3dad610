"""Telephone: Northwind's telephone system, which tells the hub how many called about what.

Belongs here: the usual weeks that lie behind, and a wave of calls. Does not belong here: what is too many (detect/contacts.py).
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sentinel.demo.lead import Lead

SOURCE: Final = "telephone"
SLOT: Final = timedelta(minutes=15)
WEEKS: Final = 3
AROUND: Final = range(-6, 4)
"""Quarters of an hour about the present one that are told of each day behind."""


class Telephone:
    """By the API, with the operator's token."""

    def __init__(self, lead: Lead) -> None:
        self._lead = lead

    async def usual(self, statement: str, now: datetime) -> None:
        """The weeks behind: one to three calls about it in a quarter of an hour."""
        begins = _slot(now)
        days = range(7 * WEEKS + 1)
        slots = [begins + place * SLOT - timedelta(days=day) for day in days for place in AROUND if day or place < 0]
        await self._tell([_count(statement, slot, 1 + (slot.day + slot.minute // 15) % 3) for slot in slots])

    async def rings(self, statement: str, times: int, now: datetime) -> None:
        """So many call about it at once."""
        await self._tell([_count(statement, _slot(now), times)])

    async def _tell(self, counts: list[dict[str, Any]]) -> None:
        await self._lead.send("contacts", {"source": SOURCE, "counts": counts})


def _slot(now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)


def _count(statement: str, slot: datetime, count: int) -> dict[str, Any]:
    service = statement.partition(".")[0]
    return {"slot": slot.isoformat(), "service": service, "statement": statement, "channel": "phone", "count": count}
