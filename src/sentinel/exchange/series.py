"""Long series in a CSV file, gzipped or not: a row a sample, with series, time, value and, where it is known, a label.

Times are RFC 3339 or seconds since 1970, or milli-, micro- or nanoseconds by their size. A label that is a verdict (up,
degraded, down, unknown) says what was found; any other than 0, no, false or nothing says that there was a disturbance then.
Read as a stream, whatever its size.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from sentinel.model.observation import Verdict

COLUMNS: Final = ("series", "time", "value")
LONGEST: Final = 200
"""Characters of a series' name."""
MOST_SERIES: Final = 1_000
_NOTHING: Final = frozenset({"", "0", "0.0", "no", "false", "none", "normal", "ok"})


class NoSeries(Exception):
    """A file that cannot be read as series. Its text says where and why."""


@dataclass(frozen=True, slots=True)
class Point:
    """One row. `value` None: nothing was measured. `verdict`: what was found, where the label says so; `troubled`: whether the
    label says that there was a disturbance."""

    series: str
    at: datetime
    value: float | None
    verdict: Verdict | None = None
    troubled: bool = False


def points(path: Path) -> Iterator[Point]:
    """Every row of the file, in its order. Raises NoSeries for the first one that cannot be read."""
    try:
        with opened(path) as file:
            rows = csv.reader(file)
            places = _places(path, next(rows, []))
            for cells in rows:
                if cells:
                    yield _point(path, rows.line_num, cells, places)
    except (OSError, EOFError) as error:
        raise NoSeries(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None
    except UnicodeDecodeError:
        raise NoSeries(f"{path} is not text in UTF-8") from None
    except csv.Error as error:
        raise NoSeries(f"{path} is not CSV ({error})") from None


def opened(path: Path) -> TextIO:
    """A CSV file, gzipped or not, as text."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _places(path: Path, header: list[str]) -> dict[str, int]:
    found = {name.strip().casefold(): place for place, name in enumerate(header)}
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise NoSeries(f"{path}:1: there is no column {' and no column '.join(missing)}: begin with series,time,value,label")
    return {name: found[name] for name in (*COLUMNS, "label") if name in found}


def _point(path: Path, line: int, cells: list[str], places: dict[str, int]) -> Point:
    if len(cells) <= max(places.values()):
        raise NoSeries(f"{path}:{line}: the row has {len(cells)} cells, fewer than the first line")
    cell = {name: cells[place].strip() for name, place in places.items()}
    label = cell.get("label", "").casefold()
    verdict = Verdict(label) if label in tuple(Verdict) else None
    try:
        value = float(cell["value"]) if cell["value"] else None
        at = instant(cell["time"])
    except (ValueError, OverflowError, OSError):
        raise NoSeries(
            f"{path}:{line}: its time or its value cannot be read: write 2026-05-04T10:05:00Z and a number"
        ) from None
    return Point(cell["series"][:LONGEST], at, value, verdict, verdict is None and label not in _NOTHING)


def instant(text: str) -> datetime:
    """RFC 3339, or seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size. Without a zone it is
    UTC. Raises ValueError, OverflowError and OSError."""
    try:
        number = float(text)
    except ValueError:
        read = datetime.fromisoformat(text.removesuffix("UTC").removesuffix("GMT").rstrip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    scale = next((by for most, by in ((1e11, 1), (1e14, 1e3), (1e17, 1e6)) if abs(number) < most), 1e9)
    return datetime.fromtimestamp(number / scale, UTC)
