"""What a database says when it cannot do its work, in our own words: the one map from the drivers' errors.

Belongs here: trouble of a store that works otherwise. Does not belong here: what keeps a store from being opened (schema.py),
and mistakes of ours (a broken constraint, a wrong statement), which stay what SQLAlchemy calls them.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class StoreTrouble(Exception):
    """The store cannot do its work. Nothing of what was asked has been written, unless it is StoreUnsure."""


class StoreAway(StoreTrouble):
    """The database cannot be reached, or takes no writes now. It is found again by itself."""


class StoreBusy(StoreTrouble):
    """Others held it for longer than we wait, or too much waits already. Ask again."""


class StoreFull(StoreTrouble):
    """There is no room on its disk. The message says what to do."""


class StoreBroken(StoreTrouble):
    """It cannot be read or written as it lies there. The message says what to do; nothing of it is deleted."""


class StoreUnsure(StoreTrouble):
    """The commit was begun and nobody said how it ended: it is written whole or not at all. Look, or ask again under the same
    key."""


RESTORE: Final = "stop the hub, keep the file as it is, and put back the last backup with `sentinel restore`"

_SQLITE: Final[Mapping[int, StoreTrouble]] = {
    sqlite3.SQLITE_BUSY: StoreBusy("another process holds the store"),
    sqlite3.SQLITE_LOCKED: StoreBusy("another connection holds a table of the store"),
    sqlite3.SQLITE_FULL: StoreFull("the store's disk is full: make room, the hub goes on by itself"),
    sqlite3.SQLITE_IOERR: StoreBroken("the store's disk fails: look at the machine's log, and replace it"),
    sqlite3.SQLITE_READONLY: StoreBroken("the store's file or disk is read-only: make it writable for the hub's user"),
    sqlite3.SQLITE_CANTOPEN: StoreBroken("the store's file or folder cannot be opened: look at its owner and rights"),
    sqlite3.SQLITE_CORRUPT: StoreBroken(f"the store is damaged: {RESTORE}"),
    sqlite3.SQLITE_NOTADB: StoreBroken(f"the store's file is no store: {RESTORE}"),
    sqlite3.SQLITE_NOMEM: StoreBusy("the machine has no memory left for the store"),
}
"""By primary result code."""

_POSTGRES: Final[Mapping[str, StoreTrouble]] = {
    "25006": StoreAway("the database takes no writes: it is a standby, or was made read-only"),
    "25P03": StoreAway("the database ended a transaction that had stood still for too long"),
    "40001": StoreBusy("the database could not put this in order with what others wrote"),
    "40P01": StoreBusy("the database ended a deadlock"),
    "53100": StoreFull("the database's disk is full: make room there, the hub goes on by itself"),
    "53": StoreBusy("the database has no connections or no memory left"),
    "55P03": StoreBusy("others held a row of the database for longer than we wait"),
    "57014": StoreBusy("the database took longer than we wait"),
    "57": StoreAway("the database is being stopped or started"),
    "58": StoreBroken("the database's disk fails to read or write: look at its log"),
    "08": StoreAway("the connection to the database broke"),
    "XX001": StoreBroken("the database is damaged: look at its log, and restore it"),
    "XX002": StoreBroken("an index of the database is damaged: look at its log, and reindex or restore it"),
}
"""By SQLSTATE, or by its class (the first two characters)."""


def trouble_of(error: BaseException) -> StoreTrouble | None:
    """The error in our own words; None if it is no trouble of the store but a mistake of ours."""
    if isinstance(error, StoreTrouble):
        return error
    if isinstance(error, PoolTimeout):
        return StoreBusy("all connections to the store are in use")
    if isinstance(error, PendingRollbackError):
        return StoreAway("the connection to the database broke")
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if "no such savepoint" in str(error.orig):
        return _made_it_so(error)
    found = _said(error)
    return None if found is None else type(found)(f"{found} ({_first_line(error.orig)})")


def _made_it_so(error: BaseException) -> StoreTrouble | None:
    """The database ended the whole transaction by itself, which is seen when a savepoint is missed: what made it do so."""
    before = error.__context__
    while before is not None and not isinstance(before, DBAPIError):
        before = before.__context__
    return None if before is None else trouble_of(before)


def _said(error: DBAPIError) -> StoreTrouble | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and "in progress" not in str(error.orig):  # a result that one of our own works did not read to its end
        return _SQLITE.get(code & 0xFF)
    if isinstance(error.orig, sqlite3.Error):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _POSTGRES.get(state) or _POSTGRES.get(state[:2])
    # A driver that names no state never reached a server that could.
    lost = error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
    return StoreAway("the database cannot be reached") if lost else None


def _first_line(error: BaseException) -> str:
    """Never the statement's parameters: a driver's first line names what was wrong, not what was sent."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raises what the store says as StoreTrouble."""
    try:
        yield
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None or trouble is error:
            raise
        raise trouble from error


def loudness(error: BaseException) -> int:
    """At which level whoever wanted something written logs that it was not: the writer has said what is wrong with the store,
    once; a store that is away for a day must not fill the disk with the rest."""
    return logging.ERROR if trouble_of(error) is None else logging.DEBUG
