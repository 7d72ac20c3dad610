"""The file of past incidents that an installation learns from, and adding to it what it does not hold yet.

Belongs here: what is new, and the file's next text. Rows that are there stay as they are, to the letter. Does not belong here:
the columns (exchange/history.py), other tools' formats, asking people.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sentinel.exchange import history
from sentinel.exchange.history import COLUMNS, RowError, cells_of
from sentinel.model.estimate import PastIncident

USUAL: Final = "history.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """`text`: the whole file as it would be. `errors`: what is wrong with the file that is there; it is not added to then."""

    fresh: tuple[PastIncident, ...]
    known: int
    text: str
    errors: tuple[RowError, ...] = ()


def addition(path: Path, incidents: Iterable[PastIncident]) -> Addition:
    """What of these the file does not hold. One is known by its service and the second in which it began."""
    raw = path.read_bytes() if path.exists() else b""
    held = history.read(path) if raw.strip() else history.History(incidents=(), errors=(), unfinished=0)
    seen = {_identity(one) for one in held.incidents}
    fresh: list[PastIncident] = []
    known = 0
    for one in incidents:
        if _identity(one) in seen:
            known += 1
        else:
            seen.add(_identity(one))
            fresh.append(one)
    fresh.sort(key=lambda one: (one.began_at, one.service))
    if held.errors:
        return Addition(fresh=tuple(fresh), known=known, text="", errors=held.errors)
    # Read without errors, it is UTF-8. Its ends of lines stay: a lone one may stand within a cell.
    return Addition(fresh=tuple(fresh), known=known, text=_with(raw.decode("utf-8-sig"), fresh))


def _with(old: str, fresh: Iterable[PastIncident]) -> str:
    first, _, rest = old.lstrip("\n").partition("\n") if old.strip() else (",".join(COLUMNS), "", "")
    columns = [cell.strip().casefold() for cell in next(csv.reader([first]))]
    missing = [name for name in COLUMNS[3:] if name not in columns]
    # Rows of before have fewer cells than the first line then, which only the last column may be.
    if missing == [COLUMNS[-1]]:
        first, columns = f"{first.rstrip()},{COLUMNS[-1]}", [*columns, COLUMNS[-1]]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    for one in fresh:
        cells = cells_of(one)
        rows.writerow([cells.get(name, "") for name in columns])
    body = rest if not rest or rest.endswith("\n") else f"{rest}\n"
    return f"{first.rstrip()}\n{body}{written.getvalue()}"


def _identity(one: PastIncident) -> tuple[str, datetime]:
    return one.service, one.began_at.replace(microsecond=0)
