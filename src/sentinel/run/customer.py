"""What one customer got, and what we promised them: put together from the ledger, the snapshots and the promises.

Belongs here: finding somebody by what the desk typed, and saying where each of their deliveries is. Does not belong here: the
rows (store/told.py). Nothing is read from a directory: who is in no snapshot and in no row of the ledger is not known here.
"""

import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from sentinel.model.delivery import Delivery, State
from sentinel.model.notice import Notice, NoticeState, Towards
from sentinel.model.person import Person
from sentinel.run import case as cases
from sentinel.run import talk
from sentinel.run.case import Case
from sentinel.run.contacts import ON_THE_WAY, UNKNOWN
from sentinel.run.contents import NAME, wording_of
from sentinel.run.facts import felt
from sentinel.run.world import World
from sentinel.serve.desk.port import CustomerPage, Got, Owed, Standing
from sentinel.store import expansion, incidents, notices, told

SHOWN: Final = 50
_REFERENCE: Final = re.compile(r"([1-9][0-9]{0,8})-[A-Za-z]")

WHERE: Final[Mapping[State, str]] = {
    State.QUEUED: "waits to be sent",
    State.CLAIMED: "waits to be sent",
    State.HELD: "waits to be sent",
    State.RETRY: "could not be handed over yet: it is tried again",
    State.ARMED: "is being handed over this moment",
    State.ACCEPTED: "accepted by their mail server",
    State.REJECTED: "refused by their mail server: they did not get it",
    State.DEAD: "could not be handed over: they did not get it",
    State.CANCELLED: "not sent: it was no longer true when its turn came",
    State.IN_DOUBT: "in doubt: we do not know whether it arrived",
}
WHY_NOT: Final[Mapping[str, str]] = {
    "no_consent": "not sent: they have not agreed to such messages",
    "no_address": "not sent: we have no address for them",
    "bad_address": "not sent: their address cannot be sent to",
    "same_person": "not sent twice: they stand in the audience more than once",
    "capped": "not sent to them: they have had as many messages lately as anybody may get",
    "quiet": "not sent to them: the words would name a time in their quiet hours",
    "broken": "not sent to them: their address refused our messages for good",
    "drill": "not sent to them: it was a drill",
    "same_address": "not sent to them: somebody else with the same address got it",
    "unsubscribed": "not sent: they asked for no messages",
    "already_told": "not sent again: they had been told already",
    "erased": "not sent: their data was erased",
}
_GOOD: Final = (State.ACCEPTED,)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Customer:
    """Who was asked for: every id and address that may be theirs, and how they are best known."""

    persons: tuple[str, ...]
    addresses: tuple[str, ...]
    known: Person | None
    awaited: Mapping[int, Person]
    """Snapshot of an open incident → they, as it names them."""

    def is_theirs(self, row: Delivery) -> bool:
        """Whoever is asked for by their number shares an address, perhaps, and not what somebody else was written there."""
        return row.person in self.persons or row.person.startswith(UNKNOWN)


def page(c: Connection, world: World, asked: str, now: datetime) -> CustomerPage:
    """The answer to what the desk typed."""
    asked = asked.strip()
    reference = _REFERENCE.fullmatch(asked)
    if reference is not None:
        of_incident = _of_reference(c, world, asked, int(reference[1]), now)
        if of_incident is not None:
            return of_incident
    there = [cases.load(c, number) for number in incidents.open_ids(c)]
    who = _find(c, asked, there)
    latest = told.latest(c, who.persons, who.addresses, SHOWN + 1)
    rows = [row for row in latest if who.is_theirs(row)]
    is_named = who.known is not None and not who.known.id.startswith(UNKNOWN)
    return CustomerPage(
        asked=asked,
        mark=mark(world, asked),
        found=who.known is not None,
        person=who.known.id if who.known is not None and is_named else "",
        name=who.known.name if who.known is not None else "",
        address=who.known.address if who.known is not None else asked if "@" in asked else "",
        language=who.known.language if who.known is not None else "",
        others=max(0, sum(not person.startswith(UNKNOWN) for person in who.persons) - 1),
        got=tuple(_got(c, row) for row in rows[:SHOWN]),
        more=len(latest) > SHOWN,
        owed=tuple(_owed(c, world, case, rows, who) for case in reversed(there)),
    )


def mark(world: World, asked: str) -> str:
    """What stands for it in the audit: the same for the same customer, and of no use to who reads it there."""
    return hmac.new(world.unsubscribe_key, b"looked up " + asked.casefold().encode(), "sha256").hexdigest()[:16]


def _find(c: Connection, asked: str, there: Collection[Case]) -> _Customer:
    address = asked.casefold() if "@" in asked else ""
    spelled = {asked, address, f"{asked.rpartition('@')[0]}@{address.rpartition('@')[2]}"} if address else set()
    snapshots = [notice.snapshot for case in there for notice in case.record.notices if notice.snapshot is not None]
    awaited = told.awaited(c, snapshots, [] if address else [asked], address)
    subscriber = told.subscriber(c, address) if address else None
    by_address = told.latest(c, (), spelled, SHOWN) if spelled else told.latest(c, [asked], (), SHOWN)
    people = [*(_as_person(row) for row in by_address), *(person for _, person in awaited)]
    persons = dict.fromkeys([*(person.id for person in people), *([subscriber] if subscriber else [])])
    addresses = {person.address for person in people if "@" in person.address} | spelled
    # A customer whom a directory names stands before the desk's own entry for the same address.
    named = sorted(people, key=lambda person: person.id.startswith(UNKNOWN))
    known = next((person for person in named if "@" in person.address), named[0] if named else None)
    if known is None and subscriber:
        known = Person(id=subscriber, name="", channel="", address=asked, language="", zone="")
    return _Customer(persons=tuple(persons), addresses=tuple(addresses), known=known, awaited=dict(awaited))


def _as_person(row: Delivery) -> Person:
    return Person(id=row.person, name=row.name, channel=row.channel, address=row.address, language=row.language, zone=row.zone)


def _got(c: Connection, row: Delivery) -> Got:
    notice = notices.one(c, row.notice)
    if notice is None:
        raise LookupError(f"delivery {row.id} has no notice")
    wording = wording_of(c, row.notice, row.language, row.zone) if _may_have_read(row) else None
    return Got(
        at=row.settled_at or row.due_at or notice.made_at,
        reference=_reference(notice),
        incident=notice.incident,
        occasion=notice.occasion,
        by="the desk" if row.step == expansion.DESK else row.channel,
        state=in_words(row),
        is_good=row.state in _GOOD,
        person=row.person,
        language=row.language,
        subject="" if wording is None else wording.subject.replace(NAME, row.name),
        text="" if wording is None else wording.text.replace(NAME, row.name),
    )


def _may_have_read(row: Delivery) -> bool:
    return row.state not in (State.SUPPRESSED, State.CANCELLED, State.REJECTED, State.DEAD) and row.step != expansion.DESK


def in_words(row: Delivery) -> str:
    """Where a delivery is, as it can be said to the customer."""
    if row.step == expansion.DESK:
        return row.detail
    if row.state is State.SUPPRESSED:
        return WHY_NOT.get(row.detail, f"not sent: {row.detail.replace('_', ' ')}")
    return WHERE[row.state]


def _reference(notice: Notice) -> str:
    return f"{notice.incident}-{chr(ord('A') + (notice.episode - 1) % 26)}"


def _owed(c: Connection, world: World, case: Case, rows: Iterable[Delivery], who: _Customer) -> Owed:
    """How they stand with one open incident, and the promise in force."""
    incident = case.incident
    mine = [
        row
        for row in rows
        if (row.subject, row.episode) == (incident.subject, incident.episode)
        if row.step.partition("#")[0] in expansion.TOLD_BY
    ]
    standing, why = _standing(case, mine, who)
    worst = felt(world, incident)
    language = world.installation.languages[0]
    words = worst[0].headline or worst[0].say if worst else world.titles((incident.root,)).get(incident.root, {})
    return Owed(
        incident=incident.id,
        reference=incident.reference,
        headline=words.get(language, incident.root),
        standing=standing,
        why=why,
        promise_at=case.given.at if case.given is not None else None,
        promise_kind=case.given.kind if case.given is not None else None,
    )


def _standing(case: Case, mine: list[Delivery], who: _Customer) -> tuple[Standing, str]:
    states = {row.state for row in mine}
    letters = [row for row in mine if row.step != expansion.DESK]
    if any(row.state is State.ACCEPTED for row in letters):
        return Standing.TOLD, ""
    if State.ACCEPTED in states:
        return Standing.LISTED, next(row.detail for row in mine if row.state is State.ACCEPTED)
    if states & set(ON_THE_WAY):
        return Standing.ON_ITS_WAY, ""
    if State.IN_DOUBT in states:
        return Standing.IN_DOUBT, ""
    if State.SUPPRESSED in states:
        return Standing.LEFT_OUT, next(in_words(row) for row in mine if row.state is State.SUPPRESSED)
    waits = {
        notice.snapshot
        for notice in case.record.notices
        if notice.towards is Towards.CUSTOMERS and notice.void_at is None
        if notice.state in (NoticeState.DRAFT, NoticeState.APPROVED) and notice.snapshot in who.awaited
    }
    if waits:
        return Standing.WAITING, ""
    return Standing.STRANGER, ""


# By the reference that stands in a message


def _of_reference(c: Connection, world: World, asked: str, number: int, now: datetime) -> CustomerPage | None:
    """What the customers of an incident got; None where there is no such incident."""
    try:
        case = cases.load(c, number)
    except KeyError:
        return None
    return CustomerPage(
        asked=asked,
        mark=mark(world, asked),
        found=True,
        reference=case.incident.reference,
        got=tuple(_sent(c, world, case))[:SHOWN],
        incident=None if case.incident.phase.is_over else talk.of_incident(c, world, case, now, talk.callers(c, world, now)),
    )


def _sent(c: Connection, world: World, case: Case) -> Iterable[Got]:
    """Each message of an incident that somebody got, newest first, in the desk's language and to nobody by name."""
    language, zone = world.installation.languages[0], world.installation.zone
    heard: Counter[int] = Counter()
    for count in case.counts:
        if count.state is State.ACCEPTED:
            heard[count.notice] += count.n
    for notice in reversed(case.record.notices):
        wording = wording_of(c, notice.id, language, zone) if notice.towards is Towards.CUSTOMERS else None
        if wording is not None and heard[notice.id]:
            yield Got(
                at=case.first_accepted(notice.id) or notice.made_at,
                reference=_reference(notice),
                incident=notice.incident,
                occasion=notice.occasion,
                by="",
                state=f"{heard[notice.id]} got it",
                is_good=True,
                person="",
                language=language,
                subject=wording.subject,
                text=wording.text.replace(NAME, "…"),
            )
