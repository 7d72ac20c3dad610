"""Callers as a sensor, over a real store: what opens a suspected incident, what confirms one, and what is forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select

from sentinel.model.command import CountCaller, CountContacts, Declare, Done, Erase
from sentinel.model.contact import SLOT, ContactCount, ContactPolicy, Customer, slot_of, start_of
from sentinel.model.incident import Phase
from sentinel.model.signal import Signal
from sentinel.run import callers, keeping, pages, unwatched
from sentinel.run import contacts as desk_contacts
from sentinel.store import contacts, retention, tables, watching

from .world import CARD, HOUR, MINUTE, NOW, SECOND, House

CANNOT_PAY, SLOW = "payments.cannot_pay", "payments.slow"
DAY = timedelta(days=1)


def here(at: datetime) -> datetime:
    """The quarter of an hour that an instant lies in."""
    return start_of(slot_of(at))


def count(house: House, number: int, at: datetime | None = None, statement: str = CANNOT_PAY, **more: Any) -> ContactCount:
    made = ContactCount(slot=here(at or house.now), service="payments", statement=statement, count=number)
    return replace(made, **more)


def push(house: House, *counts: ContactCount, source: str = "telephone") -> Done:
    return house.done(CountContacts(source=source, counts=counts))


@contextmanager
def listening(hear: Callable[..., None]) -> Iterator[None]:
    """What is asked of any store meanwhile."""
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def has_counted(house: House, days: int = 21, usual: int = 4) -> None:
    """For so long four called in each quarter of an hour."""
    slots = range(slot_of(house.now) - days * 96, slot_of(house.now))
    row = {"source": "past", "service": "payments", "statement": CANNOT_PAY, "channel": "phone", "count": usual}
    rows = [{**row, "slot": slot, "at": start_of(slot)} for slot in slots]
    house.do(lambda c: c.execute(insert(tables.contact_count), rows))


def standing(house: House) -> list[Signal]:
    return house.read(lambda c: watching.standing_at(c, ["desk"]))


def test_callers_alone_open_a_suspected_incident_while_every_probe_is_green(house: House) -> None:
    has_counted(house)
    house.run(2 * MINUTE)
    assert standing(house) == []
    push(house, count(house, 37))
    house.run(MINUTE)
    incident = house.incident()
    assert incident.phase is Phase.SUSPECTED
    assert incident.began_at == here(NOW)
    assert [one.statement for one in incident.felt] == [CANNOT_PAY]
    assert "37 callers in 15 minutes about" in house.entries()[0].why
    assert "at this hour of the week 4 are usual" in house.entries()[0].why
    house.run(6 * MINUTE)
    assert house.incident().confirmed_at is None
    assert house.postman.letters("opened") == [], "no customer hears of what callers alone say"


def test_a_failing_check_and_callers_confirm_each_other(house: House) -> None:
    has_counted(house)
    house.breaks(CARD)
    assert house.incident().phase is Phase.SUSPECTED
    push(house, count(house, 37))
    house.run(MINUTE)
    assert house.incident().phase is Phase.INVESTIGATING
    assert len(house.incident().standing) == 2


def test_callers_about_two_things_do_not_confirm_each_other(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37), count(house, 40, statement=SLOW))
    house.run(MINUTE)
    assert len(house.incident().standing) == 2
    assert house.incident().phase is Phase.SUSPECTED


def test_it_ends_when_callers_are_as_few_as_usual_again(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37))
    house.run(MINUTE)
    began = here(house.now)
    for _ in range(4):
        house.now += SLOT
        push(house, count(house, 4))
        house.round()
    assert standing(house) == []
    assert house.incident().recovered_at == began + SLOT
    house.run(6 * MINUTE, step=5 * MINUTE)
    assert house.incident().phase is Phase.RESOLVED


def test_the_desks_taps_raise_it_too_and_a_new_desk_is_learning(house: House) -> None:
    house.done(CountCaller(service="payments", statement=CANNOT_PAY), "Dora")
    for _ in range(7):
        house.done(CountCaller(service="payments", statement=CANNOT_PAY), "Dora")
    house.run(2 * MINUTE)
    assert standing(house) == [], "an hour of counting is no knowledge"
    house.now += 12 * HOUR
    for _ in range(8):
        house.done(CountCaller(service="payments", statement=SLOW), "Dora")
    house.run(MINUTE)
    house.run(MINUTE, step=10 * SECOND)
    (found,) = standing(house)
    assert found.statement == SLOW
    assert "(learning)" in found.evidence


def test_a_count_that_is_sent_again_replaces_what_was_said(house: House) -> None:
    push(house, count(house, 9), count(house, 1, channel="chat"))
    push(house, count(house, 3))
    called = house.read(lambda c: contacts.since(c, house.now - HOUR))
    assert called == {("payments", CANNOT_PAY): 4}
    push(house, count(house, 2), source="chat-robot")
    assert house.read(lambda c: contacts.since(c, house.now - HOUR)) == {("payments", CANNOT_PAY): 6}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"slot": NOW + timedelta(seconds=1)}, "a quarter of an hour begins"),
        ({"slot": here(NOW) + DAY}, "it lies ahead"),
        ({"slot": here(NOW) - 500 * DAY}, "400 days back"),
        ({"service": "fax"}, "there is no service"),
        ({"statement": "payments.fax"}, "has no statement"),
        ({"count": -1}, "count: 0 to"),
        ({"channel": "Über fax"}, "channel"),
        ({"count": 0, "customers": (Customer(reference="C-1"),)}, "more of them than contacts"),
        ({"customers": (Customer(reference=""),)}, "reference"),
        ({"customers": (Customer(reference="C-1", at=NOW + DAY),)}, "within the quarter"),
    ],
    ids=["unaligned", "ahead", "old", "service", "statement", "negative", "channel", "customers", "empty", "outside"],
)  # fmt: skip
def test_a_wrong_count_is_refused_with_its_place_and_nothing_is_kept(house: House, wrong: dict[str, Any], says: str) -> None:
    command = CountContacts(source="telephone", counts=(count(house, 3, channel="mail"), replace(count(house, 3), **wrong)))
    why = house.refused(command).why
    assert why.startswith("counts/1: ")
    assert says in why
    assert house.read(contacts.due).counted_at is None


def test_the_same_topic_twice_in_one_push_is_refused(house: House) -> None:
    assert "twice" in house.refused(CountContacts(source="telephone", counts=(count(house, 1), count(house, 2)))).why
    assert "`desk`" in house.refused(CountContacts(source="desk", counts=(count(house, 1),))).why


def test_pages_show_how_many_called_beside_what_is_usual(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37))
    house.run(MINUTE)
    line = house.read(lambda c: pages.board(c, house.world, 1, house.now)).open[0]
    assert line.callers >= 37
    assert line.callers_usual == pytest.approx(16, abs=3)
    page = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert page is not None
    assert page.callers_usual[CANNOT_PAY] == line.callers_usual
    hour = house.read(lambda c: desk_contacts.last_hour(c, house.now))
    assert desk_contacts.callers_of(house.incident(), hour)[CANNOT_PAY] == line.callers


def test_a_board_of_many_incidents_asks_once_how_many_called(house: House) -> None:
    asked: list[str] = []

    def hear(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.extend(name for name in ("FROM contact_usual", "FROM contact_count") if name in statement)

    push(house, count(house, 3))
    for statement in list(house.world.installation.statements.values())[::3][:3]:
        house.done(Declare(service=statement.service, statement=statement.id, why="callers say so"))
    with listening(hear):
        assert len(house.read(lambda c: pages.board(c, house.world, 1, house.now)).open) > 1
    assert sorted(asked) == ["FROM contact_count", "FROM contact_usual"]


def test_the_days_on_which_anybody_counted_are_asked_for_at_once(house: House) -> None:
    has_counted(house)
    push(house, count(house, 4))
    asked: list[str] = []
    with listening(lambda _conn, _cursor, statement, *_: asked.append(statement)):
        house.do(lambda c: callers.see_to(c, house.world, house.now))
    assert len(asked) < 40
    assert sum("EXISTS" in each for each in asked) == 1


@pytest.mark.parametrize(("minutes", "called"), [(0, 16), (1, 16), (8, 14), (14, 12)])
def test_the_last_hour_holds_its_share_of_the_quarter_that_it_begins_in(house: House, minutes: int, called: int) -> None:
    """Of the running one nothing has come yet."""
    began = house.now
    push(house, *(count(house, 4, began - back * SLOT) for back in range(1, 6)))
    house.now = began + minutes * MINUTE
    hour = house.read(lambda c: contacts.since(c, house.now - HOUR))
    assert hour == {("payments", CANNOT_PAY): called}


def test_switched_off_it_only_counts(house: House) -> None:
    house.world = replace(
        house.world, installation=replace(house.world.installation, contacts=ContactPolicy(alarm=False))
    )  # fmt: skip
    has_counted(house)
    push(house, count(house, 37))
    house.run(MINUTE)
    assert standing(house) == []


def test_a_topic_that_is_taken_out_of_the_files_ends_its_signal(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37))
    house.run(MINUTE)
    less = {name: one for name, one in house.world.installation.statements.items() if name != CANNOT_PAY}
    bare = replace(house.world, installation=replace(house.world.installation, statements=less))
    assert house.do(lambda c: callers.forget(c, house.world, house.now, beside=False)) == []
    (ended,) = house.do(lambda c: unwatched.forget(c, bare, None, house.now))
    assert (ended.check, ended.good_since) == (f"contacts/{CANNOT_PAY}", None)
    assert standing(house) == []


def test_a_hub_whose_files_lack_a_topic_ends_nothing_that_another_one_judges(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37))
    house.run(MINUTE)
    mine = house.world
    less = {name: one for name, one in mine.installation.statements.items() if name != CANNOT_PAY}
    house.world = other = replace(mine, installation=replace(mine.installation, statements=less))
    house.run(2 * MINUTE)
    assert house.do(lambda c: callers.forget(c, other, house.now, beside=True)) == []
    assert standing(house)
    house.run(45 * MINUTE, step=5 * MINUTE)
    assert house.do(lambda c: callers.forget(c, other, house.now, beside=True)), "nobody judges it any more"


def test_what_is_usual_is_worked_out_of_a_few_topics_a_round_those_first_that_are_called_about(house: House) -> None:
    has_counted(house)
    push(house, count(house, 37))
    house.round()
    assert [one.statement for one in standing(house)] == [CANNOT_PAY]
    slot = slot_of(house.now)
    assert len(house.read(lambda c: contacts.known(c, slot))) == callers.LEARNED_AT_ONCE
    for _ in range(5):
        house.now += SECOND
        house.round()
    assert len(house.read(lambda c: contacts.known(c, slot))) == len(callers.topics(house.world))
    assert house.read(contacts.due).slot == slot


def test_it_is_judged_once_a_minute_and_when_something_was_counted(house: House) -> None:
    has_counted(house, days=1)
    for _ in range(6):
        house.round()
    first = house.read(contacts.due).judged_at
    house.now += timedelta(seconds=20)
    house.round()
    assert house.read(contacts.due).judged_at == first
    push(house, count(house, 4))
    house.round()
    assert house.read(contacts.due).judged_at == house.now


def test_who_called_is_erased_with_the_person_and_stands_in_no_line_of_the_audit(house: House) -> None:
    push(house, count(house, 2, customers=(Customer(reference="ada", at=house.now), Customer(reference="ben"))))
    lines = house.read(lambda c: c.execute(select(tables.audit.c.command)).scalars().all())
    assert not any("ada" in line for line in lines)
    said = house.done(Erase(person="ada", why="request 218")).said
    assert "1 contact" in said
    assert house.read(lambda c: c.execute(select(tables.contact_customer.c.reference)).scalars().all()) == ["ben"]


def test_counts_and_who_called_go_when_they_had_their_time(house: House) -> None:
    push(house, count(house, 2, house.now - 30 * DAY, customers=(Customer(reference="ada"),)), count(house, 5))
    keep = replace(house.world.installation.keep, deliveries=10 * DAY)
    piece = keeping.pieces(keep, b"k", house.now)["counts of contacts"]
    assert house.do(piece) == 2
    assert house.do(piece) == 0
    assert house.read(lambda c: c.execute(select(func.sum(tables.contact_count.c.count))).scalar()) == 5
    assert house.do(lambda c: retention.contact_counts(c, house.now + DAY, 500)) == 1
