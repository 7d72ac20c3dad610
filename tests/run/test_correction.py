"""A wrong message of the company's own, over a real store: who got it is corrected, by a person, and hears of the end."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from sentinel.demo.people import Customer
from sentinel.demo.reminders import AUDIENCE, WRONG
from sentinel.model.command import Declare, Dismiss, Reopen, Resolve
from sentinel.model.estimate import PromiseKind
from sentinel.model.incident import Phase
from sentinel.model.notice import Occasion
from sentinel.run import facts, pages, public
from sentinel.store import tables

from .world import CARD, CUSTOMERS, HOUR, MINUTE, NOW, House, insurer

AMOUNT = "reminders.wrong_amount"
GOT_IT = {"ada", "eve"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The mail run says itself that it wrote to two of them."""
    made = House(tmp_path)
    path = tmp_path / "reminded.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Customer)])
        rows.writeheader()
        rows.writerows(asdict(each) for each in CUSTOMERS if each.person in GOT_IT)
    home = made.world.installation
    audiences = {**home.audiences, AUDIENCE: replace(home.audiences[AUDIENCE], csv=path)}
    made.world = replace(made.world, installation=replace(home, audiences=audiences))
    yield made
    made.close()


def knows(house: House, statement: str, say: str) -> None:
    """Customer service has written another statement about a wrong letter of the same run."""
    home = house.world.installation
    wrong = home.statements[WRONG]
    other = replace(wrong, id=statement, say=dict.fromkeys(wrong.say, say))
    house.world = replace(house.world, installation=replace(home, statements={**home.statements, statement: other}))


def declare(house: House, statement: str = WRONG) -> None:
    house.done(Declare(service=statement.partition(".")[0], statement=statement, why="callers say so"))
    house.round()


def test_exactly_those_who_got_it_are_corrected_once_and_hear_of_the_end(house: House) -> None:
    declare(house)
    assert house.tell().occasion is Occasion.CORRECTION
    house.run(10 * MINUTE, step=5 * MINUTE)
    house.done(Resolve(incident=1, why="withdrawn"))
    house.run(10 * MINUTE, step=5 * MINUTE)
    for step in ("opened", "closed"):
        assert house.postman.heard(step) == GOT_IT
        assert len(house.postman.letters(step)) == len(GOT_IT)
    first, last = house.postman.letters("opened", "ada")[0].wording, house.postman.letters("closed", "ada")[0].wording
    assert first is not None
    assert last is not None
    assert "our mistake" in first.text
    assert "expect" not in first.text
    assert "put right" in last.subject


def test_nothing_but_a_person_ends_it_a_time_of_return_moves_nothing_and_the_next_word_comes(house: House) -> None:
    declare(house)
    house.tell()
    assert [one.kind for one in house.promises()] == [PromiseKind.NEXT_WORD]
    house.set_eta(house.now + 3 * HOUR)
    house.run(house.promises()[0].at - 6 * MINUTE, step=20 * MINUTE)
    house.run(10 * MINUTE, step=5 * MINUTE)
    assert house.incident().phase is Phase.INVESTIGATING
    assert house.notices("delayed") == []
    held = [each for each in house.postman.sent if each.row.step.startswith("holding") and each.wording is not None]
    assert {each.row.person for each in held} == GOT_IT
    assert all("still not put right" in each.wording.subject for each in held if each.wording is not None)


def test_where_something_else_is_felt_too_it_is_an_ordinary_opening() -> None:
    known = insurer(NOW).installation.statements
    assert facts.corrects((known[WRONG],))
    assert not facts.corrects((known[WRONG], known["payments.slow"]))
    assert not facts.corrects(())


def test_the_desk_is_told_of_no_time_at_which_it_works_again(house: House) -> None:
    declare(house)
    page = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert page is not None
    assert page.brief is not None
    assert "by mistake" in page.brief.say
    assert "work again" not in page.brief.say


def test_what_stopped_working_is_still_told_as_an_opening(house: House) -> None:
    house.breaks(CARD)
    assert house.notices("opened")[0].occasion is Occasion.OPENED


def test_the_public_page_tells_nobody_of_it(house: House) -> None:
    declare(house)
    house.tell()
    house.run(10 * MINUTE, step=5 * MINUTE)

    def seen() -> str:
        return str(house.read(lambda c: public.state(c, house.world, house.store.epoch, house.now)))

    assert "reminders" not in seen()
    house.done(Dismiss(incident=1, reason="they do owe it"))
    assert house.drafts()[-1].bodies[0].subject == "Payment reminders: our last message was wrong"
    house.tell()
    assert house.postman.heard("retraction") == GOT_IT
    assert "reminders" not in seen()


def test_it_says_nothing_of_how_long_outages_last_and_is_expected_back_at_no_time(house: House) -> None:
    declare(house)
    house.run(3 * HOUR, step=HOUR)
    house.done(Resolve(incident=1, why="withdrawn"))
    house.run(10 * MINUTE, step=5 * MINUTE)
    assert house.read(lambda c: c.execute(select(tables.estimate)).all()) == []
    assert house.read(lambda c: c.execute(select(tables.episode)).all()) == []
    page = house.read(lambda c: pages.incident(c, house.world, 1, house.now))
    assert page is not None
    assert page.corrects


@pytest.mark.parametrize("first", [True, False])
def test_where_the_files_say_meanwhile_that_it_is_another_thing_it_is_drafted_anew(house: House, first: bool) -> None:
    def reloaded(*, is_ours: bool) -> None:
        old = house.world.installation
        words = {**old.statements, WRONG: replace(old.statements[WRONG], corrects=is_ours)}
        sheets = {key: one for key, one in known.sheets.items() if is_ours or key[0] is not Occasion.CORRECTION}
        house.world = replace(house.world, installation=replace(old, statements=words), templates=replace(known, sheets=sheets))

    known = house.world.templates
    reloaded(is_ours=first)
    declare(house)
    reloaded(is_ours=not first)
    house.run(80 * MINUTE, step=20 * MINUTE)
    (waiting,) = house.drafts()
    assert house.notice(waiting.notice).occasion is (Occasion.OPENED if first else Occasion.CORRECTION)
    assert house.read(lambda c: c.execute(select(tables.quarantine)).all()) == []


def test_a_second_wrong_letter_that_joins_is_told_as_a_correction_too(house: House) -> None:
    knows(house, AMOUNT, "The amount in our letter was too high.")
    declare(house)
    first = house.tell()
    house.now += 10 * MINUTE
    declare(house, AMOUNT)
    second = house.tell()
    assert (second.incident, second.step.partition("#")[0]) == (first.incident, "widened")
    assert second.occasion is Occasion.CORRECTION
    assert second.promise == first.promise, "nobody holds us to two times"
    letter = house.postman.letters(second.step, "ada")[0].wording
    assert letter is not None
    assert "The amount in our letter was too high." in letter.text
    assert "more than we wrote to you before" in letter.text
    assert "expect" not in letter.text
    assert house.postman.heard(second.step) == GOT_IT


def test_a_correction_that_is_reopened_before_anybody_heard_of_its_end_is_not_written_again(house: House) -> None:
    declare(house)
    house.tell()
    house.done(Resolve(incident=1, why="withdrawn"))
    house.done(Reopen(incident=1, why="it is not withdrawn"))
    house.run(10 * MINUTE, step=5 * MINUTE)
    assert house.drafts() == []
    assert len(house.postman.letters("opened")) == len(GOT_IT)


def test_a_correction_that_is_reopened_after_its_end_was_told_says_that_it_is_not_put_right(house: House) -> None:
    declare(house)
    house.tell()
    house.done(Resolve(incident=1, why="withdrawn"))
    house.run(10 * MINUTE, step=5 * MINUTE)
    house.done(Reopen(incident=1, why="it is not withdrawn"))
    again = house.tell()
    assert (again.episode, again.occasion) == (2, Occasion.CORRECTION)
    first, second = (one.wording for one in house.postman.letters("opened", "ada"))
    assert first is not None
    assert second is not None
    assert "put right: it is not" not in first.text
    assert "If you have read since that this was put right: it is not." in second.text, "true of who never read it, too"
    assert second.subject != first.subject
