"""Customer: one row of any source as a Found, or what is wrong with it. Columns mean the same wherever they come from.

Belongs here: what each column may hold. Does not belong here: where a row comes from (csv.py, sql.py, http.py), whether its
person is sent to (admit.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sentinel.directory.address import fault, has_invisible, phone, phone_fault
from sentinel.directory.rows import RowError
from sentinel.model.person import Found, Purpose

NEEDED = ("person", "name", "email", "consent")
"""Columns that every source has. (`phone` may stand in for `email`.)"""
COLUMNS = ("person", "name", "email", "phone", "language", "zone", "consent", "channels", "segments")
ALIASES = {"id": "person"}
KINDS = {"email": "email", "phone": "sms"}
"""Column → the kind of channel whose address stands in it."""
LONGEST_ID = 100
LONGEST_NAME = 120
LONGEST_CELL = 2_000
_BOTH = frozenset(Purpose)
CONSENT: Mapping[str, frozenset[Purpose]] = {
    "yes": _BOTH, "true": _BOTH, "1": _BOTH, "no": frozenset(), "false": frozenset(), "0": frozenset(),
}  # fmt: skip


class BadCell(Exception):
    """Raised and caught in this room alone: the first thing wrong with a row."""

    def __init__(self, column: str, what: str, todo: str) -> None:
        self.column, self.what, self.todo = column, what, todo


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Which row of which source; `line` counts from 1."""

    source: str
    line: int

    def error(self, column: str, what: str, todo: str) -> RowError:
        return RowError(file=self.source, line=self.line, column=column, what=what, todo=todo)


def missing(columns: Mapping[str, object], segment: str | None) -> list[str]:
    """The columns that a source would need and lacks."""
    lacking = [each for each in NEEDED if each not in columns and not (each == "email" and "phone" in columns)]
    return [*lacking, *(["segments"] if segment and "segments" not in columns else [])]


def parts(text: str) -> tuple[str, ...]:
    """The words of a cell that holds several, semicolons between them."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def customer(cells: Mapping[str, str], where: Where) -> tuple[Found | None, list[RowError]]:
    """The person of a row, and what is wrong with the row; None where the person cannot be made out or must not be written to.

    An address that is none leaves the person without that address; every other mistake leaves the person out. No error
    quotes an address.
    """
    errors: list[RowError] = []
    try:
        addresses, bad = _addresses(cells, where, errors)
        found = Found(
            id=_person(cells.get("person", "")),
            name=_name(cells.get("name", "")),
            language=cells.get("language", "")[:35],
            zone=cells.get("zone", "")[:64],
            addresses=addresses,
            bad=bad,
            consents=_consents(cells.get("consent", "")),
            allows=frozenset(part.casefold() for part in parts(cells.get("channels", ""))),
            segments=parts(cells.get("segments", "")),
            where=f"{where.source}:{where.line}",
        )
    except BadCell as wrong:
        return None, [where.error(wrong.column, wrong.what, wrong.todo)]
    return found, errors


def _person(value: str) -> str:
    if not value or len(value) > LONGEST_ID or has_invisible(value) or "@" in value or value.startswith("subscriber:"):
        todo = f"write a number or code of at most {LONGEST_ID} letters, no address"
        raise BadCell("person", "this is not an id", todo)
    return value


def _name(value: str) -> str:
    if not value:
        raise BadCell("name", "the name is missing", "write how the person is to be addressed")
    if len(value) > LONGEST_NAME:
        raise BadCell("name", "the name is too long", f"{LONGEST_NAME} letters at most")
    if has_invisible(value):
        raise BadCell("name", "a control or invisible character stands in the name", "take it out")
    return value


def _addresses(cells: Mapping[str, str], where: Where, errors: list[RowError]) -> tuple[Mapping[str, str], frozenset[str]]:
    """Kind of channel → address, and the kinds under which something else stands."""
    addresses: dict[str, str] = {}
    bad: set[str] = set()
    for column, kind in KINDS.items():
        value = cells.get(column, "")
        if value:
            address = mail(value) if column == "email" else phone(value)
            wrong = fault(value) if column == "email" else phone_fault(address)
            if wrong:
                bad.add(kind)
                errors.append(where.error(column, *wrong))
            else:
                addresses[kind] = address
    return addresses, frozenset(bad)


def mail(value: str) -> str:
    """A mail address in small letters: however two sources spell a mailbox, it is one, and gets one message (P3)."""
    return value.lower()


def _consents(value: str) -> frozenset[Purpose]:
    known = CONSENT.get(value.casefold())
    if known is not None:
        return known
    named = parts(value.casefold())
    if not named or not set(named) <= set(Purpose):
        raise BadCell("consent", "consent is neither yes nor no", f"write yes or no, or what for: {', '.join(Purpose)}")
    return frozenset(Purpose(each) for each in named)
