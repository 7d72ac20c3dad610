"""`verify` finds each thing that must not be: every rule is broken once, in a store that was lived in, and found."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sentinel.store import reading, verify
from sentinel.store.verify import Finding
from tests.run.world import CARD, MINUTE
from tests.store.conftest import Where
from tests.store.kept import lived_in


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an incident from its first sample to its closing. Tests break copies of it."""
    folder = tmp_path_factory.mktemp("lived")
    with closing(lived_in(Where(path=folder / "sentinel.db"))) as house:
        house.heals(CARD)
        house.run(20 * MINUTE)
    return folder / "sentinel.db"


@pytest.fixture
def copy(lived: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "copy.db"
    with closing(sqlite3.connect(lived)) as here, closing(sqlite3.connect(path)) as there:
        here.backup(there)
        for trigger in ("audit_changed", "audit_deleted"):
            there.execute(f"DROP TRIGGER {trigger}")
        there.commit()
        yield there


def look(path: Path) -> list[Finding]:
    with reading.snapshot(path) as c:
        return [each for _, found in verify.run(c) for each in found]


def after(copy: sqlite3.Connection, *statements: str) -> list[Finding]:
    for statement in statements:
        assert copy.execute(statement).rowcount != 0, f"nothing was broken: {statement}"
    copy.commit()
    return look(Path(copy.execute("PRAGMA database_list").fetchone()[2]))


def test_a_store_that_was_lived_in_is_as_it_must_be_while_it_is_used(where: Where) -> None:
    """On both databases, while the hub has the store open."""
    with closing(lived_in(where)), reading.snapshot(where.path, where.database) as c:
        found = dict(verify.run(c))
        assert [each for findings in found.values() for each in findings] == []
        assert len(found) == len(verify.CHECKS) + 1
        assert verify.counted(c)["deliveries"] > 5


_OPENED = "(SELECT id FROM delivery WHERE step = 'opened' AND state = 'accepted' LIMIT 1)"
BREAKS: dict[str, tuple[str, str, str]] = {
    "a person of a snapshot has no row": (
        "DELETE FROM delivery WHERE step = 'opened' AND person = 'ben'",
        "books",
        "people, and",
    ),
    "a person too many in a snapshot": ("DELETE FROM snapshot_person WHERE person = 'ben'", "books", "people, and"),
    "a line of the audit was changed": ("UPDATE audit SET result = '{}' WHERE seq = 1", "audit", "not the one that was sealed"),
    "a line of the audit is gone": ("DELETE FROM audit WHERE seq = 2", "audit", "missing"),
    "a text was erased for nobody": (
        "UPDATE audit SET command = '', erased_at = 5 WHERE seq = 1",
        "audit",
        "nobody was erased then",
    ),
    "an entry is gone from a timeline": ("DELETE FROM entry WHERE seq = 2", "timeline", "tells no incident"),
    "an entry is no entry": ("UPDATE entry SET said = 'x' WHERE seq = 2", "timeline", "tells no incident"),
    "an incident that is over counts as open": ("UPDATE incident SET open = 1", "timeline", "its row says"),
    "an approval is gone": ("DELETE FROM approval WHERE id = 1", "approval", "no approval of its own"),
    "an approval is another notice's": (
        "UPDATE notice SET approval = 2 WHERE approval = 1",
        "approval",
        "no approval of its own",
    ),
    "the hash is another": ("UPDATE approval SET draft_hash = 'x'", "approval", "another hash"),
    "the words of a draft were changed": (
        "UPDATE draft SET body = replace(body, 'sorry', 'SORRY') WHERE body LIKE '%sorry%'",
        "approval",
        "not those that its hash",
    ),
    "the words of an approval were changed": (
        "UPDATE approval SET body = replace(body, 'sorry', 'SORRY') WHERE body LIKE '%sorry%'",
        "approval",
        "that were approved",
    ),
    "a notice went back to draft": ("UPDATE notice SET state = 'draft' WHERE step = 'opened'", "approval", "a draft still"),
    "a row in no state": (f"UPDATE delivery SET state = 'sent' WHERE id = {_OPENED}", "ledger", "no state that there is"),
    "a row on no lane": (f"UPDATE delivery SET lane = 'fast' WHERE id = {_OPENED}", "ledger", "no lane"),
    "accepted and never armed": (f"UPDATE delivery SET armed_at = NULL WHERE id = {_OPENED}", "ledger", "never armed"),
    "at rest and not settled": (f"UPDATE delivery SET settled_at = NULL WHERE id = {_OPENED}", "ledger", "since when"),
    "queued and settled": (f"UPDATE delivery SET state = 'queued' WHERE id = {_OPENED}", "ledger", "was settled"),
    "armed without a lease": (
        f"UPDATE delivery SET state = 'armed', settled_at = NULL WHERE id = {_OPENED}",
        "ledger",
        "has no lease",
    ),
    "a lease on what nobody holds": (
        f"UPDATE delivery SET lease_until = 1 WHERE id = {_OPENED}",
        "ledger",
        "in nobody's hands",
    ),
    "a negative count": (f"UPDATE delivery SET attempts = -1 WHERE id = {_OPENED}", "ledger", "negative"),
    "bounced and never accepted": ("UPDATE delivery SET bounced_at = 1 WHERE state = 'suppressed'", "ledger", "never accepted"),
    "a promise that nobody settled": (
        "UPDATE promise SET state = 'open', settled_at = NULL, at = at - 86400000000",
        "promises",
        "counts as open",
    ),
    "a promise in no state": ("UPDATE promise SET state = 'maybe'", "promises", "no state of a promise"),
    "a closing to somebody who was never told": (
        "UPDATE delivery SET state = 'suppressed' WHERE step = 'opened' AND person = 'ben'",
        "closings",
        "of no start",
    ),
    "a delivery of no notice": (f"UPDATE delivery SET notice = 99 WHERE id = {_OPENED}", "references", "not there"),
    "a notice of no incident": ("UPDATE notice SET incident = 99 WHERE step = 'opened'", "references", "not there"),
    "people of no snapshot": ("DELETE FROM snapshot", "references", "not there"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_each_rule_that_is_broken_is_found(copy: sqlite3.Connection, broken: str) -> None:
    statement, check, what = BREAKS[broken]
    found = after(copy, statement)
    assert any(each.check == check and what in each.what for each in found), found


def test_two_rows_for_a_person_are_found_where_the_key_is_gone(copy: sqlite3.Connection) -> None:
    """The key forbids it: only a table that was made anew without it can hold two."""
    columns = ", ".join(row[1] for row in copy.execute("PRAGMA table_info(delivery)") if row[1] != "id")
    copy.execute("CREATE TABLE loose AS SELECT * FROM delivery")
    copy.execute(f"INSERT INTO loose (id, {columns}) SELECT 9999, {columns} FROM delivery WHERE id = {_OPENED}")
    copy.execute("DROP TABLE delivery")
    copy.execute("ALTER TABLE loose RENAME TO delivery")
    found = after(copy)
    assert any(each.check == "ledger" and "the key that forbids it is gone" in each.what for each in found), found


def test_a_damaged_page_is_found_and_the_other_checks_go_on(copy: sqlite3.Connection) -> None:
    """F19."""
    copy.commit()
    path = Path(copy.execute("PRAGMA database_list").fetchone()[2])
    copy.execute("PRAGMA journal_mode=DELETE")
    root = copy.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'once_an_address' OR name = 'sqlite_autoindex_delivery_1'"
    ).fetchone()[0]
    size = copy.execute("PRAGMA page_size").fetchone()[0]
    copy.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xff" * 64)
    found = look(path)
    assert any(each.check == "file" for each in found), found


def test_a_copy_is_judged_by_when_it_was_taken(copy: sqlite3.Connection) -> None:
    """A promise that was open when the copy was taken is no lapse, however late the copy is looked at."""
    assert after(copy) == []


def test_findings_are_bounded(copy: sqlite3.Connection) -> None:
    copy.executemany(
        "INSERT INTO snapshot_person VALUES (?, ?, '', '', '', '', '', NULL)", [(900 + n, "x") for n in range(100)]
    )
    found = after(copy)
    assert len([each for each in found if each.check == "references"]) == verify.MOST


def test_where_there_is_no_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(reading.NoStore, match="there is no store"), reading.snapshot(tmp_path / "none.db"):
        pass
