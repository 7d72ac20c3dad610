"""Answer: what the kinds that ask others about something (prometheus, statuspage, domain) read out of what came.

Each way in which it cannot be read is our not knowing, raised as trouble.Failed. Does not belong here: what the answer means
(kind/), feeds (feed.py), how it came (exchange.py).
"""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sentinel.model.observation import Fact
from sentinel.probe.condition import Seen
from sentinel.probe.trouble import ours

TEXT_KEPT: Final = 400
"""Characters of a text of theirs that become a fact or stand in a reason."""


def whole(seen: Seen, whose: str) -> bytes:
    """The body, if it came whole and with a good status."""
    status = seen.facts.get("status")
    if status in (401, 403):
        raise ours(f"{whose} refuses to answer us (status {status}): see to the login")
    if status == 429:
        raise ours(f"{whose} is asked too often (status 429): look less often")
    if not isinstance(status, int) or not 200 <= status < 300:
        raise ours(f"{whose} answered with status {status}")
    if seen.facts.get("truncated"):
        raise ours(f"{whose} sent more than 1 MiB")
    return bytes(seen.body)


def json_of(body: bytes, whose: str) -> dict[str, Any]:
    """The JSON object that `body` is."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ours(f"{whose} sent something that is not JSON") from None
    if not isinstance(found, dict):
        raise ours(f"{whose} sent JSON of another shape than expected")
    return found


def dicts(found: Any) -> list[dict[str, Any]]:
    """The objects of a list, if it is one."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text_of(found: Any) -> str:
    """A text on one line, "" for what is none."""
    return " ".join(found[: 4 * TEXT_KEPT].split())[:TEXT_KEPT] if isinstance(found, str) else ""


def number_of(found: Any) -> float | int | None:
    """A finite number, also one that was written as text, else None."""
    if isinstance(found, str):
        try:
            found = float(found) if len(found) <= 40 else None
        except ValueError:
            return None
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e300 or not math.isfinite(found):
        return None
    if isinstance(found, int):  # what is larger the protocol carries as a fraction: to every digit it is no measure of anything
        return found if abs(found) <= 2**53 else float(found)
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 2**53 else found


def instant_of(found: Any) -> datetime | None:
    """An instant in ISO 8601; without a zone it is UTC."""
    if not isinstance(found, str) or len(found) > 40:
        return None
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        return None
    return in_utc(at)


def in_utc(at: datetime) -> datetime | None:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def with_facts(seen: Seen, facts: dict[str, Fact]) -> Seen:
    """`seen` with more facts."""
    return replace(seen, facts={**seen.facts, **facts})
