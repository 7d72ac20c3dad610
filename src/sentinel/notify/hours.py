"""Opening hours of what customers can do instead: "always", or "Mo-Fr 08:00-18:00; Sa 09:00-13:00".

Hours that cannot be read count as closed: nobody is sent to a door that may be shut.
"""

import re
from datetime import datetime

_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_RULE = re.compile(r"(?P<first>[a-z]{2})(?:-(?P<last>[a-z]{2}))?\s+(?P<opens>\d{2}:\d{2})-(?P<closes>\d{2}:\d{2})")


def is_open(hours: str, local: datetime) -> bool:
    """Whether `hours` hold at `local` (an instant in the zone that the hours are written in)."""
    written = hours.strip().casefold()
    if written == "always":
        return True
    return any(_holds(rule.strip(), local) for rule in re.split(r"[;,]", written))


def _holds(rule: str, local: datetime) -> bool:
    found = _RULE.fullmatch(rule)
    if found is None or found["first"] not in _DAYS or (found["last"] or found["first"]) not in _DAYS:
        return False
    first, last = _DAYS.index(found["first"]), _DAYS.index(found["last"] or found["first"])
    days = {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return local.weekday() in days and found["opens"] <= f"{local:%H:%M}" < found["closes"]
