"""Reading an audience into its snapshot: sources that fail, people of several sources, subscribers, and what is asked."""

import csv
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sentinel.model.audience import Audience, SqlSource
from sentinel.model.command import Subscribe, Unsubscribe
from sentinel.model.person import Reason
from sentinel.model.secret import Secret
from sentinel.run import audience
from sentinel.run.noticeview import _audience as shown
from sentinel.run.subscribers import person_of
from sentinel.store import notices, tables
from sentinel.store.notices import Snapshot

from .world import CARD, CUSTOMERS, EVERYBODY, MINUTE, PAYERS, SECOND, House

ZOE = person_of("zoe@example.org")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def reads_from(house: House, **changed: object) -> None:
    """The payers are read from elsewhere from now on."""
    installation = house.world.installation
    payers = replace(installation.audiences["payers"], **changed)  # type: ignore[arg-type]  # fields of Audience
    house.world = replace(
        house.world, installation=replace(installation, audiences={**installation.audiences, "payers": payers})
    )


def snapshot(house: House) -> Snapshot:
    found = house.read(lambda c: notices.snapshot(c, 1))
    assert found is not None
    return found


def people(house: House) -> dict[str, str | None]:
    """Person of the first snapshot → the reason they are not sent to."""
    rows = select(tables.snapshot_person.c.person, tables.snapshot_person.c.reason).where(
        tables.snapshot_person.c.snapshot == 1
    )
    return {row.person: row.reason for row in house.read(lambda c: c.execute(rows).all())}


def database(folder: Path) -> SqlSource:
    """The same customers in a database."""
    path = folder / "crm.db"
    with sqlite3.connect(path) as made:
        made.execute("create table c (id, name, email, language, zone, segments, consent)")
        made.executemany("insert into c values (?,?,?,?,?,?,?)", [tuple(asdict(each).values()) for each in CUSTOMERS])
    made.close()
    query = "select * from c where :began_at <= :now and 'payments' in :services and 'head-office' in :places"
    return SqlSource(url=Secret(f"sqlite:///{path}"), query=query, timeout=timedelta(seconds=10))


def test_who_is_sent_to_and_who_is_not_is_counted_before_approval(house: House) -> None:
    house.breaks(CARD)
    found = snapshot(house)
    assert (found.complete, found.admitted) == (True, len(PAYERS))
    assert found.left_out == {Reason.SAME_ADDRESS: 1, Reason.NO_CONSENT: 1}


def test_the_same_people_come_from_a_database_that_is_asked_what_is_so(house: House) -> None:
    reads_from(house, csv=None, sql=database(house.folder))
    house.breaks(CARD)
    assert {person for person, reason in people(house).items() if reason is None} == PAYERS


def test_a_source_that_cannot_be_read_blocks_the_approval_and_says_why(house: House) -> None:
    path = house.folder / "customers.csv"
    path.rename(path.with_suffix(".away"))
    house.breaks(CARD)
    found = snapshot(house)
    assert not found.complete
    refused = house.refused(house.approval())
    assert refused.code == "unread"
    assert "customers.csv: the file cannot be read (No such file or directory)" in refused.why
    notice = house.notice(house.draft().notice)
    count = house.read(lambda c: shown(c, notice, None))
    assert (count.complete, count.sending) == (False, 0)
    assert "cannot be read" in count.problems[0]


def test_it_is_asked_again_later_each_time_and_then_approved(house: House) -> None:
    path = house.folder / "customers.csv"
    away = path.rename(path.with_suffix(".away"))
    house.breaks(CARD)
    begun = house.now
    house.run(2 * MINUTE, step=SECOND)
    found = snapshot(house)
    assert found.tries == 5, "at 0, 5, 15, 35 and 75 s"
    assert found.again_at == begun + 155 * SECOND
    away.rename(path)
    assert audience.read_all(house.world.installation, house.store, house.now) == 0
    house.run(40 * SECOND, step=10 * SECOND)
    assert snapshot(house).complete
    assert snapshot(house).problems == ()
    house.tell()
    assert house.postman.heard("opened") == PAYERS


def test_the_longest_wait_is_five_minutes() -> None:
    assert [audience.again_after(tries).total_seconds() for tries in (1, 2, 3, 7, 8, 10_000)] == [5, 10, 20, 300, 300, 300]


def test_a_source_that_breaks_off_half_way_leaves_nobody_behind(house: House) -> None:
    """Its next answer may name others: two answers are never mixed."""
    whole = Audience(name="a", csv=house.folder / "customers.csv")
    query = SqlSource(url=Secret(f"sqlite:///{house.folder}/none.db"), query="select 1", timeout=timedelta(seconds=5))
    broken = Audience(name="b", sql=query)
    installation = house.world.installation
    audiences = {**installation.audiences, "a": whole, "b": broken}
    house.world = replace(house.world, installation=replace(installation, audiences=audiences))
    house.do(lambda c: notices.snapshot_for(c, "incident:1", 1, "audience:a+b", house.now))
    house.breaks(CARD)
    assert not snapshot(house).complete
    house.run(6 * SECOND, step=SECOND)
    assert set(people(house)) == {each.person for each in CUSTOMERS}, "those of the first source, once"
    with (house.folder / "customers.csv").open("w") as file:
        rows = csv.writer(file)
        rows.writerow(["person", "name", "email", "consent"])
        rows.writerow(["new", "New", "new@example.com", "yes"])
    fixed = {**house.world.installation.audiences, "b": Audience(name="b", csv=house.folder / "customers.csv")}
    house.world = replace(house.world, installation=replace(house.world.installation, audiences=fixed))
    house.run(20 * SECOND, step=SECOND)
    assert snapshot(house).complete
    assert people(house) == {"new": None}


def test_who_stands_twice_in_one_source_is_told_once_and_it_is_said(house: House) -> None:
    with (house.folder / "customers.csv").open("a") as file:
        file.write("ada,Ada,other@example.com,en,Europe/Madrid,payers,yes\n")
    house.breaks(CARD)
    assert snapshot(house).problems == (
        "customers.csv:8: column person: this person stands on an earlier line too, keep one of the rows",
    )
    assert snapshot(house).admitted == len(PAYERS)


def test_a_language_that_we_do_not_write_falls_back_and_the_approver_hears_of_it(house: House) -> None:
    with (house.folder / "customers.csv").open("a") as file:
        file.write("luc,Luc,luc@example.com,fr,Europe/Paris,payers,yes\n")
    house.breaks(CARD)
    assert snapshot(house).admitted == len(PAYERS) + 1
    assert snapshot(house).notes == ("1 reads none of our languages, and gets English",)
    notice = house.notice(house.draft().notice)
    assert house.read(lambda c: shown(c, notice, None)).notes == snapshot(house).notes


# Subscribers


def subscribed(house: House, address: str = "zoe@example.org", **more: object) -> None:
    house.done(Subscribe(address=address, **more))  # type: ignore[arg-type]  # fields of the command


def test_subscribers_of_the_service_or_of_all_join_its_audience(house: House) -> None:
    subscribed(house, "Zoe@Example.org", name="Zoe", language="es")
    subscribed(house, "all@example.org")
    subscribed(house, "quotes@example.org", services=("quoting",))
    subscribed(house, "ada@example.com", services=("payments",))
    house.breaks(CARD)
    found = people(house)
    assert found[ZOE] is None
    assert person_of("quotes@example.org") not in found
    assert found[person_of("ada@example.com")] == Reason.SAME_ADDRESS, "one message an address: ada has one as a customer"
    house.tell()
    assert house.postman.heard("opened") == PAYERS | {ZOE, person_of("all@example.org")}
    (letter,) = house.postman.letters("opened", ZOE)
    assert (letter.row.name, letter.row.language, letter.row.channel) == ("Zoe", "es", "email")
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert ZOE in house.postman.heard("closed")


def test_an_audience_may_be_its_subscribers_alone_or_do_without_them(house: House) -> None:
    subscribed(house)
    reads_from(house, csv=None, segment=None)
    house.breaks(CARD)
    assert people(house) == {ZOE: None}


def test_an_audience_may_do_without_subscribers(house: House) -> None:
    subscribed(house)
    reads_from(house, subscribers=False)
    house.breaks(CARD)
    assert ZOE not in people(house)


def test_who_unsubscribes_hears_of_no_new_trouble_and_still_of_the_end(house: House) -> None:
    subscribed(house)
    house.breaks(CARD)
    house.tell()
    house.done(Unsubscribe(address="ZOE@example.org"))
    assert house.refused(Unsubscribe(address="zoe@example.org")).code == "unknown"
    house.heals(CARD)
    house.run(40 * MINUTE)
    assert ZOE in house.postman.heard("closed")
    house.breaks(CARD)
    assert ZOE not in people(house) or house.read(lambda c: notices.unsubscribed_among(c, [ZOE])) == {ZOE}


def test_the_link_in_a_message_works_for_them_and_subscribing_again_undoes_it(house: House) -> None:
    subscribed(house)
    house.do(lambda c: notices.unsubscribe(c, ZOE, house.now))
    house.breaks(CARD)
    assert people(house)[ZOE] == Reason.UNSUBSCRIBED
    subscribed(house)
    assert house.read(lambda c: notices.unsubscribed_among(c, [ZOE])) == frozenset()


def test_subscribing_twice_changes_what_was_asked_for(house: House) -> None:
    subscribed(house, services=("quoting",))
    assert house.done(Subscribe(address="zoe@EXAMPLE.org", services=("payments",))).said == "Changed: they hear of payments."
    count = house.read(lambda c: c.execute(select(func.count()).select_from(tables.subscriber)).scalar_one())
    assert count == 1


@pytest.mark.parametrize(
    ("command", "code", "why"),
    [
        (Subscribe(address="no"), "invalid", "exactly one @"),
        (Subscribe(address="a@x.example", name="A\x1bB"), "invalid", "The name cannot be used"),
        (Subscribe(address="a@x.example", language="fr"), "invalid", "Choose one of en, es"),
        (Subscribe(address="a@x.example", zone="../etc"), "invalid", "no such time zone"),
        (Subscribe(address="a@x.example", services=("paymints",)), "unknown", "did you mean `payments`?"),
        (Subscribe(address="a@x.example", services=("ledger",)), "unknown", "Customers are not told of 'ledger'"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(house: House, command: Subscribe, code: str, why: str) -> None:
    refused = house.refused(command)
    assert refused.code == code
    assert why in refused.why


def test_a_mistake_of_ours_over_one_source_leaves_the_others_readable(house: House) -> None:
    """A path that no file can have, ahead of the payers: their own draft can still be approved."""
    impossible = Audience(name="a", csv=house.folder / "no\0file.csv")
    installation = house.world.installation
    house.world = replace(
        house.world, installation=replace(installation, audiences={**installation.audiences, "a": impossible})
    )
    house.do(lambda c: notices.snapshot_for(c, "incident:1", 1, "audience:a", house.now))
    house.breaks(CARD)
    assert not snapshot(house).complete
    assert snapshot(house).problems[0].startswith("audience:a: a mistake of ours (ValueError)")
    house.tell()
    assert house.postman.heard("opened") == PAYERS


def test_a_draft_for_an_audience_that_is_taken_out_gives_way_to_one_for_the_audience_that_is_there(house: House) -> None:
    house.reads = False
    house.breaks(CARD)
    before = house.notice(house.draft().notice)
    installation = house.world.installation
    there = {name: one for name, one in installation.audiences.items() if name != "payers"}
    services = {
        name: replace(one, audience="customers" if one.audience == "payers" else one.audience)
        for name, one in installation.services.items()
    }
    house.world = replace(house.world, installation=replace(installation, audiences=there, services=services))
    house.reads = True
    audience.read_all(house.world.installation, house.store, house.now)
    assert not snapshot(house).complete, "nobody is no answer"
    house.round()
    assert house.notice(before.id).void_why == "there is no audience payers any more"
    house.tell()
    assert house.postman.heard("opened") == EVERYBODY


def test_nobody_is_read_for_a_draft_that_is_void(house: House) -> None:
    house.reads = False
    house.breaks(CARD)
    house.heals(CARD)
    house.run(10 * MINUTE)
    assert house.notices("opened")[0].void_at is not None
    assert house.read(notices.incomplete_snapshots) == []
