"""The one writer, and how instants, durations and observations lie on disk."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select
from sqlalchemy.exc import IntegrityError, StatementError

from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.store import observations, tables
from sentinel.store.column import Duration, Instant
from sentinel.store.database import Store
from sentinel.store.schema import StoreTaken
from sentinel.store.trouble import StoreAway
from sentinel.store.writer import GROUP_MOST, Writer

NOTES = Table("note", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant), Column("lasts", Duration))
NOW = datetime(2026, 11, 22, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.fixture
def store(store: Store) -> Store:
    """With a table of our own."""
    store.writer.submit(NOTES.metadata.create_all).result()
    return store


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / "sentinel.db")) as opened:
        opened.writer.submit(NOTES.metadata.create_all).result()
        yield opened


def write(number: int) -> Any:
    return lambda c: len(c.execute(insert(NOTES).values(id=number).returning(NOTES.c.id)).all())


def ids(store: Store) -> set[int]:
    return store.read(lambda c: set(c.execute(select(NOTES.c.id)).scalars()))


class Gate:
    """A job that keeps the writer busy until it is let go, so that what is submitted meanwhile makes one group."""

    def __init__(self, writer: Writer) -> None:
        self._go = threading.Event()
        self._begun = threading.Event()
        self.done = writer.submit(self._wait)
        assert self._begun.wait(10)

    def _wait(self, _: Connection) -> None:
        self._begun.set()
        assert self._go.wait(10)

    def open(self) -> None:
        self._go.set()
        self.done.result(10)

    def open_unsure(self) -> None:
        """Open it where the whole group may fail."""
        self._go.set()
        self.done.exception(10)


# The writer


def test_what_queues_up_while_one_group_is_written_becomes_the_next(store: Store) -> None:
    gate = Gate(store.writer)
    waiting = [store.writer.submit(write(number)) for number in range(50)]
    before = store.writer.commits
    gate.open()
    assert [each.result(10) for each in waiting] == [1] * 50
    assert store.writer.commits - before <= 3, "fifty writes, one sync (and the gate's own)"
    assert ids(store) == set(range(50))


def test_a_group_is_bounded_and_nothing_of_it_is_lost(store: Store) -> None:
    gate = Gate(store.writer)
    waiting = [store.writer.submit(write(number)) for number in range(GROUP_MOST + 20)]
    gate.open()
    assert sum(each.result(30) for each in waiting) == GROUP_MOST + 20


def test_one_write_that_fails_does_not_take_its_neighbours_down(store: Store) -> None:
    def half_done(c: Connection) -> None:
        c.execute(insert(NOTES).values(id=7))
        raise ValueError("no")

    gate = Gate(store.writer)
    first, broken, again, last = (store.writer.submit(each) for each in (write(1), half_done, write(1), write(2)))
    gate.open()
    assert first.result(10) == last.result(10) == 1
    with pytest.raises(ValueError, match="no"):
        broken.result(10)
    with pytest.raises(IntegrityError):
        again.result(10)
    assert ids(store) == {1, 2}, "what the broken one wrote before it broke is gone"


def test_a_result_is_given_only_once_others_can_read_it(store: Store) -> None:
    gate = Gate(store.writer)
    seen: list[bool] = []
    heard = threading.Event()

    def look(done: "Future[Any]") -> None:
        seen.append(5 in ids(store))
        heard.set()

    def still_open(_: Connection) -> bool:
        return written.done()

    written = store.writer.submit(write(5))
    written.add_done_callback(look)
    neighbour = store.writer.submit(still_open)
    gate.open()
    assert neighbour.result(10) is False, "its neighbour runs after it, in the same group, before the commit"
    assert heard.wait(10)
    assert seen == [True]


def test_a_submitter_who_goes_away_does_not_stop_the_writer(store: Store) -> None:
    """A request that is cancelled cancels its future; the writer has to live on, whatever its state."""
    gate = Gate(store.writer)
    abandoned, broken, other = (store.writer.submit(each) for each in (write(1), write(1), write(2)))
    abandoned.cancel()
    broken.cancel()
    gate.open()
    assert other.result(10) == 1
    assert store.writer.submit(write(3)).result(10) == 1


def test_closing_finishes_what_was_submitted_and_takes_nothing_more(store: Store) -> None:
    writer = Writer(store.engine)
    waiting = [writer.submit(write(number)) for number in range(20)]
    writer.close()
    assert all(each.done() for each in waiting)
    assert ids(store) == set(range(20))
    assert isinstance(writer.submit(write(20)).exception(10), StoreAway)


def test_a_group_that_cannot_be_committed_fails_as_a_whole(store: Store) -> None:
    """The database says no at the commit: nobody of the group is told that it was written."""

    def family(c: Connection) -> None:
        c.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        c.exec_driver_sql("CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")

    store.writer.submit(family).result()
    gate = Gate(store.writer)
    orphan = store.writer.submit(lambda c: c.exec_driver_sql("INSERT INTO child (parent) VALUES (9)").rowcount)
    parent = store.writer.submit(lambda c: c.exec_driver_sql("INSERT INTO parent (id) VALUES (1)").rowcount)
    gate.open_unsure()
    for each in (orphan, parent):
        with pytest.raises(IntegrityError):
            each.result(10)
    assert store.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM parent").scalar_one()) == 0


def test_a_reader_sees_one_moment_however_long_it_reads(store: Store) -> None:
    def twice(c: Connection) -> tuple[int, int]:
        first = len(c.execute(select(NOTES.c.id)).all())
        store.writer.submit(write(1)).result(10)
        return first, len(c.execute(select(NOTES.c.id)).all())

    assert store.read(twice) == (0, 0)
    assert ids(store) == {1}


def test_writes_survive_power_loss(on_sqlite: Store) -> None:
    def asked(name: str) -> Any:
        return on_sqlite.read(lambda c: c.exec_driver_sql(f"PRAGMA {name}").scalar_one())

    assert (asked("journal_mode"), asked("synchronous")) == ("wal", 2)


# The store


def test_each_opening_begins_an_epoch_and_puts_it_beside_the_store(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    epochs = []
    for _ in range(3):
        with closing(Store.open(path)) as opened:
            epochs.append(opened.epoch)
            assert json.loads(Path(f"{path}.epoch").read_text()) == {"epoch": opened.epoch}
            assert opened.read(lambda c: c.execute(select(tables.installation.c.epoch)).scalar_one()) == opened.epoch
    assert epochs == sorted(set(epochs))


def test_a_store_behind_its_sidecar_keeps_its_epoch_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    Store.open(path).close()
    Path(f"{path}.epoch").write_text('{"epoch": 40}')
    with closing(Store.open(path)) as opened:
        assert opened.epoch == 40
        assert opened.read(lambda c: c.execute(select(tables.installation.c.epoch)).scalar_one()) < 40
        opened.seal_epoch(opened.writer.submit(opened.adopt_epoch).result())
        assert opened.epoch == 41
    with closing(Store.open(path)) as again:
        assert again.epoch == 42


def test_a_store_that_is_open_cannot_be_opened_again_and_can_once_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    with closing(Store.open(path)), pytest.raises(StoreTaken, match="in use by another hub"):
        Store.open(path)
    Store.open(path).close()


# Columns


@given(
    at=st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < 9999),
    lasts=st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_instants_and_durations_come_back_to_the_microsecond(at: datetime, lasts: timedelta, offset: int) -> None:
    there = at.astimezone(timezone(timedelta(minutes=offset)))
    instant, duration = Instant(), Duration()
    dialect: Any = None  # neither asks it
    assert instant.process_result_value(instant.process_bind_param(there, dialect), dialect) == at
    assert duration.process_result_value(duration.process_bind_param(lasts, dialect), dialect) == lasts


def test_instants_compare_in_sql(store: Store) -> None:
    for number, at in enumerate([NOW, NOW - timedelta(days=1), NOW + timedelta(microseconds=1), None]):
        row = insert(NOTES).values(id=number, at=at)
        store.writer.submit(partial(Connection.execute, statement=row)).result()
    later = select(NOTES.c.id).where(NOTES.c.at >= NOW).order_by(NOTES.c.at)
    assert store.read(lambda c: c.execute(later).scalars().all()) == [0, 2]


def test_an_instant_without_a_zone_is_a_mistake_of_ours(store: Store) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="no time zone"):
        store.writer.submit(lambda c: c.execute(insert(NOTES).values(id=1, at=naive))).result()


# Observations


def seen(at: datetime, verdict: Verdict = Verdict.UP, **more: Any) -> Observation:
    facts = more.pop("facts", {"total_ms": 12.5, "status": 200})
    return Observation(
        check="payments.card-form",
        place="head-office",
        at=at,
        sample=SampleKind.SCHEDULED,
        verdict=verdict,
        facts=facts,
        **more,
    )


def keep(store: Store, *several: Observation) -> None:
    store.writer.submit(lambda c: observations.store(c, several)).result()


def test_each_day_has_a_table_of_its_own_in_utc(store: Store) -> None:
    keep(store, seen(NOW), seen(NOW + timedelta(milliseconds=1)), seen(NOW - timedelta(minutes=2)))
    names = [name for name in inspect(store.engine).get_table_names() if name.startswith("observation_")]
    assert names == ["observation_20261122", "observation_20261123"]
    first = observations.day_table("20261122")
    assert len(store.read(lambda c: c.execute(select(first)).all())) == 2


def test_an_observation_sent_again_changes_nothing(store: Store) -> None:
    keep(store, seen(NOW), seen(NOW))
    keep(store, seen(NOW, Verdict.DOWN, reason="refused"))
    table = observations.day_table("20261122")
    rows = store.read(lambda c: c.execute(select(table)).all())
    assert [(row.verdict, row.total_us, row.facts) for row in rows] == [(observations.VERDICTS.index(Verdict.UP), 12_500, None)]


def test_full_facts_are_kept_of_bad_samples_only(store: Store) -> None:
    down = {"total_ms": 3, "status": 503, "excerpt": "Wartung – ñ", "tls": None}
    keep(store, seen(NOW, Verdict.DOWN, reason="status 503", facts=down), seen(NOW + timedelta(milliseconds=0.5), Verdict.UP))
    table = observations.day_table("20261122")
    rows = store.read(lambda c: c.execute(select(table).order_by(table.c.at)).all())
    assert json.loads(rows[0].facts) == down
    assert (rows[0].reason, rows[0].total_us) == ("status 503", 3000)
    assert (rows[1].facts, rows[1].reason) == (None, None)


def test_a_phase_that_is_no_number_is_left_empty(store: Store) -> None:
    keep(store, seen(NOW, facts={"total_ms": "slow", "dns_ms": None}))
    table = observations.day_table("20261122")
    row = store.read(lambda c: c.execute(select(table)).one())
    assert (row.total_us, row.dns_us) == (None, None)
