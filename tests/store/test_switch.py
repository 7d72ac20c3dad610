"""The kill switch holds within two seconds of its answer (P8), also where a row of the wave is locked by somebody else."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import select, text, update

from sentinel.model.delivery import Lane
from sentinel.store import ledger, tables
from tests.postgres import Server

from .conftest import Where
from .test_ledger import ADA, BEN, NOW, Desk

PATIENCE = 20.0
WAITING = "select count(*) from pg_locks where not granted"


@pytest.fixture
def desk(ready: Where) -> Iterator[Desk]:
    made = Desk(ready.path.parent, ready.database)
    yield made
    made.store.close()


def test_an_arming_that_met_a_lock_does_not_go_by_what_the_switch_said_before(desk: Desk) -> None:
    """Somebody holds a row of the wave; the switch is turned on and answered meanwhile; then the lock is gone."""
    desk.expand(desk.notice(people=(ADA, BEN)))
    held = [(row.id, row.fence) for row in desk.claim()]
    mine = tables.delivery
    with desk.store.engine.connect() as other:
        with other.begin():
            other.execute(update(mine).where(mine.c.id == held[0][0]).values(detail="somebody looks at it"))
            arming = desk.store.writer_of("customers").submit(
                lambda c: ledger.arm(c, Lane.CUSTOMERS, held, NOW, desk.store.epoch)
            )
            end = monotonic() + PATIENCE
            while desk.store.shared and not arming.done() and not other.execute(text(WAITING)).scalar_one():
                assert monotonic() < end
                sleep(0.01)
            went = arming.result(0) if arming.done() else set()
            other.execute(update(tables.installation).values(hold=True))
        assert arming.result(PATIENCE) - went == set(), "nothing is armed after the switch was answered"
    assert held[0][0] not in went


def test_a_lane_goes_on_with_its_other_rows_while_one_of_them_is_locked(pg: Server, tmp_path: Path) -> None:
    """A round that cancels a long notice holds many rows for seconds: what is free is armed, and given back, meanwhile. (A
    SQLite store has one writer: whoever holds a row there holds all.)"""
    desk, mine = Desk(tmp_path, pg.new_store()), tables.delivery
    with closing(desk.store):
        desk.expand(desk.notice(people=(ADA, BEN)))
        locked, free = [(row.id, row.fence) for row in desk.claim()]
        with desk.store.engine.connect() as other, other.begin():
            other.execute(select(mine.c.id).where(mine.c.id == locked[0]).with_for_update())
            assert desk.do(lambda c: ledger.arm(c, Lane.CUSTOMERS, [locked, free], NOW, desk.store.epoch)) == {free[0]}
            assert desk.do(lambda c: ledger.release(c, [locked])) == 0, "neither raised that it had waited in vain"
        assert desk.do(lambda c: ledger.release(c, [locked])) == 1
