"""Customers in a CSV file: person, name, email, language, zone, segments (semicolon separated), consent.

Streams, so that a million people cost a million hashes and no more. Every row of the audience comes out as a person, a person
with the reason for silence, or a RowError: nothing is lost on the way.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from sentinel.directory.address import fault, has_invisible
from sentinel.directory.rows import Row, RowError, rows
from sentinel.model.installation import Audience
from sentinel.model.person import Admitted, Person, Reason

COLUMNS = ("person", "name", "email", "language", "zone", "consent")
SEGMENTS = "segments"
LONGEST_ID = 100
LONGEST_NAME = 120
CONSENT = {"yes": True, "true": True, "no": False, "false": False}

__all__ = ["RowError", "read"]


def read(audience: Audience, languages: Collection[str], channel: str) -> Iterator[Admitted | RowError]:
    """The people of `audience`, reached by `channel` at their mail address, in the order of the file.

    A row outside the audience's segment is passed over. A file that cannot be read is one RowError on line 0.
    """
    path, name = Path(audience.csv), audience.csv.name
    try:
        file = path.open("rb")
    except OSError as error:
        what = f"the file cannot be read ({error.strerror})"
        yield RowError(file=name, line=0, column="", what=what, todo="put it there and let Sentinel read it")
        return
    with file:
        lines = rows(file, name)
        columns = _header(next(lines, None), audience, name)
        if isinstance(columns, RowError):
            yield columns
            return
        reading = _Reading(file=name, languages=languages, channel=channel, columns=columns)
        for row in lines:
            found = reading.look_at(row, audience.segment) if isinstance(row, Row) else row
            if found:
                yield found


def _header(row: Row | RowError | None, audience: Audience, name: str) -> dict[str, int] | RowError:
    """Column name → index. Columns that we do not know are left alone."""
    if row is None:
        what, todo = "the file is empty", f"begin it with {','.join(COLUMNS)}"
        return RowError(file=name, line=1, column="", what=what, todo=todo)
    if isinstance(row, RowError):
        return row
    columns = {cell.casefold(): index for index, cell in enumerate(row.cells)}
    needed = (*COLUMNS, SEGMENTS) if audience.segment else COLUMNS
    missing = [column for column in needed if column not in columns]
    if missing:
        what, todo = f"there is no column {' and no column '.join(missing)}", "add it, commas between the columns"
        return RowError(file=name, line=row.line, column=missing[0], what=what, todo=todo)
    return columns


class _BadCell(Exception):
    """Raised and caught in this file alone: the first thing wrong with a row."""

    def __init__(self, column: str, what: str, todo: str) -> None:
        self.column, self.what, self.todo = column, what, todo


@dataclass(kw_only=True, slots=True)
class _Reading:
    """One pass over the file. Ids and addresses seen are kept as 64-bit hashes (a clash in a million people: 1 in 10^7)."""

    file: str
    languages: Collection[str]
    channel: str
    columns: Mapping[str, int]
    persons: set[int] = field(default_factory=set)
    addresses: set[int] = field(default_factory=set)

    def look_at(self, row: Row, segment: str | None) -> Admitted | RowError | None:
        """None if the row is not of the segment."""
        try:
            if len(row.cells) <= max(self.columns.values()):
                raise _BadCell("", f"the row has {len(row.cells)} cells, fewer than the first line", "fill it up")
            cells = {column: row.cells[index] for column, index in self.columns.items()}
            segments = tuple(part.strip() for part in cells.get(SEGMENTS, "").split(";") if part.strip())
            if segment is not None and segment not in segments:
                return None
            return self._admit(cells, segments)
        except _BadCell as bad:
            return RowError(file=self.file, line=row.line, column=bad.column, what=bad.what, todo=bad.todo)

    def _admit(self, cells: Mapping[str, str], segments: tuple[str, ...]) -> Admitted:
        person = Person(
            id=self._person(cells["person"]),
            name=_name(cells["name"]),
            channel=self.channel,
            address=_address(cells["email"]),
            language=self._language(cells["language"]),
            zone=_zone(cells["zone"]),
            segments=segments,
        )
        consents = CONSENT.get(cells["consent"].casefold())
        if consents is None:
            raise _BadCell("consent", "consent is neither yes nor no", "write yes or no")
        self.persons.add(hash(person.id))
        return Admitted(person=person, reason=self._reason(person, consents=consents))

    def _reason(self, person: Person, *, consents: bool) -> Reason | None:
        """Why not, if not. Only an address that is sent to is taken: whoever shares it with one who is not, still gets it."""
        if not consents:
            return Reason.NO_CONSENT
        if not person.address:
            return Reason.NO_ADDRESS
        address = hash(person.address.casefold())
        if address in self.addresses:
            return Reason.SAME_ADDRESS
        self.addresses.add(address)
        return None

    def _person(self, value: str) -> str:
        if not value or len(value) > LONGEST_ID or has_invisible(value) or "@" in value:
            raise _BadCell("person", "this is not an id", f"write a number or code of at most {LONGEST_ID} letters, no address")
        if hash(value) in self.persons:
            raise _BadCell("person", "this person stands on an earlier line too", "keep one of the rows")
        return value

    def _language(self, value: str) -> str:
        if value not in self.languages:
            known = ", ".join(self.languages)
            raise _BadCell("language", f"unknown language {value[:20]!r}", f"use one of those of sentinel.yaml: {known}")
        return value


def _name(value: str) -> str:
    if not value:
        raise _BadCell("name", "the name is missing", "write how the person is to be addressed")
    if len(value) > LONGEST_NAME:
        raise _BadCell("name", "the name is too long", f"{LONGEST_NAME} letters at most")
    if has_invisible(value):
        raise _BadCell("name", "a control or invisible character stands in the name", "take it out")
    return value


def _address(value: str) -> str:
    """The address with its domain in small letters; "" if there is none."""
    if not value:
        return ""
    if wrong := fault(value):
        raise _BadCell("email", *wrong)
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def _zone(value: str) -> str:
    if value not in _zones():
        close = get_close_matches(value[:40], _zones(), n=1)
        todo = f"did you mean {close[0]}?" if close else "write an IANA name such as Europe/Madrid"
        raise _BadCell("zone", f"unknown time zone {value[:40]!r}", todo)
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
