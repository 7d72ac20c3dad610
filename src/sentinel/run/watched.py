"""Services and checks as staff look at them, put together from the configuration and the store."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sentinel.config.reach import is_overdue, reach
from sentinel.incident.fold import fold
from sentinel.model.incident import Incident
from sentinel.model.observation import Fact
from sentinel.model.statement import Statement
from sentinel.run import plainly, spans
from sentinel.run.facts import felt
from sentinel.run.uptime import Uptimes
from sentinel.run.world import World
from sentinel.serve.services.port import (
    AssuranceLine,
    CheckLine,
    CheckPage,
    LastBad,
    PastLine,
    SeenAt,
    ServiceLine,
    ServicePage,
    ServicesPage,
    Shown,
    StatementLine,
)
from sentinel.store import history, incidents, watching
from sentinel.store.observations import PHASES
from sentinel.store.watching import Latest

LOOK_BACK = timedelta(days=7)
PAST = 200
_WORST = (Shown.DOWN, Shown.FAILING, Shown.SLOW, Shown.UNKNOWN, Shown.UP)


def services(c: Connection, world: World, uptimes: Uptimes, now: datetime) -> ServicesPage:
    """Every service, in the order of the configuration."""
    latest, numbers = latest_by_check(c), _numbers(c)
    there = [_incident(c, number) for number in incidents.open_ids(c)]
    lines = [_service(c, world, uptimes, name, latest, numbers, there, now) for name in world.installation.services]
    return ServicesPage(at=now, services=tuple(lines))


def service(c: Connection, world: World, uptimes: Uptimes, name: str, now: datetime) -> ServicePage | None:
    """One service, whole; None if there is none of that name."""
    house = world.installation
    if name not in house.services:
        return None
    past = [_incident(c, number) for number in incidents.all_ids(c, PAST)]
    mine = [one for one in past if name in one.services]
    there = [one for one in mine if not one.phase.is_over]
    statements = [each for each in house.statements.values() if each.service == name]
    return ServicePage(
        at=now,
        service=_service(c, world, uptimes, name, latest_by_check(c), _numbers(c), there, now),
        depends_on=house.services[name].depends_on,
        depended_on_by=tuple(each.name for each in house.services.values() if name in each.depends_on),
        statements=_statements(world, statements, now),
        assurances=_assurances(world, statements, now),
        incidents=tuple(_past(world, one) for one in mine),
    )


def _service(
    c: Connection,
    world: World,
    uptimes: Uptimes,
    name: str,
    latest: Mapping[str, list[Latest]],
    numbers: Mapping[str, list[int]],
    there: Iterable[Incident],
    now: datetime,
) -> ServiceLine:
    house = world.installation
    found = house.services[name]
    checks = [check for check in house.checks.values() if check.service == name]
    lines = tuple(_line(check.id, check.kind, latest.get(check.id, [])) for check in checks)
    mine = [number for check in checks for number in numbers.get(check.id, [])]
    reviewed = found.owner.reviewed
    return ServiceLine(
        name=name,
        title=_title(world, name),
        team=found.owner.team,
        owner=found.owner.person,
        reviewed=reviewed,
        overdue=reviewed is None or is_overdue(reviewed, now.astimezone(ZoneInfo(house.zone)).date()),
        shown=_worst(line.shown for line in lines),
        checks=lines,
        uptime=uptimes.of(c, mine, now),
        incident=next((one.id for one in there if name in one.services), None),
    )


def _line(check: str, kind: str, seen: Collection[Latest]) -> CheckLine:
    if not seen:
        return CheckLine(id=check, kind=kind, shown=Shown.UNKNOWN, since=None, seen_at=None, reason="not looked at yet")
    shown, since, reason = over_places(seen)
    return CheckLine(id=check, kind=kind, shown=shown, since=since, seen_at=max(one.at for one in seen), reason=reason)


def over_places(seen: Collection[Latest]) -> tuple[Shown, datetime, str]:
    """A check over all places from which it was seen: the worst is shown, since when, and why."""
    # What cannot be seen from one place is nothing to show where another one sees it.
    known = [one for one in seen if one.shown != Shown.UNKNOWN] or seen
    worst = min(known, key=lambda one: _WORST.index(Shown(one.shown)))
    reason = "" if worst.shown == Shown.UP else f"{_partly(worst, seen)}{worst.reason}"
    return Shown(worst.shown), worst.shown_since, reason


def _partly(worst: Latest, seen: Collection[Latest]) -> str:
    """From where it looks so, if it does not look so from everywhere."""
    alike = sorted(one.place for one in seen if one.shown == worst.shown)
    return "" if len(alike) == len(seen) else f"partial, seen from {', '.join(alike)} ({len(alike)} of {len(seen)} places): "


def _statements(world: World, statements: Iterable[Statement], now: datetime) -> tuple[StatementLine, ...]:
    language = world.installation.languages[0]
    today = now.astimezone(ZoneInfo(world.installation.zone)).date()
    known = {one.statement: one for one in reach(world.installation, today).reaches}
    return tuple(
        StatementLine(
            id=each.id,
            say=each.say.get(language, each.id),
            impact=each.impact,
            checks=known[each.id].checks,
            audience=known[each.id].audience,
            channels=known[each.id].channels,
            languages=known[each.id].languages,
            why_not=known[each.id].why_not,
        )
        for each in statements
    )


def _assurances(world: World, statements: Iterable[Statement], now: datetime) -> tuple[AssuranceLine, ...]:
    house = world.installation
    today = now.astimezone(ZoneInfo(house.zone)).date()
    return tuple(
        AssuranceLine(
            statement=each.id,
            words=one.words.get(house.languages[0], ""),
            owner=one.owner,
            evidence=one.evidence,
            until=one.until,
            is_current=one.is_current(today),
        )
        for each in statements
        for one in each.assure
    )


def _past(world: World, one: Incident) -> PastLine:
    worst = felt(world, one)
    language = world.installation.languages[0]
    words = (worst[0].headline or worst[0].say).get(language, worst[0].id) if worst else _title(world, one.root)
    ended_at = one.recovered_at or one.resolved_at or one.dismissed_at if one.phase.is_over else None
    return PastLine(
        incident=one.id,
        reference=one.reference,
        headline=words,
        began_at=one.began_at,
        ended_at=ended_at,
        phase=one.phase.value,
    )


def check(c: Connection, world: World, uptimes: Uptimes, name: str, hours: int, now: datetime) -> CheckPage | None:
    """One check with its picture of the last `hours`; None if there is none of that id."""
    found = world.installation.checks.get(name)
    if found is None:
        return None
    numbers = {number: place for number, (each, place) in history.numbers(c).items() if each == name}
    return CheckPage(
        at=now,
        id=name,
        service=found.service,
        title=_title(world, found.service),
        kind=found.kind,
        does=plainly.does(found),
        every=found.every,
        timeout=found.timeout,
        options=plainly.options(found),
        conditions=plainly.conditions(found),
        means=found.means,
        uptime=uptimes.of(c, list(numbers), now),
        places=tuple(_seen(one) for one in latest_by_check(c).get(name, [])),
        last_bad=_last_bad(c, numbers, now),
        lately=spans.lately(c, list(numbers), now),
        latency=spans.latency(c, list(numbers), hours, now),
    )


def _seen(one: Latest) -> SeenAt:
    """The latest sample at one place; what is shown apart (phases, the excerpt) is not repeated among the facts."""
    phases = {phase: float(ms) for phase in PHASES[1:] if isinstance(ms := one.facts.get(phase), int | float)}
    apart = (*PHASES[1:], "evidence")
    return SeenAt(
        place=one.place,
        at=one.at,
        verdict=one.verdict,
        shown=Shown(one.shown),
        since=one.shown_since,
        reason=one.reason,
        facts={name: fact for name, fact in one.facts.items() if name not in apart},
        phases={phase.removesuffix("_ms").replace("_", " "): ms for phase, ms in phases.items()},
    )


def _last_bad(c: Connection, numbers: Mapping[int, str], now: datetime) -> LastBad | None:
    bad = history.last_bad(c, list(numbers), now - LOOK_BACK, now + timedelta(minutes=1))
    if bad is None:
        return None
    evidence: Fact = bad.facts.get("evidence")
    excerpt = evidence if isinstance(evidence, str) else ""
    return LastBad(place=numbers[bad.check], at=bad.at, verdict=bad.verdict, reason=bad.reason, evidence=excerpt)


# What several of them need


def _incident(c: Connection, number: int) -> Incident:
    return fold(incidents.timeline(c, number))


def latest_by_check(c: Connection) -> dict[str, list[Latest]]:
    """Check → its latest sample at each place."""
    found: dict[str, list[Latest]] = {}
    for one in watching.all_latest(c):
        found.setdefault(one.check, []).append(one)
    return found


def _numbers(c: Connection) -> dict[str, list[int]]:
    """Check → the numbers under which its observations lie, one a place."""
    found: dict[str, list[int]] = {}
    for number, (name, _) in history.numbers(c).items():
        found.setdefault(name, []).append(number)
    return found


def _title(world: World, name: str) -> str:
    known = world.installation.services.get(name)
    return known.title.get(world.installation.languages[0], name) if known is not None else name


def _worst(shown: Iterable[Shown]) -> Shown:
    there = set(shown)
    return next((state for state in _WORST if state in there), Shown.UNKNOWN)
