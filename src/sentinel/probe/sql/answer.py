"""Answer: what came back for a query, whichever database it was, and what a value is as a fact. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sentinel.model.observation import Fact
from sentinel.probe.answer import TEXT_KEPT, in_utc, instant_of, number_of

ROWS: Final = 1000
"""Rows that are fetched at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`value`: the first column of the first row, None where there is none. `version`: what the server calls itself."""

    rows: int
    value: Any = None
    version: str = ""


def as_facts(answer: Answer, now: datetime) -> dict[str, Fact]:
    """What can be judged. An instant without a zone is taken for UTC."""
    facts: dict[str, Fact] = {"rows": answer.rows}
    if answer.version:
        facts["version"] = answer.version[:100]
    value = answer.value
    if value is None:
        return facts
    if isinstance(value, bool):
        return facts | {"value": int(value), "text": str(value).lower()}
    at = _instant(value)
    if at is not None:
        return facts | {"text": at.isoformat(), "age_s": round((now - at).total_seconds(), 1)}
    number = number_of(_plain(value))
    return facts | {"text": _text(value)} | ({} if number is None else {"value": number})


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return in_utc(datetime(value.year, value.month, value.day))  # noqa: DTZ001 - the next word makes it UTC
    # SQLite keeps instants as text. Of a text, a date is asked for: 20260101 is a number.
    return instant_of(value) if isinstance(value, str) and value[4:5] == "-" else None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value[:TEXT_KEPT]).decode("utf-8", "replace")
    if isinstance(value, int) and value.bit_length() > 1000:
        return "a number of hundreds of digits"
    return str(value)[:TEXT_KEPT]
