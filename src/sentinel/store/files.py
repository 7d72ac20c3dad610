"""The file of a SQLite store as a file: whether it is whole, and the space kept for when its disk is full."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Final

from sentinel.store.trouble import RESTORE, StoreBroken

WHOLE_UNDER: Final = 1 << 30
"""A file smaller than this is looked through whole; of a larger one the pages of the last rows of each table."""
SAMPLE_ROWS: Final = 500
RESERVE: Final = 4 << 20
"""Bytes kept aside: enough for what became of some ten thousand messages under way."""
_LOOK_AGAIN_SECONDS: Final = 1.0


def examine(path: Path, whole_under: int = WHOLE_UNDER) -> None:
    """Raises StoreBroken if the store at `path` is damaged. A file that is not there, or empty, is no store yet."""
    if not path.exists() or not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            said = _quick_check(connection) if path.stat().st_size < whole_under else _sample(connection)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in (
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_IOERR,
        ):
            return  # whatever it is, opening the store says it better
        said = str(error)
    if said != "ok":
        raise StoreBroken(f"{path} is damaged ({said.splitlines()[0][:200]}): {RESTORE}")


def _quick_check(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def _sample(connection: sqlite3.Connection) -> str:
    """Read the last rows of each table, which were written last. Damage elsewhere is found by `sentinel verify`."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in names:
        quoted = name.replace('"', '""')
        connection.execute(f'SELECT * FROM "{quoted}" ORDER BY 1 DESC LIMIT {SAMPLE_ROWS}').fetchall()  # noqa: S608 - quoted
    return "ok"


class Reserve:
    """A file of some megabytes beside the store, given up when the disk is full, so that what is under way is still written."""

    def __init__(self, path: Path, size: int = RESERVE) -> None:
        self._path = Path(f"{path}.reserve")
        self._size = size
        self._looked = 0.0
        self._make()

    def release(self) -> bool:
        """Give the space up; False if it was gone already."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def is_back(self) -> bool:
        """Whether there is room again, and some of it is kept aside again. Looks once a second."""
        if monotonic() - self._looked < _LOOK_AGAIN_SECONDS:
            return False
        self._looked = monotonic()
        there = os.statvfs(self._path.parent)
        return there.f_bavail * there.f_frsize > self._size * 2 and self._make()

    def _make(self) -> bool:
        if self._path.exists() and self._path.stat().st_size == self._size:
            return True
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
        except OSError:
            self._path.unlink()
            return False
        finally:
            os.close(file)
        return True
