"""The files of a folder in NAB's layout: `FOLDER/family/name.csv[.gz]` and `combined_windows.json` (beside them or in labels/).

Belongs here: reading. Does not belong here: scoring (scoring.py), detecting (told.py).
"""

import csv
import gzip
import json
import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

WINDOWS = ("combined_windows.json", "labels/combined_windows.json", "../labels/combined_windows.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file: its instants, its values, and its windows as first and last row."""

    name: str
    at: tuple[datetime, ...]
    values: tuple[float, ...]
    windows: tuple[tuple[int, int], ...]


def read(folder: Path) -> Iterator[File]:
    """Every file there is that the windows name, in order of name. FileNotFoundError when there are no windows, or no file."""
    named = next((folder / one for one in WINDOWS if (folder / one).is_file()), None)
    if named is None:
        raise FileNotFoundError(f"no combined_windows.json in {folder}")
    windows = json.loads(named.read_text())
    there = {name: path for name in sorted(windows) if (path := _found(folder, name))}
    if not there:
        raise FileNotFoundError(f"none of the files of {named.name} in {folder}")
    if missing := sorted(set(windows) - set(there)):
        print(f"bench.detect: {len(missing)} of {len(windows)} files are not there: {missing[0]}, ...", file=sys.stderr)
    for name, path in there.items():
        yield _file(path, name, windows[name])


def _found(folder: Path, name: str) -> Path | None:
    tried = [folder / one / f"{name.removesuffix('.gz')}{end}" for one in ("", "data") for end in ("", ".gz")]
    return next((one for one in tried if one.is_file()), None)


def _file(path: Path, name: str, windows: list[list[str]]) -> File:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        given = [(_at(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
    at = tuple(one for one, _ in given)
    edges = ((_row(at, left), _row(at, right)) for left, right in windows)
    return File(name=name, at=at, values=tuple(value for _, value in given), windows=tuple(edges))


def _row(at: tuple[datetime, ...], edge: str) -> int:
    """The first row of that time; where there is none (files have gaps), the first after it."""
    wanted = _at(edge)
    return at.index(wanted) if wanted in at else min(bisect_left(at, wanted), len(at) - 1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
