"""What the desk tells us: callers, and people who were told by phone or chat or who ask to be told when it works.

Belongs here: the two commands, and what is said back. Does not belong here: the rows (store/contacts.py, store/told.py), and
what the desk's page shows (desk.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sentinel.directory.address import fault, has_invisible
from sentinel.directory.customer import mail
from sentinel.model.command import AddTold, CountCaller, Done, Refused, Result
from sentinel.model.delivery import Delivery, State
from sentinel.model.incident import Incident
from sentinel.model.notice import Approval, Notice, NoticeState, Occasion, Towards
from sentinel.model.person import Person
from sentinel.notify.facts import Facts, quoted
from sentinel.notify.language import base
from sentinel.notify.seal import seal
from sentinel.run import briefing, timeline
from sentinel.run import case as cases
from sentinel.run.case import Case
from sentinel.run.world import World
from sentinel.store import codec, contacts, expansion, notices, told
from sentinel.store.contacts import Topic

HOUR = timedelta(hours=1)
LONGEST_ID = 100
LONGEST_NAME = 120
UNKNOWN = "desk:"
"""Begins the id of somebody whom no directory has named to us: the rest is made of their address."""
ON_THE_WAY = (State.QUEUED, State.CLAIMED, State.ARMED, State.RETRY, State.HELD)
CONSENT = "the desk's word: nothing is sent for it"
"""Stands in the approval of a desk notice, where other approvals by rule name the one that they rest on."""

_HOW = {"phone": "told on the phone by {}", "chat": "told by chat by {}", "asks": "asked {} to be told when it works"}
_DEAR = {"en": "customer", "es": "cliente"}


# Callers


def count_caller(c: Connection, world: World, command: CountCaller, who: str, now: datetime) -> Result:
    """One caller more about a service, or about one thing that its customers feel."""
    installation = world.installation
    service, statement = installation.services.get(command.service), installation.statements.get(command.statement)
    if service is None:
        return Refused(
            code="no_service", why=f"There is no service {command.service[:64]}. Open the page again and choose one."
        )
    if command.statement and (statement is None or statement.service != service.name):
        why = f"{service.name} has no statement {command.statement[:128]}. Open the page again and choose one."
        return Refused(code="no_statement", why=why)
    contacts.add(c, (command.service, command.statement), who, now)
    hour = contacts.since(c, now - HOUR)[command.service, command.statement]
    words = statement.say.get(installation.languages[0]) if statement is not None else None
    title = service.title.get(installation.languages[0], service.name)
    return Done(said=f"Counted: {hour} in the last hour. {title}{': ' + words if words else '.'}")


def today(zone: str, now: datetime) -> datetime:
    """The instant at which the day of `now` began where the desk is."""
    there = ZoneInfo(zone)
    return datetime.combine(now.astimezone(there).date(), time.min, tzinfo=there)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """How many called in the last hour, and how many are usual: of all topics, read once for a page of many incidents."""

    called: Mapping[Topic, int]
    usual: Mapping[Topic, contacts.Rate]


def last_hour(c: Connection, now: datetime) -> Hour:
    return Hour(called=contacts.since(c, now - HOUR), usual=contacts.usual(c, now))


def callers_of(incident: Incident, hour: Hour) -> dict[str, int]:
    """How many called about what this incident touches: statement, or service where that is all, → number."""
    return {topic[1] or topic[0]: n for topic, n in hour.called.items() if is_about(incident, topic)}


def usual_of(incident: Incident, hour: Hour) -> dict[str, float]:
    """How many are usual, of what this incident touches and is known."""
    known = hour.usual.items()
    return {topic[1] or topic[0]: rate.hour for topic, rate in known if rate.is_learned and is_about(incident, topic)}


def is_about(incident: Incident, topic: Topic) -> bool:
    """Whether callers about a topic call about this incident: it is felt there, or nobody said what exactly is felt."""
    service, statement = topic
    felt = {each.statement for each in incident.felt}
    return statement in felt if statement else service in incident.services


# Told by the desk


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """The command, checked: who is to be on the list, and their address as it stands in the ledger."""

    person: Person
    addresses: Collection[str]


def add_told(c: Connection, world: World, command: AddTold, who: str, now: datetime) -> Result:
    """Put somebody on the list of those who are owed the end of an open incident, unless they are on one already."""
    try:
        incident = timeline.fold_of(c, command.incident)
    except KeyError:
        return Refused(code="no_incident", why=f"There is no incident {command.incident}.")
    if incident.phase.is_over:
        return Refused(code="over", why=f"{incident.reference} is over: tell the caller so. Nobody is owed a word any more.")
    asked = _asked(world, incident, command)
    if isinstance(asked, Refused):
        return asked
    rows = told.in_episode(c, incident.subject, incident.episode, asked.person.id, asked.addresses)
    heard = next((row for row in rows if _tells(row) and row.state is State.ACCEPTED), None)
    if heard is not None:
        return Done(incident=incident.id, said=_was_told(world, heard))
    case = cases.load(c, incident.id)
    notice = _notice(c, world, case, who, now)
    person = _as_known(c, case, asked.person, rows)
    if not told.add(c, notice, person, _HOW[command.how].format(who), now):
        return Done(incident=incident.id, said="They are on the list already.")
    said = "They are on the list: when it works, they get a message."
    if any(_tells(row) and row.state in ON_THE_WAY for row in rows):
        said = "Our message is on its way to them too. They are on the list: when it works, they get one message."
    return Done(incident=incident.id, notice=notice.id, said=said)


def _asked(world: World, incident: Incident, command: AddTold) -> _Asked | Refused:
    address, name, person = command.address.strip(), command.name.strip(), command.person.strip()
    wrong = fault(address)
    if wrong is not None:
        return Refused(code="text", why=f"This cannot be sent to: {wrong[0]}. To mend it: {wrong[1]}.")
    if len(name) > LONGEST_NAME or has_invisible(name):
        return Refused(code="text", why=f"The name must be plain text of {LONGEST_NAME} letters at most.")
    if len(person) > LONGEST_ID or has_invisible(person) or "@" in person:
        return Refused(code="text", why=f"A customer's number has {LONGEST_ID} letters at most and no @. Leave it empty.")
    language = command.language or world.installation.languages[0]
    if language not in world.installation.languages:
        return Refused(code="text", why=f"We write in {', '.join(world.installation.languages)}: choose one of them.")
    channel = mail_channel(world, incident)
    if channel is None:
        return Refused(
            code="no_channel", why="No e-mail channel to customers is set up (by: of a service), so nobody could be told."
        )
    plain = mail(address)
    made = Person(
        id=person or person_of(plain),
        name=name or _DEAR.get(base(language), _DEAR["en"]),
        channel=channel,
        address=plain,
        language=language,
        zone=world.installation.zone,
    )
    return _Asked(person=made, addresses={plain})


def person_of(address: str) -> str:
    """The id of somebody of whom we know an address alone: the same for the same address."""
    return f"{UNKNOWN}{sha256(address.encode()).hexdigest()[:16]}"


def mail_channel(world: World, incident: Incident) -> str | None:
    """The e-mail channel to customers of the incident's services; another service's where these have none."""
    installation = world.installation
    names = dict.fromkeys((*incident.services, incident.root, *installation.services))
    by = [channel for name in names if name in installation.services for channel in installation.services[name].by]
    return next((name for name in by if name in installation.channels and installation.channels[name].kind == "email"), None)


def _tells(row: Delivery) -> bool:
    return row.step.partition("#")[0] in expansion.TOLD_BY


def _was_told(world: World, row: Delivery) -> str:
    at = row.settled_at.astimezone(ZoneInfo(world.installation.zone)).strftime("%H:%M") if row.settled_at is not None else ""
    if row.step == expansion.DESK:
        return f"They are on the list already: {row.detail} at {at}."
    return f"They were told by e-mail at {at}, and will be told when it works. Nothing is to be added."


def _as_known(c: Connection, case: Case, person: Person, rows: Collection[Delivery]) -> Person:
    """The person as the ledger or the audience knows them: one id, and their address as it is written there (P3)."""
    theirs = [row for row in rows if row.person == person.id] or [row for row in rows if row.address == person.address]
    if theirs:
        return _like(person, theirs[-1].person, theirs[-1])
    snapshots = [notice.snapshot for notice in case.record.notices if notice.snapshot is not None]
    by_id = [each for _, each in told.awaited(c, snapshots, [person.id], "")]
    if by_id:
        return _like(person, person.id, by_id[-1])
    at_address = [each for _, each in told.awaited(c, snapshots, (), person.address)]
    if not at_address:
        return person
    number = at_address[-1].id if person.id.startswith(UNKNOWN) else person.id
    return replace(_like(person, number, at_address[-1]), address=at_address[-1].address)


def _like(person: Person, number: str, known: Person | Delivery) -> Person:
    return replace(person, id=number, name=known.name, language=known.language, zone=known.zone)


def _notice(c: Connection, world: World, case: Case, who: str, now: datetime) -> Notice:
    """The desk's notice of this episode; made with its consent and its snapshot when the first is added."""
    incident = case.incident
    step = expansion.DESK
    there = next((n for n in case.record.notices if n.step == step and n.episode == incident.episode), None)
    if there is not None:
        return there
    snapshot = told.snapshot_of(c, incident.subject, incident.episode, now)
    made = notices.make(c, _row(incident, snapshot, now))
    if made is None:
        raise LookupError(f"the desk's notice of {incident.reference} is neither there nor new")
    facts = briefing.staff_facts(world, case, now)
    consent = _consent(made, facts, who, now)
    notices.change(c, made.id, approval=notices.keep_approval(c, consent, codec.to_text(Facts, facts)), expanded=True)
    return made


def _row(incident: Incident, snapshot: int, now: datetime) -> Notice:
    return Notice(
        id=0,
        subject=incident.subject,
        incident=incident.id,
        episode=incident.episode,
        step=expansion.DESK,
        cause=incident.opened_by,
        occasion=Occasion.DESK,
        towards=Towards.CUSTOMERS,
        state=NoticeState.APPROVED,
        made_at=now,
        rule=told.RULE,
        snapshot=snapshot,
        release_at=now,
    )


def _consent(notice: Notice, facts: Facts, who: str, now: datetime) -> Approval:
    """One row as for any notice, without words: what was said on the phone is what the brief held at that moment."""
    quotes = quoted(facts)
    return Approval(
        id=0,
        notice=notice.id,
        by=who,
        at=now,
        draft_hash=seal((), (), (), quotes),
        bodies=(),
        quoted=quotes,
        snapshot=notice.snapshot,
        counted=1,
        rule=CONSENT,
    )
