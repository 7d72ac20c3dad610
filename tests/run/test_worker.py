"""What a worker leaves to hubs, and what one hub does only when no other is at it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text, update

from sentinel.demo.patience import until_true
from sentinel.model.observation import Verdict
from sentinel.model.pushed import Ping
from sentinel.run import audience
from sentinel.run.crew import STAND_IN_SECONDS, Crew
from sentinel.run.engine.port import POLL_SECONDS, ROUND, Handler
from sentinel.run.kinds import FoundKinds
from sentinel.run.presence import DEAD_AFTER, Presence, oneself
from sentinel.run.reads import Reads
from sentinel.run.reload import Files
from sentinel.run.round import Outcome, play
from sentinel.run.wiring import make_engine
from sentinel.run.worker import Worker
from sentinel.store import installations, notices, tables, watching
from sentinel.store.trouble import StoreBusy
from tests.postgres import Server
from tests.postgres import shared as one_server
from tests.run.test_accounts import NORA, password, save
from tests.run.world import CARD, House
from tests.scenario.test_own_trouble import TOKEN, with_heartbeat
from tests.serve.real import HouseClock, hub_of

WAITS = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

UNTIL = select(tables.snapshot.c.read_until)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def pg() -> Server:
    return one_server()


@pytest.fixture
def shared(tmp_path: Path, pg: Server) -> Iterator[House]:
    with closing(House(tmp_path, database=pg.new_store())) as made:
        yield made


def parts(house: House) -> tuple[Reads, Files, Presence]:
    """What a worker over the house's store is made of."""
    clock = HouseClock(house)
    files = Files(
        config=house.folder / "sentinel.yaml",
        kinds=FoundKinds(),
        make=lambda read: house.world,
        connect=lambda read: {},
        traces=frozenset(),
    )
    me = oneself("worker", lanes=(), name="first", now=house.now)
    return Reads(house.world, house.store, clock), files, Presence(house.store, clock, me)


async def test_that_a_worker_lives_does_not_mean_that_somebody_heard_pings_f25(house: House) -> None:
    """F25: every hub was down for hours, and a worker was not: no heartbeat is overdue for that."""
    house.world = with_heartbeat(house.world)
    reads, files, presence = parts(house)
    running = asyncio.create_task(Worker(reads, make_engine(house.store), {}, files, presence).run())
    try:
        rounds = select(tables.delivery.c.id).where(tables.delivery.c.subject == "canary")
        await until_true(lambda: house.read(lambda c: c.execute(rounds).first()) is not None, 20)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    assert house.read(lambda c: c.execute(select(tables.installation.c.seen_at)).scalar_one()) is None


async def test_a_worker_whose_files_lack_a_check_ends_nothing_that_hubs_watch(house: House) -> None:
    house.breaks(CARD)
    reads, files, presence = parts(house)
    bare = replace(house.world, installation=replace(house.world.installation, checks={}), detectors={})
    crew = Crew(reads, make_engine(house.store), {}, files, presence, watches=False)
    await crew.put_in_force(bare)
    assert [one.check for one in house.read(lambda c: watching.signals_since(c, house.now)) if one.cleared_at is None] == [CARD]
    assert CARD in {one.check for one in house.read(watching.all_latest)}


async def test_a_worker_leaves_the_rounds_of_every_second_to_hubs_and_stands_in_within_seconds(house: House) -> None:
    """Ten workers would otherwise play ten rounds a second, all under one lock; what they are woken for they do at once."""
    polls = {}
    for watches in (True, False):
        engine = _Heard()
        crew = Crew(parts(house)[0], engine, {}, *parts(house)[1:], watches=watches)
        await crew.loops["engine"]()
        polls[watches] = engine.handlers[ROUND].poll
    assert polls == {True: POLL_SECONDS, False: STAND_IN_SECONDS}
    assert POLL_SECONDS < STAND_IN_SECONDS < DEAD_AFTER.total_seconds()


class _Heard:
    """An engine that carries nothing, and remembers what it was given."""

    handlers: Mapping[str, Handler] = {}

    def wake(self, c: Connection, key: str) -> None:
        raise AssertionError(key)

    def nudge(self, key: str) -> None:
        raise AssertionError(key)

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers


def test_a_round_with_fresh_news_stands_in_no_commands_way_and_one_with_old_news_or_overdue_queues_up(shared: House) -> None:
    """P8: who waits for the guard while somebody has it is a command, and the kill switch is one."""
    batch, came = shared.batch({CARD: Verdict.UP}), shared.now

    def plays(c: Connection, later: float, overdue: bool = False) -> Outcome:
        c.execute(text("set local lock_timeout = '100ms'"))
        return play(c, shared.world, [(batch, came)], came + timedelta(seconds=later), overdue=overdue)

    with shared.store.engine.connect() as held:
        installations.guard(held)
        assert shared.do(lambda c: plays(c, 0.5)).skipped
        with pytest.raises(StoreBusy):
            shared.do(lambda c: plays(c, 2.5))
        with pytest.raises(StoreBusy):
            shared.do(lambda c: plays(c, 0.5, overdue=True))
    assert not shared.do(lambda c: plays(c, 0.5)).skipped


async def test_a_command_waits_for_a_guard_that_a_machine_holds_which_was_cut_off(shared: House) -> None:
    """F20: the database takes the guard from it after ten seconds, and each wait for it is given up after five."""
    reads, files, presence = parts(shared)
    crew = Crew(reads, make_engine(shared.store), {}, files, presence)
    held = shared.store.engine.connect()

    def switch(c: Connection) -> int:
        c.execute(text("set local lock_timeout = '100ms'"))
        if (tried := len(tries)) == 2:
            held.rollback()
        tries.append(tried)
        installations.guard(c)
        return c.execute(update(tables.installation).values(hold=True)).rowcount

    tries: list[int] = []
    with held:
        installations.guard(held)
        assert await crew.insist(switch) == 1
    assert tries == [0, 1, 2]


def test_an_audience_whose_source_takes_minutes_stays_with_whoever_reads_it(shared: House) -> None:
    """Else each of two processes would begin it again after the other, for ever, and nobody could approve anything."""
    shared.reads = False
    shared.breaks(CARD)
    (waiting,) = shared.read(notices.incomplete_snapshots)
    reading = audience._Reading.of(shared.world.installation, shared.store, waiting, shared.now)
    assert reading.take()
    with reading.kept(every=0.05):
        shared.do(lambda c: c.execute(update(tables.snapshot).values(read_until=LONG_AGO)) and None)
        asyncio.run(until_true(lambda: shared.read(lambda c: c.execute(UNTIL).scalar_one()) > LONG_AGO, 20))


@pytest.mark.parametrize("what", ["ping", "password"])
async def test_what_looks_before_it_writes_waits_for_another_hubs_round_or_command(shared: House, what: str) -> None:
    """Two hubs: a round must not call a heartbeat overdue, nor a command lose what the other is just writing."""
    shared.world = with_heartbeat(shared.world)
    shared.done(save(digest=password()))
    hub = hub_of(shared)
    account = await hub.account(NORA)
    assert account is not None
    with shared.store.engine.connect() as other, other.begin():
        installations.guard(other)
        work = hub.ping(TOKEN, Ping()) if what == "ping" else hub.set_password(NORA, was=account.digest, digest=password("new"))
        asked = asyncio.create_task(asyncio.wait_for(work, 20))
        await until_true(lambda: asked.done() or shared.read(lambda c: c.execute(text(WAITS)).scalar_one()) > 0, 20)
        assert not asked.done()
    assert await asked


@pytest.mark.parametrize("when", ["edited", "taken out"])
async def test_what_another_hubs_round_has_just_cleared_is_not_written_over(shared: House, when: str) -> None:
    """The signal would stand again with nobody to clear it, and its incident for ever; or end without having been good."""
    there = shared.world.installation
    only_warns = {**there.checks, CARD: replace(there.checks[CARD], warns=("outage",))}
    shared.world = replace(shared.world, installation=replace(there, checks=only_warns))
    shared.breaks(CARD)
    (stands,) = shared.read(watching.signals_standing)
    after = replace(shared.world, installation=there)
    if when == "taken out":
        left = {name: one for name, one in there.checks.items() if name != CARD}
        fitted = {name: one for name, one in shared.world.detectors.items() if name != CARD}
        after = replace(after, installation=replace(there, checks=left), detectors=fitted)
    reads, files, presence = parts(shared)
    crew = Crew(reads, make_engine(shared.store), {}, files, presence)
    with shared.store.engine.connect() as other, other.begin():
        installations.guard(other)
        watching.keep_signals(other, [replace(stands, cleared_at=shared.now, good_since=shared.now)])
        asked = asyncio.create_task(asyncio.wait_for(crew.put_in_force(after), 20))
        await until_true(lambda: asked.done() or shared.read(lambda c: c.execute(text(WAITS)).scalar_one()) > 0, 20)
        assert not asked.done()
    await asked
    (kept,) = shared.read(lambda c: watching.signals_since(c, shared.now - timedelta(hours=1)))
    assert (kept.cleared_at, kept.good_since) == (shared.now, shared.now)
