"""Erasing a person: nothing of them is left in the store or in its files, and everything else stays true. On both databases."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select, update

from sentinel.model.command import Erase, Note, Refused, Unsubscribe
from sentinel.model.delivery import State
from sentinel.run import erasing, keeping
from sentinel.run.orders import Asked, carry_out
from sentinel.store import audit, backup, erasure, notices, tables, verify, wipe
from tests.run.world import CARD, MINUTE, PAYERS, House
from tests.store.conftest import Where
from tests.store.kept import KEY, erase, house_at, lived_in

BEN = "ben@example.com"
ZOE = ("Zoe.Quill@example.org", "zoe.quill@example.org", "Zoe Quill")

ON_SQLITE = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
"""PostgreSQL keeps old rows until VACUUM, as docs/how-to/erase-a-person.md says."""


@pytest.fixture
def house(where: Where) -> Iterator[House]:
    with closing(lived_in(where)) as made:
        yield made


def everything(house: House) -> str:
    """All rows of all tables, as text."""
    return house.read(
        lambda c: "\n".join(str(tuple(row)) for name in backup.names(c) for row in backup.rows(c, backup.plain(name)))
    )


def wrong(house: House) -> list[verify.Finding]:
    return house.read(lambda c: [each for _, found in verify.run(c) for each in found])


def test_nothing_of_an_erased_customer_is_left_and_the_books_balance(house: House) -> None:
    assert BEN in everything(house)
    said = erase(house, Erase(person="ben", why="ticket 12"))
    assert said.startswith("Erased from 1 delivery, 1 place in an audience.")
    left = everything(house)
    assert BEN not in left
    assert "'Ben'" not in left
    assert all(each.balanced for each in house.books())
    assert wrong(house) == []


@ON_SQLITE
def test_a_raw_search_through_the_files_of_the_store_finds_neither_name_nor_address(house: House) -> None:
    """In the database's file, and in its log, where SQLite leaves what it has deleted until it needs the place."""
    erase(house, Erase(address="Zoe.Quill@example.org"))
    erase(house, Erase(person="ben"))
    files = [path for path in house.folder.iterdir() if path.name.startswith("sentinel.db")]
    assert len(files) > 3
    for path in files:
        held = path.read_bytes().lower()
        for needle in (BEN, *ZOE):
            assert needle.lower().encode() not in held, (path.name, needle)


@ON_SQLITE
def test_where_others_have_the_address_too_nothing_that_was_deleted_lies_in_the_files_either(house: House) -> None:
    held = b"".join(path.read_bytes() for path in house.folder.glob("sentinel.db*"))
    assert b"ada\x00" in held or b"Ada" in held
    assert "another customer has one too" in erase(house, Erase(person="ada"))
    for path in house.folder.glob("sentinel.db*"):
        assert b"Ada" not in path.read_bytes(), path.name


def test_somebody_who_was_told_by_phone_and_subscribed_is_gone_from_the_audit_too_and_its_chain_holds(house: House) -> None:
    before = house.read(lambda c: c.execute(select(tables.audit.c.seal).order_by(tables.audit.c.seq)).scalars().all())
    said = erase(house, Erase(address=ZOE[1]))
    assert "1 subscription" in said
    assert "2 lines of the audit" in said
    left = everything(house)
    for needle in ZOE:
        assert needle not in left, needle
    after = house.read(lambda c: c.execute(select(tables.audit).order_by(tables.audit.c.seq)).all())
    assert [row.seal for row in after][: len(before)] == before
    assert house.read(lambda c: list(audit.faults(c))) == []
    assert sum(row.erased_at is not None for row in after) == 2
    assert all(row.salt == "" for row in after if row.erased_at is not None), "nobody can try names against the digest"
    assert '"person":"erased:' in after[-1].command or '"address":"erased:' in after[-1].command


def test_who_was_told_and_is_erased_is_not_told_of_the_end_and_counts_as_suppressed(house: House) -> None:
    erase(house, Erase(person="ben"))
    house.heals(CARD)
    house.run(20 * MINUTE)
    assert (
        house.postman.heard("closed")
        == (PAYERS - {"ben"}) | {one.row.person for one in house.postman.letters("closed")} - PAYERS
    )
    assert "ben" not in house.postman.heard("closed")
    row = next(row for row in house.rows("closed") if row.person.startswith(erasure.ERASED))
    assert (row.state, row.detail) == (State.SUPPRESSED, "erased")
    assert all(each.balanced for each in house.books())
    assert wrong(house) == []


def test_what_waits_to_be_sent_is_stopped(where: Where) -> None:
    with closing(house_at(where)) as house:
        house.breaks(CARD)
        house.approve(desk_knows=True)
        house.round()
        assert house.states("opened")["ben"] == "queued"
        erase(house, Erase(person="ben"))
        house.run(5 * MINUTE)
        assert house.postman.heard("opened") == PAYERS - {"ben"}
        assert all(each.balanced for each in house.books())
        assert wrong(house) == []


def test_what_is_being_handed_over_cannot_be_stopped_and_is_refused(house: House) -> None:
    armed = update(tables.delivery).where(tables.delivery.c.person == "ben").values(state=State.ARMED.value)
    house.do(lambda c: c.execute(armed))
    assert house.refused(Erase(person="ben")).code == "being_sent"
    assert BEN in everything(house)


def test_a_draft_that_waits_is_approved_for_who_is_left(where: Where) -> None:
    with closing(house_at(where)) as house:
        house.breaks(CARD)
        assert house.count(house.draft().notice) == 3
        erase(house, Erase(person="ben"))
        assert house.count(house.draft().notice) == 2
        house.tell()
        assert house.postman.heard("opened") == PAYERS - {"ben"}
        assert wrong(house) == []


def test_a_directory_that_names_them_still_does_not_bring_them_back(house: House) -> None:
    erase(house, Erase(person="fay"))
    house.heals(CARD)
    house.run(60 * MINUTE)
    house.breaks(CARD)
    house.tell()
    assert "fay@example.com" not in everything(house)
    newest = house.notices("opened", incident=2)[-1]
    assert newest.snapshot is not None
    found = house.read(lambda c: notices.snapshot(c, newest.snapshot or 0))
    assert found is not None
    assert found.left_out["erased"] == 1
    assert all(each.balanced for each in house.books())


def test_twice_does_no_harm_and_a_stranger_goes_on_the_list(house: House) -> None:
    erase(house, Erase(person="ben"))
    first = everything(house)
    assert erase(house, Erase(person="ben")).startswith("Nothing of them stands here")
    assert len(everything(house).splitlines()) == len(first.splitlines()) + 1, "one line more of the audit"
    erase(house, Erase(address="stranger@example.net"))
    key = erasure.mark_of_address(KEY, "Stranger@Example.net")
    assert house.read(lambda c: erasure.listed(c, [key])) == {key}


def test_an_address_that_two_have_stays_with_the_other_unless_it_is_named(house: House) -> None:
    said = erase(house, Erase(person="ada"))
    assert "another customer has one too" in said
    assert "ada@example.com" in everything(house), "clo has it"
    said = erase(house, Erase(address="ADA@example.com"))
    assert "ada@example.com" not in everything(house)
    assert "'Clo'" not in everything(house)


def test_an_address_in_a_note_is_taken_out_and_a_name_is_told_of(house: House) -> None:
    house.done(Note(incident=1, text="Zoe Quill called, write to zoe.quill@example.org by noon"))
    said = erase(house, Erase(address=ZOE[0]))
    assert "in the timeline of incident 1" in said
    assert "zoe.quill@example.org" not in everything(house)
    assert "write to [erased] by noon" in everything(house)
    assert house.incident().id == 1


def test_that_they_had_asked_for_no_more_outlives_them(house: House) -> None:
    house.done(Unsubscribe(address=ZOE[1]), "Dora")
    erase(house, Erase(address=ZOE[1]))
    left = house.read(lambda c: list(c.execute(select(tables.unsubscribed.c.person)).scalars()))
    assert left
    assert all(one.startswith(erasure.ERASED) for one in left)


@pytest.mark.parametrize(
    "command", [Erase(), Erase(person=" "), Erase(person="x" * 400), Erase(person="erased:1"), Erase(person="channel:x")]
)
def test_who_cannot_be_meant_is_refused(house: House, command: Erase) -> None:
    result = house.say(command)
    assert isinstance(result, Refused)
    assert result.code == "invalid"


def test_an_older_copy_that_is_put_back_by_hand_is_erased_again_at_the_start(house: House) -> None:
    """F39: the list lies beside the store too, and is asked before anything is served."""
    erase(house, Erase(person="ben"))
    erase(house, Erase(address=ZOE[0]))

    def as_before(c) -> None:  # type: ignore[no-untyped-def]
        c.execute(tables.erasure.delete())
        mine = update(tables.delivery).where(tables.delivery.c.person.startswith("erased:"), tables.delivery.c.step == "opened")
        c.execute(mine.values(person="ben", name="Ben", address=BEN))

    house.do(as_before)
    assert erasing.replay(house.store, KEY, house.now) > 0
    assert BEN not in everything(house)
    assert erasing.replay(house.store, KEY, house.now) == 0
    assert wrong(house) == []


@ON_SQLITE
@pytest.mark.parametrize("reached", ["nothing", "marker", "list"])
def test_an_erasure_that_was_killed_after_its_commit_is_finished_at_the_next_start(house: House, reached: str) -> None:
    """F8: whatever of it had been reached, the file holds nothing of them after the start, nor is anything left to do."""
    asked = Asked(command=Erase(person="ben"), who="Lena")
    house.do(lambda c: carry_out(c, house.world, house.store, asked, house.now))
    if reached != "nothing":
        wipe.owe(house.store.path)
    if reached == "list":
        erasing.keep_list(house.store)
    keeping.begin(house.store, KEY, house.now)
    assert not wipe.is_owed(house.store.path)
    assert {each.mark for each in erasure.read_beside(house.store.path)} == {each.mark for each in house.read(erasure.every)}
    held = b"".join(path.read_bytes() for path in house.folder.iterdir() if path.name.startswith("sentinel.db"))
    assert BEN.encode() not in held


def test_the_list_shows_nobody_and_lies_beside_the_store_for_its_owner_alone(house: House) -> None:
    erase(house, Erase(person="ben"))
    beside = erasure.path_of(house.store.path)
    assert beside.stat().st_mode & 0o777 == 0o600
    assert "ben" not in beside.read_text()
    assert {each.mark for each in erasure.read_beside(house.store.path)} == {each.mark for each in house.read(erasure.every)}
    assert erasure.mark_of_person(b"another key" * 3, "ben") not in beside.read_text()
    whole = erasure.read_beside(house.store.path)
    beside.write_text(beside.read_text() + "{half a line\n")
    assert erasure.read_beside(house.store.path) == whole
