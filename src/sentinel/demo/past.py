"""Past: the incidents that Northwind has behind it, so that the first estimate already has a basis.

Belongs here: making history.csv. Does not belong here: reading it, or estimating from it.

How long such things take is heavy-tailed: most end within the hour, a few last a day. The lengths are quantiles of a log-normal
curve rather than draws from it, its last twentieth stretched, so that a small file holds the whole shape whatever the seed.
"""

import csv
import math
import random
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Final

SEED: Final = 20_260_602

LIFE: Final = 1.0
DEMO: Final = 1 / 120
"""Of a length in life: two hours pass in a minute. Four in five of the grave incidents then end within some 40 seconds."""

SPREAD: Final = 0.8
"""Sigma of the log-normal curve: P80 is about twice P50, as in published incident histories."""
STRETCH: Final = 4.0
"""How much longer the longest twentieth lasts than the curve says."""

KINDS: Final[tuple[tuple[str, str, int, timedelta], ...]] = (
    ("payments", "major_outage", 34, timedelta(minutes=40)),
    ("payments", "degraded_performance", 14, timedelta(minutes=34)),
    ("documents", "major_outage", 22, timedelta(minutes=42)),
    ("accounts", "major_outage", 16, timedelta(minutes=36)),
    ("quoting", "major_outage", 14, timedelta(minutes=38)),
    ("ledger", "major_outage", 20, timedelta(minutes=40)),
)
"""Service, impact, how many, and the length that half of them stayed below."""

CAUSES: Final = ("change", "change", "capacity", "dependency", "hardware", "configuration", "unknown")
RESOLUTION_EVERY: Final = 11
"""Every so many rows, only the later resolution was written down, not the recovery."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row; the fields are the columns. Instants in ISO 8601 with milliseconds, in UTC."""

    service: str
    began_at: str
    ended_at: str
    cause: str
    impact: str
    ended: str


def history(now: datetime, scale: float = DEMO, seed: int = SEED) -> tuple[Row, ...]:
    """120 incidents of the two years before `now`, oldest first; each lasts `scale` times as long as it would in life."""
    draw = random.Random(seed)  # noqa: S311 - an example, not secrets
    lasted = [
        (service, impact, length * scale)
        for service, impact, count, median in KINDS
        for length in _lengths(count, median, draw)
    ]
    draw.shuffle(lasted)
    apart = timedelta(days=730) / (len(lasted) + 1)
    return tuple(
        _row(service, impact, now - apart * (len(lasted) - number + draw.uniform(0.0, 0.5)), length, number, draw)
        for number, (service, impact, length) in enumerate(lasted)
    )


def write_history(path: Path, now: datetime, scale: float = DEMO, seed: int = SEED) -> None:
    """Write the file, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(field.name for field in fields(Row))
        rows.writerows(astuple(row) for row in history(now, scale, seed))


def _lengths(count: int, median: timedelta, draw: random.Random) -> list[timedelta]:
    """The quantiles of the curve at equal steps, in no order."""
    normal = NormalDist(math.log(median.total_seconds()), SPREAD)
    steps = [(number + 0.5) / count for number in range(count)]
    lengths = [math.exp(normal.inv_cdf(step)) * (STRETCH if step > 0.95 else 1.0) for step in steps]
    draw.shuffle(lengths)
    return [timedelta(seconds=length) for length in lengths]


def _row(service: str, impact: str, began_at: datetime, lasted: timedelta, number: int, draw: random.Random) -> Row:
    return Row(
        service=service,
        began_at=began_at.isoformat(timespec="milliseconds"),
        ended_at=(began_at + lasted).isoformat(timespec="milliseconds"),
        cause=draw.choice(CAUSES),
        impact=impact,
        ended="resolution" if number % RESOLUTION_EVERY == RESOLUTION_EVERY - 1 else "recovery",
    )
