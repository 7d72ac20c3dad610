"""Reading: what every format of a hook needs: the JSON, texts and instants made harmless, and the record of what was read.

Pure. Does not belong here: the formats themselves (alertmanager.py, pagerduty.py, events.py), what an alert is about
(mapping.py).
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sentinel.model.hook import KEY_MOST, LABEL_MOST, LABELS_MOST, TEXT_MOST, Alert

_SPOKEN: Final = 4_000
"""Letters of a tool's own text that are kept where it cannot be used."""
_YEARS: Final = (2000, 2200)
_DEEPEST: Final = 30


class Unreadable(Exception):
    """No request of this format: `why` says where and what to do."""


class TooMany(Exception):
    """More in one request than is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoilt:
    """One alert of several that cannot be read: why, and its text. The others count all the same."""

    why: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a request says. `truncated`: alerts that the tool left out of it, or that were too many. `key`: what PagerDuty's
    answer hands back."""

    alerts: tuple[Alert, ...] = ()
    spoilt: tuple[Spoilt, ...] = ()
    truncated: int = 0
    key: str = ""


def parsed(body: bytes) -> Any:
    """The value in a JSON text. Raises Unreadable."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_constant)
    except RecursionError:
        raise Unreadable("the body is nested too deep") from None
    except UnicodeDecodeError:
        raise Unreadable("the body is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"the body is no JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        raise Unreadable("the body holds a number that is none") from None
    if _is_deep(found):
        raise Unreadable("the body is nested too deep")
    return found


def _constant(name: str) -> float:
    raise ValueError(name)


def _is_deep(value: Any) -> bool:
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _DEEPEST:
            return True
        if isinstance(one, dict | list):
            waiting += [(each, depth + 1) for each in (one.values() if isinstance(one, dict) else one)]
    return False


def text(value: Any, most: int = TEXT_MOST) -> str:
    """A value as one line of printable text; empty where it is none."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return str(value).lower() if isinstance(value, bool) else ""
    made = "".join(letter if letter.isprintable() else " " for letter in str(value)[: most + 1])
    return " ".join((made if len(made) <= most else made[: most - 1] + "…").split())


def key(value: Any) -> str:
    """A tool's own key, as it is; empty where it is none, or too long to be one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    made = str(value)
    return made if 0 < len(made) <= KEY_MOST else ""


def labels(value: Any, before: str = "") -> dict[str, str]:
    """The plain values of an object as labels, those of objects within it under dotted names; so many at most."""
    found: dict[str, str] = {}
    waiting = deque([(before, value)])
    while waiting and len(found) < LABELS_MOST:
        name, one = waiting.popleft()
        if isinstance(one, Mapping):
            waiting.extend((f"{name}.{each}" if name else str(each), inner) for each, inner in one.items())
        elif name and (said := text(one, LABEL_MOST)):
            found[text(name, LABEL_MOST)] = said
    return found


def instant(value: Any) -> datetime | None:
    """An instant as tools write it: RFC 3339, or seconds or milliseconds since 1970. None where none can be meant by it."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        elif isinstance(value, str) and len(value) <= 40:
            found = datetime.fromisoformat(value)
        else:
            return None
        if found.tzinfo is None:
            return None
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if _YEARS[0] <= found.year < _YEARS[1] else None


def spoilt(why: str, value: Any) -> Spoilt:
    return Spoilt(why=why, text=json.dumps(value, ensure_ascii=False)[:_SPOKEN])
