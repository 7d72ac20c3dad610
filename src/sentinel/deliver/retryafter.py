"""Retry-After: what a provider wrote there, as seconds. How much of it is honoured is ledger.py's (`asked`).

RFC 9110 section 10.2.3: a whole number of seconds, or an HTTP date. Providers also write fractions.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MOST: Final = 366 * 24 * 3600.0
"""A longer wait is a mistake of the provider's; it still means "not now"."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{0,30})?")
_LONGEST: Final = 64


def seconds(value: str | None, now: datetime) -> float | None:
    """How long to wait from `now` on: never negative, never more than `MOST`. None where nothing was said that can be read."""
    said = (value or "").strip()
    if not said or len(said) > _LONGEST:
        return None
    if _NUMBER.fullmatch(said):
        return min(max(float(said), 0.0), MOST)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, OverflowError, IndexError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at  # a date in HTTP is in GMT, whether or not it says so
    return min(max((at - now).total_seconds(), 0.0), MOST)


def of(headers: Mapping[str, str], now: datetime) -> float | None:
    """The same, from the headers of a reply, whatever the case of their names."""
    return next((seconds(value, now) for name, value in headers.items() if name.lower() == "retry-after"), None)
