"""The key of an installation: it signs unsubscribe tokens and marks who was erased.

Belongs here: where it lies. On SQLite beside the store (`<store>.key`), in a database that many share in its one row. It is
never part of a backup: whoever holds a backup must not be able to ask the erasure list whom it holds.
"""

import os
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from sentinel.store import tables
from sentinel.store.database import Store

LENGTH: Final = 32


def of(store: Store) -> bytes | None:
    """The key of an open store; None where none has been made yet."""
    return store.read(within) if store.shared else beside(store.path)


def path_of(store: Path) -> Path:
    return Path(f"{store}.key")


def beside(store: Path) -> bytes | None:
    """The key beside a SQLite store, if it is there."""
    try:
        return path_of(store).read_bytes()
    except FileNotFoundError:
        return None


def within(c: Connection) -> bytes | None:
    """The key in the database, if it is there."""
    key = c.execute(select(tables.installation.c.key)).scalar_one_or_none()
    return None if key is None else bytes(key)


def put_beside(path: Path, key: bytes) -> None:
    """Write a key where none is, for its owner alone. Raises FileExistsError if one is there."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
