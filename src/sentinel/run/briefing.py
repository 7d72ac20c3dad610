"""Briefs for staff, put together from the store: which channels get them, and what the record holds at that moment."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.estimate import PromiseKind
from sentinel.model.incident import Incident
from sentinel.model.notice import Body, Brief, Notice, Occasion
from sentinel.notify import drill
from sentinel.notify.brief import brief
from sentinel.notify.draft import compose
from sentinel.notify.facts import Facts
from sentinel.notify.language import base, listing
from sentinel.notify.material import titles
from sentinel.notify.news import news
from sentinel.notify.slots import fill, values
from sentinel.run import consent
from sentinel.run.case import Case
from sentinel.run.facts import facts_of, felt
from sentinel.run.world import World
from sentinel.store import codec, notices

_DRAFTED = {
    "en": "A message to the customers affected is drafted. Read it and approve it at the link.",
    "es": "Hay un mensaje redactado para los clientes afectados. Léalo y apruébelo en el enlace.",
}
_GUARDED = {
    Occasion.SECOND: {
        "en": "One person has approved message {number}. It goes to so many people that a second one must read and approve it: "
        "at the link.",
        "es": "Una persona ha aprobado el mensaje {number}. Va a tanta gente que otra persona debe leerlo y aprobarlo: "
        "en el enlace.",
    },
    Occasion.PAUSED: {
        "en": "Message {number} is paused: {why}. Look at who did not get it, then go on or cancel the rest: at the link.",
        "es": "El mensaje {number} está en pausa: {why}. Mire quién no lo recibió y luego siga o cancele el resto: "
        "en el enlace.",
    },
}
"""What is asked where a guard waits for somebody. The figures come as they stand in the record."""
_DEAR = {"en": "customer", "es": "cliente"}


def staff_channels(world: World, incident: Incident) -> tuple[str, ...]:
    """The staff channels of the incident's services; of all services where these have none: somebody must hear (P1)."""
    services = world.installation.services
    mine = [channel for name in (*incident.services, incident.root) if name in services for channel in services[name].staff]
    return tuple(dict.fromkeys(mine or [channel for service in services.values() for channel in service.staff]))


def brief_of(c: Connection, world: World, case: Case, notice: Notice, now: datetime) -> Brief:
    """The brief of one notice to staff; in a drill it says so before all else."""
    made = _brief_of(c, world, case, notice, now)
    if world.installation.drill is None:
        return made
    language = world.installation.languages[0]
    words = {each: f"{drill.word(each)}. {drill.line(each)}\n\n{text}" for each, text in made.words.items()}
    return replace(made, headline=f"{drill.word(language)}: {made.headline}", words=words)


def _brief_of(c: Connection, world: World, case: Case, notice: Notice, now: datetime) -> Brief:
    if notice.words_of is not None:
        return _of_words(c, world, case, notice.words_of)
    made = brief(
        notice.occasion,
        staff_facts(world, case, now),
        affected=affected(c, case),
        link=link_to(world, case.incident),
        zone=world.installation.zone,
        language=world.installation.languages[0],
        ask=_ask(world, case, notice),
        body=_once_over(world, case, notice, now),
    )
    made = replace(made, acknowledged_by=case.incident.acknowledged_by or "")
    return _as_news(made, world, case, notice, now) if notice.occasion is Occasion.CHANGED else made


def staff_facts(world: World, case: Case, now: datetime) -> Facts:
    """What the desk is told: the published instant and nothing tighter, and the services even where customers feel nothing."""
    facts = facts_of(world, case.incident, Occasion.OPENED, now)
    if case.incident.phase.is_over:
        # Nothing is felt any more: no sentence of the disturbance may be read out to a caller.
        return replace(facts, titles=facts.titles or world.titles(case.incident.services), statements=(), impact=None)
    given = case.given
    is_time = given is not None and given.kind is PromiseKind.ETA
    return replace(
        facts,
        titles=facts.titles or world.titles(case.incident.services),
        until=given.at if given is not None and is_time else None,
        next_word_at=given.at if given is not None else None,
        promise=None if given is None else given.kind,
    )


def _once_over(world: World, case: Case, notice: Notice, now: datetime) -> Body | None:
    """What to say to a caller once it is over: the closing's words, in the form for the phone."""
    occasion = {Occasion.RECOVERED: Occasion.CLOSED, Occasion.DISMISSED: Occasion.RETRACTION}.get(notice.occasion)
    if occasion is None or not felt(world, case.incident):
        return None
    return compose(world.templates, facts_of(world, case.incident, occasion, now), world.installation.languages[0])


def link_to(world: World, incident: Incident) -> str:
    return f"{world.installation.url.rstrip('/')}/incidents/{incident.id}"


def _ask(world: World, case: Case, notice: Notice) -> str:
    if notice.occasion in _GUARDED:
        about = int(notice.step.partition("#")[2].partition(".")[0])
        language = base(world.installation.languages[0])
        ask = _GUARDED[notice.occasion].get(language, _GUARDED[notice.occasion]["en"])
        return ask.format(number=about, why=case.notice(about).paused_why)
    concerns_customers = any(world.installation.services[s.service].audience for s in felt(world, case.incident))
    is_opening = notice.occasion in (Occasion.SUSPECTED, Occasion.STAFF_OPENED)
    if not (concerns_customers and is_opening):
        return ""
    return _DRAFTED.get(base(world.installation.languages[0]), _DRAFTED["en"])


def affected(c: Connection, case: Case) -> int | None:
    """How many customers: the audience's count once it is read."""
    counted = [
        n
        for notice in case.record.notices
        if notice.snapshot is not None and notice.occasion is not Occasion.DESK
        if (n := consent.admitted(c, notice)) is not None
    ]
    return counted[-1] if counted else None


def _as_news(made: Brief, world: World, case: Case, notice: Notice, now: datetime) -> Brief:
    """What changed stands in the headline: a reader at 3 a.m. sees no more."""
    entry = next(entry for entry in case.timeline if entry.seq == notice.cause)
    language = world.installation.languages[0]
    confirms = case.incident.confirmed_at == entry.at
    line = news(entry.said, entry.who, zone=world.installation.zone, language=language, now=now, confirms=confirms)
    named = listing(titles(staff_facts(world, case, now), language), language)
    return replace(made, headline=f"{named}: {line}") if line else made


def _of_words(c: Connection, world: World, case: Case, about: int) -> Brief:
    """The words that customers are about to get, in every language, as they will read them."""
    stored = notices.approval_of(c, about)
    if stored is None:
        raise LookupError(f"notice {about} has no approval")
    approval, text = stored
    facts = codec.from_text(Facts, text)
    zone, desk = world.installation.zone, world.installation.languages[0]
    made = brief(
        case.notice(about).occasion,
        replace(facts, statements=facts.statements or felt(world, case.incident)),
        affected=approval.counted,
        link=link_to(world, case.incident),
        zone=zone,
        language=desk,
        words=_filled(approval.bodies, facts, zone),
        body=next((body for body in approval.bodies if body.language == desk), None),
    )
    return replace(made, until=facts.until, next_word=facts.next_word_at)


def _filled(bodies: tuple[Body, ...], facts: Facts, zone: str) -> Mapping[str, str]:
    return {
        body.language: fill(body.text, values(facts, body.language, zone, _DEAR.get(base(body.language), "")))
        for body in bodies
    }
