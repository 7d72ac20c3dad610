"""The facts of one incident for one occasion, put together from the store: what its words are made from."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentinel.estimate.promise import next_word_at, promise_at
from sentinel.model.estimate import NAMED, Estimate, Promise, PromiseKind, Told
from sentinel.model.incident import Entry, Incident, Opened, Phase, PhaseSet, Reopened
from sentinel.model.notice import Occasion
from sentinel.model.service import Service
from sentinel.model.statement import Statement
from sentinel.notify.facts import FULL, Facts
from sentinel.run.world import World

TELLS_CAUSE = (Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED, Phase.REVIEWED)


def felt(world: World, incident: Incident) -> tuple[Statement, ...]:
    """The statements in force that customers may be told, worst first, each once."""
    known = world.installation.statements
    found = {each.statement: known[each.statement] for each in incident.felt if each.statement in known}
    return tuple(sorted(found.values(), key=lambda statement: (-statement.impact.rank, statement.id)))


def corrects(statements: Sequence[Statement]) -> bool:
    """Whether what is felt is a message of our own that was wrong, and nothing else."""
    return bool(statements) and all(statement.corrects for statement in statements)


def told(timeline: Sequence[Entry], incident: Incident) -> tuple[Told, ...]:
    """The phases that the present episode was opened with and set to by people, by time."""
    found: list[Told] = []
    for entry in timeline:
        after = max(timedelta(0), entry.at - incident.began_at)
        match entry.said:
            case Opened(phase=phase) | PhaseSet(phase=phase):
                found.append(Told(after=after, phase=phase.value))
            case Reopened():
                found = [Told(after=after, phase=Phase.INVESTIGATING.value)]
            case _:
                pass
    return tuple(found)


def services_of(world: World, statements: tuple[Statement, ...]) -> tuple[Service, ...]:
    """The services that these statements are of, in the same order, each once."""
    names = dict.fromkeys(statement.service for statement in statements)
    return tuple(world.installation.services[name] for name in names)


def facts_of(
    world: World,
    incident: Incident,
    occasion: Occasion,
    now: datetime,
    *,
    estimate: Estimate | None = None,
    given: Promise | None = None,
    next_word: datetime | None = None,
) -> Facts:
    """What is so for `occasion` at `now`.

    `estimate`: the one that stands. `given`: the promise that customers hold us to. `next_word`: for holding words, the
    instant that they promise.
    """
    installation = world.installation
    statements = felt(world, incident)
    until, kind = _until(world, occasion, now, estimate, given)
    old = given.at if given is not None and given.kind is PromiseKind.ETA else None
    return Facts(
        occasion=occasion,
        reference=incident.reference,
        brand=installation.brand,
        titles=world.titles(tuple(dict.fromkeys(statement.service for statement in statements))),
        began_at=incident.began_at,
        now=now,
        zone=installation.zone,
        statements=statements if occasion in FULL or occasion is Occasion.CLOSED else (),
        impact=statements[0].impact if statements and occasion in FULL else None,
        until=until,
        old_until=old if occasion in (Occasion.DELAYED, Occasion.HOLDING) else None,
        next_word_at=next_word or _next_word(world, occasion, now, until, given),
        recovered_at=incident.recovered_at or incident.resolved_at,
        promise=kind,
        cause=incident.cause if incident.phase in TELLS_CAUSE else None,
        desk=installation.desk,
        about=_about(incident, occasion, given),
        drill=installation.drill is not None,
        corrects=corrects(statements),
    )


def _until(
    world: World, occasion: Occasion, now: datetime, estimate: Estimate | None, given: Promise | None
) -> tuple[datetime | None, PromiseKind | None]:
    """The time that the words would name. Wider words repeat the time that stands; only a person moves it (section 9)."""
    if occasion not in FULL:
        return None, None
    if occasion is Occasion.WIDENED and given is not None:
        return (given.at, given.kind) if given.kind is PromiseKind.ETA else (None, given.kind)
    if occasion is Occasion.CORRECTION:
        return None, PromiseKind.NEXT_WORD
    if occasion is Occasion.DELAYED and (estimate is None or estimate.basis not in NAMED):
        return None, PromiseKind.NEXT_WORD
    until = promise_at(estimate, now, world.installation.estimate)
    return until, PromiseKind.NEXT_WORD if until is None else PromiseKind.ETA


def _next_word(
    world: World, occasion: Occasion, now: datetime, until: datetime | None, given: Promise | None
) -> datetime | None:
    """By when the inbox hears from us again: by the promised time, or, where there is none, as the policy says."""
    if occasion not in FULL:
        return None
    if until is not None:
        return until
    if occasion is Occasion.WIDENED and given is not None:
        return given.at
    policy = world.installation
    return next_word_at(now, policy.notice.next_word, policy.estimate.round_to)


def _about(incident: Incident, occasion: Occasion, given: Promise | None) -> str:
    if occasion is Occasion.HOLDING:
        return f"promise {given.id} is open" if given else "a promise is open"
    if occasion is Occasion.CLOSED:
        return f"episode {incident.episode} is over"
    return f"incident {incident.id} was dismissed" if occasion is Occasion.RETRACTION else ""
