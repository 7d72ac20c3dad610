"""F11, power loss: what is acknowledged is on disk before, and a store torn anywhere after that opens whole."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select

from sentinel.store.database import Store

NOTES = Table("note", MetaData(), Column("id", Integer, primary_key=True), sqlite_autoincrement=True)
ROWS = 20
CHILD = f"""
import os, sys; from pathlib import Path
from tests.store.test_power import NOTES; from sqlalchemy import insert
from sentinel.store.database import Store
store = Store.open(Path(sys.argv[1]))
store.writer.submit(NOTES.metadata.create_all).result()
for number in range(1, {ROWS + 1}):
    store.writer.submit(lambda c: c.execute(insert(NOTES).values(id=number)).rowcount).result()
    os.write(1, b"written %d\\n" % number)
os._exit(0)  # as if the power went: nothing is closed, nothing is tidied up
"""


def traced(tmp_path: Path) -> list[str]:
    """The calls of a process that writes and says after each write that it is written, in the order in which they ended."""
    assert shutil.which("strace"), "this test wants strace: sh tests/bring-chromium brings it, or install the package strace"
    trace = tmp_path / "trace"
    calls = ["strace", "-f", "-y", "-qq", "-o", str(trace), "-e", "trace=fdatasync,fsync,write,pwrite64"]
    subprocess.run([*calls, sys.executable, "-c", CHILD, tmp_path / "sentinel.db"], check=True, capture_output=True)
    return trace.read_text().splitlines()


@pytest.mark.timeout(600)
def test_f11_the_log_is_synced_between_the_last_of_a_write_and_its_acknowledgement(tmp_path: Path) -> None:
    """F11: in the trace of the system calls, fdatasync of the WAL precedes each acknowledgement."""
    is_synced, acknowledged = True, 0
    for line in traced(tmp_path):
        if "sentinel.db-wal" in line and ("pwrite64(" in line or " write(" in line):
            is_synced = False
        elif "sentinel.db-wal" in line and ("fdatasync(" in line or "fsync(" in line):
            is_synced = True
        elif '"written ' in line:
            assert is_synced, f"{line}: acknowledged before it was synced"
            acknowledged += 1
    assert acknowledged == ROWS


@pytest.mark.timeout(600)
def test_f11_torn_at_any_byte_after_the_last_sync_every_acknowledged_row_is_there(tmp_path: Path) -> None:
    """F11: what lies behind the last synced byte of the log may be there, in part, or as rubbish."""
    path, wal = tmp_path / "sentinel.db", tmp_path / "sentinel.db-wal"
    subprocess.run([sys.executable, "-c", CHILD, path], check=True, capture_output=True)
    synced = wal.stat().st_size
    whole = tmp_path / "whole"
    whole.mkdir()
    for each in (path, wal):
        shutil.copy(each, whole)
    more = unacknowledged(tmp_path)
    assert len(more) > synced
    for cut in (*range(synced, synced + 32), *range(synced + 32, len(more), 211), len(more) - 1):
        for rubbish in (b"", b"\x00" * 300, b"\xff" * 300):
            at = tmp_path / "torn"
            shutil.rmtree(at, ignore_errors=True)
            shutil.copytree(whole, at)
            (at / "sentinel.db-wal").write_bytes(more[:cut] + rubbish)
            check(at / "sentinel.db")


def unacknowledged(tmp_path: Path) -> bytes:
    """The log with one more write in it, which nobody was told of."""
    at = tmp_path / "more"
    at.mkdir()
    for name in ("sentinel.db", "sentinel.db-wal"):
        shutil.copy(tmp_path / name, at)
    with closing(sqlite3.connect(at / "sentinel.db")) as connection:
        connection.execute(f"INSERT INTO note (id) VALUES ({ROWS + 1})")
        connection.commit()
        return (at / "sentinel.db-wal").read_bytes()


def check(path: Path) -> None:
    with closing(Store.open(path)) as store:
        there = store.read(lambda c: list(c.execute(select(NOTES.c.id).order_by(NOTES.c.id)).scalars()))
    assert there[:ROWS] == list(range(1, ROWS + 1))
    assert there[ROWS:] in ([], [ROWS + 1])
