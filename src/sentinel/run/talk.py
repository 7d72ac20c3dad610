"""One incident as the desk tells callers of it, and the topics that callers call about.

Belongs here: the brief of this minute in every language, with who called about it. Does not belong here: the page as a whole
(desk.py), what one customer got (customer.py).
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.incident import Incident, Phase
from sentinel.model.notice import Brief, Occasion
from sentinel.notify.brief import brief
from sentinel.notify.language import NoLanguage, base
from sentinel.run import briefing
from sentinel.run.case import Case
from sentinel.run.contacts import HOUR, today
from sentinel.run.facts import felt
from sentinel.run.world import World
from sentinel.serve.desk.port import DeskIncident, Saying, Topic
from sentinel.store import contacts

_ELSE = {"en": "Something else", "es": "Otra cosa"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Callers:
    """How many called, by topic: in the last hour, and since midnight; and how many are usual."""

    hour: Mapping[contacts.Topic, int]
    today: Mapping[contacts.Topic, int]
    usual: Mapping[contacts.Topic, contacts.Rate]


def callers(c: Connection, world: World, now: datetime) -> Callers:
    begun = today(world.installation.zone, now)
    return Callers(hour=contacts.since(c, now - HOUR), today=contacts.since(c, begun), usual=contacts.usual(c, now))


def of_incident(c: Connection, world: World, case: Case, now: datetime, called: Callers) -> DeskIncident:
    """One incident for the desk: the brief of this minute in every language that we speak."""
    incident = case.incident
    affected = briefing.affected(c, case)
    briefs = _briefs(world, case, affected, now)
    mine = briefs[world.installation.languages[0]]
    worst = felt(world, incident)
    return DeskIncident(
        incident=incident.id,
        reference=incident.reference,
        headline=mine.headline,
        suspected=incident.phase is Phase.SUSPECTED,
        impact=worst[0].impact if worst else None,
        since=incident.began_at,
        until=mine.until,
        next_word=mine.next_word,
        who=mine.who,
        affected=affected,
        back_at=incident.recovered_at,
        sayings=tuple(_saying(language, each) for language, each in briefs.items() if each.say),
        notes=mine.desk,
        topics=tuple(topic_of(world, topic, called) for topic in topics_of(world, incident)),
    )


def _briefs(world: World, case: Case, affected: int | None, now: datetime) -> dict[str, Brief]:
    """Language → the brief in it; a language that the desk has no sentences of its own in is left out."""
    facts, zone = briefing.staff_facts(world, case, now), world.installation.zone
    link = briefing.link_to(world, case.incident)
    found: dict[str, Brief] = {}
    for language in world.installation.languages:
        with suppress(NoLanguage):
            occasion = Occasion.STAFF_OPENED
            found[language] = brief(occasion, facts, affected=affected, link=link, zone=zone, language=language)
    return found


def _saying(language: str, made: Brief) -> Saying:
    return Saying(language=language, say=made.say, do_not=made.do_not, instead=made.instead)


def topics(world: World) -> Iterable[contacts.Topic]:
    """Everything that can be called about: each statement, and something else about each service that has any."""
    statements = world.installation.statements.values()
    yield from ((statement.service, statement.id) for statement in statements)
    yield from ((service, "") for service in dict.fromkeys(statement.service for statement in statements))


def topics_of(world: World, incident: Incident) -> Iterable[contacts.Topic]:
    """What is felt of an incident, and something else about its services. The rest of their statements is not open."""
    yield from ((statement.service, statement.id) for statement in felt(world, incident))
    known = {service for service, _ in topics(world)}
    yield from ((service, "") for service in dict.fromkeys(incident.services) if service in known)


def topic_of(world: World, topic: contacts.Topic, called: Callers) -> Topic:
    service, statement = topic
    language = world.installation.languages[0]
    words = world.installation.statements[statement].say.get(language, statement) if statement else ""
    return Topic(
        service=service,
        statement=statement,
        title=world.installation.services[service].title.get(language, service),
        words=words or _ELSE.get(base(language), _ELSE["en"]),
        hour=called.hour.get(topic, 0),
        today=called.today.get(topic, 0),
        usual=usual.hour if (usual := called.usual.get(topic)) is not None and usual.is_learned else None,
    )
