"""One process reads an audience at a time; one that lost its turn writes nothing more."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from sentinel.store import readings, tables
from sentinel.store.database import Store
from sentinel.store.readings import Overtaken

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def snapshot(store: Store) -> int:
    values = {"subject": "incident:1", "episode": 1, "rule": "audience:payers", "asked_at": NOW}
    made = store.writer.submit(lambda c: c.execute(insert(tables.snapshot).values(**values)).inserted_primary_key).result()
    assert made is not None
    return int(made[0])


def take(store: Store, snapshot: int, reader: str, *, shared: bool = True) -> bool:
    return store.writer.submit(lambda c: readings.take(c, snapshot, reader, NOW, shared=shared)).result()


def keep(store: Store, snapshot: int, reader: str) -> None:
    store.writer.submit(lambda c: readings.keep(c, snapshot, reader, NOW)).result()


def test_the_second_waits_until_the_first_is_done(store: Store, snapshot: int) -> None:
    assert take(store, snapshot, "ada")
    assert not take(store, snapshot, "ben")
    keep(store, snapshot, "ada")
    store.writer.submit(lambda c: readings.leave(c, snapshot, "ben")).result()
    assert not take(store, snapshot, "ben")
    store.writer.submit(lambda c: readings.leave(c, snapshot, "ada")).result()
    assert take(store, snapshot, "ben")


def test_one_that_was_silent_for_too_long_is_overtaken_and_learns_it_before_it_writes(store: Store, snapshot: int) -> None:
    assert take(store, snapshot, "ada")
    past = NOW - timedelta(days=365)
    store.writer.submit(lambda c: c.execute(update(tables.snapshot).values(read_until=past)) and None).result()
    assert take(store, snapshot, "ben")
    with pytest.raises(Overtaken):
        keep(store, snapshot, "ada")
    keep(store, snapshot, "ben")


def test_what_is_complete_is_read_by_nobody(store: Store, snapshot: int) -> None:
    assert take(store, snapshot, "ada")
    store.writer.submit(lambda c: c.execute(update(tables.snapshot).values(complete=True)) and None).result()
    with pytest.raises(Overtaken):
        keep(store, snapshot, "ada")
    assert not take(store, snapshot, "ben")


def test_a_store_of_ones_own_waits_for_nobody_who_is_gone(store: Store, snapshot: int) -> None:
    assert take(store, snapshot, "ada")
    assert take(store, snapshot, "ben", shared=False)
