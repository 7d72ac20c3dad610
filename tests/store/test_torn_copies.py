"""Copies that somebody made with `cp` while the hub wrote, put back in the place of the store (F19, F39).

Without its log, with half of it, cut short, or whole and a moment old: it is refused with what is wrong, or it opens and holds
all work for customers until a person releases it: what it has as queued was sent since. (That nothing of a held store is
claimed: tests/run/test_sender.py.)
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import insert, select, update

from sentinel.store import tables
from sentinel.store.database import Store
from sentinel.store.trouble import StoreBroken, StoreTrouble

ROWS: Final = 40
NOW: Final = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HUB: Final = f"""
import os, sys; from pathlib import Path; from sqlalchemy import update
from sentinel.store import tables; from sentinel.store.database import Store
from tests.store.test_torn_copies import queued
store = Store.open(Path(sys.argv[1]))
store.writer.submit(queued).result()
epoch = store.writer.submit(store.advance_epoch).result()  # as an approval does
store.seal_epoch(epoch)
store.engine.raw_connection().cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
os.write(1, b"queued\\n"); sys.stdin.readline()
d = tables.delivery
for number in range(1, {ROWS + 1}):
    store.writer.submit(lambda c: c.execute(update(d).where(d.c.id == number).values(state="accepted"))).result()
os.write(1, b"sent\\n"); sys.stdin.readline()
"""
"""Stands in for a hub whose sender has told everybody since the copy was begun, and that then is killed."""


def queued(c) -> None:  # type: ignore[no-untyped-def]
    """Everybody of a notice that has been approved."""
    words = {
        "subject": "incident:1",
        "step": "opened",
        "channel": "email",
        "zone": "UTC",
        "language": "en",
        "lane": "customers",
    }
    row = {"notice": 1, "episode": 1, "state": "queued", "due_at": NOW, "made_at": NOW, **words}
    people = [{"person": f"p{n}", "name": f"P {n}", "address": f"p{n}@example.com"} for n in range(ROWS)]
    c.execute(insert(tables.delivery), [row | person for person in people])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lay there: `early` as copied while everybody was queued, `late` once all were told and the hub was killed."""
    folder = tmp_path_factory.mktemp("torn")
    work = folder / "work"
    work.mkdir()
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HUB, work / "sentinel.db"], stdin=pipe, stdout=pipe) as hub:
        assert hub.stdin is not None
        assert hub.stdout is not None
        assert hub.stdout.readline() == b"queued\n"
        shutil.copytree(work, folder / "early")
        hub.stdin.write(b"\n")
        hub.stdin.flush()
        assert hub.stdout.readline() == b"sent\n"
        shutil.copytree(work, folder / "late")
        os.kill(hub.pid, signal.SIGKILL)
    return folder


def put_back(kept: Path, to: Path, copy: dict[str, bytes]) -> Path:
    """The files of a copy in the place of the store, beside what lay beside it at the end."""
    shutil.copytree(kept / "late", to)
    for name in ("sentinel.db", "sentinel.db-wal", "sentinel.db-shm"):
        (to / name).unlink(missing_ok=True)
    for name, held in copy.items():
        (to / name).write_bytes(held)
    return to / "sentinel.db"


def read(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


def unsent(store: Store) -> int:
    d = tables.delivery
    return len(store.read(lambda c: c.execute(select(d.c.id).where(d.c.state == "queued")).all()))


def test_the_copies_are_what_they_should_be(kept: Path) -> None:
    """Else the tests below prove nothing: the copy knows of everybody as queued, the end as told, and only in its log."""
    log = read(kept / "late", "sentinel.db-wal")
    assert len(log) > ROWS * 4096
    assert read(kept / "early", "sentinel.db") == read(kept / "late", "sentinel.db")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9], ids=["no log", "a tenth", "half", "nearly all"])
def test_without_its_log_or_with_a_part_of_it_everybody_is_held(kept: Path, tmp_path: Path, share: float) -> None:
    """F39: what is queued in it was sent, and nothing of it is sent again until a person has looked."""
    log = read(kept / "late", "sentinel.db-wal")
    copy = {"sentinel.db": read(kept / "late", "sentinel.db"), "sentinel.db-wal": log[: int(len(log) * share)]}
    path = put_back(kept, tmp_path / "put", copy if share else {"sentinel.db": copy["sentinel.db"]})
    for _ in range(2):
        with closing(Store.open(path)) as store:
            assert store.read(store.is_restored), "and a restart does not release it"
            assert unsent(store) > 0


def test_a_whole_copy_of_a_moment_before_is_held_too(kept: Path, tmp_path: Path) -> None:
    """F39: copied well, and old."""
    early = {
        name.name: name.read_bytes() for name in (kept / "early").iterdir() if name.name in ("sentinel.db", "sentinel.db-wal")
    }
    with closing(Store.open(put_back(kept, tmp_path / "put", early))) as store:
        assert store.read(store.is_restored)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99], ids=["a third", "most", "nearly all"])
def test_a_file_cut_short_is_refused_with_what_is_wrong(kept: Path, tmp_path: Path, share: float) -> None:
    """F19: whatever log lies beside it."""
    whole = read(kept / "late", "sentinel.db")
    copy = {"sentinel.db": whole[: int(len(whole) * share)]}
    with pytest.raises(StoreBroken, match="sentinel restore"):
        Store.open(put_back(kept, tmp_path / "put", copy))
    with pytest.raises(StoreTrouble):
        Store.open(
            put_back(kept, tmp_path / "with its log", copy | {"sentinel.db-wal": read(kept / "early", "sentinel.db-wal")})
        )


def test_the_log_of_another_moment_beside_it_is_refused_or_held(kept: Path, tmp_path: Path) -> None:
    """F19: the file of one copy and half the log of another."""
    log = read(kept / "late", "sentinel.db-wal")
    path = put_back(kept, tmp_path / "put", {"sentinel.db": read(kept / "early", "sentinel.db"), "sentinel.db-wal": log[4096:]})
    with closing(Store.open(path)) as store:
        assert store.read(store.is_restored)


def test_the_store_itself_after_a_kill_is_held_by_nothing(kept: Path, tmp_path: Path) -> None:
    """The opposite: a hub that was killed and starts again goes on."""
    shutil.copytree(kept / "late", tmp_path / "put")
    with closing(Store.open(tmp_path / "put" / "sentinel.db")) as store:
        assert not store.read(store.is_restored)
        assert unsent(store) == 0
        one = update(tables.delivery).where(tables.delivery.c.id == 1).values(state="queued")
        assert store.writer.submit(lambda c: c.execute(one).rowcount).result(10) == 1
