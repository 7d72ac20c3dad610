"""Past incidents in a CSV file, for the first estimates: service, began_at, ended_at, cause, impact, ended, told.

Instants are RFC 3339. `ended` says whether the end is the recovery or the (later) resolution. `told`: the phases that were
told, each with the minutes since the beginning (`investigating@0 identified@12.5`). A row without an end has not ended: it is
counted and left out.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from sentinel.model.estimate import PastIncident, Told
from sentinel.model.service import Impact

COLUMNS = ("service", "began_at", "ended_at", "cause", "impact", "ended", "told")
MAX_BYTES = 64_000_000
LONGEST_LINE = 16_384
LONGEST_CELL = 500
ENDS = ("recovery", "resolution")
MOST_TOLD = 100
_TOLD = re.compile(r"([a-z_]{1,32})@(\d{1,7}(?:\.\d{1,4})?)")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowError:
    """One row that was left out, and why: the file's name, line from 1, column ("" for the whole row)."""

    file: str
    line: int
    column: str
    what: str
    todo: str

    def __str__(self) -> str:
        column = f" column {self.column}:" if self.column else ""
        return f"{self.file}:{self.line}:{column} {self.what}, {self.todo}"


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What was read: incidents in the file's order, rows left out, and how many had not ended."""

    incidents: tuple[PastIncident, ...]
    errors: tuple[RowError, ...]
    unfinished: int


class _Bad(Exception):
    """Raised and caught in this file alone: what is wrong with a row, or with the file."""

    def __init__(self, column: str, what: str, todo: str) -> None:
        self.column, self.what, self.todo = column, what, todo

    def at(self, file: str, line: int) -> RowError:
        return RowError(file=file, line=line, column=self.column, what=self.what, todo=self.todo)


def read(path: PurePath) -> History:
    """The past incidents in the file at `path`. A file that cannot be read as a whole is one error on line 1."""
    try:
        first, *rest = _lines(path)
        columns = _header(first)
    except _Bad as bad:
        return History(incidents=(), errors=(bad.at(path.name, 1),), unfinished=0)
    incidents: list[PastIncident] = []
    errors: list[RowError] = []
    unfinished = 0
    for line, raw in enumerate(rest, start=2):
        try:
            if cells := _cells(raw, columns):
                incident = _incident(cells)
                unfinished += incident is None
                incidents += [incident] if incident else []
        except _Bad as bad:
            errors.append(bad.at(path.name, line))
    return History(incidents=tuple(incidents), errors=tuple(errors), unfinished=unfinished)


def _lines(path: PurePath) -> list[bytes]:
    """The file's lines, at least one."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Bad("", f"the file cannot be read ({error.strerror})", "put it there and let Sentinel read it") from None
    if len(raw) > MAX_BYTES:
        raise _Bad("", f"the file is larger than {MAX_BYTES // 1_000_000} MB", "keep the years that matter")
    return raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _split(raw: bytes) -> list[str]:
    if len(raw) > LONGEST_LINE:
        raise _Bad("", f"the row is longer than {LONGEST_LINE} bytes", "shorten it")
    try:
        text = raw.decode("utf-8").rstrip("\r")
        return [cell.strip() for cells in csv.reader([text], strict=True) for cell in cells]
    except UnicodeDecodeError:
        raise _Bad("", "the row is not text in UTF-8", "correct it") from None
    except csv.Error:
        raise _Bad("", "the row is not CSV", "close its quotes, one row on each line") from None


def _header(raw: bytes) -> dict[str, int]:
    columns = {cell.casefold(): index for index, cell in enumerate(_split(raw))}
    missing = [column for column in COLUMNS[:3] if column not in columns]
    if missing:
        raise _Bad(missing[0], f"there is no column {' and no column '.join(missing)}", f"begin with {','.join(COLUMNS)}")
    return columns


def _cells(raw: bytes, columns: Mapping[str, int]) -> dict[str, str]:
    """Column → cell; empty for a blank line."""
    cells = _split(raw)
    if not any(cells):
        return {}
    # The last column was added later: rows that were written before need not be touched for it.
    if len(cells) <= max(index for name, index in columns.items() if name != COLUMNS[-1]):
        raise _Bad("", f"the row has {len(cells)} cells, fewer than the first line", "fill it up")
    return {column: cells[index] for column, index in columns.items() if index < len(cells)}


def _incident(cells: Mapping[str, str]) -> PastIncident | None:
    """One row, or None if the incident has not ended."""
    service = cells["service"]
    if not service:
        raise _Bad("service", "the service is missing", "name it as its file in checks/ does")
    began_at = _instant("began_at", cells["began_at"])
    ended = _one_of("ended", cells.get("ended", "") or ENDS[0], ENDS)
    impact = cells.get("impact", "")
    if impact:
        _one_of("impact", impact, tuple(Impact))
    if not cells["ended_at"]:
        return None
    lasted = _instant("ended_at", cells["ended_at"]) - began_at
    if lasted.total_seconds() <= 0:
        raise _Bad("ended_at", "it ends before it begins", "correct one of the two")
    cause = cells.get("cause", "")[:LONGEST_CELL]
    return PastIncident(
        service=service[:LONGEST_CELL],
        began_at=began_at,
        lasted=lasted,
        cause=cause,
        impact=impact,
        ended=ended,
        told=_told(cells.get("told", "")),
    )


def _told(value: str) -> tuple[Told, ...]:
    words = value.split()
    found = [match for word in words if (match := _TOLD.fullmatch(word)) is not None]
    if len(found) < len(words) or len(words) > MOST_TOLD:
        raise _Bad("told", "these are no phases with their minutes", "write them like investigating@0 identified@12.5")
    return tuple(Told(after=timedelta(minutes=float(one[2])), phase=one[1]) for one in found)


def cells_of(incident: PastIncident) -> dict[str, str]:
    """Column → cell, as `read` reads it."""
    told = (f"{one.phase}@{one.after.total_seconds() / 60:.4f}".rstrip("0").rstrip(".") for one in incident.told[:MOST_TOLD])
    return {
        "service": incident.service,
        "began_at": _written(incident.began_at),
        "ended_at": _written(incident.began_at + incident.lasted),
        "cause": " ".join(incident.cause.split()),
        "impact": incident.impact,
        "ended": incident.ended,
        "told": " ".join(told),
    }


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(column: str, value: str) -> datetime:
    if not _INSTANT.fullmatch(value):
        raise _Bad(column, "this is not an instant", "write it like 2026-05-04T10:05:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Bad(column, "there is no such instant", "correct it") from None


def _one_of(column: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _Bad(column, f"unknown {column} {value[:40]!r}", f"use one of: {', '.join(known)}")
    return value
