"""Contacts as a CSV file: one row a time, topic and channel, as telephone systems export them.

Columns: `slot` (an instant with its offset), `service`, `count`; `statement` and `channel` where they are known. Rows within
one quarter of an hour are added up. Belongs here: reading and every error by its line. Does not belong here: which topics
there are.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sentinel.model.contact import ContactCount, slot_of, start_of

WANTED: Final = ("slot", "service", "count")
KNOWN: Final = (*WANTED, "statement", "channel")
MOST_ROWS: Final = 500_000
MOST_FAULTS: Final = 20
LONGEST: Final = 200
MOST: Final = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """`faults`: "line 7: what". Nothing may be imported while there are any."""

    counts: tuple[ContactCount, ...]
    rows: int
    faults: tuple[str, ...]


def read(lines: Iterable[str]) -> Read:
    """The counts of a file, by time."""
    rows = csv.DictReader(lines, restkey="", restval="")
    names = tuple(rows.fieldnames or ())
    wrong = [f"line 1: the column {name} is missing" for name in WANTED if name not in names]
    wrong += [f"line 1: nobody reads a column {name[:LONGEST]!r}" for name in names if name not in KNOWN]
    found: Counter[tuple[int, str, str, str]] = Counter()
    number = 0
    for number, row in enumerate(rows if not wrong else (), start=1):
        if number > MOST_ROWS or len(wrong) >= MOST_FAULTS:
            wrong.append(f"line {rows.line_num}: the rest is not read" + (f": {MOST_ROWS} rows at most" * (number > MOST_ROWS)))
            break
        fault = _fault(row)
        if fault:
            wrong.append(f"line {rows.line_num}: {fault}")
            continue
        topic = row["service"].strip(), row.get("statement", "").strip(), row.get("channel", "").strip() or "phone"
        found[slot_of(datetime.fromisoformat(row["slot"].strip())), *topic] += int(row["count"])
    return Read(counts=tuple(_counts(found)), rows=number, faults=tuple(wrong))


def _fault(row: dict[str, str]) -> str:
    if "" in row:
        return "it has more columns than the first line"
    if any(len(value) > LONGEST for value in row.values()):
        return f"a value is longer than {LONGEST} characters"
    try:
        at = datetime.fromisoformat(row["slot"].strip())
    except ValueError:
        return f"slot: {row['slot'][:40]!r} is no instant (2026-11-22T14:15:00+01:00)"
    if at.tzinfo is None:
        return f"slot: {row['slot'][:40]!r} lacks its offset from UTC (2026-11-22T14:15:00+01:00)"
    count = row["count"].strip()
    if not (count.isascii() and count.isdecimal() and int(count[:9]) <= MOST and len(count) < 9):
        return f"count: {row['count'][:40]!r} is no whole number up to {MOST}"
    return "" if row["service"].strip() else "service: it is empty"


def _counts(found: Counter[tuple[int, str, str, str]]) -> Iterable[ContactCount]:
    for (slot, service, statement, channel), count in sorted(found.items()):
        yield ContactCount(slot=start_of(slot), service=service, statement=statement, channel=channel, count=count)
