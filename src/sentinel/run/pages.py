"""The views of the console, put together from the store: the board and the incident."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from sentinel.estimate.promise import lapse
from sentinel.model.delivery import Lane, State
from sentinel.model.estimate import PromiseKind
from sentinel.model.incident import Phase
from sentinel.model.notice import Brief, Notice, NoticeState, Occasion, Towards
from sentinel.notify.brief import brief
from sentinel.run import briefing, contacts, vendors, warned
from sentinel.run import case as cases
from sentinel.run.case import Case
from sentinel.run.facts import corrects, felt
from sentinel.run.noticeview import notice_view
from sentinel.run.watched import latest_by_check, over_places
from sentinel.run.world import World
from sentinel.serve.port import (
    Board,
    BriefSent,
    CheckView,
    HoldView,
    IncidentLine,
    IncidentPage,
    ServiceView,
    Shown,
)
from sentinel.store import books, incidents, notices, tables
from sentinel.store.watching import Latest

RECENT = 10
ENTRIES_SHOWN = 500
ESTIMATES_SHOWN = 50
_WORST = (Shown.DOWN, Shown.FAILING, Shown.SLOW, Shown.UNKNOWN, Shown.UP)


def board(c: Connection, world: World, epoch: int, now: datetime) -> Board:
    """The first page."""
    there = [cases.load(c, number) for number in incidents.open_ids(c)]
    ended = [number for number in incidents.all_ids(c, RECENT + len(there)) if number not in {x.incident.id for x in there}]
    latest = latest_by_check(c)
    hour = contacts.last_hour(c, now)
    return Board(
        at=now,
        zone=world.installation.zone,
        services=tuple(_service(world, name, latest, there) for name in world.installation.services),
        open=tuple(_with_callers(line(world, case, now), hour) for case in reversed(there)),
        recent=tuple(line(world, cases.load(c, number), now) for number in ended[:RECENT]),
        hold=hold(c, epoch),
    )


def _service(world: World, name: str, latest: Mapping[str, list[Latest]], there: Iterable[Case]) -> ServiceView:
    checks = tuple(
        _check(check, latest.get(check, [])) for check, each in world.installation.checks.items() if each.service == name
    )
    shown = {check.shown for check in checks}
    language = world.installation.languages[0]
    return ServiceView(
        name=name,
        title=world.installation.services[name].title.get(language, name),
        shown=next((state for state in _WORST if state in shown), Shown.UNKNOWN),
        checks=checks,
        incident=next((case.incident.id for case in there if name in case.incident.services), None),
    )


def _check(check: str, seen: Collection[Latest]) -> CheckView:
    if not seen:
        return CheckView(id=check, shown=Shown.UNKNOWN, since=None, reason="not looked at yet")
    shown, since, reason = over_places(seen)
    return CheckView(id=check, shown=shown, since=since, reason=reason)


def _with_callers(one: IncidentLine, hour: contacts.Hour) -> IncidentLine:
    called, usual = contacts.callers_of(one.incident, hour), contacts.usual_of(one.incident, hour)
    known = sum(usual[topic] for topic in called) if called and called.keys() <= usual.keys() else None
    return replace(one, callers=sum(called.values()), callers_usual=known)


def line(world: World, case: Case, now: datetime) -> IncidentLine:
    worst = felt(world, case.incident)
    given = case.given
    return IncidentLine(
        incident=case.incident,
        reference=case.incident.reference,
        headline=_headline(world, case),
        impact=worst[0].impact if worst else None,
        until=given.at if given is not None and given.kind is PromiseKind.ETA else None,
        to_approve=tuple(n.id for n in _drafts(case)),
        asked=_asked(world, case, now),
        in_doubt=sum(count.n for count in case.counts if count.state is State.IN_DOUBT),
    )


def _headline(world: World, case: Case) -> str:
    language = world.installation.languages[0]
    worst = felt(world, case.incident)
    if worst:
        words = worst[0].headline or worst[0].say
        return words.get(language, worst[0].id)
    root = world.installation.services.get(case.incident.root)
    return root.title.get(language, root.name) if root is not None else case.incident.root


def _drafts(case: Case) -> list[Notice]:
    return [n for n in case.record.notices if n.towards is Towards.CUSTOMERS and n.state is NoticeState.DRAFT]


def _asked(world: World, case: Case, now: datetime) -> tuple[int, ...]:
    """The promise that waits for a person's answer, if one does."""
    given, incident = case.given, case.incident
    if given is None or incident.phase.is_over or incident.recovered_at is not None or given.id in incident.answered:
        return ()
    return (given.id,) if lapse(given, now, world.installation.notice).ask_due else ()


def hold(c: Connection, epoch: int) -> HoldView:
    """The kill switch, and whether the store was restored from a copy."""
    row = c.execute(select(tables.installation)).one()
    by, _, why = row.hold_why.partition(": ")
    return HoldView(
        on=row.hold,
        why=why,
        by=by,
        since=row.hold_at,
        release_needed=row.epoch < epoch,
        restored_from=row.restored_from if row.epoch < epoch else None,
        restored_at=row.restored_at if row.epoch < epoch else None,
    )


def incident(c: Connection, world: World, number: int, now: datetime) -> IncidentPage | None:
    """One incident, whole; None if there is none of that number."""
    try:
        case = cases.load(c, number)
    except KeyError:
        return None
    worst, hour = felt(world, case.incident), contacts.last_hour(c, now)
    mine = [n for n in reversed(case.record.notices) if n.towards is Towards.CUSTOMERS]
    return IncidentPage(
        incident=case.incident,
        reference=case.incident.reference,
        headline=_headline(world, case),
        impact=worst[0].impact if worst else None,
        entries=case.timeline[-ENTRIES_SHOWN:],
        brief=_brief_now(c, world, case, now),
        briefs=_briefs(c, case),
        promises=tuple(case.record.promises),
        asked=_asked(world, case, now),
        estimates=tuple(reversed(incidents.estimates(c, number)))[:ESTIMATES_SHOWN],
        notices=tuple(notice_view(c, world, each, now) for each in mine),
        staff_told_at=case.told_at(Lane.STAFF),
        customers_told_at=case.told_at(Lane.CUSTOMERS),
        callers=contacts.callers_of(case.incident, hour),
        callers_usual=contacts.usual_of(case.incident, hour),
        warnings=warned.of_incident(c, case.incident),
        vendors=() if corrects(worst) else vendors.times(c, world, case.incident, now),
        corrects=corrects(worst),
    )


def _brief_now(c: Connection, world: World, case: Case, now: datetime) -> Brief:
    ended = {Phase.DISMISSED: Occasion.DISMISSED, Phase.RESOLVED: Occasion.RECOVERED, Phase.REVIEWED: Occasion.RECOVERED}
    return brief(
        ended.get(case.incident.phase, Occasion.STAFF_OPENED),
        briefing.staff_facts(world, case, now),
        affected=briefing.affected(c, case),
        link=briefing.link_to(world, case.incident),
        zone=world.installation.zone,
        language=world.installation.languages[0],
    )


def _briefs(c: Connection, case: Case) -> tuple[BriefSent, ...]:
    sent = []
    for each in reversed(case.record.notices):
        body = notices.brief_of(c, each.id) if each.towards is Towards.STAFF else None
        if body is not None:
            for row in books.deliveries(c, each.id, 0, 20):
                sent.append(BriefSent(notice=each.id, at=each.made_at, channel=row.channel, state=row.state, brief=body))
    return tuple(sent)
