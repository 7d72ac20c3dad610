"""SQLite: how a file is asked, and its errors in our words. It blocks, so it works in a thread; nothing else than its own file
can be opened, and nothing written."""

import os
import sqlite3
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Final
from urllib.parse import quote

from sentinel.probe.compare import beginning
from sentinel.probe.kind.sql import Options
from sentinel.probe.reach import READ_LIMIT, Reach
from sentinel.probe.sql.answer import ROWS, Answer
from sentinel.probe.trouble import Failed, ours, theirs

_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_LONGEST: Final = 1000
"""Milliseconds that a writer who holds the file is waited for, if there is that much time."""


async def ask(options: Options, reach: Reach) -> Answer:
    """One query over a connection that may only read."""
    path = _path(options)
    open_ones: list[sqlite3.Connection] = []
    try:
        with reach.during("waiting for the answer to the query", "query_ms"):
            return await reach.in_thread(lambda: _asked(path, options, reach.left, open_ones), lambda: _end(open_ones))
    except sqlite3.Error as error:
        raise _blamed(error, options) from None


def _path(options: Options) -> Path:
    folder = Path(os.path.realpath(options.folder))
    path = Path(os.path.realpath(folder / options.file))
    if not path.is_relative_to(folder):
        raise ours(f"the file {options.file[:100]} is not below its folder")
    if not path.is_file():
        raise theirs(f"there is no file {options.file[:100]}") if folder.is_dir() else ours("there is no such folder here")
    return path


def _end(open_ones: list[sqlite3.Connection]) -> None:
    for connection in open_ones:
        connection.interrupt()


def _asked(path: Path, options: Options, seconds: float, open_ones: list[sqlite3.Connection]) -> Answer:
    wait = min(_LONGEST, seconds * 500) / 1000
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=wait, check_same_thread=False)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, READ_LIMIT)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(_allows)
        end = monotonic() + seconds
        connection.set_progress_handler(lambda: monotonic() > end, 50_000)  # should nobody interrupt it
        open_ones.append(connection)
        cursor = connection.execute(options.query)
        first = cursor.fetchone()
        rows = 0 if first is None else 1 + sum(1 for _ in islice(cursor, ROWS - 1))
        return Answer(rows=rows, value=first[0] if first else None, version=f"SQLite {sqlite3.sqlite_version}")
    finally:
        open_ones.clear()
        connection.close()


def _allows(action: int, _first: Any, function: Any, *_: Any) -> int:
    known = action in _ALLOWED and not (action == sqlite3.SQLITE_FUNCTION and function == "load_extension")
    return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY


def _blamed(error: sqlite3.Error, options: Options) -> Failed:
    said = beginning(" ".join(str(error).split()), 160)
    name = Path(options.file).name[:100]
    kind = getattr(error, "sqlite_errorname", "").split("_")[:2]
    if "not authorized" in said or kind in (["SQLITE", "AUTH"], ["SQLITE", "READONLY"]):
        return ours("the query would do more than read its own file, which a check must not")
    match kind:
        case ["SQLITE", "INTERRUPT"]:
            return theirs("timed out while waiting for the answer to the query")
        case ["SQLITE", "BUSY" | "LOCKED"]:
            return theirs(f"the file {name} is locked by somebody who writes")
        case ["SQLITE", "NOTADB" | "CORRUPT"]:
            return theirs(f"the file {name} is broken, or no SQLite database")
        case ["SQLITE", "CANTOPEN" | "PERM"]:
            return ours(f"our own system does not let us read the file {name}")
    return theirs(f"the database refused the query: {said}")
