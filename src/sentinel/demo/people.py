"""People: the 200 customers of Northwind Insurance, as their directory exports them, oddities included.

Belongs here: making customers.csv, and saying who of it is to be told. Does not belong here: reading such a file (directory/);
what is said here is worked out from how the list was made, not by the reader that it is there to check.

All are `customers`; three in four are `payers`, each of whom is told of trouble with paying, but for:

    NW-100020, -100047, -100088, -100131   gave no consent
    NW-100034                              has no address
    NW-100061                              has an address that is none: "marta.vidal(at)example.net"
    NW-100013, NW-100155                   share the address of NW-100012 and NW-100154, who come first and are told

That leaves `told("payers")`; `left_out("payers")` has the eight by reason. The same eight are left out for `customers`. One of
those who are told, NW-100103, reads French, a language that nothing is written in, and gets English.
"""

import csv
import random
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Final

SEED: Final = 20_260_601
COUNT: Final = 200

NO_CONSENT: Final = ("NW-100020", "NW-100047", "NW-100088", "NW-100131")
NO_ADDRESS: Final = ("NW-100034",)
BAD_ADDRESS: Final = ("NW-100061",)
UNKNOWN_LANGUAGE: Final = ("NW-100103",)
"""Who reads a language that nothing is written in, and is written to in English."""
SHARES_ADDRESS: Final[Mapping[str, str]] = {"NW-100013": "NW-100012", "NW-100155": "NW-100154"}
"""Who shares an address → whose it is. The one it is comes first in the file."""

ODD: Final[Mapping[str, tuple[str, ...]]] = {
    "no_consent": NO_CONSENT,
    "no_address": NO_ADDRESS,
    "bad_address": BAD_ADDRESS,
    "same_address": tuple(SHARES_ADDRESS),
}

_FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "Alice",
        "Ben",
        "Chloe",
        "Daniel",
        "Emily",
        "Fraser",
        "Grace",
        "Harvey",
        "Isla",
        "Jack",
        "Kezia",
        "Liam",
        "Maeve",
        "Zoë",
    ),
    "es": ("Ana", "Begoña", "Carlos", "Diego", "Elena", "Fátima", "Gonzalo", "Inés", "José Ángel", "Lucía", "Marta", "Íñigo"),
}
_LAST: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "Adams",
        "Baker",
        "Clarke",
        "Dunne",
        "Evans",
        "Fletcher",
        "Green",
        "Hughes",
        "MacLeod",
        "O'Brien",
        "Patel",
        "Smith-Jones",
    ),
    "es": (
        "Álvarez",
        "Bermúdez",
        "Castro",
        "Domínguez",
        "Esteve",
        "Fernández",
        "García",
        "Muñoz",
        "Núñez",
        "Ortiz",
        "Peña",
        "Ruiz",
    ),
}
_ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Europe/London", "Europe/London", "Europe/Madrid", "Europe/Dublin"),
    "es": ("Europe/Madrid", "Europe/Madrid", "Europe/Madrid", "Atlantic/Canary"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """One row; the fields are the columns. `segments` are separated by semicolons, `consent` is yes or no."""

    person: str
    name: str
    email: str
    language: str
    zone: str
    segments: str
    consent: str

    def is_in(self, segment: str) -> bool:
        return segment in self.segments.split(";")


def customers(seed: int = SEED) -> tuple[Customer, ...]:
    """All 200, in the file's order. The same seed gives the same people."""
    draw = random.Random(seed)  # noqa: S311 - people of an example, not secrets
    made = {each.person: each for each in (_customer(number, draw) for number in range(1, COUNT + 1))}
    for person, changed in _oddities(made).items():
        made[person] = changed
    return tuple(made.values())


def told(segment: str = "payers", seed: int = SEED) -> tuple[Customer, ...]:
    """Exactly those of a segment who are to be told, in the file's order, with the language they are written to in."""
    odd = {person for people in ODD.values() for person in people}
    mine = (each for each in customers(seed) if each.is_in(segment) and each.person not in odd)
    return tuple(replace(each, language="en") if each.person in UNKNOWN_LANGUAGE else each for each in mine)


def left_out(segment: str = "payers", seed: int = SEED) -> dict[str, tuple[str, ...]]:
    """Those of a segment who are not: reason → their ids."""
    members = {each.person for each in customers(seed) if each.is_in(segment)}
    return {why: tuple(person for person in people if person in members) for why, people in ODD.items()}


def write_customers(path: Path, seed: int = SEED) -> None:
    """Write the file, in UTF-8."""
    write_people(path, customers(seed))


def write_people(path: Path, people: Iterable[Customer]) -> None:
    """Some of them, in the directory's columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(field.name for field in fields(Customer))
        rows.writerows(astuple(each) for each in people)


def _customer(number: int, draw: random.Random) -> Customer:
    """Two of every five read Spanish; every fourth pays in another way, so is no payer."""
    language = "es" if number % 5 in (2, 4) else "en"
    first, last = draw.choice(_FIRST[language]), draw.choice(_LAST[language])
    also = draw.choice(("motor", "home", "travel", "motor;home"))
    return Customer(
        person=f"NW-{100_000 + number}",
        name=f"{first} {last}",
        email=f"{_plain(first)}.{_plain(last)}.{number}@example.{draw.choice(('com', 'net', 'org'))}",
        language=language,
        zone=draw.choice(_ZONES[language]),
        segments=";".join(("customers", *(("payers",) if number % 4 != 1 else ()), also)),
        consent="yes",
    )


def _oddities(made: Mapping[str, Customer]) -> dict[str, Customer]:
    """The changed rows. All of them are payers, so that each oddity is met where it matters."""
    odd = {person: replace(made[person], consent="no") for person in NO_CONSENT}
    odd |= {person: replace(made[person], email="") for person in NO_ADDRESS}
    marta = {"name": "Marta Vidal", "email": "marta.vidal(at)example.net", "language": "es"}
    odd |= {person: replace(made[person], **marta) for person in BAD_ADDRESS}
    luc = {"name": "Luc Moreau", "email": "luc.moreau@example.net", "language": "fr"}
    odd |= {person: replace(made[person], **luc) for person in UNKNOWN_LANGUAGE}
    odd |= {person: replace(made[person], email=made[whose].email) for person, whose in SHARES_ADDRESS.items()}
    return {person: _as_payer(each) for person, each in odd.items()}


def _as_payer(customer: Customer) -> Customer:
    if customer.is_in("payers"):
        return customer
    return replace(customer, segments=customer.segments.replace("customers", "customers;payers", 1))


def _plain(name: str) -> str:
    """A name as an address spells it: no accents, no spaces, no apostrophes."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in ascii_only.lower() if letter.isalnum() or letter == "-")
