"""The report as a sheet for spreadsheets, and as a chart of what was promised and when it was back. Pure.

The figures and their names are report/'s; here they are only laid out.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

COLUMNS = (
    "reference", "services", "phase", "episodes", "began_at", "detected_at", "confirmed_at", "staff_told_at",
    "acknowledged_at", "customers_told_at", "recovered_at", "resolved_at", "to_detect_seconds", "to_tell_staff_seconds",
    "to_acknowledge_seconds", "to_tell_customers_seconds", "to_recover_seconds", "promises", "promises_kept", "balanced",
)  # fmt: skip
BARS = 12
"""The chart shows the latest so many promises."""
WIDTH, ROW, LEFT = 720.0, 26.0, 130.0
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(data: Mapping[str, Any]) -> str:
    """One row an incident. A cell that a spreadsheet would take for a formula gets a leading apostrophe."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for incident in data.get("incidents", ()):
        values = _row(incident)
        writer.writerow([_cell(values.get(column)) for column in COLUMNS])
    return out.getvalue()


def _row(incident: Mapping[str, Any]) -> dict[str, Any]:
    promises = incident.get("promises", ())
    return {
        **incident,
        **incident.get("instants", {}),
        **incident.get("durations", {}),
        "services": " ".join(incident.get("services", ())),
        "promises": len(promises),
        "promises_kept": sum(promise["state"] == "kept" for promise in promises),
    }


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One promised time of return: from when it was given to when it was for (`promised`), and to when it was back (`took`)."""

    label: str
    words: str
    state: str
    y: float
    promised: float
    took: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Bars from top to bottom; `unit`: how long a full width is, in words."""

    width: float
    height: float
    left: float
    bars: tuple[Bar, ...]


def chart(data: Mapping[str, Any]) -> Chart | None:
    """The latest promised times beside when it was back; None where none was given."""
    found = list(_promised(data))[-BARS:]
    if not found:
        return None
    longest = max(max(promised, took or 0.0) for _, _, promised, took in found) or 1.0
    scale = (WIDTH - LEFT - 8) / longest
    bars = tuple(
        Bar(
            label=label,
            words=f"promised after {_minutes(promised)}, "
            + ("not back yet" if took is None else f"back after {_minutes(took)}"),
            state=state,
            y=index * ROW,
            promised=round(promised * scale, 1),
            took=None if took is None else round(took * scale, 1),
        )
        for index, (label, state, promised, took) in enumerate(found)
    )
    return Chart(width=WIDTH, height=len(bars) * ROW, left=LEFT, bars=bars)


def _promised(data: Mapping[str, Any]) -> Iterator[tuple[str, str, float, float | None]]:
    """(label, state, seconds from giving to the promised time, seconds from giving to its being back)."""
    for incident in data.get("incidents", ()):
        back = _instant(incident.get("instants", {}).get("recovered_at"))
        for promise in incident.get("promises", ()):
            at, given = _instant(promise.get("at")), _instant(promise.get("published_at"))
            if promise.get("kind") == "eta" and at is not None and given is not None:
                took = None if back is None or back < given else (back - given).total_seconds()
                label = f"{incident.get('reference', '')} {promise['state']}"
                yield label, promise["state"], max(0.0, (at - given).total_seconds()), took


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _minutes(seconds: float) -> str:
    return f"{round(seconds / 60)} min"
