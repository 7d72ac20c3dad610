"""Reading an audience: from the directory into a snapshot, in pieces, with no transaction held while it is read."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from sqlalchemy import Connection

from sentinel.directory.csv import RowError, read
from sentinel.model.installation import Installation
from sentinel.model.person import Admitted, Person, Reason
from sentinel.store import notices
from sentinel.store.database import Store
from sentinel.store.notices import Snapshot

PIECE = 2000
"""People written in one transaction."""
PROBLEMS_KEPT = 100


def read_all(installation: Installation, store: Store) -> int:
    """Read every snapshot that is not complete; the answer is how many were completed.

    A snapshot that was broken off (the hub died) is begun again: people who are there already are left as they are.
    """
    waiting = store.read(notices.incomplete_snapshots)
    for snapshot in waiting:
        _read_one(installation, store, snapshot)
    return len(waiting)


def _read_one(installation: Installation, store: Store, snapshot: Snapshot) -> None:
    unsubscribed = store.read(notices.unsubscribed)
    problems: list[str] = []
    people = _people(installation, snapshot.rule, unsubscribed, problems)
    while piece := list(islice(people, PIECE)):
        store.writer.submit(partial(_keep, snapshot.id, piece)).result()
    store.writer.submit(lambda c: notices.complete_snapshot(c, snapshot.id, problems)).result()


def _keep(snapshot: int, piece: list[Admitted], c: Connection) -> None:
    notices.keep_people(c, snapshot, piece)


def _people(installation: Installation, rule: str, unsubscribed: set[str], problems: list[str]) -> Iterator[Admitted]:
    """Everybody of the rule's audiences, once, with why they are not sent to. Rows that cannot be read go to `problems`."""
    names = rule.removeprefix("audience:").split("+")
    persons: set[str] = set()
    addresses: set[str] = set()
    for name in names:
        channel = next((s.by[0] for s in installation.services.values() if s.audience == name and s.by), "email")
        for found in read(installation.audiences[name], installation.languages, channel):
            if isinstance(found, RowError):
                if len(problems) < PROBLEMS_KEPT:
                    problems.append(str(found))
            elif found.person.id not in persons:
                persons.add(found.person.id)
                yield Admitted(person=found.person, reason=_reason(found, unsubscribed, addresses))


def _reason(found: Admitted, unsubscribed: set[str], addresses: set[str]) -> Reason | None:
    person: Person = found.person
    if found.reason is not None:
        return found.reason
    if person.id in unsubscribed:
        return Reason.UNSUBSCRIBED
    # One message per address, also across the audiences of one notice.
    if person.address.casefold() in addresses:
        return Reason.SAME_ADDRESS
    addresses.add(person.address.casefold())
    return None
