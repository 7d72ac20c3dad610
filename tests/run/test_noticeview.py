"""One notice as its approver sees it, over a real store: words that wait are filled for somebody who would get them."""

import pytest

from sentinel.model.command import Dismiss
from sentinel.run.noticeview import view_of
from sentinel.serve.console.words import unnamed
from sentinel.serve.port import NoticeView
from sentinel.store import expansion, tables
from tests.run.world import ACCEPTED, HOUR, MINUTE, REFUSED, House

pytestmark = pytest.mark.usefixtures("drafted")


def view(house: House, notice: int = 0) -> NoticeView:
    """Of one notice, or of the draft that waits."""
    found = house.read(lambda c: view_of(c, house.world, notice or house.draft().notice, house.now))
    assert found is not None
    return found


def readers(of: NoticeView) -> dict[str, str]:
    """Language → for whom its words are filled."""
    return {each.body.language: each.to for each in of.previews}


def test_an_opening_is_filled_for_somebody_of_its_audience(house: House) -> None:
    assert readers(view(house)) == {"en": "Ada", "es": "Ben"}


def test_words_to_those_who_were_told_are_filled_for_one_of_them(house: House) -> None:
    house.approve(desk_knows=True)
    house.now += 2 * MINUTE
    house.post(lambda row: REFUSED if row.person == "ben" else ACCEPTED)
    house.set_eta(house.now + 3 * HOUR)
    house.round()
    shown = view(house)
    assert readers(shown) == {"en": "Ada", "es": "Fay"}, "who never got the opening gets none of what follows"
    assert shown.previews[0].body.text.startswith("Dear Ada,")
    assert shown.slots["name"] == "Ada"


def test_a_retraction_is_filled_for_one_who_was_told(house: House) -> None:
    house.tell()
    house.done(Dismiss(incident=1, reason="a test of ours"))
    assert readers(view(house)) == {"en": "Ada", "es": "Ben"}


def test_words_that_were_sent_are_shown_as_to_nobody_by_name_and_nobody_is_looked_for(house: House) -> None:
    """To those who were told, that would be a look through all of them on every view of the page."""
    opening = house.tell()
    house.set_eta(house.now + 3 * HOUR)
    house.round()
    delay = house.tell()
    assert delay.snapshot is None
    for sent in (opening, delay):
        shown = view(house, sent.id)
        assert readers(shown) == {"en": "", "es": ""}
        assert shown.previews[0].body.text.startswith("Dear customer,")
        assert shown.slots["name"] == "customer"
        assert "{" not in shown.previews[0].body.text


def test_whoever_may_not_see_customers_sees_no_name_of_one_who_was_told(house: House) -> None:
    house.tell()
    house.set_eta(house.now + 3 * HOUR)
    house.round()
    shown = unnamed(view(house))
    assert "Ada" not in str(shown)
    assert "Ben" not in str(shown)


def test_a_language_that_hardly_anybody_reads_is_not_looked_for_in_all_who_were_told(house: House) -> None:
    """A page asks it for each language; a million people were told."""
    house.tell()
    house.set_eta(house.now + 5 * HOUR)
    delayed = house.draft().notice
    (one,) = (row.id for row in house.rows("opened") if row.person == "ada")
    names = [column.name for column in tables.delivery.columns if column.name not in ("id", "person", "address", "language")]
    columns = ", ".join(names)
    house.do(
        lambda c: c.exec_driver_sql(
            f"WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i <= {expansion.LOOKED_AT}) "
            f"INSERT INTO delivery (person, address, language, {columns}) "
            f"SELECT printf('x%09d', i), printf('x%d@example.com', i), iif(i > {expansion.LOOKED_AT}, 'ca', 'en'), {columns} "
            f"FROM k, (SELECT {columns} FROM delivery WHERE id = {one})"
        )
    )
    assert house.read(lambda c: expansion.one_told(c, delayed, "en")) is not None
    assert house.read(lambda c: expansion.one_told(c, delayed, "ca")) is None
