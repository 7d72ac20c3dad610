"""The guards between one mistake and everybody's inbox, over a real store: two people, the first batch, caps, quiet hours,
drills, written rules (DESIGN.md section 10). What a first batch's verdict is, without a store: tests/notify/test_batch.py.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select

from sentinel.demo.people import Customer
from sentinel.model.account import Account, Role
from sentinel.model.command import Cancel, Declare, Dismiss, Done, EditDraft, GoOn, Hold, Note, Refused, Result
from sentinel.model.delivery import Lane, State
from sentinel.model.incident import Noted
from sentinel.model.installation import Login
from sentinel.model.limits import Drill, Span, StandingConsent
from sentinel.model.notice import NoticeState, Occasion
from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.notify import drill as words
from sentinel.run import batches, orders, standin
from sentinel.store import accounts, caps, ledger, notices, proof, tables
from sentinel.store.terms import Terms
from tests.postgres import Server, shared

from .world import ACCEPTED, CARD, HOUR, MINUTE, NOW, PAY, PAYERS, REFUSED, SECOND, UNKNOWN, House

LENA, OMAR, PIA = "lena@northwind.example", "omar@northwind.example", "pia@northwind.example"


@pytest.fixture(scope="module")
def pg() -> Server:
    return shared()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house on each database: the guards are SQL."""
    database = ""
    if request.param == "postgresql":
        running: Server = request.getfixturevalue("pg")
        database = running.new_store()
    made = House(tmp_path, database=database)
    yield made
    made.close()


def guarded(house: House, **changes: Any) -> None:
    """Other guards than those of the package."""
    installation = house.world.installation
    house.world = replace(house.world, installation=replace(installation, guards=replace(installation.guards, **changes)))


def configured(house: House, **changes: Any) -> None:
    house.world = replace(house.world, installation=replace(house.world.installation, **changes))


def leads(house: House, *emails: str) -> None:
    people = tuple(
        Login(name=each.partition("@")[0].title(), email=each, roles=(Role.LEAD,), password=Secret("x")) for each in emails
    )
    configured(house, logins=people)


def crowd(house: House, number: int, zone: str = "Europe/Madrid") -> set[str]:
    """So many payers and nobody else; their ids."""
    ids = [f"p{each:04d}" for each in range(number)]
    path = house.folder / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Customer)], lineterminator="\n")
        rows.writeheader()
        for each in ids:
            one = Customer(
                person=each,
                name=each.title(),
                email=f"{each}@example.com",
                language="en",
                zone=zone,
                segments="customers;payers",
                consent="yes",
            )
            rows.writerow(asdict(one))
    return set(ids)


def say(house: House, command: Any, account: str) -> Result:
    """A command of somebody who signed in."""
    asked = orders.Asked(command=command, who=account.partition("@")[0].title(), account=account)
    carried = house.do(lambda c: orders.carry_out(c, house.world, house.store, asked, house.now))
    if carried.epoch is not None:
        house.store.seal_epoch(carried.epoch)
    return carried.result


def code(result: Result) -> str:
    assert isinstance(result, Refused), result
    return result.code


# Two people


@pytest.fixture
def many(house: House) -> House:
    """A draft for three people, where two must approve what goes to more than two; Lena, Omar and Pia may approve."""
    leads(house, LENA, OMAR, PIA)
    guarded(house, two_above=2)
    house.breaks(CARD)
    return house


def test_above_the_number_two_people_approve_and_nothing_leaves_before_the_second(many: House) -> None:
    first = say(many, many.approval(desk_knows=True), LENA)
    assert isinstance(first, Done)
    assert "1 of 2" in first.said
    assert many.notice(many.draft().notice).state is NoticeState.DRAFT
    many.run(2 * MINUTE)
    assert many.rows() == []
    asked = [each for each in many.notices() if each.occasion is Occasion.SECOND]
    assert len(asked) == 1, "staff hear once that a second person is wanted"
    assert isinstance(say(many, many.approval(desk_knows=True), OMAR), Done)
    many.run(2 * MINUTE)
    assert many.postman.heard("opened") == PAYERS
    approved = many.read(lambda c: notices.approval_of(c, many.notices("opened")[0].id))
    assert approved is not None
    assert approved[0].by == "Lena and Omar"


def test_the_same_person_is_not_two_not_even_with_a_program_s_key(many: House) -> None:
    say(many, many.approval(), LENA)
    assert code(say(many, many.approval(), LENA)) == "signed"
    assert code(say(many, many.approval(), " LENA@northwind.example ")) == "signed"
    right = {"name": "bot", "token_hash": "h", "rights": ("approve",), "by": "Lena", "now": many.now, "expires_at": None}
    number = many.do(lambda c: accounts.add_token(c, **right))  # type: ignore[arg-type]  # named in a table
    assert code(say(many, many.approval(), f"token:{number}")) == "signed"
    assert many.rows() == []


def test_who_signed_before_one_was_enough_is_told_so_and_how_to_go_on(many: House) -> None:
    say(many, many.approval(), LENA)
    guarded(many, two_above=1_000)
    again = say(many, many.approval(), LENA)
    assert code(again) == "signed"
    assert isinstance(again, Refused)
    assert "edit them" in again.why
    draft = many.draft()
    text = next(body.text for body in draft.bodies if body.language == "en") + "\n\nThank you for your patience."
    say(many, EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"text": text}), LENA)
    assert isinstance(say(many, many.approval(), LENA), Done)
    assert many.notices("opened")[0].state is NoticeState.APPROVED


def test_words_that_were_changed_since_need_both_again(many: House) -> None:
    say(many, many.approval(), LENA)
    draft = many.draft()
    text = next(body.text for body in draft.bodies if body.language == "en") + "\n\nThank you for your patience."
    edited = EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"text": text})
    assert isinstance(say(many, edited, OMAR), Done)
    again = say(many, many.approval(), OMAR)
    assert isinstance(again, Done)
    assert "1 of 2" in again.said, "Lena signed other words"
    assert isinstance(say(many, many.approval(), LENA), Done)
    assert many.notices("opened")[0].state is NoticeState.APPROVED


def test_a_signature_of_somebody_who_may_not_approve_any_more_counts_for_nothing(many: House) -> None:
    """F43"""
    say(many, many.approval(), LENA)
    leads(many, OMAR, PIA)
    assert code(say(many, many.approval(), LENA)) == "forbidden"
    second = say(many, many.approval(), OMAR)
    assert isinstance(second, Done)
    assert "1 of 2" in second.said
    assert isinstance(say(many, many.approval(), PIA), Done)
    assert many.notices("opened")[0].state is NoticeState.APPROVED


def test_one_person_alone_is_told_how_to_add_another(many: House) -> None:
    leads(many, LENA)
    refused = say(many, many.approval(), LENA)
    assert code(refused) == "alone"
    assert "role lead" in refused.why  # type: ignore[union-attr]  # it is refused
    made = Account(email=OMAR, name="Omar", roles=(Role.LEAD,), digest="$scrypt$x", made_at=NOW, changed_at=NOW)
    many.do(lambda c: accounts.put(c, made))
    assert isinstance(say(many, many.approval(), LENA), Done)


def test_an_approver_who_was_shut_out_before_it_left_voids_it_and_it_is_asked_again(house: House) -> None:
    """F43"""
    leads(house, LENA, OMAR)
    house.breaks(CARD)
    assert isinstance(say(house, house.approval(), LENA), Done)
    opening = house.notices("opened")[0]
    leads(house, OMAR)
    house.round()
    assert "Lena" in house.notice(opening.id).void_why
    assert house.draft().notice != opening.id, "a new draft waits for somebody who may"
    house.run(20 * MINUTE)
    assert house.postman.letters("opened") == []


def test_a_retraction_needs_one_person_whoever_it_goes_to(many: House) -> None:
    """Told by mistake: the draft is there at once, and nobody has to be woken beside the one who is awake."""
    say(many, many.approval(desk_knows=True), LENA)
    say(many, many.approval(desk_knows=True), OMAR)
    many.run(2 * MINUTE)
    assert many.postman.heard("opened") == PAYERS
    assert isinstance(say(many, Dismiss(incident=1, reason="a test in the wrong place"), OMAR), Done)
    assert many.notice(many.draft().notice).occasion is Occasion.RETRACTION, "in the very transaction of the dismissal"
    assert isinstance(say(many, many.approval(desk_knows=True), OMAR), Done)
    many.run(2 * MINUTE)
    assert many.postman.heard("retraction") == PAYERS


# What an approval is bound to


def test_an_approval_outlives_a_note_and_a_ticking_estimate_and_not_a_fact_that_it_quotes(house: House) -> None:
    """F43"""
    house.breaks(CARD)
    opening = house.approve()
    house.done(Note(incident=1, text="the vendor is on the phone"))
    house.run(90 * SECOND, step=30 * SECOND)
    assert house.notice(opening.id).void_at is None
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    assert house.notice(opening.id).void_at is not None, "more is felt than it says"
    house.run(20 * MINUTE)
    assert house.postman.letters("opened") == []


def test_a_recovery_before_it_left_cancels_it_with_the_reason(house: House) -> None:
    """F43"""
    house.breaks(CARD)
    opening = house.approve()
    house.heals(CARD)
    house.run(15 * MINUTE)
    assert house.notice(opening.id).void_why in ("the service answers again", "it is over")
    assert house.postman.letters("opened") == []
    assert set(house.states("opened").values()) == {State.CANCELLED.value}


# The first batch


@pytest.fixture
def batch(house: House) -> House:
    """Forty payers; ten get it first."""
    crowd(house, 40)
    guarded(house, first_batch=10, pause_above=10.0)
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    return house


def paused(house: House) -> Any:
    return next((each for each in house.notices("opened") if each.paused_at is not None), None)


def test_a_few_get_it_first_and_the_rest_when_that_went_well(batch: House) -> None:
    first = batch.rows("opened")
    assert len(first) == 10
    assert {row.person for row in first} != {f"p{each:04d}" for each in range(10)}, "drawn, and not the first of the list"
    batch.run(2 * SECOND, step=SECOND)
    batch.round()
    batch.run(10 * SECOND, step=SECOND)
    assert len(batch.postman.heard("opened")) == 40
    assert all(each.balanced for each in batch.books())


def refuses(few: int) -> Any:
    """A postman whose provider refuses the first few."""
    left = iter([REFUSED] * few)
    return lambda row: next(left, ACCEPTED)


def test_when_too_many_fail_the_rest_waits_for_a_person_and_staff_hear_of_it_once(batch: House) -> None:
    batch.post(refuses(2))
    batch.run(30 * MINUTE)
    notice = paused(batch)
    assert notice is not None
    assert notice.paused_why.startswith("2 of the first 10 failed")
    assert len(batch.postman.heard("opened")) == 8, "nobody else got it"
    assert len(batch.rows("opened")) == 10, "nobody else has a row either"
    said = [each.said.text for each in batch.entries() if isinstance(each.said, Noted)]
    assert said == [f"Message {notice.id} is paused: {notice.paused_why}."], "it is judged once"
    told = [each for each in batch.notices() if each.occasion is Occasion.PAUSED]
    assert [each.step for each in told] == [f"staff.paused#{notice.id}"], "as ever: no upgrade tells it again"
    brief = next(each.brief for each in batch.postman.sent if each.row.notice == told[0].id)
    assert brief is not None
    assert "2 of the first 10 failed" in brief.ask
    assert all(each.balanced for each in batch.books())


def test_a_person_has_the_rest_go_on_by_typing_how_many_that_are(batch: House) -> None:
    batch.post(refuses(2))
    number = paused(batch).id
    assert batch.refused(GoOn(notice=number, count=40)).code == "count"
    assert paused(batch) is not None
    batch.done(GoOn(notice=number, count=30))
    batch.run(MINUTE, step=10 * SECOND)
    assert len(batch.postman.heard("opened")) == 38
    assert batch.refused(GoOn(notice=number, count=30)).code == "not_paused"


def test_a_person_stops_the_rest_and_only_those_who_were_told_are_told_of_the_end(batch: House) -> None:
    batch.post(refuses(2))
    stopped = batch.done(Cancel(notice=paused(batch).id, why="the wrong template"))
    assert stopped.said == "The rest is stopped: nobody else gets it."
    batch.run(10 * MINUTE)
    heard = batch.postman.heard("opened")
    assert len(heard) == 8
    assert batch.drafts(), "those who have not had it are still to be told: new words wait for somebody"
    batch.done(Cancel(notice=batch.draft().notice, why="enough"))
    batch.heals(CARD)
    batch.run(20 * MINUTE)
    assert batch.postman.heard("closed") == heard
    assert all(each.balanced for each in batch.books())


def test_what_our_own_stop_left_in_doubt_says_nothing_of_the_message(batch: House) -> None:
    """F6: the hub dies with four connections open; the rest of the people must not wait for a person because of that."""
    for row in batch.postman.claim(Lane.CUSTOMERS, batch.now)[:4]:
        assert batch.postman.arm(row, batch.now)
    assert batch.do(lambda c: ledger.recover(c, batch.now)).in_doubt == 4
    batch.run(MINUTE, step=5 * SECOND)
    assert paused(batch) is None
    assert len(batch.postman.heard("opened")) == 36


def test_doubts_that_the_provider_left_us_in_do_count(batch: House) -> None:
    left = iter([UNKNOWN] * 2)
    batch.post(lambda row: next(left, ACCEPTED))
    assert paused(batch) is not None


def test_a_redraft_after_a_pause_reaches_everybody_else_and_nobody_twice(batch: House) -> None:
    batch.post(refuses(2))
    batch.done(Cancel(notice=paused(batch).id, why="mended"))
    guarded(batch, first_batch=10, pause_above=100.0)
    batch.approve(desk_knows=True)
    batch.run(3 * MINUTE, step=10 * SECOND)
    letters = [each.row.person for each in batch.postman.letters("opened")]
    assert len(letters) == len(set(letters)) == 38
    assert all(each.balanced for each in batch.books())


# What went well at first


@pytest.fixture
def under_way(house: House) -> House:
    """Thirty payers: five had it first, and ten after them; the rest waits in the queue."""
    crowd(house, 30)
    guarded(house, first_batch=5, pause_above=10.0)
    house.posts = False
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.post()
    assert sends(house, 10) == 10
    assert paused(house) is None
    return house


def sends(house: House, number: int, fate: Any = lambda _: ACCEPTED) -> int:
    """The sender goes on for so many; then a round sees what came of it."""
    house.now += SECOND
    sent = house.postman.wave(Lane.CUSTOMERS, house.now, fate, limit=number)
    house.round()
    return sent


def come_back(house: House, number: int) -> None:
    """So many more bounce, minutes later; then a round sees it."""
    have = [row for row in house.rows("opened") if row.state is State.ACCEPTED and row.bounced_at is None]
    house.now += 3 * MINUTE
    house.do(lambda c: proof.bounce_all(c, {row.id: "5.1.1 no such user" for row in have[:number]}, house.now))
    house.round()


def told_of_pauses(house: House) -> int:
    """How often staff were told of one."""
    house.posts = True
    house.run(2 * MINUTE)
    house.posts = False
    return len([each for each in house.notices() if each.occasion is Occasion.PAUSED])


def test_what_bounces_minutes_after_a_good_first_batch_pauses_the_rest_and_staff_hear_of_it_once(under_way: House) -> None:
    come_back(under_way, 2)
    assert paused(under_way) is None, "fewer than four first batches are judged as if they were four"
    come_back(under_way, 1)
    notice = paused(under_way)
    assert notice is not None
    assert notice.paused_why.startswith("3 of 15 sent so far failed or came back since it went on")
    assert sends(under_way, 100) == 0, "nobody else gets it"
    assert told_of_pauses(under_way) == 1
    brief = next(each.brief for each in under_way.postman.sent if each.brief and "3 of 15" in each.brief.ask)
    assert "go on or cancel the rest" in brief.ask
    assert all(each.balanced for each in under_way.books())


def test_what_came_back_is_counted_without_reading_all_that_was_accepted() -> None:
    """It is asked in every round while a notice goes to a million. The plan is SQLite's own."""
    said: list[str] = []
    there = create_engine("sqlite://")
    tables.delivery.create(there)
    with there.connect() as c:
        raw = c.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(said.append)
        c.execute(batches._FAILED_SINCE, {"notice": 7, "since": NOW})
        raw.set_trace_callback(None)
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {said[-1]}")]
    assert "SEARCH delivery USING INDEX came_back (notice=?)" in plan


def test_what_a_person_let_go_on_pauses_again_only_for_what_they_had_not_seen(under_way: House) -> None:
    come_back(under_way, 3)
    number = paused(under_way).id
    assert told_of_pauses(under_way) == 1
    under_way.done(GoOn(notice=number, count=15))
    assert sends(under_way, 5) == 5
    assert paused(under_way) is None, "those three were known"
    come_back(under_way, 3)
    assert paused(under_way).paused_why.startswith("3 of 20 sent so far")
    assert told_of_pauses(under_way) == 2, "this is another matter"
    under_way.done(GoOn(notice=number, count=10))
    assert sends(under_way, 100) == 10
    come_back(under_way, 9)
    assert paused(under_way) is None, "everybody has it: there is nothing to pause"
    assert all(each.balanced for each in under_way.books())


def test_nothing_is_paused_where_all_that_is_left_is_armed(under_way: House) -> None:
    assert sends(under_way, 14) == 14
    (last,) = under_way.postman.claim(Lane.CUSTOMERS, under_way.now)
    assert under_way.postman.arm(last, under_way.now)
    come_back(under_way, 3)
    assert paused(under_way) is None, "nobody would have still to get it"


def test_what_is_refused_for_good_counts_as_well_and_what_our_own_stop_left_in_doubt_does_not(under_way: House) -> None:
    for row in under_way.postman.claim(Lane.CUSTOMERS, under_way.now, 4):
        assert under_way.postman.arm(row, under_way.now)
    under_way.now += MINUTE
    assert under_way.do(lambda c: ledger.recover(c, under_way.now)).in_doubt == 4
    under_way.round()
    assert paused(under_way) is None
    sends(under_way, 3, refuses(3))
    assert paused(under_way).paused_why.startswith("3 of 22 sent so far")


# Caps


OTHERS = count(9000)


def got(house: House, person: str, number: int, ago: timedelta) -> None:
    """Somebody got so many openings of other incidents, that long ago."""
    when = house.now - ago
    notice = {"occasion": "opened", "towards": "customers", "state": "approved", "rule": "audience:payers", "approval": 1}
    for _ in range(number):
        incident = next(OTHERS)
        other = {"subject": f"incident:{incident}", "incident": incident, "episode": 1, "step": "opened", "cause": 1}
        row: dict[str, Any] = {
            "lane": "customers",
            "channel": "email",
            "person": person,
            "name": "x",
            "address": f"{person}@example.com",
        }
        row |= {"language": "en", "zone": "UTC", "state": "accepted", "due_at": when, "made_at": when, "settled_at": when}

        def put(c: Any, other: Any = other, row: Any = row) -> None:
            values = {**other, **notice, "made_at": when, "release_at": when, "expanded": True}
            number = c.execute(insert(tables.notice).values(**values).returning(tables.notice.c.id)).scalar_one()
            del other["cause"], other["incident"]
            c.execute(insert(tables.delivery).values(notice=number, **other, **row))

        house.do(put)


def test_nobody_gets_more_in_a_day_than_the_cap_and_the_end_of_what_they_were_told_is_no_such_message(house: House) -> None:
    got(house, "ada", 4, 2 * HOUR)
    got(house, "ben", 3, 2 * HOUR)
    house.breaks(CARD)
    house.tell()
    assert house.postman.heard("opened") == {"ben", "fay"}, "clo has ada's address, and that has had four"
    got(house, "ben", 4, HOUR)
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert house.postman.heard("closed") == {"ben", "fay"}


def test_a_cap_counts_the_person_and_the_address(house: House) -> None:
    crowd(house, 5)
    got(house, "p0001", 4, 2 * HOUR)
    got(house, "p0002", 9, 20 * 24 * HOUR)
    got(house, "p0003", 10, 20 * 24 * HOUR)
    house.breaks(CARD)
    snapshot = house.notice(house.draft().notice).snapshot
    assert snapshot is not None
    found = house.read(lambda c: notices.snapshot(c, snapshot))
    assert found is not None
    assert (found.admitted, dict(found.left_out)) == (3, {"capped": 2})
    house.tell()
    assert house.postman.heard("opened") == {"p0000", "p0002", "p0004"}


def test_who_reaches_the_cap_after_the_audience_was_read_is_left_out_all_the_same(house: House) -> None:
    crowd(house, 3)
    house.breaks(CARD)
    got(house, "p0001", 4, HOUR)
    house.approve(desk_knows=True)
    house.round()
    left_out = [row for row in house.rows("opened") if row.state is State.SUPPRESSED]
    assert [(row.person, row.detail) for row in left_out] == [("p0001", "capped")]


def test_the_cap_of_an_hour_holds_the_rest_which_goes_on_by_itself(house: House) -> None:
    everybody = crowd(house, 12)
    guarded(house, all_per_hour=12)
    house.breaks(CARD)
    house.do(lambda c: caps.spend(c, 7, house.now - 50 * MINUTE))
    house.tell()
    house.run(3 * MINUTE, step=MINUTE)
    assert len(house.postman.heard("opened")) == 5
    assert all(each.balanced for each in house.books())
    house.run(15 * MINUTE, step=MINUTE)
    assert house.postman.heard("opened") == everybody


# Quiet hours


def test_what_is_less_than_a_major_outage_waits_until_the_reader_s_morning(house: House) -> None:
    """At 23:30 in Tokyo nobody is woken for what is slow; in Madrid it is 15:30."""
    terms = Terms(quiet=Span.read("21:00-08:00"), named=(datetime(2026, 11, 22, 16, 0, tzinfo=UTC),))
    late = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
    assert terms.hold_until("Asia/Tokyo", late) == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert terms.hold_until("Europe/Madrid", late) is None
    assert terms.names_quiet("Asia/Tokyo"), "16:00 in London is one at night there"
    assert not terms.names_quiet("Europe/Madrid")


def test_a_whole_audience_that_sleeps_still_gets_a_first_batch_in_the_morning(house: House) -> None:
    """At 23:00 in Madrid; without a batch all of them would get it at once at eight, and nobody would have seen it fail."""
    everybody = crowd(house, 300)
    guarded(house, first_batch=10, pause_above=10.0, quiet=Span.read("21:00-08:00"))
    house.now += 12 * HOUR
    house.breaks(PAY, verdict=Verdict.DEGRADED)
    house.set_eta(house.now + 20 * HOUR)
    house.approve(desk_knows=True)
    house.run(10 * MINUTE, step=10 * SECOND)
    assert house.postman.heard("opened") == set(), "they sleep"
    assert len(house.rows("opened")) < len(everybody), "the rest has no rows that would all leave at eight"
    assert all(each.balanced for each in house.books())


@pytest.fixture
def night(house: House) -> House:
    """23:00 in Madrid, where all of the payers sleep from nine to eight."""
    guarded(house, quiet=Span.read("21:00-08:00"))
    house.now += 12 * HOUR
    return house


MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def approved_at_night(house: House) -> None:
    """Paying is slow, and a time that is in nobody's night is given."""
    house.breaks(PAY, verdict=Verdict.DEGRADED)
    house.set_eta(house.now + 20 * HOUR)
    house.approve(desk_knows=True)


def test_an_approved_message_waits_over_the_quiet_hours_and_goes_at_their_end(night: House) -> None:
    """Through the whole hub: approved at 23:00, on its way at 08:00 and not before."""
    approved_at_night(night)
    night.run(MORNING - MINUTE, step=HOUR)
    assert night.postman.heard("opened") == set()
    assert night.states("opened") == dict.fromkeys(PAYERS, State.QUEUED.value)
    night.run(MORNING + 2 * MINUTE, step=MINUTE)
    assert night.postman.heard("opened") == PAYERS
    assert all(each.balanced for each in night.books())


def test_what_is_over_by_the_morning_wakes_nobody_and_owes_nobody_an_end(night: House) -> None:
    """Held over quiet hours, then sent only if still true (P5, P6)."""
    approved_at_night(night)
    night.run(HOUR, step=20 * MINUTE)
    night.heals(PAY)
    night.run(MORNING + 10 * MINUTE, step=HOUR)
    assert [each for each in night.postman.sent if each.row.lane is Lane.CUSTOMERS] == []
    assert set(night.states("opened").values()) == {State.CANCELLED.value}
    assert all(each.balanced for each in night.books())


def test_a_major_outage_and_words_that_are_owed_go_at_night(night: House) -> None:
    night.breaks(CARD)
    night.tell()
    assert night.postman.heard("opened") == PAYERS
    night.heals(CARD)
    night.run(20 * MINUTE)
    assert night.postman.heard("closed") == PAYERS
    assert night.now < MORNING


# Unsubscribed


def test_unsubscribing_reaches_what_waits_in_the_queue(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.round()
    assert house.states("opened")["ben"] == State.QUEUED.value
    assert house.do(lambda c: notices.unsubscribe(c, "ben", house.now)) == 1
    house.run(3 * MINUTE)
    assert house.postman.heard("opened") == PAYERS - {"ben"}
    assert all(each.balanced for each in house.books())


def test_unsubscribing_reaches_what_a_sender_has_in_hand_and_has_not_armed(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    held = {row.person: row for row in house.postman.claim(Lane.CUSTOMERS, house.now)}
    house.do(lambda c: notices.unsubscribe(c, "ben", house.now))
    assert not house.postman.arm(held["ben"], house.now)
    assert house.postman.arm(held["fay"], house.now)
    assert all(each.balanced for each in house.books())


def test_unsubscribing_leaves_the_end_of_what_one_was_told(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.do(lambda c: notices.unsubscribe(c, "ben", house.now))
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert "ben" in house.postman.heard("closed")


# Drills


def test_a_drill_admits_nobody_but_those_it_names_and_says_so_in_every_word(house: House) -> None:
    configured(house, drill=Drill(only=("ada@example.com",)))
    house.breaks(CARD)
    assert house.count(house.draft().notice) == 1
    house.tell()
    assert house.postman.heard("opened") == {"ada"}
    letter = house.postman.letters("opened")[0].wording
    assert letter is not None
    for form in (letter.subject, letter.short, letter.text):
        assert form.startswith(words.word("en"))
    briefs = [each.brief for each in house.postman.sent if each.brief is not None]
    assert briefs
    assert all(brief.headline.startswith("DRILL") for brief in briefs)
    left_out = {row.detail for row in house.rows("opened") if row.state is State.SUPPRESSED}
    assert "drill" in left_out


def test_who_was_admitted_before_the_drill_began_gets_nothing_of_it(house: House) -> None:
    house.breaks(CARD)
    configured(house, drill=Drill(only=("@northwind.example",)))
    house.tell()
    assert house.postman.heard("opened") == set()
    assert {row.state for row in house.rows("opened")} == {State.SUPPRESSED}


def test_who_was_told_in_earnest_is_told_of_the_end_in_earnest_though_a_drill_is_on(house: House) -> None:
    """P6"""
    house.breaks(CARD)
    house.tell()
    configured(house, drill=Drill(only=("ada@example.com",)))
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert house.rows("closed")
    for sent in house.postman.letters("closed"):
        assert sent.wording is not None
        assert not sent.wording.subject.startswith(words.word(sent.wording.language)), "they were told that it is real"


def test_who_was_told_in_a_drill_is_told_of_its_end_as_one_though_it_is_over(house: House) -> None:
    configured(house, drill=Drill(only=("ada@example.com",)))
    house.breaks(CARD)
    house.tell()
    configured(house, drill=None)
    house.heals(CARD)
    house.run(20 * MINUTE)
    (sent,) = house.postman.letters("closed")
    assert sent.wording is not None
    assert sent.row.person == "ada"
    assert sent.wording.subject.startswith(words.word("en"))


# Written rules

NIGHT = StandingConsent(name="night", occasions=(Occasion.OPENED,), at_most=500, per_day=1)


def by_rules(house: House) -> list[Result]:
    """What a hub's stand-in does in one turn."""
    found = house.read(lambda c: standin.waiting(c, house.store, house.world, house.now))
    return [say(house, command, f"rule:{rule.name}") for command, rule in found]


@pytest.fixture
def confirmed(house: House) -> House:
    """Two checks say so: it is confirmed, and a draft waits."""
    configured(house, standing=(NIGHT,))
    house.breaks(CARD, "payments.take-a-payment")
    return house


def test_a_written_rule_approves_within_its_limits_and_its_approval_names_it(confirmed: House) -> None:
    assert [type(each) for each in by_rules(confirmed)] == [Done]
    opening = confirmed.notices("opened")[-1]
    approved = confirmed.read(lambda c: notices.approval_of(c, opening.id))
    assert approved is not None
    assert approved[0].rule == "by the rule night of policies.approve"
    assert by_rules(confirmed) == []
    confirmed.run(10 * MINUTE)
    assert confirmed.postman.heard("opened") == PAYERS
    audited = confirmed.read(lambda c: c.execute(select(tables.audit.c.account)).scalars().all())
    assert audited[-1] == "rule:night"


@pytest.mark.parametrize(
    "rule",
    [
        replace(NIGHT, at_most=2),
        replace(NIGHT, occasions=(Occasion.DELAYED,)),
        replace(NIGHT, audiences=("others",)),
        replace(NIGHT, hours=Span.read("22:00-06:00")),
    ],
)
def test_beyond_its_limits_a_rule_approves_nothing_whoever_asks_in_its_name(confirmed: House, rule: StandingConsent) -> None:
    configured(confirmed, standing=(rule,))
    assert by_rules(confirmed) == []
    assert code(say(confirmed, confirmed.approval(), "rule:night")) == "rule"
    assert code(say(confirmed, confirmed.approval(), "rule:other")) == "rule"
    assert confirmed.rows() == []


def test_a_rule_approves_nothing_that_one_check_alone_has_said(house: House) -> None:
    configured(house, standing=(NIGHT,))
    house.breaks(CARD)
    assert by_rules(house) == []


def test_a_rule_approves_nothing_while_messages_are_held(confirmed: House) -> None:
    confirmed.done(Hold(on=True, why="wrong numbers"))
    assert by_rules(confirmed) == []


def test_the_timeline_says_what_the_guards_did(batch: House) -> None:
    batch.post(refuses(2))
    said = [entry.said.text for entry in batch.entries() if isinstance(entry.said, Noted)]
    assert any("paused" in text for text in said)
