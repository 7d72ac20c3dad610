"""Contacts as a sensor: taking in what others counted, and judging each topic in the round.

Belongs here: which topics there are, when they are judged, the signals that rise and clear. Does not belong here: what is too
many (detect/contacts.py), the rows (store/contacts.py), the desk's own taps (contacts.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sentinel.detect.contacts import FIRST_HOURS, SPANS, judge
from sentinel.detect.usual import APART, BLOCK, DAYS, Usual, usual
from sentinel.detect.watch import signal_id
from sentinel.model.command import CountContacts, Done, Refused, Result
from sentinel.model.contact import DETECTOR, PLACE, SLOT, ContactCount, Topic, check_of, slot_of, start_of
from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal
from sentinel.run.world import World
from sentinel.store import codec, contacts, watching

MOST_COUNTS: Final = 500
MOST_CUSTOMERS: Final = 500
MOST_IN_A_SLOT: Final = 100_000
OLDEST: Final = timedelta(days=400)
AHEAD: Final = timedelta(minutes=1)
LONGEST_REFERENCE: Final = 128
EVERY: Final = timedelta(minutes=1)
LEARNED_AT_ONCE: Final = 4
"""Topics of which it is worked out in one round what is usual: each takes 15 ms where there is much to learn from."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DAY: Final = 96


# What others counted


def put(c: Connection, world: World, command: CountContacts, who: str, now: datetime) -> Result:
    """Take in what a source counted: all of it, or none and why."""
    refused = _fault(world, command, now)
    if refused:
        return Refused(code="contacts", why=refused)
    contacts.put(c, command.source, command.counts, now)
    number = len(command.counts)
    total = sum(one.count for one in command.counts)
    return Done(said=f"Taken in: {total} contacts in {number} {'count' if number == 1 else 'counts'} of {command.source}.")


def _fault(world: World, command: CountContacts, now: datetime) -> str:
    if not _NAME.fullmatch(command.source) or command.source == contacts.DESK:
        return "source: name who counts in small letters, digits, - and _ (32 at most); `desk` is the desk's own."
    if not 1 <= len(command.counts) <= MOST_COUNTS:
        return f"counts: send 1 to {MOST_COUNTS} at a time."
    if sum(len(one.customers) for one in command.counts) > MOST_CUSTOMERS:
        return f"customers: send {MOST_CUSTOMERS} at a time at most."
    seen: set[tuple[datetime, str, str, str]] = set()
    for number, one in enumerate(command.counts):
        wrong = fault_of(world, one, now)
        if wrong:
            return f"counts/{number}: {wrong}"
        key = one.slot, one.service, one.statement, one.channel
        if key in seen:
            return f"counts/{number}: the same topic, channel and quarter of an hour stands there twice."
        seen.add(key)
    return ""


def fault_of(world: World, one: ContactCount, now: datetime) -> str:
    """What is wrong with one count; empty if nothing is."""
    house = world.installation
    statement = house.statements.get(one.statement)
    if one.slot.tzinfo is None or one.slot.timestamp() % 900:
        return "slot: write the instant at which a quarter of an hour begins, with its offset (2026-11-22T14:15:00+01:00)."
    if not now - OLDEST <= one.slot <= now + AHEAD:
        return f"slot: it lies ahead, or more than {OLDEST.days} days back."
    if one.service not in house.services:
        return f"service: there is no service {one.service[:64]!r}."
    if one.statement and (statement is None or statement.service != one.service):
        return f"statement: {one.service} has no statement {one.statement[:128]!r}; write its full id, or leave it out."
    if not _NAME.fullmatch(one.channel):
        return "channel: name it in small letters, digits, - and _ (32 at most)."
    if not 0 <= one.count <= MOST_IN_A_SLOT:
        return f"count: 0 to {MOST_IN_A_SLOT}."
    return _fault_of_customers(one)


def _fault_of_customers(one: ContactCount) -> str:
    if len(one.customers) > one.count:
        return "customers: there are more of them than contacts."
    for each in one.customers:
        if not 1 <= len(each.reference) <= LONGEST_REFERENCE or not each.reference.isprintable():
            return f"reference: 1 to {LONGEST_REFERENCE} plain characters."
        if each.at is not None and (each.at.tzinfo is None or not one.slot <= each.at < one.slot + SLOT):
            return "at: an instant with its offset, within the quarter of an hour."
    return ""


# Judging


def topics(world: World) -> list[Topic]:
    """Each statement, and each service as such."""
    statements = [(one.service, one.id) for one in world.installation.statements.values()]
    return [*statements, *((name, "") for name in world.installation.services)]


def see_to(c: Connection, world: World, now: datetime) -> None:
    """Judge the topics once a minute, and whenever something was counted since. What is usual is worked out once in a quarter
    of an hour, of a few topics in each round: nobody waits for the writer meanwhile."""
    last, slot = contacts.due(c), slot_of(now)
    before, newest = last.judged_at, last.counted_at
    if before is None and newest is None:
        return
    is_news = before is None or last.slot != slot or (newest is not None and newest > before)
    if not is_news and before is not None and timedelta(0) <= now - before < EVERY:
        return
    standing = {one.check: one for one in _standing(c)}
    recent = contacts.recent(c, slot - _reach(world))
    known = {topic: codec.from_text(tuple[Usual, ...], text) for topic, text in contacts.known(c, slot).items()}
    known = {topic: each for topic, each in known.items() if len(each) > _reach(world)}  # the files may ask for more now
    first = contacts.first(c)
    unknown = sorted((one for one in topics(world) if one not in known), key=lambda topic: topic not in recent)
    if unknown:
        desk = _Counting(c, world, slot, first, _days(c, world, slot))
        known |= {topic: _learn(desk, topic, standing.get(check_of(topic))) for topic in unknown[:LEARNED_AT_ONCE]}
    may_raise = world.installation.contacts.alarm and first is not None and slot - first >= FIRST_HOURS
    for topic in topics(world):
        signal = standing.get(check_of(topic))
        if topic in known and (topic in recent or signal is not None):
            _judge(c, world, topic, recent.get(topic, {}), known[topic], signal, now, may_raise=may_raise)
    contacts.note_judged(c, slot if len(unknown) <= LEARNED_AT_ONCE else slot - 1, now)


def forget(c: Connection, world: World, now: datetime, *, beside: bool) -> list[Signal]:
    """End the signals of topics that the files do not name any more: nobody can judge them, and nobody saw that it is good.
    `beside`: other hubs share the store, whose files may name them; of what one of them judges it is known what is usual."""
    known = {check_of(topic) for topic in (*topics(world), *(contacts.usual(c, now) if beside else ()))}
    ended = [replace(one, cleared_at=now) for one in _standing(c) if one.check not in known]
    watching.keep_signals(c, ended)
    return ended


def _standing(c: Connection) -> list[Signal]:
    return [one for one in watching.standing_at(c, [PLACE]) if one.detector == DETECTOR]


def _reach(world: World) -> int:
    """How many quarters of an hour before the running one are judged with it."""
    return max(*SPANS, -(-world.installation.contacts.clears_after // SLOT))


def _days(c: Connection, world: World, slot: int) -> frozenset[date]:
    """The days, by the installation's clock, on which anybody counted."""
    zone = ZoneInfo(world.installation.zone)
    today = start_of(slot).astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)]
    counted = contacts.are_counted(c, [_begins(day, zone) for day in (*days, today + timedelta(days=1))])
    return frozenset(day for day, is_counted in zip(days, counted, strict=True) if is_counted)


def _begins(day: date, zone: ZoneInfo) -> int:
    return slot_of(datetime.combine(day, time.min, tzinfo=zone))


@dataclass(frozen=True, slots=True)
class _Counting:
    """What is known of counting as a whole: since which slot, and the days on which anybody did."""

    c: Connection
    world: World
    slot: int
    first: int | None
    days: frozenset[date]


def _learn(desk: _Counting, topic: Topic, standing: Signal | None) -> tuple[Usual, ...]:
    """What is usual of a topic in the running slot, last, and in those before it that are judged with it; before them, of what
    stands, in the slot in which it began."""
    slot, zone = desk.slot, desk.world.installation.zone
    until = slot - APART if standing is None else min(slot - APART, slot_of(standing.since))
    reach = _reach(desk.world)
    counts = contacts.counts_of(desk.c, topic, slot - (DAYS + 1) * _DAY, slot, min(until, slot - reach - APART) - BLOCK)
    first = slot if desk.first is None else desk.first
    asked = [*range(slot - reach, slot + 1)] if standing is None else [slot_of(standing.since), *range(slot - reach, slot + 1)]
    known = tuple(usual(counts, each, zone, first=first, days=desk.days, until=until) for each in asked)
    hour = sum(one.mean for one in known[-4:])
    rate = contacts.Rate(quarter=known[-1].mean, hour=hour, is_learned=known[-1].is_learned)
    contacts.keep_usual(desk.c, topic, slot, rate, codec.to_text(tuple[Usual, ...], known))
    return known


def _judge(
    c: Connection,
    world: World,
    topic: Topic,
    counts: Mapping[int, int],
    known: Sequence[Usual],
    standing: Signal | None,
    now: datetime,
    *,
    may_raise: bool,
) -> None:
    policy, slot = world.installation.contacts, slot_of(now)
    if standing is not None and not policy.alarm:
        watching.keep_signals(c, [replace(standing, cleared_at=now)])
    if not policy.alarm or (standing is None and not may_raise):
        return
    since = None if standing is None else standing.since
    found = judge(lambda each: counts.get(each, 0), lambda each: known[each - slot - 1], slot, policy,
                  about=_about(world, topic), raised_since=since)  # fmt: skip
    heard = None if standing is None else contacts.heard_until(c, topic, slot_of(standing.since))
    if standing is None and found.raised_since is not None:
        watching.keep_signals(c, [_claim(topic, found.raised_since, found.evidence, now)])
    elif standing is not None and heard is not None and heard < slot - _DAY:
        watching.keep_signals(c, [replace(standing, cleared_at=now)])  # they count no more: nobody saw it to be good
    elif standing is not None and found.good_since is not None and (heard is None or heard >= slot - 1):
        if _are_fewer_expected(known, world):
            return
        # Who has not said yet how many came since has not said that nobody calls.
        watching.keep_signals(c, [replace(standing, cleared_at=now, good_since=found.good_since)])


def _are_fewer_expected(known: Sequence[Usual], world: World) -> bool:
    """Whether so few are usual by now, against when it began, that none calling says nothing: the phones may be closed."""
    now = known[-(_reach(world) + 1) :]
    return len(known) > len(now) and sum(one.mean for one in now) < known[0].mean * len(now) / 2


def _about(world: World, topic: Topic) -> str:
    house = world.installation
    language = house.languages[0]
    title = house.services[topic[0]].title.get(language, topic[0])
    if not topic[1]:
        return title
    return f"“{house.statements[topic[1]].say.get(language, topic[1]).rstrip('.')}”"


def _claim(topic: Topic, since: datetime, evidence: str, now: datetime) -> Signal:
    check = check_of(topic)
    return Signal(
        id=signal_id(DETECTOR, check, PLACE, since),
        detector=DETECTOR,
        service=topic[0],
        check=check,
        place=PLACE,
        verdict=Verdict.DEGRADED,
        statement=topic[1] or None,
        since=since,
        raised_at=now,
        evidence=evidence,
    )
