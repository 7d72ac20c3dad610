"""Commands: carried out with all that follows in one transaction, and written down with what came of them."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from sentinel.model.command import Declare, Hold, Note, Release, Resolve, Settle
from sentinel.model.delivery import Lane
from sentinel.model.incident import Phase
from sentinel.model.notice import Occasion
from sentinel.store import tables
from sentinel.store.database import Store
from sentinel.store.schema import StoreTaken

from .world import CARD, MINUTE, PAYERS, SECOND, House, Postman

NO_CONFIRMATION = Declare(service="payments", statement="payments.no_confirmation", why="nine callers in ten minutes")


def test_declared_by_hand_and_resolved_by_hand(house: House) -> None:
    """No check can see it: a person says so, customers are told on that word, and a person ends it."""
    declared = house.done(NO_CONFIRMATION)
    assert declared.incident == 1
    assert house.incident().phase is Phase.INVESTIGATING
    assert house.draft().quoted.statements == ("payments.no_confirmation",)
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    house.run(30 * MINUTE, step=5 * MINUTE)
    assert house.incident().phase is Phase.INVESTIGATING
    house.done(Resolve(incident=1, why="the callers say so"), "Omar")
    house.run(8 * MINUTE)
    assert house.postman.heard("closed") == PAYERS
    assert house.incident().resolved_at is not None


def test_a_declaration_joins_the_incident_that_is_there(house: House) -> None:
    house.breaks(CARD)
    first = house.draft()
    house.done(NO_CONFIRMATION)
    assert house.incident().phase is Phase.INVESTIGATING
    assert [house.notice(draft.notice).occasion for draft in house.drafts()] == [Occasion.OPENED]
    assert house.draft().notice != first.notice
    assert set(house.draft().quoted.statements) == {"payments.cannot_pay", "payments.no_confirmation"}


def test_a_refused_command_is_written_down_and_changes_nothing_else(house: House) -> None:
    for command in (Note(incident=7, text="hello"), Resolve(incident=7), Settle(delivery=7, arrived=True)):
        assert house.refused(command).code == "unknown"
    written = house.read(lambda c: c.execute(select(tables.audit.c.who, tables.audit.c.command, tables.audit.c.result)).all())
    assert [row.who for row in written] == ["Lena"] * 3
    assert '"do":"note"' in written[0].command
    assert '"code":"unknown"' in written[0].result


# The kill switch


def test_the_kill_switch_holds_customers_words_and_never_the_staffs(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.done(Hold(on=True, why="the mail server loops"))
    house.run(10 * MINUTE)
    assert house.postman.letters("opened") == []
    assert any(each.row.step.startswith("staff.words") for each in house.postman.sent)
    house.done(Hold(on=False))
    house.run(MINUTE)
    assert house.postman.heard("opened") == PAYERS


def test_the_kill_switch_stops_what_is_claimed_before_it_is_armed(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    first, *rest = house.postman.claim(Lane.CUSTOMERS, house.now)
    assert house.postman.arm(first, house.now)
    house.done(Hold(on=True, why="stop"))
    assert not any(house.postman.arm(row, house.now) for row in rest)


# The store


def copied(house: House, to: Path) -> None:
    """A backup, as a person would take one: the store alone, without what lies beside it."""
    with closing(sqlite3.connect(house.store.path)) as there, closing(sqlite3.connect(to)) as copy:
        there.backup(copy)


def test_a_restored_store_sends_nothing_to_customers_until_a_person_releases_it(house: House) -> None:
    house.breaks(CARD)
    backup = house.folder / "backup.db"
    house.approve(desk_knows=True)
    copied(house, backup)
    house.done(Hold(on=True, why="moving"))
    house.done(Hold(on=False))
    house.now += 61 * SECOND
    house.post()
    assert house.postman.heard("opened") == PAYERS
    house.run(2 * MINUTE)
    house.done(NO_CONFIRMATION)
    house.approve()  # the epoch moves on with every approval, and so beyond the backup
    house.store.close()
    for beside in ("-wal", "-shm"):
        Path(f"{house.store.path}{beside}").unlink(missing_ok=True)
    shutil.copy(backup, house.store.path)

    house.store = Store.open(house.store.path)
    house.postman = Postman(house.store)
    house.run(5 * MINUTE)
    assert house.postman.letters("opened") == [], "they have been told already, but this store does not know it"
    assert any(each.row.lane is Lane.STAFF for each in house.postman.sent), "staff hear all the same"
    house.done(Release(why="we know what is in it"))
    house.run(MINUTE)
    assert house.postman.heard("opened") == PAYERS


def test_a_store_that_was_only_restarted_goes_on(house: House) -> None:
    house.breaks(CARD)
    house.approve(desk_knows=True)
    house.store.close()
    house.store = Store.open(house.store.path)
    house.postman = Postman(house.store)
    house.run(2 * MINUTE)
    assert house.postman.heard("opened") == PAYERS


def test_a_second_hub_on_one_store_is_refused_and_told_whose_it_is(house: House) -> None:
    with pytest.raises(StoreTaken, match=str(os.getpid())):
        Store.open(house.store.path)
    house.breaks(CARD)
    assert house.draft()
