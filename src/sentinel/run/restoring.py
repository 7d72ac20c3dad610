"""Backing a store up and putting one back: the order of things for both databases, and the key that goes with them.

Does not belong here: the format (store/backup.py), filling a store (store/restore.py), what is printed (cli/).
"""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, inspect

from sentinel.run import audit, erasing
from sentinel.serve.accounts.port import Sight
from sentinel.store import backup, erasure, keys, postgres, reading, restore, sqlite
from sentinel.store.backup import Manifest, NoBackup, Progress
from sentinel.store.erasure import Erasure
from sentinel.store.reading import NoStore
from sentinel.store.restore import Order, Restored
from sentinel.store.schema import SCHEMA
from sentinel.store.trouble import in_our_words


class WrongKey(Exception):
    """The installation's key is missing, or another one. The message says what that means and what to do."""


def back_up(store: Path, database: str, to: Path, now: datetime, progress: Progress) -> Manifest:
    """Write a backup of the store into the file `to`, while the hub goes on.

    Raises NoStore, NoBackup, StoreTrouble and OSError.
    """
    with reading.snapshot(store, database) as c:
        if not inspect(c).has_table("installation"):
            raise NoStore(f"there is no store in {store if not database else 'the database'}")
        schema = c.exec_driver_sql("SELECT schema FROM installation").scalar_one()
        if schema != SCHEMA:
            why = f"the store has schema {schema}, this Sentinel writes backups of {SCHEMA}"
            raise NoBackup(f"{why}: use the version that the hub runs, or `sentinel migrate`")
        key = keys.within(c) if database else keys.beside(store)
        return backup.write(c, to, now=now, version=version("sentinel"), key=key, progress=progress)


def note_backup(store: Path, database: str, rows: int, who: str, now: datetime) -> None:
    """Write into the store's audit that all of it was taken out, from beside the hub. Raises StoreTrouble."""
    with in_our_words():
        engine = postgres.open_engine(database) if database else sqlite.open_engine(store)
        try:
            with engine.begin() as c:
                audit.write_line(c, Sight.EXPORTED, f"a backup of {rows} rows", who, "", now)
        finally:
            engine.dispose()


def keep_key(store: Path, database: str, to: Path) -> None:
    """Write the installation's key into a file of its own, to be kept apart from the backups.

    Raises FileExistsError, WrongKey, NoStore and StoreTrouble.
    """
    with reading.snapshot(store, database) as c:
        key = keys.within(c) if database else keys.beside(store)
    if key is None:
        raise WrongKey("there is no key yet: a hub makes it at its first start")
    keys.put_beside(to, key)


def put_back(
    source: Path,
    store: Path,
    database: str,
    *,
    now: datetime,
    who: str,
    force: bool = False,
    key_file: Path | None = None,
    without_key: bool = False,
) -> Restored:
    """Put the backup `source` back. Raises NoBackup, WrongKey, restore.NotEmpty, StoreTaken, StoreTrouble, OSError."""
    made = backup.examine(source)
    restore.refuse_other_schema(made)
    key = _key(made, store, database, key_file)
    if not without_key:
        _refuse_wrong(made, key, _has_list(source, store))
    order = Order(backup=source, manifest=made, key=key, replay=_replay, who=who, now=now, force=force)
    if database:
        return restore.into_database(order, store, database)
    done = restore.into_file(order, store)
    if key is not None and keys.beside(store) is None:
        keys.put_beside(keys.path_of(store), key)
    return done


def _replay(c: Connection, key: bytes, missing: Sequence[Erasure], now: datetime) -> None:
    if missing:
        erasing.replay_list(c, key, missing, now)


def _key(made: Manifest, store: Path, database: str, key_file: Path | None) -> bytes | None:
    """The key to go on with: the one that is named, else the one that is there."""
    if key_file is not None:
        return key_file.read_bytes()
    if not database:
        return keys.beside(store)
    try:
        with reading.snapshot(store, database) as c:
            return keys.within(c) if inspect(c).has_table("installation") else None
    except NoStore:
        return None


def _refuse_wrong(made: Manifest, key: bytes | None, has_list: bool) -> None:
    mend = "Name the file that it was kept in with --key, or go on without it with --without-key."
    means = "links to unsubscribe in messages that were sent would open nothing"
    if has_list:
        means += ", and whoever was erased since the backup would be there again"
    if made.key and key is None:
        raise WrongKey(f"The installation's key is not here: without it {means}. {mend}")
    if made.key and backup.fingerprint(key) != made.key:
        raise WrongKey(f"The key here is not the one that the backup's store had: with it {means}. {mend}")


def _has_list(source: Path, store: Path) -> bool:
    if erasure.read_beside(store):
        return True
    with backup.closing_engine(source) as engine, engine.connect() as c:
        return not erasure.is_empty(c)
