"""How fast each channel may be used, shared by threads and processes; and how long it is left alone."""

import multiprocessing
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Connection

from sentinel.deliver import pace
from sentinel.model.delivery import Rate
from sentinel.store import rates
from sentinel.store.database import Store
from sentinel.store.writer import Writer

from .conftest import Where

RATE = Rate(count=200, per=timedelta(seconds=1))
FOR = 1.5
NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)


def take(c: Connection, wanted: int) -> int:
    left = rates.open_budget(c, "email", RATE, datetime.now(UTC))
    count = min(wanted, left.most)
    rates.spend(c, "email", RATE, left, count)
    return count


def hammer(writer: Writer, until: float) -> int:
    taken = 0
    while monotonic() < until:
        taken += writer.submit(lambda c: take(c, 7)).result()
    return taken


def process(path: str, database: str, begin: "multiprocessing.synchronize.Event", found: "multiprocessing.Queue[int]") -> None:
    with closing(Store.open(Path(path), database)) as store:
        begin.wait()
        found.put(hammer(store.writer, monotonic() + FOR))


def allowed(seconds: float) -> float:
    return pace.burst(RATE) + seconds / pace.interval(RATE).total_seconds()


def test_four_threads_together_never_go_faster_than_the_rate(store: Store) -> None:
    """F29"""
    hands = [store.writer_of(f"hand-{n}") for n in range(4)]
    began = monotonic()
    taken: list[int] = []
    threads = [threading.Thread(target=lambda w=hand: taken.append(hammer(w, began + FOR))) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) <= allowed(monotonic() - began)
    assert sum(taken) >= pace.burst(RATE), "and something goes"


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)  # SQLite has one process
def test_two_processes_together_never_go_faster_than_the_rate(where: Where) -> None:
    with closing(where.open()):
        ways = multiprocessing.get_context("spawn")
        begin, found = ways.Event(), ways.Queue()
        children = [ways.Process(target=process, args=(str(where.path), where.database, begin, found)) for _ in range(2)]
        for child in children:
            child.start()
        began = monotonic()
        begin.set()
        taken = [found.get(timeout=60) for _ in children]
        for child in children:
            child.join(30)
        assert sum(taken) <= allowed(monotonic() - began)
        assert min(taken) > 0


def test_an_unused_key_may_be_used_at_once_and_others_are_not_counted(store: Store) -> None:
    def two(c: Connection) -> tuple[int, int]:
        left = rates.open_budget(c, "email", RATE, NOW)
        rates.spend(c, "email", RATE, left, left.most)
        return rates.open_budget(c, "email", RATE, NOW).most, rates.open_budget(c, "sms", RATE, NOW).most

    used, other = store.writer.submit(two).result()
    assert used <= 5, "PostgreSQL's clock goes on meanwhile"
    assert other == 200


def test_a_key_is_left_alone_for_the_longest_that_anybody_was_told(store: Store) -> None:
    """F28: one channel, everywhere; the others are not touched."""
    long, short = timedelta(minutes=9), timedelta(seconds=1)

    def work(c: Connection) -> dict[str, datetime]:
        rates.rest(c, {"cs-slack": long}, NOW)
        first = rates.resting(c, ["cs-slack", "email"], NOW)
        rates.rest(c, {"cs-slack": short}, NOW)
        assert rates.resting(c, ["cs-slack", "email"], NOW) == first
        return first

    assert set(store.writer.submit(work).result()) == {"cs-slack"}
