"""What is carried out with no hub running: the store is opened under its own lock, and left as a hub would leave it.

Belongs here: the erasure of a person, who need not wait until somebody starts a hub. Does not belong here: anything that a
round must follow at once; with PostgreSQL other hubs may run, and theirs finds what is to be done by itself.
"""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from sentinel.model.command import Command, Done, Erase, Refused, Result
from sentinel.run import erasing, keeping
from sentinel.store import audit, codec, installations, keys, ledger, reading
from sentinel.store.database import Store
from sentinel.store.redact import Whom


def erase(path: Path, database: str, command: Erase, *, who: str, now: datetime) -> Done | Refused:
    """Take somebody out of the store at `path`, or in the PostgreSQL `database`.

    Raises NoStore, StoreTaken (a hub has the SQLite file: ask that), StoreTooOld, StoreTooNew, StoreTrouble.
    """
    with reading.snapshot(path, database):
        pass  # opening makes a store where there is none: nobody can be erased from that
    with closing(Store.open(path, database)) as store:
        key = keys.of(store)
        if key is None:
            raise reading.NoStore("the installation's key is missing, without which nobody can be put on the erasure list")
        keeping.begin(store, key, now)
        if not store.shared:  # as at a hub's start: what a killed one had in hand is in nobody's any more
            store.writer.submit(lambda c: ledger.recover(c, now)).result()

        def carried(c: Connection) -> tuple[Result, Whom]:
            installations.guard(c)
            result, whom = erasing.erase(c, key, command, who, now)
            written = codec.to_text(Command, erasing.as_written(key, command))
            said = {"command": written, "result": codec.to_text(Result, result)}
            audit.write(c, at=now, who=who, account="", key=None, **said)
            return result, whom

        result, whom = store.writer.submit(carried).result()
        return erasing.finish(store, whom, result)
