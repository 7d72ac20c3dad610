"""Backups: written while the store is used, whole or not at all, and put back into either database."""

import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from sentinel.model.command import Erase, Release
from sentinel.model.observation import Verdict
from sentinel.run import restoring
from sentinel.store import audit, backup, keys, reading, tables, verify
from sentinel.store.backup import NoBackup
from sentinel.store.database import Store
from sentinel.store.restore import NotEmpty
from sentinel.store.schema import StoreTaken
from tests.run.world import CARD, MINUTE, NOW, PAYERS
from tests.store import test_rollups
from tests.store.conftest import Where
from tests.store.kept import KEY, erase, house_at, lived_in, put_key

BEN = b"ben@example.com"


def back_up(where: Where, to: Path) -> backup.Manifest:
    return restoring.back_up(where.path, where.database, to, NOW, lambda *_: None)


def put_back(where: Where, source: Path, *, force: bool = False, key_file: Path | None = None, without_key: bool = False):  # type: ignore[no-untyped-def]
    return restoring.put_back(
        source, where.path, where.database, now=NOW, who="Olga", force=force, key_file=key_file, without_key=without_key
    )


def test_a_backup_is_made_while_the_store_is_used_and_holds_every_row(where: Where, tmp_path: Path) -> None:
    with closing(lived_in(where)) as house:
        made = back_up(where, tmp_path / "one.backup")
        before = house.read(lambda c: {name: len(list(backup.rows(c, backup.plain(name)))) for name in backup.names(c)})
        house.run(2 * MINUTE)
    assert {name: held.rows for name, held in made.tables.items()} == before
    assert made.tables["delivery"].rows > 5
    assert any(name.startswith("observation_") for name in made.tables)
    assert stat.S_IMODE((tmp_path / "one.backup").stat().st_mode) == 0o600
    assert backup.examine(tmp_path / "one.backup") == made
    with reading.snapshot(tmp_path / "one.backup") as c:
        assert [each for _, found in verify.run(c) for each in found] == []
    assert not list(tmp_path.glob(".*.new"))


def test_neither_the_key_nor_a_sign_in_is_in_it(where: Where, tmp_path: Path) -> None:
    with closing(lived_in(where)):
        back_up(where, tmp_path / "one.backup")
    held = (tmp_path / "one.backup").read_bytes()
    assert KEY not in held
    assert not backup.LEFT_OUT & set(backup.examine(tmp_path / "one.backup").tables)
    restoring.keep_key(where.path, where.database, tmp_path / "apart.key")
    assert (tmp_path / "apart.key").read_bytes() == KEY
    assert stat.S_IMODE((tmp_path / "apart.key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        restoring.keep_key(where.path, where.database, tmp_path / "apart.key")


@pytest.mark.parametrize("damage", ["a byte", "half", "empty", "no file", "another database", "a row"])
def test_what_is_no_whole_backup_is_never_put_back(tmp_path: Path, damage: str) -> None:
    where = Where(path=tmp_path / "sentinel.db")
    path = tmp_path / "one.backup"
    with closing(lived_in(where)):
        back_up(where, path)
    if damage == "no file":
        path.unlink()
    elif damage == "another database":
        path.unlink()
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE x (y)")
    elif damage == "a row":
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE delivery SET state = 'queued' WHERE step = 'opened'")
            other.commit()
    else:
        whole = path.read_bytes()
        at = whole.index(BEN)
        path.write_bytes(
            {"a byte": whole[:at] + b"B" + whole[at + 1 :], "half": whole[: len(whole) // 2], "empty": b""}[damage]
        )
    before = where.path.read_bytes()
    with pytest.raises(NoBackup):
        put_back(where, path, force=True)
    assert where.path.read_bytes() == before


def another(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Where:
    """A place for a store on another machine."""
    folder = tmp_path / "there"
    folder.mkdir()
    if kind == "sqlite":
        return Where(path=folder / "sentinel.db")
    pg = request.getfixturevalue("pg")
    return Where(path=folder / "sentinel", database=pg.url_of(pg.new_database()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_is_put_back_into_either(
    where: Where, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """F39: and customer work is held there until a person releases it; then what was queued goes out, once."""
    with closing(house_at(where)) as house:
        house.breaks(CARD)
        house.approve(desk_knows=True)
        house.round()
        assert set(house.states("opened").values()) == {"queued"}
        made = back_up(where, tmp_path / "one.backup")
        told_at = house.now
    restoring.keep_key(where.path, where.database, tmp_path / "apart.key")
    there = another(request, tmp_path, kind)
    with pytest.raises(restoring.WrongKey, match="without it links to unsubscribe"):
        put_back(there, tmp_path / "one.backup")
    done = put_back(there, tmp_path / "one.backup", key_file=tmp_path / "apart.key")
    assert done.manifest == made
    with closing(house_at(there)) as house:
        house.now, house.ill = told_at, {CARD: Verdict.DOWN}
        house._batch, house._sequence = 1000, 1000
        assert keys.of(house.store) == KEY
        assert house.store.read(house.store.is_restored)
        row = house.read(lambda c: c.execute(select(tables.installation)).one())
        assert (row.restored_from, row.restored_at) == (NOW, NOW)
        house.run(2 * MINUTE)
        assert house.postman.letters("opened") == []
        assert set(house.states("opened").values()) == {"queued"}
        house.done(Release(why="nothing had left"))
        house.run(5 * MINUTE)
        assert sorted(each.row.person for each in house.postman.letters("opened")) == sorted(PAYERS)
        row = house.read(lambda c: c.execute(select(tables.installation)).one())
        assert (row.restored_from, row.restored_at) == (None, None)
        assert house.read(lambda c: list(audit.faults(c))) == []
        assert house.read(lambda c: [each for _, found in verify.run(c) for each in found]) == []
        assert '"do":"restored"' in house.read(lambda c: c.execute(select(tables.audit.c.command)).scalars().all())[-2]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_rolled_up_is_told_as_before_where_it_is_put_back(
    where: Where, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with closing(Store.open(where.path, where.database)) as store:
        put_key(store)
        test_rollups.keep(store, *test_rollups.some())
        test_rollups.roll(store)
        back_up(where, tmp_path / "one.backup")
        before, rows = test_rollups.told(store), test_rollups.rows(store)
    there = another(request, tmp_path, kind)
    put_back(there, tmp_path / "one.backup", without_key=True)
    with closing(Store.open(there.path, there.database)) as store:
        assert all(rows.values())
        assert test_rollups.rows(store) == rows
        assert test_rollups.told(store) == before


def test_a_store_that_is_there_is_moved_aside_only_when_told_to(where: Where, tmp_path: Path) -> None:
    with closing(lived_in(where)):
        back_up(where, tmp_path / "one.backup")
    with pytest.raises(NotEmpty, match="--force"):
        put_back(where, tmp_path / "one.backup")
    with closing(where.open()) as store:
        was = store.read(lambda c: c.execute(select(tables.installation.c.epoch)).scalar_one())
    done = put_back(where, tmp_path / "one.backup", force=True)
    if where.database:
        with reading.snapshot(where.path, where.database) as c:
            kept = c.exec_driver_sql(f"SELECT count(*) FROM {done.aside}.delivery").scalar_one()
    else:
        assert Path(done.aside).exists()
        with closing(sqlite3.connect(done.aside)) as old:
            kept = old.execute("SELECT count(*) FROM delivery").fetchone()[0]
    assert kept > 5
    with closing(where.open()) as store:
        assert store.read(store.is_restored)
        assert store.epoch > was
        more = partial(audit.write, at=NOW, who="L", account="", key=None, command="{}", result="{}")
        store.writer.submit(more).result()  # numbered on from the last


def test_while_a_hub_runs_nothing_is_put_back(where: Where, tmp_path: Path) -> None:
    with closing(lived_in(where)):
        back_up(where, tmp_path / "one.backup")
        with pytest.raises(StoreTaken):
            put_back(where, tmp_path / "one.backup", force=True)


def test_whoever_was_erased_since_is_erased_again_before_anything_is_served(where: Where, tmp_path: Path) -> None:
    """F39: an older backup lacks the newer erasures; the list beside the store and in it has them."""
    with closing(lived_in(where)) as house:
        back_up(where, tmp_path / "one.backup")
        erase(house, Erase(person="ben"))
        erase(house, Erase(address="zoe.quill@example.org"))
    assert BEN in (tmp_path / "one.backup").read_bytes()
    done = put_back(where, tmp_path / "one.backup", force=True)
    assert done.erased >= 3
    with closing(where.open()) as store:
        found = store.read(
            lambda c: "\n".join(str(row) for name in backup.names(c) for row in backup.rows(c, backup.plain(name)))
        )
        assert store.read(lambda c: [each for _, wrong in verify.run(c) for each in wrong]) == []
    assert BEN.decode() not in found
    assert "zoe.quill@example.org" not in found.lower()
    if not where.database:
        assert BEN not in where.path.read_bytes()


def test_the_list_beside_a_store_that_cannot_be_read_is_enough(tmp_path: Path) -> None:
    """F19: what is put back because the store is broken is erased all the same."""
    where = Where(path=tmp_path / "sentinel.db")
    with closing(lived_in(where)) as house:
        back_up(where, tmp_path / "one.backup")
        erase(house, Erase(person="ben"))
    where.path.write_bytes(b"not a database at all" * 1000)
    done = put_back(where, tmp_path / "one.backup", force=True)
    assert done.erased >= 1
    assert BEN not in where.path.read_bytes()
    assert Path(done.aside).read_bytes().startswith(b"not a database")
    with closing(where.open()) as store:
        assert store.read(store.is_restored)


def test_with_another_key_or_none_it_is_refused_unless_one_insists(tmp_path: Path) -> None:
    where = Where(path=tmp_path / "sentinel.db")
    with closing(lived_in(where)):
        back_up(where, tmp_path / "one.backup")
    (tmp_path / "other.key").write_bytes(b"o" * 32)
    for key_file in (tmp_path / "other.key", None):
        if key_file is None:
            keys.path_of(where.path).unlink()
        with pytest.raises(restoring.WrongKey):
            put_back(where, tmp_path / "one.backup", force=True, key_file=key_file)
    put_back(where, tmp_path / "one.backup", force=True, without_key=True)


CHILD = """
import os, shutil, signal, sys, traceback
from pathlib import Path
sys.path.insert(0, {root!r})
from sentinel.run import restoring
from tests.run.world import NOW
what, first, file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
CHANGES = ("os.rename", "os.link", "os.remove", "sqlite3.connect", "os.truncate")

def killed_at(last, store, to):
    calls = 0
    def count(event, args):
        nonlocal calls
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if not writes and event not in CHANGES:
            return
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    if what == "backup":
        restoring.back_up(store, "", to, NOW, lambda *_: None)
    else:
        restoring.put_back(to, store, "", now=NOW, who="O", force=True)
    os._exit(0)

for n in range(1, 60):
    there = folder / str(n)
    there.mkdir()
    for part in ("", ".key", ".epoch"):
        shutil.copyfile(str(first) + part, str(there / "sentinel.db") + part)
    shutil.copyfile(file, there / "nightly.backup")
    pid = os.fork()
    if pid == 0:
        try:
            killed_at(n, there / "sentinel.db", there / "nightly.backup")
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(ended, flush=True)
    if ended != -signal.SIGKILL:
        break
"""


def killed(what: str, first: Path, file: Path, folder: Path) -> list[Path]:
    """What was left in each folder by a real process that was killed before its n-th change to the disk (opening to write,
    renaming, linking, removing, opening a database), n from 1 until it came to its end."""
    code = CHILD.format(root=str(Path(__file__).parents[2]))
    ran = subprocess.run(
        [sys.executable, "-c", code, what, str(first), str(file), str(folder)], capture_output=True, text=True, check=False
    )
    ends = [int(line) for line in ran.stdout.split()]
    assert ends[-1] == 0, ran.stderr
    assert set(ends[:-1]) == {-signal.SIGKILL}
    return [folder / str(n) for n in range(1, len(ends) + 1)]


@pytest.mark.timeout(600)
def test_killed_at_any_step_a_backup_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    where, file = Where(path=tmp_path / "first" / "sentinel.db"), tmp_path / "nightly.backup"
    with closing(lived_in(where)) as house:
        old = back_up(where, file)
        house.run(2 * MINUTE)
    folders = killed("backup", where.path, file, tmp_path)
    made = [backup.examine(folder / "nightly.backup").rows for folder in folders]
    assert set(made) == {old.rows, made[-1]}
    assert made[-1] > old.rows
    assert len(made) >= 4, "so many steps were tried"


@pytest.mark.timeout(600)
def test_killed_at_any_step_a_restore_leaves_the_old_store_or_the_new_one_and_sends_nothing_by_itself(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    first, file = Where(path=tmp_path / "first" / "sentinel.db"), tmp_path / "nightly.backup"
    with closing(lived_in(first)) as house:
        back_up(first, file)
        house.run(2 * MINUTE)
        lines = house.read(audit.count)
    folders = killed("restore", first.path, file, tmp_path)
    put = []
    for folder in folders:
        assert (folder / "sentinel.db").exists(), "there is a store at every moment"
        with closing(Where(path=folder / "sentinel.db").open()) as store:
            is_put = store.read(lambda c: c.execute(select(tables.installation.c.restored_at)).scalar_one()) is not None
            assert store.read(lambda c: [each for _, found in verify.run(c) for each in found]) == []
            assert store.read(store.is_restored) or not is_put, "what was put back is held"
            assert store.read(audit.count) == lines + is_put
            put.append(is_put)
    assert put == sorted(put), "at one step the new one is there"
    assert put[-1]
    assert len(put) >= 8, "so many steps were tried"
