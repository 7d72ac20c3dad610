"""The people of a blast: as many as asked, each with an address of their own, so that every inbox can be told apart."""

import csv
from pathlib import Path
from typing import Final

_COLUMNS: Final = ("person", "name", "email", "language", "zone", "segments", "consent")


def addresses(count: int) -> frozenset[str]:
    """Everybody's address, in small letters."""
    return frozenset(_address(number) for number in range(count))


def write_people(path: Path, count: int) -> None:
    """The directory's export. Two of five read Spanish."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for number in range(count):
            language = "es" if number % 5 in (2, 4) else "en"
            name = f"Íñigo {number}" if language == "es" else f"Alice {number}"
            zone = "Europe/Madrid" if language == "es" else "Europe/London"
            rows.writerow((f"NW-{number:06d}", name, _address(number), language, zone, "customers;payers", "yes"))


def _address(number: int) -> str:
    return f"c{number:06d}@example.com"
