"""The desk's page over a real store: what to say now, who called, and what one customer got."""

from datetime import timedelta

from sentinel.model.command import AddTold, CountCaller, Declare, Hold
from sentinel.run import customer, desk, pages
from sentinel.serve.desk.port import CustomerPage, DeskPage, Standing

from .world import BUSY, CARD, DOCUMENTS, HOUR, MINUTE, REFUSED, SECOND, UNKNOWN, Fate, House

CANNOT_PAY = "payments.cannot_pay"


def page(house: House) -> DeskPage:
    return house.read(lambda c: desk.page(c, house.world, house.now))


def look_up(house: House, asked: str) -> CustomerPage:
    return house.read(lambda c: customer.page(c, house.world, asked, house.now))


def calls(house: House, service: str = "payments", statement: str = CANNOT_PAY) -> str:
    return house.done(CountCaller(service=service, statement=statement), "Dora").said


# What to say


def test_a_quiet_desk_knows_what_to_say_in_every_language(house: House) -> None:
    quiet = page(house)
    assert quiet.open == ()
    assert [one.language for one in quiet.calm] == ["en", "es"]
    assert {topic.statement for topic in quiet.topics} >= {CANNOT_PAY, ""}


def test_the_desk_says_the_published_promise_and_nothing_tighter(house: House) -> None:
    house.breaks(CARD)
    (before,) = page(house).open
    assert before.until is None
    assert "12:45" not in before.sayings[0].say, "history knows a time; customers were given none yet"
    house.tell()
    (after,) = page(house).open
    assert [one.language for one in after.sayings] == ["en", "es"]
    assert all("12:45" in one.say for one in after.sayings)
    house.set_eta(house.now + 6 * HOUR)
    (unpublished,) = page(house).open
    assert unpublished.until == after.until, "a time that nobody approved is not said"


def test_what_one_check_alone_says_is_marked_and_the_largest_stands_first(house: House) -> None:
    house.breaks(CARD)
    assert [each.suspected for each in page(house).open] == [True]
    house.run(5 * MINUTE)
    house.breaks(DOCUMENTS)
    shown = page(house).open
    assert len(shown) == 2
    assert [each.affected for each in shown] == sorted((each.affected for each in shown), reverse=True, key=lambda n: n or 0)


def test_what_is_certain_stands_above_a_larger_suspicion(house: House) -> None:
    house.breaks(CARD)
    house.run(5 * MINUTE)
    assert [each.suspected for each in page(house).open] == [True]
    house.done(Declare(service="documents", statement="documents.cannot_get_documents", why="callers"))
    (sure, perhaps) = page(house).open
    assert (sure.suspected, perhaps.suspected) == (False, True)


def test_those_whom_the_desk_told_do_not_count_as_the_affected(house: House) -> None:
    house.breaks(CARD)
    before = page(house).open[0].affected
    house.done(AddTold(incident=1, address="gus@example.org"))
    assert page(house).open[0].affected == before


# Callers


def test_callers_are_counted_for_the_last_hour_and_for_the_day_of_the_desk(house: House) -> None:
    assert calls(house).startswith("Counted: 1 in the last hour. ")
    house.now += 2 * HOUR
    assert calls(house).startswith("Counted: 1 in the last hour. ")
    (topic,) = [topic for topic in page(house).topics if topic.statement == CANNOT_PAY]
    assert (topic.hour, topic.today) == (1, 2)
    assert page(house).topics[0] == topic, "most callers today first"
    house.now += timedelta(hours=11)  # 00:00 in Madrid, not yet in London
    (topic,) = [topic for topic in page(house).topics if topic.statement == CANNOT_PAY]
    assert (topic.hour, topic.today) == (0, 0)


def test_callers_about_what_is_felt_stand_at_the_incident_and_on_its_page(house: House) -> None:
    calls(house)
    calls(house, statement="")
    calls(house, "documents", "documents.cannot_get_documents")
    house.done(Declare(service="payments", statement=CANNOT_PAY))
    (opened,) = page(house).open
    assert {(topic.statement, topic.hour) for topic in opened.topics} == {(CANNOT_PAY, 1), ("", 1)}
    assert CANNOT_PAY not in {topic.statement for topic in page(house).topics}
    shown = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert shown is not None
    assert shown.callers == {CANNOT_PAY: 1, "payments": 1}


def test_a_caller_about_nothing_that_we_know_is_refused(house: House) -> None:
    assert house.refused(CountCaller(service="fax")).code == "no_service"
    assert house.refused(CountCaller(service="payments", statement="payments.fax")).code == "no_statement"
    assert house.refused(CountCaller(service="documents", statement=CANNOT_PAY)).code == "no_statement"


# What one customer got


def test_a_customer_s_words_are_shown_as_they_read_them_with_the_promise_in_force(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    for asked in ("ben", "ben@example.com", "BEN@example.com"):
        found = look_up(house, asked)
        assert (found.found, found.person, found.name, found.language) == (True, "ben", "Ben", "es")
        (got,) = found.got
        assert got.state == "accepted by their mail server"
        assert "Ben" in got.text
        assert "{" not in got.subject + got.text
        (owed,) = found.owed
        assert (owed.standing, owed.promise_at) == (Standing.TOLD, house.promises()[0].at)


def test_who_is_among_the_affected_and_has_nothing_yet_is_told_that_it_waits(house: House) -> None:
    house.breaks(CARD)
    for asked in ("ada", "ADA@example.com"):
        found = look_up(house, asked)
        assert found.found
        assert found.got == ()
        assert [owed.standing for owed in found.owed] == [Standing.WAITING], asked


def test_silence_has_its_reason_in_words(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    dan = look_up(house, "dan")
    assert [got.state for got in dan.got] == ["not sent: they have not agreed to such messages"]
    assert dan.got[0].text == "", "they read nothing"
    assert dan.owed[0].standing is Standing.LEFT_OUT
    clo = look_up(house, "clo")
    assert [got.state for got in clo.got] == ["not sent to them: somebody else with the same address got it"]
    shared = look_up(house, "ada@example.com")
    assert shared.others == 1, "clo has the same address"
    assert shared.owed[0].standing is Standing.TOLD


def test_each_fate_is_said_as_it_is(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    fates: dict[str, Fate] = {"ada": UNKNOWN, "ben": REFUSED, "fay": BUSY}
    house.post(lambda row: fates[row.person])
    states = {person: look_up(house, person).got[0].state for person in fates}
    assert states == {
        "ada": "in doubt: we do not know whether it arrived",
        "ben": "refused by their mail server: they did not get it",
        "fay": "could not be handed over yet: it is tried again",
    }
    standing = {person: look_up(house, person).owed[0].standing for person in fates}
    assert standing == {"ada": Standing.IN_DOUBT, "ben": Standing.WAITING, "fay": Standing.ON_ITS_WAY} or standing["ben"] in (
        Standing.LEFT_OUT,
        Standing.STRANGER,
    )


def test_who_is_on_the_desk_s_list_is_found_by_address_and_has_no_number(house: House) -> None:
    house.breaks(CARD)
    house.done(AddTold(incident=1, address="gus@example.org", name="Gus", how="asks"), "Dora")
    found = look_up(house, "Gus@Example.org")
    assert (found.found, found.person, found.name) == (True, "", "Gus")
    assert [got.state for got in found.got] == ["asked Dora to be told when it works"]
    assert found.owed[0].standing is Standing.LISTED


def test_a_stranger_is_not_found_and_nothing_is_made_up(house: House) -> None:
    house.breaks(CARD)
    found = look_up(house, "nobody@example.org")
    assert (found.found, found.got, found.address) == (False, (), "nobody@example.org")
    assert found.owed[0].standing is Standing.STRANGER
    assert look_up(house, "zoe").address == ""


def test_a_reference_shows_what_was_sent_to_nobody_by_name(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    found = look_up(house, "1-a")
    assert (found.reference, found.incident is None) == ("1-A", False)
    (got,) = found.got
    assert got.state == "3 got it"
    assert not any(name in got.text for name in ("Ada", "Ben", "Fay"))
    house.heals(CARD)
    house.run(20 * MINUTE)
    over = look_up(house, "1-A")
    assert over.incident is None
    assert len(over.got) == 2
    assert look_up(house, "99-A").found is False


def test_the_mark_of_the_audit_is_the_same_for_one_customer_and_shows_nothing_of_them(house: House) -> None:
    marks = {look_up(house, asked).mark for asked in ("gus@example.org", " GUS@example.org ")}
    (mark,) = marks
    assert "gus" not in mark
    assert mark != look_up(house, "eve@example.org").mark


def test_what_is_held_is_not_called_sent(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.done(Hold(on=True, why="careful"))
    house.now += 61 * SECOND
    house.round()
    house.post()
    assert [got.state for got in look_up(house, "ada").got] == ["waits to be sent"]
