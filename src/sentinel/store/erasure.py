"""The erasure list: whose data was erased, as keyed hashes, so that it can be asked and shows nobody.

Belongs here: the marks, the list in the database and the copy of it beside the store. Does not belong here: taking data out of
rows (traces.py). The copy beside the store is what an older copy of the database lacks: at every start, and before a restored
store is served, whoever stands in either list is taken out again.
"""

import hmac
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from sentinel.store import tables
from sentinel.store.upsert import upsert

_e = tables.erasure

ERASED: Final = "erased:"
"""Begins what stands in the place of a person's id and address."""
DETAIL: Final = "erased"
"""Why somebody is not sent to, as a delivery's detail and a snapshot's reason."""
PIECE: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """One mark of the list. Somebody has several: of their ids and their addresses."""

    mark: str
    at: datetime
    by: str
    why: str = ""


def mark_of_person(key: bytes, person: str) -> str:
    """64 hexadecimal digits; the same for the same person and key."""
    return hmac.new(key, b"erased person " + person.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def mark_of_address(key: bytes, address: str) -> str:
    """The same of an address, however it is written."""
    return hmac.new(key, b"erased address " + address.casefold().encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def stand_in(key: bytes, person: str) -> str:
    """What stands in the place of a person's id and address. Somebody who was replaced already stays as they are."""
    return person if is_stand_in(person) else f"{ERASED}{mark_of_person(key, person)[:32]}"


def is_stand_in(text: str) -> bool:
    return text.startswith(ERASED)


def add(c: Connection, erasures: Iterable[Erasure]) -> None:
    """Put marks on the list. One that is there stays as it is."""
    rows = [{"mark": each.mark, "at": each.at, "by": each.by[:200], "why": each.why} for each in erasures]
    if rows:
        c.execute(upsert(c, _e).on_conflict_do_nothing(), rows)


def every(c: Connection) -> list[Erasure]:
    """The whole list, in the order of time."""
    rows = c.execute(select(_e).order_by(_e.c.at, _e.c.mark))
    return [Erasure(mark=row.mark, at=row.at, by=row.by, why=row.why) for row in rows]


def is_empty(c: Connection) -> bool:
    return c.execute(select(_e.c.mark).limit(1)).one_or_none() is None


def listed(c: Connection, marks: Sequence[str]) -> frozenset[str]:
    """Those of `marks` that are on the list."""
    found: set[str] = set()
    for start in range(0, len(marks), PIECE):
        found.update(c.execute(select(_e.c.mark).where(_e.c.mark.in_(marks[start : start + PIECE]))).scalars())
    return frozenset(found)


def among(c: Connection, key: bytes, people: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The ids of those of `people` (id → addresses; a piece of an audience) who were erased, by id or by address."""
    if is_empty(c):
        return frozenset()
    marks: dict[str, str] = {}
    for person, addresses in people.items():
        marks[mark_of_person(key, person)] = person
        marks |= {mark_of_address(key, address): person for address in addresses}
    return frozenset(marks[mark] for mark in listed(c, list(marks)))


# Beside the store


def path_of(store: Path) -> Path:
    return Path(f"{store}.erased")


def read_beside(store: Path) -> list[Erasure]:
    """The list that lies beside the store; empty where there is none. A line that is none is passed over: better most of a list
    than no start."""
    try:
        lines = path_of(store).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            one = json.loads(line)
            at = datetime.fromisoformat(one["at"])
            found.append(Erasure(mark=str(one["mark"]), at=at, by=str(one["by"]), why=str(one.get("why", ""))))
    return found


def write_beside(store: Path, erasures: Sequence[Erasure]) -> None:
    """Replace the list beside the store: whole or not at all, on disk before we go on, its owner's alone."""
    beside, fresh = path_of(store), Path(f"{path_of(store)}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        for each in erasures:
            file.write(json.dumps({"mark": each.mark, "at": each.at.isoformat(), "by": each.by, "why": each.why}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(beside)
    folder = os.open(beside.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
