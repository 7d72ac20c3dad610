"""What was deleted must not lie in the database's file any more.

SQLite leaves what it deletes in free pages and in its write-ahead log until these are used again. Belongs here: emptying the
log, looking through the file, and writing it anew where something is left. PostgreSQL keeps old rows until VACUUM, and its
own log for as long as it is told to: that is for whoever runs it (docs/how-to/erase-a-person.md).
"""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from sentinel.store.database import Store
from sentinel.store.sqlite import sync_folder

PIECE: Final = 1 << 20
LARGEST: Final = 2 << 30
"""A larger file is not written anew while the hub works: that would hold its writer for too long."""


def wipe(store: Store, texts: Iterable[str]) -> bool:
    """Whether none of `texts` lies in the file of a SQLite store any more, nor in its log. Blocks, for seconds where the file
    has to be written anew."""
    sought = [each.encode() for each in texts if each]
    if store.shared or not sought:
        return True
    _run(store, "PRAGMA wal_checkpoint(TRUNCATE)")
    if not _lies(store.path, sought):
        return True
    if store.path.stat().st_size > LARGEST:
        return False
    _run(store, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    return not _lies(store.path, sought)


# What a kill in between leaves to be done


def owe(path: Path) -> None:
    """Say beside the store at `path` that its file may hold what was deleted: on disk before we go on. It names nobody."""
    _mark_of(path).touch(mode=0o600)
    sync_folder(path.absolute().parent)


def is_owed(path: Path) -> bool:
    return _mark_of(path).exists()


def settled(path: Path) -> None:
    """The file was looked through, or written anew."""
    _mark_of(path).unlink(missing_ok=True)


def anew(store: Store) -> bool:
    """Write the file of a SQLite store anew, whatever it holds; False where it is too large for that. Blocks for seconds."""
    if store.shared:
        return True
    if store.path.stat().st_size > LARGEST:
        return False
    _run(store, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    return True


def _mark_of(path: Path) -> Path:
    return Path(f"{path}.wipe")


def _run(store: Store, *statements: str) -> None:
    """On the driver's connection: none of these may stand in a transaction."""
    with closing(store.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()


def _lies(path: Path, sought: list[bytes]) -> bool:
    files = (path, Path(f"{path}-wal"))
    return any(_holds(file, sought) for file in files if file.exists())


def _holds(path: Path, sought: list[bytes]) -> bool:
    """In pieces that overlap by the longest of what is sought. Text is looked for as it is written and in small letters."""
    overlap, before = max(map(len, sought)) - 1, b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            window = before + piece
            lower = window.lower()
            if any(each in window or each.lower() in lower for each in sought):
                return True
            before = window[-overlap:] if overlap else b""
    return False
