"""Report → plain data for programs, and plain text for people of at most 100 columns.

Belongs here: names of fields, alignment, how an instant and a duration are written. Does not belong here: figures (report.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import Any

from sentinel.model.delivery import Books
from sentinel.model.estimate import Promise, PromiseKind, PromiseState
from sentinel.model.incident import Phase
from sentinel.report.report import Durations, Graded, IncidentReport, Instants, Report, Totals

WIDTH = 100
_LABEL = 22

_INSTANTS = (
    ("began", "began_at", None),
    ("detected", "detected_at", "to_detect"),
    ("confirmed", "confirmed_at", None),
    ("staff told", "staff_told_at", "to_tell_staff"),
    ("acknowledged", "acknowledged_at", "to_acknowledge"),
    ("customers told", "customers_told_at", "to_tell_customers"),
    ("recovered", "recovered_at", "to_recover"),
    ("resolved", "resolved_at", None),
)
"""Label, field of Instants, field of Durations that it ends."""

_MISSING = {
    "confirmed_at": "not confirmed",
    "staff_told_at": "nobody told",
    "acknowledged_at": "not acknowledged",
    "customers_told_at": "nobody told",
    "recovered_at": "not recovered yet",
    "resolved_at": "not resolved yet",
}

_MEDIANS = (
    ("to detect", "to_detect"),
    ("to first staff word", "to_tell_staff"),
    ("to acknowledge", "to_acknowledge"),
    ("to first customer word", "to_tell_customers"),
    ("to recover", "to_recover"),
)

_PROMISED = {PromiseKind.ETA: "promised back by", PromiseKind.NEXT_WORD: "promised a word by"}


def as_json(report: Report) -> dict[str, Any]:
    """Plain data, stable names: instants RFC 3339 in UTC (`..._at`), durations in seconds (`..._seconds`), None for missing."""
    return {
        "made_at": _instant(report.made_at),
        "balanced": report.is_balanced,
        "totals": _totals_json(report.totals),
        "incidents": [_incident_json(incident) for incident in report.incidents],
    }


def _totals_json(totals: Totals) -> dict[str, Any]:
    return {
        "incidents": totals.incidents,
        "open": totals.open,
        "dismissed": totals.dismissed,
        "promises": {state.value: count for state, count in totals.promises.items()},
        "etas": {state.value: count for state, count in totals.etas.items()},
        "times_given": totals.times_given,
        "times_withheld": totals.times_withheld,
        "estimates_held": totals.estimates_held,
        "estimates_graded": totals.estimates_graded,
        "books": totals.books,
        "books_balanced": totals.books_balanced,
        "median": _durations_json(totals.median),
    }


def _incident_json(incident: IncidentReport) -> dict[str, Any]:
    instants = {field.name: _instant(getattr(incident.instants, field.name)) for field in fields(Instants)}
    return {
        "id": incident.id,
        "reference": incident.reference,
        "services": list(incident.services),
        "phase": incident.phase.value,
        "episodes": incident.episodes,
        "instants": instants,
        "durations": _durations_json(incident.durations),
        "promises": [_promise_json(promise) for promise in incident.promises],
        "estimates": incident.estimates,
        "first_estimate": _graded_json(incident.first_estimate),
        "books": [_books_json(books) for books in incident.books],
        "balanced": incident.is_balanced,
    }


def _durations_json(durations: Durations) -> dict[str, float | None]:
    return {f"{field.name}_seconds": _seconds(getattr(durations, field.name)) for field in fields(Durations)}


def _promise_json(promise: Promise) -> dict[str, Any]:
    return {
        "id": promise.id,
        "episode": promise.episode,
        "kind": promise.kind.value,
        "at": _instant(promise.at),
        "published_at": _instant(promise.published_at),
        "notice": promise.notice,
        "estimate": promise.estimate,
        "state": promise.state.value,
        "settled_at": _instant(promise.settled_at),
    }


def _graded_json(graded: Graded | None) -> dict[str, Any] | None:
    if graded is None:
        return None
    return {
        "basis": graded.basis.value,
        "made_at": _instant(graded.made_at),
        "p50_seconds": _seconds(graded.p50),
        "p80_seconds": _seconds(graded.p80),
        "held": graded.held,
    }


def _books_json(books: Books) -> dict[str, Any]:
    return {
        "notice": books.notice,
        "step": books.step,
        "snapshot": books.snapshot,
        "counts": dict(books.counts),
        "balanced": books.balanced,
    }


def as_text(report: Report) -> str:
    """The report as lines of at most 100 columns, ending in a line break. Instants are in UTC."""
    lines = [f"Report of {_shown(report.made_at)} UTC", *_totals_text(report.totals)]
    for incident in report.incidents:
        lines += ["", *_incident_text(incident)]
    return "\n".join(lines) + "\n"


def _totals_text(totals: Totals) -> list[str]:
    if totals.incidents == 0:
        return ["No incidents."]
    medians = [(label, getattr(totals.median, name)) for label, name in _MEDIANS]
    return [
        *_line("incidents", f"{totals.incidents}, of which {totals.open} open, {totals.dismissed} dismissed"),
        *_line("times of return", _states(totals.etas.items()) or "none given"),
        *_line("told without a time", f"{totals.times_withheld} of {totals.times_given + totals.times_withheld} incidents"),
        *_line("all promises", _states(totals.promises.items()) or "none"),
        *_line("first estimate held", _share(totals.estimates_held, totals.estimates_graded, "80 % are claimed")),
        *_line("books balanced", _share(totals.books_balanced, totals.books)),
        *_line(
            "median time", "; ".join(f"{label} {_lasting(found)}" for label, found in medians if found is not None) or "none"
        ),
    ]


def _incident_text(incident: IncidentReport) -> list[str]:
    again = f", episode {incident.episodes}" if incident.episodes > 1 else ""
    title = f"Incident {incident.reference}: {', '.join(incident.services)} ({incident.phase.value}{again})"
    headline = wrap(title, WIDTH)
    lines = [*headline, "-" * max(map(len, headline))]
    for label, instant, duration in _INSTANTS:
        lines += _line(label, _instant_text(incident, instant, duration))
    for promise in incident.promises:
        lines += _line(_PROMISED[promise.kind], f"{_shown(promise.at)}  {_state_text(promise)}")
    if not incident.gave_a_time:
        lines += _line(_PROMISED[PromiseKind.ETA], "no time was given")
    lines += _line("first estimate", _graded_text(incident.first_estimate))
    for books in incident.books:
        lines += _line(f"books {books.step}"[: _LABEL - 1], _books_text(books))
    return lines


def _instant_text(incident: IncidentReport, instant: str, duration: str | None) -> str:
    at: datetime | None = getattr(incident.instants, instant)
    if at is None and incident.phase is Phase.DISMISSED and instant in ("recovered_at", "resolved_at"):
        return "dismissed: there was no disturbance"
    if at is None:
        return _MISSING[instant]
    after: timedelta | None = getattr(incident.durations, duration) if duration else None
    provisional = "  (not confirmed yet)" if instant == "recovered_at" and not incident.phase.is_over else ""
    return _shown(at) + (f"  after {_lasting(after)}" if after is not None else "") + provisional


def _state_text(promise: Promise) -> str:
    said = {
        PromiseState.OPEN: "open",
        PromiseState.KEPT: "kept",
        PromiseState.MOVED: "moved: a new time was given before it lapsed",
        PromiseState.HELD: "held: we said before it lapsed that we would miss it",
        PromiseState.BROKEN: "broken: it lapsed in silence",
        PromiseState.WITHDRAWN: "withdrawn before anybody was given it",
    }
    return said[promise.state]


def _graded_text(graded: Graded | None) -> str:
    if graded is None:
        return "none was made"
    if graded.p50 is None or graded.p80 is None:
        return f"{graded.basis.value}: nothing could be said"
    held = {True: "it held", False: "it did not hold", None: "not known yet whether it holds"}[graded.held]
    return f"{graded.basis.value}: {_lasting(graded.p50)} to {_lasting(graded.p80)} in all; {held}"


def _books_text(books: Books) -> str:
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in books.counts.items() if count)
    verdict = "balanced" if books.balanced else f"NOT BALANCED: {sum(books.counts.values())} accounted for"
    return f"{books.snapshot} people: {counts or 'none accounted for'}; {verdict}"


def _states(counts: Iterable[tuple[PromiseState, int]]) -> str:
    return ", ".join(f"{count} {state.value}" for state, count in counts if count)


def _share(part: int, whole: int, claimed: str = "") -> str:
    if whole == 0:
        return "nothing to count yet"
    return f"{part} of {whole}" + (f" ({claimed})" if claimed else "")


def _line(label: str, text: str) -> Sequence[str]:
    """One labelled line, wrapped under itself where it is too long."""
    first, *rest = _wrapped(text, WIDTH - _LABEL - 2)
    return [f"  {label:<{_LABEL}}{first}", *(" " * (_LABEL + 2) + line for line in rest)]


def _wrapped(text: str, width: int) -> list[str]:
    """Like `wrap`, but a text that fits keeps its double spaces."""
    return [text] if len(text) <= width else wrap(text, width)


def _instant(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, milliseconds, `Z`."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 3)


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _lasting(duration: timedelta) -> str:
    """ "4.2 s", "2 min 05 s", "3 h 07 min", "2 d 04 h"."""
    seconds = duration.total_seconds()
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for large, unit, small, smaller in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= large:
            return f"{whole // large} {unit} {whole % large // small:02d} {smaller}"
    raise AssertionError(seconds)  # unreachable: a minute or more is caught above
