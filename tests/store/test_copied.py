"""F39 on SQLite: a plain copy of the file, put back over it, is known as older; nothing else is taken for one."""

import shutil
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from sentinel.store import tables
from sentinel.store.database import Store

_i = tables.installation


def work(store: Store, times: int = 3) -> None:
    """A few commits, as a round makes one every second and a sender with each page."""
    for number in range(times):
        store.writer.submit(partial(_write, str(number))).result(10)


def _write(text: str, c: Connection) -> None:
    c.execute(update(_i).values(hold_why=text))


def approve(store: Store) -> None:
    store.seal_epoch(store.writer.submit(store.advance_epoch).result(10))


def copy_of(store: Store, to: Path) -> None:
    """As `sqlite3 .backup` or a quiet moment's `cp` makes it: whole, with what the log holds."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT", reads_only=True) as c:
        c.exec_driver_sql("COMMIT")
        c.exec_driver_sql(f"VACUUM INTO '{to}'")


def put_back(copy: Path, path: Path) -> None:
    for part in ("-wal", "-shm"):
        Path(f"{path}{part}").unlink(missing_ok=True)
    shutil.copy(copy, path)


def is_held(path: Path) -> bool:
    with closing(Store.open(path)) as store:
        work(store)
        return store.read(store.is_restored)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sentinel.db"


@pytest.mark.parametrize("approvals_after", [0, 1], ids=["since the last approval", "from before the last approval"])
def test_f39_a_copy_put_back_is_held_until_it_is_released(path: Path, approvals_after: int) -> None:
    """F39: one commit later is enough: it may be the one before a message left."""
    copy = path.with_name("copy")
    with closing(Store.open(path)) as store:
        approve(store)
        work(store)
        copy_of(store, copy)
        for _ in range(approvals_after):
            approve(store)
        work(store, 1)
    put_back(copy, path)
    assert [is_held(path) for _ in range(3)] == [True] * 3, "and a restart, or work that goes on, does not release it"
    with closing(Store.open(path)) as store:
        store.seal_epoch(store.writer.submit(store.adopt_epoch).result(10))
        assert not store.read(store.is_restored)
    assert not is_held(path)


def test_f39_the_same_copy_is_known_again_when_it_is_put_back_after_a_release(path: Path) -> None:
    """F39: a release is for one putting back, not for every later one."""
    copy = path.with_name("copy")
    with closing(Store.open(path)) as store:
        work(store)
        copy_of(store, copy)
        work(store)
    put_back(copy, path)
    with closing(Store.open(path)) as store:
        store.seal_epoch(store.writer.submit(store.adopt_epoch).result(10))
    put_back(copy, path)
    assert is_held(path)


def test_f39_a_copy_that_lacks_nothing_is_no_older_one(path: Path) -> None:
    """F39: moved away and put back while the hub stood still: nothing can have been sent since."""
    with closing(Store.open(path)) as store:
        work(store)
        copy_of(store, path.with_name("copy"))
    put_back(path.with_name("copy"), path)
    assert not is_held(path)


@pytest.mark.parametrize("said", ["as it was", "", "torn", None])
def test_f39_a_power_cut_that_loses_the_last_of_what_was_seen_holds_nobody(path: Path, said: str | None) -> None:
    """F39: it is not synced: behind the store, torn or gone, it says nothing. The epoch beside the store still counts."""
    with closing(Store.open(path)) as store:
        work(store)
        was = Path(f"{path}.seen").read_text()
        work(store)
    seen = Path(f"{path}.seen")
    if said is None:
        seen.unlink()
    else:
        seen.write_text(was if said == "as it was" else said)
    assert not is_held(path)


_WORK = """
import sys
from pathlib import Path
from sqlalchemy import update
from sentinel.store import tables
from sentinel.store.database import Store
store = Store.open(Path(sys.argv[1]))
for number in range(1_000_000):
    if number % 7 == 0:
        store.seal_epoch(store.writer.submit(store.advance_epoch).result())
    store.writer.submit(lambda c: c.execute(update(tables.installation).values(hold_why=str(number)))).result()
    print(number, flush=True)
"""


def test_f39_a_killed_hub_is_no_copy(path: Path) -> None:
    """F39: kill -9 at any moment, again and again, leaves a store that has come as far as it was seen to."""
    for wanted in (1, 8, 20):
        with subprocess.Popen([sys.executable, "-c", _WORK, str(path)], stdout=subprocess.PIPE, text=True) as hub:
            assert hub.stdout is not None
            for line in hub.stdout:
                if int(line) >= wanted:
                    hub.send_signal(signal.SIGKILL)
        with closing(Store.open(path)) as store:
            assert not store.read(store.is_restored)
            assert store.read(lambda c: c.execute(select(_i.c.rounds)).scalar_one()) > wanted
