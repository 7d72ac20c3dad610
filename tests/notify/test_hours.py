"""Opening hours of what customers can do instead."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sentinel.notify.hours import is_open

ZONE = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("hours", "day", "clock", "opens"),
    [
        ("always", 22, "03:00", True),
        ("Mo-Fr 08:00-18:00", 23, "08:00", True),
        ("Mo-Fr 08:00-18:00", 23, "18:00", False),
        ("Mo-Fr 08:00-18:00", 22, "12:00", False),
        ("Mo-Fr 08:00-18:00; Sa-Su 10:00-12:00", 22, "11:00", True),
        ("Sa-Mo 10:00-12:00", 23, "11:00", True),
        ("Su 10:00-12:00", 22, "11:00", True),
        ("when we feel like it", 23, "11:00", False),
        ("Xx-Yy 08:00-18:00", 23, "11:00", False),
        ("", 23, "11:00", False),
    ],
)
def test_hours_hold_or_count_as_closed(hours: str, day: int, clock: str, opens: bool) -> None:
    local = datetime.fromisoformat(f"2026-11-{day}T{clock}").replace(tzinfo=ZONE)
    assert is_open(hours, local) is opens
