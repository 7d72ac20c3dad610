"""The self-audit: passes while the work is done, fails when it is not, and the dead man's ping stops with it (F44)."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from os import kill
from pathlib import Path
from time import monotonic

import httpx
import pytest
from sqlalchemy import select, update

from sentinel.demo.stage import Stage
from sentinel.model.command import Hold
from sentinel.model.delivery import CANARY, Lane, State
from sentinel.run import canary
from sentinel.store import caps, pulse, tables
from tests.steady import steady

from .test_guards import crowd, guarded
from .world import CARD, MINUTE, SECOND, House

pytestmark = pytest.mark.anyio
ARRIVED = update(tables.delivery).where(tables.delivery.c.subject == CANARY).values(state="accepted")
SCALED = {"policies": {"audit": {"every": "1s", "late_after": "3s"}}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Listener:
    """A dead man's switch: counts the pings that come."""

    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.count, self.last = self.count + 1, monotonic()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    heard = Listener()
    server = await asyncio.start_server(heard.take, "127.0.0.1", 0)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        server.close()
        await server.wait_closed()


async def until(so: Callable[[], Awaitable[bool]], within: float = 60.0) -> None:
    end = monotonic() + within
    while not await so():
        assert monotonic() < end, f"not within {within} s"
        await asyncio.sleep(0.1)


async def ready(stage: Stage) -> tuple[int, list[str]]:
    async with httpx.AsyncClient(base_url=stage.url, trust_env=False, timeout=10.0) as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()["reasons"]


@pytest.mark.timeout(600)
async def test_the_ping_goes_on_while_all_is_well_and_stops_when_the_hub_is_wedged(tmp_path: Path) -> None:
    """F44: a store that is locked by somebody else, then a process that stands still. Both come back without a restart."""
    async with listening() as heard:
        dead_man = {"dead_man": {"url": "${file:dead-man}", "every": "500ms"}, "allow_private": ["127.0.0.0/8"]}
        (tmp_path / "dead-man").write_text(f"http://127.0.0.1:{heard.port}/ping")
        async with Stage(tmp_path, overrides=steady({**SCALED, **dead_man})) as stage:
            await until(lambda: _so(heard.count >= 3))
            assert await ready(stage) == (200, [])

            lock = sqlite3.connect(tmp_path / "sentinel.db", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            await until(lambda: _falls_silent(heard))
            status, reasons = await ready(stage)
            assert status == 503
            assert reasons
            lock.execute("ROLLBACK")
            lock.close()
            before = heard.count
            await until(lambda: _so(heard.count > before))
            await until(lambda: _is_ready(stage))

            kill(stage.hub_pid, signal.SIGSTOP)
            try:
                await until(lambda: _falls_silent(heard))
            finally:
                kill(stage.hub_pid, signal.SIGCONT)
            before = heard.count
            await until(lambda: _so(heard.count > before))


async def _so(what: bool) -> bool:
    return what


async def _falls_silent(heard: Listener) -> bool:
    """No ping for six of its intervals."""
    return monotonic() - heard.last > 3.0


async def _is_ready(stage: Stage) -> bool:
    return (await ready(stage))[0] == 200


# The canary notice


def test_the_canary_goes_through_the_ledger_and_leaves_at_most_two_rows(house: House) -> None:
    row = tables.delivery.c
    mine = select(row.id, row.state, row.lane).where(row.subject == CANARY).order_by(row.id)
    for _ in range(5):
        house.do(lambda c: canary.beat(c, house.now))
        house.do(lambda c: canary.beat(c, house.now))
        rows = house.read(lambda c: c.execute(mine).all())
        assert len(rows) <= 2
        assert rows[-1].state == State.QUEUED.value
        assert house.read(pulse.canary_under_way) == rows[-1].id
        house.do(lambda c: c.execute(ARRIVED))
        assert house.read(pulse.canary_under_way) is None
        house.now += 31 * SECOND


def test_while_one_is_under_way_no_other_is_sent(house: House) -> None:
    for _ in range(3):
        house.do(lambda c: canary.beat(c, house.now))
        house.now += MINUTE
    counted = select(tables.delivery.c.id).where(tables.delivery.c.subject == CANARY)
    assert len(house.read(lambda c: c.execute(counted).all())) == 1


# What the audit asks of the store


def test_a_message_that_could_go_and_that_nobody_takes_is_found_and_one_that_waits_with_a_reason_is_not(house: House) -> None:
    """F44: a queue that does not move."""

    def waits(lane: Lane) -> bool:
        return house.read(lambda c: pulse.waiting_since(c, lane, house.now, MINUTE, house.store.epoch)) is not None

    house.breaks(CARD)
    assert not waits(Lane.STAFF)
    house.now += 2 * MINUTE
    assert waits(Lane.STAFF)
    held = house.postman.claim(Lane.STAFF, house.now)
    assert held
    assert not waits(Lane.STAFF), "somebody has them in hand"
    house.now += 2 * MINUTE
    assert waits(Lane.STAFF) or house.read(lambda c: pulse.lapsed_leases(c, house.now, 30 * SECOND))


def test_an_approved_notice_that_gets_no_rows_is_found_and_one_that_waits_with_a_reason_is_not(house: House) -> None:
    """The verdict over a first batch, the kill switch and a cap of the hour are reasons; that rounds write nothing is none."""

    def owing() -> int:
        guards = house.world.installation.guards
        return house.read(lambda c: pulse.unexpanded_notices(c, house.now, MINUTE, guards))

    crowd(house, 40)
    guarded(house, first_batch=10)
    house.breaks(CARD)
    house.done(Hold(on=True, why="wait"))
    notice = house.approve(desk_knows=True)
    house.run(5 * MINUTE)
    assert len(house.rows("opened")) == 10, "the first batch waits for the switch, and the rest for its verdict"
    assert owing() == 0
    house.do(lambda c: c.execute(tables.delivery.delete().where(tables.delivery.c.notice == notice.id)))
    assert owing() == 1
    house.do(lambda c: caps.spend(c, 100_000, house.now))
    assert owing() == 0, "the cap of the hour is reached"


def test_an_incident_that_nobody_was_told_of_is_found(house: House) -> None:
    house.breaks(CARD)
    assert house.read(lambda c: pulse.untold_incidents(c, house.now + MINUTE)) == 0
    house.do(lambda c: c.execute(tables.notice.delete()))
    assert house.read(lambda c: pulse.untold_incidents(c, house.now + MINUTE)) == 1
