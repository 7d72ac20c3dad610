"""Those whom the desk tells in person, over a real store: they are owed the end like everybody, and get it once."""

from sentinel.model.command import AddTold, Declare, Dismiss, Settle
from sentinel.model.delivery import State
from sentinel.model.notice import NoticeState, Occasion, Towards
from sentinel.model.person import Reason

from .world import ACCEPTED, BUSY, CARD, HOUR, MINUTE, PAYERS, SECOND, UNKNOWN, House

GUS = "gus@example.org"


def call(address: str = GUS, *, incident: int = 1, person: str = "", how: str = "phone", language: str = "en") -> AddTold:
    return AddTold(incident=incident, address=address, name="Gus", person=person, language=language, how=how)  # type: ignore[arg-type]


def is_balanced(house: House) -> None:
    assert all(book.balanced for book in house.books()), [book for book in house.books() if not book.balanced]


def test_a_caller_added_before_any_opening_is_approved_waits_for_closing_words_that_a_person_approves(house: House) -> None:
    house.breaks(CARD)
    said = house.done(call(), "Dora").said
    assert said == "They are on the list: when it works, they get a message."
    is_balanced(house)
    house.heals(CARD)
    house.run(12 * MINUTE)
    closing = house.notices("closed")
    assert [notice.state for notice in closing] == [NoticeState.DRAFT], "nobody approved closing words beside an opening"
    assert house.count(closing[0].id) == 1
    is_balanced(house)
    house.run(HOUR, step=10 * MINUTE)
    assert house.postman.letters("closed") == [], "it waits for a person, however long"
    house.approve(desk_knows=True)
    house.run(3 * MINUTE)
    letters = house.postman.letters("closed")
    assert [letter.row.address for letter in letters] == [GUS]
    assert letters[0].wording is not None
    assert letters[0].row.name == "Gus"
    house.run(HOUR, step=10 * MINUTE)
    assert len(house.postman.letters("closed")) == 1
    is_balanced(house)


def test_the_opening_still_goes_to_the_audience_where_the_desk_was_quicker(house: House) -> None:
    house.breaks(CARD)
    house.done(call())
    house.breaks(CARD)
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    is_balanced(house)


def test_an_opening_voided_after_the_desk_told_somebody_is_drafted_anew(house: House) -> None:
    house.breaks(CARD)
    house.done(call())
    house.done(Declare(service="payments", statement="payments.no_confirmation"))
    drafts = [(notice.step, notice.state) for notice in house.notices("opened")]
    assert drafts == [("opened", NoticeState.VOID), ("opened", NoticeState.DRAFT)]
    is_balanced(house)


def test_a_caller_added_after_the_opening_gets_the_delay_and_the_end(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.done(call())
    house.run(5 * MINUTE)
    house.set_eta(house.now + 6 * HOUR)
    house.approve(desk_knows=True)
    house.run(4 * MINUTE)
    assert {letter.row.person for letter in house.postman.letters("delayed#1")} - PAYERS == {house.rows("desk")[0].person}
    is_balanced(house)
    house.heals(CARD)
    house.run(20 * MINUTE)
    closed = house.postman.letters("closed")
    assert sorted(letter.row.address for letter in closed) == sorted(
        {GUS, *(row.address for row in house.rows("opened") if row.person in PAYERS)}
    )
    is_balanced(house)


def test_who_is_told_a_new_time_by_the_desk_does_not_read_of_the_old_one_afterwards(house: House) -> None:
    """Not even where the words of the delay look again for whom they are owed, since a doubt was settled."""
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.post(lambda row: UNKNOWN if row.person == "ada" else ACCEPTED)
    house.set_eta(house.now + 6 * HOUR)
    house.approve(desk_knows=True)
    house.run(10 * SECOND)
    house.done(call())
    (doubt,) = [row for row in house.rows("opened") if row.state is State.IN_DOUBT]
    house.done(Settle(delivery=doubt.id, arrived=True))
    house.run(4 * MINUTE)
    assert {letter.row.person for letter in house.postman.letters("delayed#1")} == PAYERS
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert GUS in {letter.row.address for letter in house.postman.letters("closed")}
    is_balanced(house)


def test_a_caller_of_the_audience_gets_nothing_twice(house: House) -> None:
    """Known by number, by the address in another spelling, or by neither: one opening, one end."""
    house.breaks(CARD)
    house.done(call("ADA@Example.com"))
    house.done(call("ben@example.com", person="ben", language="es"))
    house.tell()
    is_balanced(house)
    house.heals(CARD)
    house.run(20 * MINUTE)
    for step in ("opened", "closed"):
        addresses = [letter.row.address.casefold() for letter in house.postman.letters(step)]
        assert sorted(addresses) == ["ada@example.com", "ben@example.com", "fay@example.com"], step
    is_balanced(house)


def test_pressing_twice_adds_once_and_says_so(house: House) -> None:
    house.breaks(CARD)
    house.done(call(), "Dora")
    again = house.done(call(f"  {GUS.upper()} ", how="asks"), "Dan").said
    assert again.startswith("They are on the list already: told on the phone by Dora at ")
    assert len(house.rows("desk")) == 1
    (book,) = [book for book in house.books() if book.step == "desk"]
    assert (book.snapshot, book.counts[State.ACCEPTED.value], book.balanced) == (1, 1, True)


def test_who_was_told_by_e_mail_is_not_added(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    said = house.done(call("ada@example.com")).said
    assert said.startswith("They were told by e-mail at 11:0"), said
    assert house.rows("desk") == []


def test_where_the_message_is_still_on_its_way_the_caller_is_owed_the_end_whatever_becomes_of_it(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.post(lambda _: BUSY)
    said = house.done(call("ada@example.com")).said
    assert said.startswith("Our message is on its way to them too."), said
    house.posts = False
    house.heals(CARD)
    house.run(12 * MINUTE)
    house.posts = True
    assert house.postman.heard("opened") == set(), "it was cancelled: the service answered again"
    assert house.drafts(), "and yet the caller was told by the desk"
    house.approve(desk_knows=True)
    house.run(3 * MINUTE)
    assert house.postman.heard("closed") == {"ada"}
    is_balanced(house)


def test_a_false_alarm_is_taken_back_from_those_whom_only_the_desk_told(house: House) -> None:
    house.breaks(CARD)
    house.done(call())
    house.done(Dismiss(incident=1, reason="the probe was wrong"))
    assert [notice.occasion for notice in house.notices("retraction")] == [Occasion.RETRACTION]
    house.approve(desk_knows=True)
    house.run(3 * MINUTE)
    assert [letter.row.address for letter in house.postman.letters("retraction")] == [GUS]
    is_balanced(house)


def test_what_the_desk_told_is_no_message_to_customers(house: House) -> None:
    """No word to staff about it, no count of people affected, no time at which customers were told."""
    house.breaks(CARD)
    before = house.notices(towards=Towards.STAFF)
    house.done(call())
    house.run(2 * MINUTE)
    assert house.notices(towards=Towards.STAFF) == before
    assert house.postman.letters("desk") == []


def test_nobody_is_added_to_what_is_over_or_was_never_there(house: House) -> None:
    house.breaks(CARD)
    assert house.refused(call(incident=9)).code == "no_incident"
    house.heals(CARD)
    house.run(12 * MINUTE)
    refused = house.refused(call())
    assert (refused.code, refused.why[:13]) == ("over", "1-A is over: ")


def test_what_cannot_be_written_to_is_refused_with_what_to_do(house: House) -> None:
    house.breaks(CARD)
    for wrong in (
        call("gus"),
        call("gus@example.org, eve@example.org"),
        call("gus@example.org\nBcc: eve@example.org"),
        call(language="tlh"),
        call(person="gus@example.org"),
        call(person="x" * 101),
    ):
        assert house.refused(wrong).code == "text", wrong
    assert house.rows("desk") == []


def test_who_asked_for_no_messages_and_calls_is_told_of_the_end(house: House) -> None:
    house.breaks(CARD)
    assert Reason.NO_CONSENT.value in {row.detail for row in house.rows("opened")} or house.rows("opened") == []
    house.done(call("dan@example.com", how="asks"))
    house.tell()
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert len([letter for letter in house.postman.letters("closed") if letter.row.address == "dan@example.com"]) == 1
    assert house.postman.letters("opened", "dan") == []
    is_balanced(house)
