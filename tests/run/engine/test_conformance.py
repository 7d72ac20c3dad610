"""Every engine keeps the two verbs' promises: the same tests over each, with real processes that are killed and stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from sentinel.demo.patience import until_true
from sentinel.run.engine import port
from sentinel.run.engine import postgres as carried
from sentinel.run.engine.port import Engine, Handler
from tests.postgres import shared
from tests.run.engine.ways import SHARED, WAYS, Way

PATIENCE = 40.0
NEVER = 3600.0


@pytest.fixture(scope="module")
def server() -> str:
    running = shared()
    return running.url_of(running.new_database())


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Iterator[Way]:
    made = Way(name=request.param, where=str(tmp_path / "engine.db") if request.param == "sqlite" else server)
    yield made
    with made.database() as database, database.begin() as c:
        c.execute(text("drop table thing"))


@dataclass
class Bench:
    """An engine that runs here, whose handlers write down what they did."""

    way: Way
    database: Database
    engine: Engine
    ran: list[str] = field(default_factory=list)

    def wake(self, *keys: str, rolled_back: bool = False) -> None:
        with self.database.connect() as c, c.begin() as transaction:
            for key in keys:
                self.engine.wake(c, key)
            if rolled_back:
                transaction.rollback()

    async def until(self, so: Callable[[], bool]) -> None:
        await until_true(so, PATIENCE)

    def runs(self, key: str) -> int:
        return self.ran.count(key)


@asynccontextmanager
async def running(way: Way, handlers: dict[str, Callable[[], Any]] | None = None) -> AsyncIterator[Bench]:
    """With handlers `a` and `b` that only write down that they ran, and those given. Nothing is done by a poll."""
    with way.database() as database:
        bench = Bench(way, database, way.engine(database))

        def counted(key: str, then: Callable[[], Any]) -> Handler:
            async def run() -> None:
                bench.ran.append(key)
                await then()

            return Handler(run=run, poll=NEVER)

        async def nothing() -> None: ...

        given = {"a": nothing, "b": nothing, **(handlers or {})}
        task = asyncio.create_task(bench.engine.run({key: counted(key, then) for key, then in given.items()}))
        try:
            await bench.until(lambda: set(bench.ran) == set(given))  # each looks by itself as it begins
            if way.travels:
                await asyncio.to_thread(_until_listening, database)
            bench.ran.clear()
            yield bench
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _until_listening(database: Database) -> None:
    """Wake-ups reach us from now on; before, they wait in the queue."""
    asked = text("select count(*) from pg_stat_activity where query like 'LISTEN%' and application_name = 'sentinel-engine'")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with database.begin() as c:
            if c.execute(asked).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody listens")


def test_a_committed_wake_runs_and_one_that_was_rolled_back_does_not(way: Way) -> None:
    async def main() -> None:
        async with running(way) as bench:
            await asyncio.to_thread(bench.wake, "a", rolled_back=True)
            await asyncio.to_thread(bench.wake, "b")
            await bench.until(lambda: bench.runs("b") == 1)
            assert bench.ran == ["b"]

    asyncio.run(main())


def test_a_wake_of_a_savepoint_that_was_rolled_back_does_not_run_and_the_transaction_goes_on(way: Way) -> None:
    def half(bench: Bench) -> None:
        with bench.database.begin() as c:
            inner = c.begin_nested()
            bench.engine.wake(c, "a")
            inner.rollback()
            with c.begin_nested():
                bench.engine.wake(c, "b")
            c.execute(text("insert into thing (id) values (1)"))

    async def main() -> None:
        async with running(way) as bench:
            await asyncio.to_thread(half, bench)
            await bench.until(lambda: bench.runs("b") == 1)
            assert bench.ran == ["b"]
            with bench.database.begin() as c:
                assert c.execute(text("select count(*) from thing")).scalar_one() == 1

    asyncio.run(main())


def test_a_wake_that_cannot_be_put_in_takes_no_work_with_it(server: str) -> None:
    """Somebody dropped the queue under running hubs: rounds and commands go on, and the poll finds what they did."""
    way = Way(name="procrastinate", where=server)
    with way.database() as database:
        engine = way.engine(database)
        with database.begin() as c:
            c.execute(text(f"drop schema {carried.SCHEMA} cascade"))
        with database.begin() as c:
            engine.wake(c, "a")
            c.execute(text("insert into thing (id) values (1)"))
            engine.wake(c, "a")
        with database.begin() as c:
            assert c.execute(text("select count(*) from thing")).scalar_one() == 1
            c.execute(text("drop table thing"))


def test_many_wakes_of_one_key_may_run_once_and_run_after_the_last(way: Way) -> None:
    seen: list[int] = []

    async def main() -> None:
        async with running(way) as bench:

            def say(number: int) -> None:
                with bench.database.begin() as c:
                    c.execute(text("insert into thing (id) values (:id)"), {"id": number})
                    for _ in range(3):
                        bench.engine.wake(c, "a")

            def look() -> int:
                with bench.database.begin() as c:
                    return int(c.execute(text("select count(*) from thing")).scalar_one())

            for number in range(50):
                await asyncio.to_thread(say, number)
            await bench.until(lambda: bench.runs("a") >= 1)
            seen.append(await asyncio.to_thread(look))
            assert 1 <= bench.runs("a") <= 150

    asyncio.run(main())
    assert seen == [50]


@pytest.mark.parametrize("way", SHARED, indirect=True)  # SQLite has one writer
def test_a_wake_beside_one_that_waits_does_not_wait_for_its_transaction(way: Way) -> None:
    async def main() -> None:
        async with running(way) as bench:
            with bench.database.begin() as paused:
                bench.engine.wake(paused, "a")
                began = time.monotonic()
                await asyncio.to_thread(bench.wake, "a", "b")
                assert time.monotonic() - began < PATIENCE / 2
                await bench.until(lambda: bench.runs("a") == 1 and bench.runs("b") == 1)
            await bench.until(lambda: bench.runs("a") == 2)

    asyncio.run(main())


def test_what_a_run_could_not_see_yet_is_seen_by_the_next(way: Way) -> None:
    """The wake is committed while the handler is at work: it runs once more."""

    async def main() -> None:
        gate = asyncio.Event()
        at_work = asyncio.Event()

        async def slow() -> None:
            at_work.set()
            await gate.wait()

        gate.set()
        async with running(way, {"slow": slow}) as bench:
            gate.clear()
            at_work.clear()
            await asyncio.to_thread(bench.wake, "slow")
            await at_work.wait()
            await asyncio.to_thread(bench.wake, "slow")
            gate.set()
            await bench.until(lambda: bench.runs("slow") >= 2)

    asyncio.run(main())


def test_a_handler_that_raises_is_run_again_and_holds_no_other_up(way: Way) -> None:
    async def main() -> None:
        left = [0]

        async def fails() -> None:
            if left[0]:
                left[0] -= 1
                raise RuntimeError("not yet")

        async with running(way, {"fails": fails}) as bench:
            left[0] = 3
            await asyncio.to_thread(bench.wake, "fails")
            await bench.until(lambda: bench.runs("fails") >= 1)
            await asyncio.to_thread(bench.wake, "a")
            await bench.until(lambda: bench.runs("a") == 1)
            await bench.until(lambda: left[0] == 0 and bench.runs("fails") >= 4)

    asyncio.run(main())


def test_a_stop_lets_handlers_finish_and_is_over_within_ten_seconds_f12(way: Way) -> None:
    """F12."""

    async def main() -> None:
        finished: list[str] = []
        at_work = asyncio.Event()

        async def slow() -> None:
            at_work.set()
            await asyncio.sleep(0.3)
            finished.append("slow")

        async with running(way, {"slow": slow}) as bench:
            await bench.until(lambda: finished == ["slow"])
            at_work.clear()
            await asyncio.to_thread(bench.wake, "slow")
            await at_work.wait()
            began = time.monotonic()
        assert finished == ["slow", "slow"]
        assert time.monotonic() - began < 10

    asyncio.run(main())


def test_a_handler_that_will_not_end_does_not_keep_the_process_f12(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """F12."""
    monkeypatch.setattr(port, "DRAIN_SECONDS", 0.2)

    async def main() -> None:
        stuck = [False]

        async def forever() -> None:
            if stuck[0]:
                await asyncio.Event().wait()

        async with running(way, {"forever": forever}) as bench:
            stuck[0] = True
            bench.engine.nudge("forever")
            await bench.until(lambda: bench.runs("forever") == 1)

    asyncio.run(main())


# Real children


@dataclass
class Child:
    name: str
    folder: Path
    process: "subprocess.Popen[bytes]"

    def says(self, what: str) -> bool:
        return (self.folder / f"{self.name}-{what}").exists()

    def kill(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)


@contextmanager
def child(way: Way, folder: Path, name: str, *, waits: bool = False) -> Iterator[Child]:
    folder.mkdir(exist_ok=True)
    if waits:
        (folder / f"wait-{name}").touch()
    command = [sys.executable, "-m", "tests.run.engine.child", way.name, way.where, str(folder), name]
    process = subprocess.Popen(command)
    made = Child(name, folder, process)
    try:
        until(lambda: made.says("ready"))
        yield made
    finally:
        process.kill()
        process.wait()


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def put(way: Way, number: int) -> None:
    """Something to do, committed together with its wake-up by a process that does nothing of it itself."""
    with way.database() as database, database.begin() as c:
        c.execute(text("insert into thing (id) values (:id)"), {"id": number})
        way.engine(database).wake(c, "work")


def done_by(way: Way) -> list[str | None]:
    def look(c: Connection) -> list[str | None]:
        return list(c.execute(text("select by from thing order by id")).scalars())

    with way.database() as database, database.begin() as c:
        return look(c)


def who_began(one: Child, other: Child) -> tuple[Child, Child]:
    """The one that has the work in hand, and the other. Where wake-ups do not travel both may have it."""
    until(lambda: one.says("began") or other.says("began"))
    return (one, other) if one.says("began") else (other, one)


def test_what_a_killed_process_had_in_hand_is_taken_over(way: Way, tmp_path: Path) -> None:
    """kill -9 in the middle of a handler: the other process does it; on SQLite, where there is no other, the next start."""
    folder = tmp_path / "said"
    if not way.is_shared:
        with child(way, folder, "ada", waits=True) as ada:
            put(way, 1)
            until(lambda: ada.says("began"))
            ada.kill(signal.SIGKILL)
            ada.process.wait()
            with child(way, folder, "ben") as ben:
                until(lambda: ben.says("did-1"))
        assert done_by(way) == ["ben"]
        return
    with child(way, folder, "ada", waits=True) as ada, child(way, folder, "ben", waits=True) as ben:
        put(way, 1)
        victim, heir = who_began(ada, ben)
        victim.kill(signal.SIGKILL)
        (folder / f"wait-{heir.name}").unlink()
        until(lambda: heir.says("did-1"))
        assert done_by(way) == [heir.name]


@pytest.mark.parametrize("way", SHARED, indirect=True)  # SQLite has one process
def test_a_process_stopped_for_longer_than_its_heartbeat_is_taken_over_and_does_no_harm_when_it_wakes_f13(
    way: Way, tmp_path: Path
) -> None:
    """F13: SIGSTOP in the middle of a handler, then SIGCONT; the one that wakes finds the work done, and works on."""
    folder = tmp_path / "said"
    with child(way, folder, "ada", waits=True) as ada, child(way, folder, "ben", waits=True) as ben:
        put(way, 1)
        victim, heir = who_began(ada, ben)
        victim.kill(signal.SIGSTOP)
        (folder / f"wait-{heir.name}").unlink()
        until(lambda: heir.says("did-1"))
        (folder / f"wait-{victim.name}").unlink()
        victim.kill(signal.SIGCONT)
        until(lambda: victim.says("found-done-1"))
        heir.kill(signal.SIGKILL)
        put(way, 2)
        until(lambda: victim.says("did-2"))
        assert done_by(way) == [heir.name, victim.name]
