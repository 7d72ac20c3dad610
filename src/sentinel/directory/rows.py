"""Rows: the lines of a CSV file, one at a time and bounded, each with its number.

A row is one line. Quotes may hold commas but no line break, so a quote that is never closed spoils its own line and not the
rest of the file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 16_384


@dataclass(frozen=True, kw_only=True, slots=True)
class RowError:
    """One row that was left out: the file's name, its line from 1, the column's name ("" for the whole row)."""

    file: str
    line: int
    column: str
    what: str
    todo: str

    def __str__(self) -> str:
        column = f" column {self.column}:" if self.column else ""
        return f"{self.file}:{self.line}:{column} {self.what}, {self.todo}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A source that could not be read to its end: nobody is told on the strength of a part of it. `todo` says what helps."""

    source: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.source}: {self.what}, {self.todo}"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line."""

    line: int
    cells: tuple[str, ...]


def rows(file: BinaryIO, name: str) -> Iterator[Row | RowError]:
    """Each line that is not blank as its cells, or as what is wrong with it. At most one line is in memory."""
    line = 0
    while raw := file.readline(LONGEST_LINE + 1):
        line += 1
        if len(raw) > LONGEST_LINE:
            _skip_rest(file, raw)
            what, todo = f"the row is longer than {LONGEST_LINE} bytes", "shorten it, or write one row on each line"
            yield RowError(file=name, line=line, column="", what=what, todo=todo)
            continue
        found = _cells(raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw)
        if isinstance(found, str):
            yield RowError(file=name, line=line, column="", what=found, todo="correct the row")
        elif any(cell.strip() for cell in found):
            yield Row(line, found)


def _cells(raw: bytes) -> tuple[str, ...] | str:
    """The cells of one line, or what is wrong with it."""
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return "the row is not text in UTF-8"
    try:
        return tuple(cell.strip() for cells in csv.reader([text], strict=True) for cell in cells)
    except csv.Error:
        return "the row is not CSV (a quote that is not closed, or stands inside a cell)"


def _skip_rest(file: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = file.readline(65_536)
