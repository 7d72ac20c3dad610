"""Who shares a store says that they live, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from sentinel.model.process import Process
from sentinel.store import processes, tables
from sentinel.store.database import Store

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WITHIN = timedelta(seconds=30)
HUB = Process(
    id="serve-1",
    kind="serve",
    host="hub-1",
    pid=1,
    version="0.1.0",
    schema=3,
    place="head-office",
    lanes=("staff", "customers"),
    started_at=NOW,
    seen_at=NOW,
)
WORKER = replace(HUB, id="worker-1", kind="worker", place="", lanes=(), started_at=NOW + timedelta(seconds=1))


def beat(store: Store, process: Process) -> None:
    store.writer.submit(lambda c: processes.beat(c, process, NOW)).result()


def living(store: Store) -> list[str]:
    return [each.id for each in store.read(lambda c: processes.living(c, NOW, WITHIN))]


def test_whoever_beats_lives_and_says_what_it_is(store: Store) -> None:
    for each in (WORKER, HUB, replace(HUB, lanes=("staff",))):
        beat(store, each)
    found = store.read(lambda c: processes.living(c, NOW, WITHIN))
    assert [each.id for each in found] == ["serve-1", "worker-1"]
    assert (found[0].lanes, found[1].lanes, found[0].place) == (("staff",), (), "head-office")


def test_whoever_says_goodbye_is_gone_at_once_and_whoever_is_silent_after_a_while(store: Store) -> None:
    for each in (HUB, WORKER):
        beat(store, each)
    store.writer.submit(lambda c: processes.leave(c, WORKER.id)).result()
    assert living(store) == ["serve-1"]
    long_ago = store.read(lambda c: processes.clock(c, NOW)) - timedelta(seconds=31)
    store.writer.submit(lambda c: c.execute(update(tables.process).values(seen_at=long_ago)) and None).result()
    assert living(store) == []


def test_those_of_yesterday_are_forgotten_and_long_names_fit(store: Store) -> None:
    beat(store, HUB)
    long_ago = store.read(lambda c: processes.clock(c, NOW)) - timedelta(hours=2)
    store.writer.submit(lambda c: c.execute(update(tables.process).values(seen_at=long_ago)) and None).result()
    long = replace(WORKER, host="h" * 400, version="9" * 60)
    beat(store, long)
    assert [row.id for row in store.read(lambda c: c.execute(tables.process.select()).all())] == ["worker-1"]
