"""The store in trouble: everybody is told what is so, nothing is half written, and it goes on by itself."""

import json
import logging
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import pytest
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from sentinel.store import files, tables
from sentinel.store.database import Store
from sentinel.store.trouble import (
    StoreAway,
    StoreBroken,
    StoreBusy,
    StoreFull,
    StoreTrouble,
    StoreUnsure,
    trouble_of,
)
from sentinel.store.upsert import upsert
from sentinel.store.writer import WAITING_MOST, Writer
from tests.faults import FaultProxy
from tests.postgres import Server, server

from .conftest import Where

NOTES = Table("note", MetaData(), Column("id", BigInteger, primary_key=True, autoincrement=False), Column("body", LargeBinary))
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def write(number: int, size: int = 0) -> Any:
    return lambda c: c.execute(insert(NOTES).values(id=number, body=b"x" * size)).rowcount


def put(number: int) -> Any:
    """As a careful caller writes: doing it twice is doing it once."""
    return lambda c: c.execute(upsert(c, NOTES).values(id=number).on_conflict_do_nothing()).rowcount


def ids(store: Store) -> list[int]:
    return store.read(lambda c: list(c.execute(select(NOTES.c.id).order_by(NOTES.c.id)).scalars()))


@contextmanager
def opened(where: Where) -> Iterator[Store]:
    with closing(where.open()) as store:
        store.writer.submit(NOTES.metadata.create_all).result(10)
        yield store


def until_written(store: Store, number: int) -> None:
    """Ask again until it is on disk, as callers do."""
    until = monotonic() + 60
    while monotonic() < until:
        if store.writer.submit(put(number)).exception(30) is None:
            return
    raise AssertionError("it did not come back by itself")


# SQLite


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    with opened(Where(path=tmp_path / "sentinel.db")) as store:
        yield store


@pytest.mark.parametrize("how", ["EXCLUSIVE", "IMMEDIATE"])
def test_f15_locked_by_another_process_everybody_is_told_and_the_next_write_goes_through(on_sqlite: Store, how: str) -> None:
    """F15: longer than we wait."""
    holder = sqlite3.connect(on_sqlite.path, isolation_level=None)
    holder.execute(f"BEGIN {how}")
    refused = [on_sqlite.writer.submit(write(number)) for number in range(3)]
    errors = [each.exception(30) for each in refused]
    holder.execute("ROLLBACK")
    holder.close()
    assert [type(error) for error in errors] == [StoreBusy] * 3
    assert "another process holds the store" in str(errors[0])
    assert on_sqlite.writer.submit(write(9)).result(10) == 1
    assert ids(on_sqlite) == [9]


def test_f15_reading_goes_on_while_another_process_writes(on_sqlite: Store) -> None:
    """F15: pages are answered."""
    with closing(sqlite3.connect(on_sqlite.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert ids(on_sqlite) == []


def test_a_write_that_is_alone_and_fails_leaves_nothing(ready: Where) -> None:
    with opened(ready) as store:

        def half(c: Connection) -> None:
            write(1)(c)
            raise ZeroDivisionError

        assert isinstance(store.writer.submit(half).exception(10), ZeroDivisionError)
        assert ids(store) == []
        assert store.writer.submit(write(2)).result(10) == 1
        assert ids(store) == [2]


def test_a_write_that_goes_on_after_an_error_of_the_database_is_not_called_done(pg: Server, tmp_path: Path) -> None:
    """PostgreSQL answers the COMMIT of such a transaction by rolling back, and raises nothing. Alone, and in company."""
    with opened(Where(path=tmp_path / "sentinel", database=pg.new_store())) as store:
        assert store.writer.submit(write(1)).result(10) == 1
        held = threading.Event()

        def swallows(c: Connection) -> None:
            write(2)(c)
            with suppress(IntegrityError):
                write(1)(c)

        assert isinstance(store.writer.submit(swallows).exception(10), AssertionError)
        store.writer.submit(lambda _: held.wait(30))
        company = [store.writer.submit(work) for work in (write(3), swallows)]
        held.set()
        assert [each.exception(10) is None for each in company] == [True, False]
        assert ids(store) == [1, 3]

        def minds(c: Connection) -> None:
            with suppress(IntegrityError), c.begin_nested():
                write(1)(c)
            write(4)(c)

        assert store.writer.submit(minds).exception(10) is None
        assert ids(store) == [1, 3, 4]


def test_what_waits_is_bounded_and_more_is_refused_at_once(store: Store) -> None:
    held = threading.Event()

    def hold(_: Connection) -> None:
        assert held.wait(30)

    store.writer.submit(hold)
    waiting: list[Future[Any]] = []
    refused: StoreTrouble | None = None
    while refused is None and len(waiting) < 3 * WAITING_MOST:
        each = store.writer.submit(lambda _: None)
        if each.done() and isinstance(error := each.exception(), StoreTrouble):
            refused = error
        else:
            waiting.append(each)
    held.set()
    assert isinstance(refused, StoreBusy)
    assert len(waiting) < WAITING_MOST + 1000
    assert [each.result(30) for each in waiting] == [None] * len(waiting), "what was taken is carried out"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB of its own, where we may mount one."""
    if os.geteuid() != 0:
        pytest.fail("run the tests as root: only root may mount the small file system of this test")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_f17_on_a_full_disk_what_is_under_way_is_still_written_and_all_is_once_there_is_room(small_disk: Path) -> None:
    """F17: the reserve beside the store is for what must be on disk."""
    ballast = small_disk / "ballast"
    with opened(Where(path=small_disk / "sentinel.db")) as store:
        assert (small_disk / "sentinel.db.reserve").stat().st_blocks * 512 >= files.RESERVE
        assert store.writer.submit(write(1)).result(10) == 1
        fill(ballast)
        full = first_failure(store, 100_000)
        assert isinstance(full, StoreFull)
        assert "make room" in str(full)
        assert store.writer.submit(put(2), vital=True).result(10) == 1
        assert isinstance(store.writer.submit(put(3)).exception(10), StoreFull), "the rest has to wait"
        written = ids(store)
        assert {1, 2} <= set(written)
        ballast.unlink()
        until_written(store, 4)
        assert (small_disk / "sentinel.db.reserve").exists()
        assert ids(store) == sorted({*written, 4})
    assert quick_check(small_disk / "sentinel.db") == "ok"


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def first_failure(store: Store, size: int) -> BaseException | None:
    for number in range(1000, 1400):
        error = store.writer.submit(write(number, size)).exception(10)
        if error is not None:
            return error
    return None


def quick_check(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_f17_one_write_too_large_for_the_disk_leaves_nothing_half(on_sqlite: Store) -> None:
    """F17: SQLite ends the whole transaction by itself then; what came before in the group must not be called written."""

    def too_large(c: Connection) -> None:
        c.exec_driver_sql("PRAGMA max_page_count = 1")
        write(2, 10_000_000)(c)

    held = threading.Event()
    on_sqlite.writer.submit(lambda _: held.wait(10))
    group = [on_sqlite.writer.submit(work) for work in (write(1), too_large, write(3))]
    held.set()
    said = [each.exception(10) for each in group]
    there = ids(on_sqlite)
    assert isinstance(said[1], StoreFull)
    assert [number for number, error in zip((1, 2, 3), said, strict=True) if error is None] == there


def test_f18_a_file_that_became_read_only_is_said_to_be_so(tmp_path: Path) -> None:
    """F18: told, and nothing is half written."""
    path = tmp_path / "sentinel.db"
    Store.open(path).close()
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    writer = Writer(engine)
    error = writer.submit(lambda c: c.execute(tables.installation.update().values(hold=True))).exception(10)
    writer.close()
    engine.dispose()
    assert isinstance(error, StoreBroken)
    assert "read-only" in str(error)


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC"])
def test_f18_a_sync_that_fails_is_never_reported_as_written(tmp_path: Path, errno: str) -> None:
    """F18: after a failed fsync nobody knows what is on disk: the answer says so."""
    code = """
import sys; from pathlib import Path
from sentinel.store.database import Store; from sentinel.store import tables
store = Store.open(Path(sys.argv[1])); print("open", flush=True); input()
done = store.writer.submit(lambda c: c.execute(tables.installation.update().values(hold=True)))
print(type(done.exception(30)).__name__, flush=True)
"""
    inject = f"inject=fdatasync:error={errno}"
    child = subprocess.Popen(
        [".venv/bin/python", "-c", code, tmp_path / "sentinel.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "open\n"
    trace = subprocess.Popen(
        ["strace", "-f", "-p", str(child.pid), "-o", os.devnull, "-e", "trace=fdatasync", "-e", inject],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert trace.stderr is not None
    assert "attached" in trace.stderr.readline()
    child.stdin.write("\n")
    child.stdin.close()
    said = child.stdout.read()
    child.wait(30)
    trace.wait(30)
    child.stdout.close()
    trace.stderr.close()
    assert said in ("StoreUnsure\n", "StoreBroken\n", "StoreFull\n")


# Damage


def damaged(path: Path, at: int, what: bytes) -> bytes:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(what)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("at", "length", "whole_under"),
    [(0, 16, files.WHOLE_UNDER), (100, 8, files.WHOLE_UNDER), (4096 * 3, 4096, files.WHOLE_UNDER), (0, 16, 0), (100, 8, 0)],
    ids=["header", "schema", "page", "header of a large one", "schema of a large one"],
)
def test_f19_a_damaged_store_is_refused_with_how_to_restore_and_never_touched(
    tmp_path: Path, at: int, length: int, whole_under: int
) -> None:
    """F19: corrupt."""
    path = tmp_path / "sentinel.db"
    with opened(Where(path=path)) as store:
        store.writer.submit(write(1, 50_000)).result(10)
    before = damaged(path, at, os.urandom(length))
    with pytest.raises(StoreBroken, match="sentinel restore"):
        files.examine(path, whole_under)
    with pytest.raises(StoreBroken, match="sentinel restore"):
        Store.open(path)
    assert path.read_bytes() == before
    path.write_bytes(b"")
    Store.open(path).close()  # nor does the lock outlive the refusal


def test_f19_a_store_cut_short_is_refused(tmp_path: Path) -> None:
    """F19: the end is missing."""
    path = tmp_path / "sentinel.db"
    with opened(Where(path=path)) as store:
        store.writer.submit(write(1, 50_000)).result(10)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 + 100)
    with pytest.raises(StoreBroken, match="damaged"):
        Store.open(path)


@pytest.mark.parametrize("beside", [None, "", "{", '{"epoch": null}'], ids=["missing", "empty", "torn", "none"])
def test_f39_a_used_store_without_a_readable_epoch_beside_it_was_carried_here(tmp_path: Path, beside: str | None) -> None:
    """F39: closed towards customers until a person releases it."""
    path = tmp_path / "sentinel.db"
    Store.open(path).close()
    sidecar = Path(f"{path}.epoch")
    sidecar.unlink() if beside is None else sidecar.write_text(beside)
    for _ in range(2):
        with closing(Store.open(path)) as store:
            assert store.read(store.is_restored), "and a restart does not release it"
    with closing(Store.open(path)) as store:
        store.seal_epoch(store.writer.submit(store.adopt_epoch).result(10))
        assert not store.read(store.is_restored)
    with closing(Store.open(path)) as store:
        assert not store.read(store.is_restored)
    assert json.loads(sidecar.read_text())["epoch"] > 1


# PostgreSQL


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that we may stop."""
    with server() as made:
        yield made


def on(own: Server, tmp_path: Path, proxy: FaultProxy | None = None) -> Where:
    url = own.url if proxy is None else f"postgresql://sentinel@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
    return Where(path=tmp_path / "sentinel", database=url)


def socket_of(own: Server) -> str:
    return str(own.place / ".s.PGSQL.5432")


def test_f20_the_database_gone_hard_is_said_to_be_away_and_found_again(own: Server, tmp_path: Path) -> None:
    """F20: pg_ctl stop -m immediate, and started again."""
    with opened(on(own, tmp_path)) as store:
        held = threading.Event()

        def half(c: Connection) -> None:
            write(1)(c)
            assert held.wait(30)
            write(2)(c)

        under_way = [store.writer.submit(work) for work in (put(5), half, put(6))]
        own.stop("immediate")
        held.set()
        assert all(isinstance(each.exception(30), StoreAway | StoreUnsure) for each in under_way)
        assert isinstance(store.writer.submit(put(3)).exception(30), StoreAway)
        with pytest.raises(StoreAway):
            ids(store)
        with pytest.raises(StoreAway, match="cannot be reached"):
            on(own, tmp_path).open()
        own.start()
        until_written(store, 4)
        assert ids(store) == [4], "nothing of what failed is there"


def test_f20_that_it_is_away_is_said_once_in_the_log(own: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """F20: for as long as it lasts, and once that it is over."""
    caplog.set_level(logging.INFO, "sentinel.store.writer")
    with opened(on(own, tmp_path)) as store:
        own.stop("immediate")
        for number in range(5):
            assert isinstance(store.writer.submit(put(number)).exception(30), StoreTrouble)
        own.start()
        until_written(store, 9)
    said = [record.levelno for record in caplog.records]
    assert said.count(logging.ERROR) <= 2, "the connection that broke, and that there is no server"
    assert said.count(logging.INFO) == 1


def test_f20_a_server_that_was_asked_to_stop_ends_what_was_under_way_as_a_whole(own: Server, tmp_path: Path) -> None:
    """F20: -m fast, while a group is being written."""
    with opened(on(own, tmp_path)) as store:
        store.writer.submit(lambda c: c.execute(text("select pg_terminate_backend(pg_backend_pid())"))).exception(10)
        until_written(store, 1)
        killed = [store.writer.submit(work) for work in (put(2), _end_of(store), put(3))]
        assert [type(each.exception(10)) for each in killed] == [StoreAway] * 3
        assert ids(store) == [1]


def _end_of(store: Store) -> Any:
    """A work in the middle of which another session ends ours."""

    def work(c: Connection) -> None:
        mine = c.execute(text("select pg_backend_pid()")).scalar_one()
        with store.engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        c.execute(select(1))

    return work


class LosesTheAnswer:
    """Watches the wire for a COMMIT, and drops what the server says to it."""

    def __init__(self) -> None:
        self.is_armed = False
        self.dropped = 0
        self._saw = False

    def forth(self, piece: bytes) -> Literal["pass", "drop", "reset"]:
        self._saw = self.is_armed and b"COMMIT" in piece
        return "pass"

    def back(self, piece: bytes) -> Literal["pass", "drop", "reset"]:
        if not self._saw:
            return "pass"
        self.is_armed = self._saw = False
        self.dropped += 1
        return "reset"


def test_f21_a_commit_whose_answer_is_lost_is_not_called_done_and_asking_again_is_harmless(own: Server, tmp_path: Path) -> None:
    """F21: it was written, and nobody said so."""
    with FaultProxy(socket_of(own)) as proxy, opened(on(own, tmp_path, proxy)) as store:
        wire = LosesTheAnswer()
        proxy.forth.watch, proxy.back.watch = wire.forth, wire.back
        wire.is_armed = True
        error = store.writer.submit(put(1)).exception(30)
        assert wire.dropped == 1
        assert isinstance(error, StoreUnsure)
        assert ids(store) == [1], "it was there all the time"
        assert store.writer.submit(put(1)).result(10) == 0, "asking again changes nothing"
        assert ids(store) == [1]


def test_f21_a_connection_that_breaks_before_the_commit_leaves_nothing(own: Server, tmp_path: Path) -> None:
    """F21: the other side of it."""
    with FaultProxy(socket_of(own)) as proxy, opened(on(own, tmp_path, proxy)) as store:

        def cut(c: Connection) -> None:
            write(1)(c)
            proxy.reset()
            c.execute(select(1))

        assert isinstance(store.writer.submit(cut).exception(30), StoreAway)
        until_written(store, 2)
        assert ids(store) == [2]


def test_f22_a_slow_database_is_slow_and_nothing_else(own: Server, tmp_path: Path) -> None:
    """F22: every answer comes late."""
    with FaultProxy(socket_of(own)) as proxy, opened(on(own, tmp_path, proxy)) as store:
        proxy.back.delay = 0.1
        waiting = [store.writer.submit(put(number)) for number in range(20)]
        proxy.back.delay = 0.05
        assert [each.exception(60) for each in waiting] == [None] * 20
        assert ids(store) == list(range(20))


def test_a_row_that_another_session_holds_fails_only_who_waits_for_it(own: Server, tmp_path: Path) -> None:
    with opened(on(own, tmp_path)) as store:
        store.writer.submit(write(1)).result(10)
        with store.engine.begin() as holder:
            holder.execute(select(NOTES).with_for_update()).all()
            waits, other = store.writer.submit(_take_row), store.writer.submit(put(2))
            assert isinstance(waits.exception(30), StoreBusy)
            assert other.result(10) == 1


def _take_row(c: Connection) -> None:
    c.execute(text("set local lock_timeout = '100ms'"))
    c.execute(select(NOTES).with_for_update()).all()


def test_a_server_that_acknowledges_before_it_syncs_is_told_not_to(tmp_path: Path) -> None:
    """P2: synchronous_commit=off would lose acknowledged writes with nobody seeing it."""
    with server("synchronous_commit=off") as lax, opened(on(lax, tmp_path)) as store:
        assert store.read(lambda c: c.execute(text("show synchronous_commit")).scalar_one()) == "on"


# Words


def test_mistakes_of_ours_keep_their_own_names(store: Store) -> None:
    store.writer.submit(NOTES.metadata.create_all).result(10)
    store.writer.submit(write(1)).result(10)
    assert isinstance(store.writer.submit(write(1)).exception(10), IntegrityError)
    assert trouble_of(ValueError("no")) is None


def test_an_error_names_no_parameter(own: Server, tmp_path: Path) -> None:
    """What goes into a log must not hold a customer's address."""
    with opened(on(own, tmp_path)) as store:
        own.stop("immediate")
        secret = store.writer.submit(lambda c: c.execute(select(1).where(text("'a@example.com' = :x")), {"x": "b@example.com"}))
        assert "example.com" not in str(secret.exception(30))
        own.start()
