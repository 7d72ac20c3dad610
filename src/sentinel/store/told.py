"""Those whom the desk told in person, as rows of the ledger, and what one customer has in it.

Belongs here: the desk's own step and the search for one person's rows. Does not belong here: who may be added and what is said
of it (run/contacts.py), how they are told of the end (expansion.py, which counts the desk's step among those that tell).

A desk row is at rest from birth: nothing is sent for it. The desk's notice of an episode has a snapshot of its own that grows
with each row, in the same transaction, so that the books balance at every moment (P10).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from sentinel.model.delivery import Delivery, Lane, State
from sentinel.model.notice import Notice, Towards
from sentinel.model.person import Admitted, Person
from sentinel.store import notices, tables
from sentinel.store.expansion import DESK
from sentinel.store.ledger import as_delivery
from sentinel.store.upsert import upsert

_d, _n, _p = tables.delivery, tables.notice, tables.snapshot_person

RULE: Final = "desk"
"""The audience rule of the desk's notices and their snapshots."""
STEPS_LOOKED_AT: Final = 500
"""The latest steps towards customers in which one person's rows are looked for: each is one look at an index."""


def snapshot_of(c: Connection, subject: str, episode: int, now: datetime) -> int:
    """The desk's snapshot of an episode, complete from birth: no directory is read for it."""
    number = notices.snapshot_for(c, subject, episode, RULE, now)
    notices.complete_snapshot(c, number, ())
    return number


def add(c: Connection, notice: Notice, person: Person, detail: str, now: datetime) -> bool:
    """Write the row of one person and count them in the snapshot; False when they, or their address, have one already."""
    row = {
        "notice": notice.id,
        "snapshot": notice.snapshot,
        "lane": Lane.CUSTOMERS.value,
        "channel": person.channel,
        "subject": notice.subject,
        "episode": notice.episode,
        "step": DESK,
        "person": person.id,
        "name": person.name,
        "address": person.address,
        "language": person.language,
        "zone": person.zone,
        "state": State.ACCEPTED.value,
        "due_at": now,
        "made_at": now,
        "settled_at": now,
        "detail": detail,
    }
    made = c.execute(upsert(c, _d).values(**row).on_conflict_do_nothing().returning(_d.c.id)).scalar_one_or_none()
    if made is None or notice.snapshot is None:
        return False
    notices.keep_people(c, notice.snapshot, [Admitted(person=person)])
    notices.complete_snapshot(c, notice.snapshot, ())
    return True


def in_episode(c: Connection, subject: str, episode: int, person: str, addresses: Collection[str]) -> list[Delivery]:
    """The customers' rows of one episode that are of this person or address, oldest first."""
    mine = (_n.c.subject == subject, _n.c.episode == episode, _n.c.towards == Towards.CUSTOMERS.value)
    steps = [(subject, episode, step) for step in c.execute(select(_n.c.step).where(*mine).distinct()).scalars()]
    return sorted(_rows(c, steps, [person] if person else [], addresses), key=lambda row: row.id)


def latest(c: Connection, persons: Collection[str], addresses: Collection[str], most: int) -> list[Delivery]:
    """The rows of these people and addresses in every incident, newest first, at most `most`."""
    newest = func.max(_n.c.id)
    steps = (
        select(_n.c.subject, _n.c.episode, _n.c.step)
        .where(_n.c.towards == Towards.CUSTOMERS.value)
        .group_by(_n.c.subject, _n.c.episode, _n.c.step)
        .order_by(newest.desc())
        .limit(STEPS_LOOKED_AT)
    )
    found = _rows(c, [(row.subject, row.episode, row.step) for row in c.execute(steps)], persons, addresses)
    return sorted(found, key=lambda row: -row.id)[:most]


def _rows(
    c: Connection, steps: Sequence[tuple[str, int, str]], persons: Collection[str], addresses: Collection[str]
) -> list[Delivery]:
    """Asked step by step: the ledger's keys begin with the step, and no index finds a person alone."""
    found: dict[int, Delivery] = {}
    for subject, episode, step in steps:
        of_step = (_d.c.subject == subject, _d.c.episode == episode, _d.c.step == step, _d.c.lane == Lane.CUSTOMERS.value)
        for which, wanted in ((_d.c.person, persons), (_d.c.address, addresses)):
            if wanted:
                rows = c.execute(select(_d).where(*of_step, which.in_(list(wanted))))
                found |= {row.id: as_delivery(row) for row in rows}
    return list(found.values())


def awaited(c: Connection, snapshots: Collection[int], persons: Collection[str], address: str) -> list[tuple[int, Person]]:
    """(snapshot, person) of those in these snapshots who have one of these ids or that address, written in any case.

    An address is looked for through the whole snapshot; ask it off the writer.
    """
    is_theirs = _p.c.person.in_(list(persons)) if not address else func.lower(_p.c.address) == address.casefold()
    rows = c.execute(select(_p).where(_p.c.snapshot.in_(list(snapshots)), is_theirs).order_by(_p.c.snapshot, _p.c.person))
    return [(row.snapshot, _person(row)) for row in rows]


def subscriber(c: Connection, address: str) -> str | None:
    """The person id of whoever asked with this address to hear of trouble; None if nobody did."""
    t = tables.subscriber
    return c.execute(select(t.c.person).where(func.lower(t.c.address) == address.casefold()).limit(1)).scalar_one_or_none()


def _person(row: Row[Any]) -> Person:
    return Person(id=row.person, name=row.name, channel=row.channel, address=row.address, language=row.language, zone=row.zone)
