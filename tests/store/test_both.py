"""What SQLite lets pass and PostgreSQL does not, or sees otherwise: the queries of the store on both."""

import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import String, insert, select

from sentinel.model.contact import ContactCount, slot_of
from sentinel.model.hook import Known
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.store import contacts, history, hooked, marks, observations, retention, tables, tally, watching
from sentinel.store.column import lease_now
from sentinel.store.database import Store
from tests.postgres import Server

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def seen(number: int, verdict: Verdict = Verdict.UP, check: str = "payments.card-form") -> Observation:
    facts: dict[str, Fact] = {"total_ms": 10.0 * number, "excerpt": "a\x00b"}
    at, reason = NOW + timedelta(minutes=number), "" if verdict is Verdict.UP else "said \x00 and ñ"
    return Observation(
        check=check, place="head-office", at=at, sample=SampleKind.SCHEDULED, verdict=verdict, reason=reason, facts=facts
    )


def keep(store: Store, *several: Observation) -> None:
    store.writer.submit(lambda c: observations.store(c, several)).result(30)


def test_history_over_midnight_is_counted_alike(store: Store) -> None:
    keep(store, *(seen(number, Verdict.DOWN if number % 7 == 0 else Verdict.UP) for number in range(1, 61)))
    number = next(iter(store.read(history.numbers)))
    hours = [store.read(partial(history.hours, day=day)) for day in (date(2026, 11, 22), date(2026, 11, 23))]
    assert sorted((each.hour, each.verdict, each.n) for each in hours[0]) == [(23, Verdict.DOWN, 4), (23, Verdict.UP, 25)]
    assert sum(each.n for each in hours[1]) == 31
    until = NOW + timedelta(hours=2)
    found = store.read(lambda c: history.buckets(c, [number], NOW, until, timedelta(minutes=10)))
    assert sum(tally.counts[0] for tally in found.values()) == 52
    assert found[0].times.quantile(0.5) == pytest.approx(40_000, rel=0.01)
    bad = store.read(lambda c: history.last_bad(c, [number], NOW, until))
    assert bad is not None
    assert (bad.at, bad.facts["total_ms"]) == (NOW + timedelta(minutes=56), 560.0)


def test_a_nul_in_what_a_target_says_stops_nothing(store: Store) -> None:
    """A hostile answer must not poison the round that writes it."""
    keep(store, seen(1, Verdict.DOWN))
    store.writer.submit(lambda c: watching.keep_latest(c, seen(2, Verdict.DOWN), "down", NOW, "no \x00")).result(10)
    (latest,) = store.read(watching.all_latest)
    assert latest.reason.replace("\x00", "\ufffd") == "no \ufffd"
    assert latest.facts["excerpt"] == "a\x00b", "as JSON it comes back whole"


def test_what_tools_and_feeds_say_is_bounded_and_counted_alike(store: Store) -> None:
    fed = [ContactCount(slot=NOW - timedelta(minutes=30 * back), service="payments", count=8) for back in range(1, 4)]
    store.writer.submit(lambda c: contacts.put(c, "feed", fed, NOW)).result(10)
    assert store.read(lambda c: contacts.since(c, NOW - timedelta(minutes=52, seconds=30))) == {("payments", ""): 12}
    assert store.read(lambda c: contacts.since(c, NOW - timedelta(hours=2))) == {("payments", ""): 24}
    bounds = [slot_of(NOW - timedelta(hours=hour)) for hour in (3, 2, 1)]
    assert store.read(lambda c: contacts.are_counted(c, bounds)) == [False, True]
    for mark in ("a", "b", "c"):
        known = Known(heard_at=NOW, began_at=NOW)
        store.writer.submit(partial(hooked.keep, check="hook/storm", mark=mark, one=known)).result(10)
    store.writer.submit(lambda c: hooked.forget_over(c, "hook/storm", NOW - timedelta(hours=1), 1)).result(10)
    assert set(store.read(lambda c: hooked.known(c, "hook/storm", ["a", "b", "c"]))) == {"a"}
    assert store.read(lambda c: hooked.lately(c, NOW)) == {}
    assert store.writer.submit(lambda c: retention.alerts(c, NOW + timedelta(hours=1), 10)).result(10) == 1
    assert store.writer.submit(lambda c: retention.signals(c, NOW, 10)).result(10) == 0


def test_queries_over_an_empty_store_and_one_with_a_little_in_it(store: Store) -> None:
    empty = store.read(marks.mark)
    assert store.read(lambda c: contacts.since(c, NOW)) == {}
    for _ in range(3):
        store.writer.submit(lambda c: contacts.add(c, ("payments", ""), "desk", NOW)).result(10)
    assert store.read(lambda c: contacts.since(c, NOW)) == {("payments", ""): 3}
    assert store.read(marks.mark) != empty
    assert store.read(lambda c: tally.tally(c, "incident:1")) == []
    assert store.read(lambda c: tally.still_needed(c, ["email"], ["incident:1"])) == []
    assert store.read(watching.observations_stored) == 0


def test_ids_go_beyond_what_thirty_two_bits_hold(store: Store) -> None:
    """A ledger, an audit and calls for many years."""
    big = 2**31 + 5

    def add(c: object) -> tuple[int, int]:
        row = {"id": big, "at": NOW, "service": "payments", "statement": "", "who": "desk"}
        c.execute(insert(tables.contact).values(**row))  # type: ignore[attr-defined]  # a Connection
        return c.execute(select(tables.contact.c.id)).scalar_one(), big  # type: ignore[attr-defined]

    found, wanted = store.writer.submit(add).result(10)
    assert found == wanted


def test_the_clock_of_leases_is_the_databases_where_many_share_it(store: Store) -> None:
    """F37: machines drift; a hub whose clock is a year off takes no lease from anybody."""
    far = datetime(2031, 1, 1, tzinfo=UTC)
    said = store.read(lambda c: c.execute(select(lease_now()), {"now": far}).scalar_one())
    assert (said == far) is not store.shared
    if store.shared:
        assert abs(said - datetime.now(UTC)) < timedelta(hours=1)


def test_two_hubs_that_begin_a_day_at_once_make_its_table_once(pg: Server, tmp_path: Path) -> None:
    database = pg.url_of(pg.new_database())
    with closing(Store.open(tmp_path / "a", database)) as a, closing(Store.open(tmp_path / "b", database)) as b:
        go = threading.Barrier(2)

        def day(store: Store, name: str) -> None:
            def work(c: object) -> None:
                go.wait(10)
                observations.store(c, [seen(1, check=name)])  # type: ignore[arg-type]  # a Connection

            store.writer.submit(work).result(30)

        hubs = [threading.Thread(target=day, args=each) for each in ((a, "one"), (b, "two"))]
        for hub in hubs:
            hub.start()
        for hub in hubs:
            hub.join(30)
        table = observations.day_table("20261122")
        assert len(a.read(lambda c: c.execute(select(table)).all())) == 2


def test_no_key_column_is_without_a_length() -> None:
    """PostgreSQL enforces them, so what is longer must be refused or cut before: a column says by how much."""
    for table in tables.metadata.sorted_tables:
        for column in table.primary_key.columns:
            if isinstance(column.type, String):
                assert column.type.length, f"{table.name}.{column.name}"
