"""What the hub is asked for by the scorecard."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sentinel.estimate.card import Card


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPage:
    """The scorecard of the latest `most` episodes that began since `since` (midnight UTC; None: ever), of one service if asked.

    `damaged`: incidents left out, since what is kept of them cannot be read. `imported`: how many past incidents were imported,
    on which a rehearsal can be shown.
    """

    card: Card
    most: int
    since: date | None = None
    service: str | None = None
    damaged: tuple[int, ...] = ()
    imported: int = 0


class ScorecardPort(Protocol):
    """Part of serve.port.Hub."""

    async def scorecard(self, *, service: str | None = None, since: date | None = None, rehearsed: bool = False) -> CardPage:
        """`rehearsed`: not what was said, but what would have been said of the imported history."""
        ...
