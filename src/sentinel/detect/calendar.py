"""Business days: which days count, and how many a piece of work has waited.

Belongs here: counting days. Does not belong here: what was promised (kind/turnaround.py), where it is
written (config/).
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY: Final = timedelta(days=1)


def is_business(day: date, week: Collection[int], holidays: Collection[date]) -> bool:
    """Whether work is done on that day. `week`: 0 for Monday."""
    return day.weekday() in week and day not in holidays


def waited(came: date, today: date, week: Collection[int], holidays: Collection[date]) -> int:
    """Business days after the one on which it came, today among them. What came on a free day came on the next business day."""
    if today <= came or not week:
        return 0
    days = (today - came).days
    whole, rest = divmod(days, 7)
    count = whole * len(week) + sum((came.weekday() + 1 + more) % 7 in week for more in range(rest))
    count -= sum(came < free <= today and free.weekday() in week for free in holidays)
    return count if is_business(came, week, holidays) else max(0, count - 1)


def week_of(text: str) -> frozenset[int]:
    """`Mo-Fr`, `Mo,We-Fr`, `Su-Th` → the days. ValueError for anything else."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        found |= {(begin + more) % 7 for more in range((end - begin) % 7 + 1)}
    return frozenset(found)
