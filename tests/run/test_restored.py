"""A store put back from a copy taken before an approval: approving again there must not mail everybody twice."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sentinel.model.command import Release
from sentinel.store.database import Store

from .world import CARD, MINUTE, PAYERS, House, Postman


def test_nothing_is_approved_in_a_restored_store_until_a_person_releases_it(house: House) -> None:
    house.breaks(CARD)
    house.draft()
    backup = house.folder / "backup.db"
    with closing(sqlite3.connect(house.store.path)) as here, closing(sqlite3.connect(backup)) as there:
        here.backup(there)
    house.tell()
    assert house.postman.heard("opened") == PAYERS
    told_at = house.now
    house.store.close()
    for beside in ("-wal", "-shm"):
        Path(f"{house.store.path}{beside}").unlink(missing_ok=True)
    shutil.copy(backup, house.store.path)

    house.store = Store.open(house.store.path)
    house.postman = Postman(house.store)
    house.now = told_at
    epoch = house.store.epoch
    assert house.refused(house.approval()).code == "restored"
    house.run(2 * MINUTE)
    assert house.postman.letters("opened") == []
    house.store.seal_epoch(epoch - 1)
    assert house.store.epoch == epoch, "what lies beside the store only ever rises"
    house.done(Release(why="we know what is in it"))
    assert house.draft().hash
