"""Two hubs and workers as real processes on a real PostgreSQL: killed, stopped, ended, and nobody is told twice."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path
from time import monotonic

import pytest

from sentinel.demo.people import told
from sentinel.demo.post import Post, addresses, one_each
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from sentinel.run.wiring import CUSTOMER_CONNECTIONS
from tests.postgres import Server, shared
from tests.run.hubs import Gate, beside, command, lead_of, read, rows, running, staged, until_so

pytestmark = pytest.mark.timeout(600)
LEDGER = "select state, count(*) from delivery where lane = 'customers' group by state"


@pytest.fixture(scope="module")
def pg() -> Server:
    return shared()


def states(stage: Stage) -> Counter[str]:
    return Counter(dict(rows(stage, LEDGER)))


async def approve_opening(stage: Stage) -> int:
    """Payments break, and the lead approves what customers read; how many are written to."""
    stage.company.break_("payments", How.ERROR)
    async with lead_of(stage) as lead:
        page = await lead.incident_when(lambda page: "payments" in page["incident"]["services"], 60)
        draft = await lead.draft_when(page["incident"]["id"], "opened", 60)
        return await lead.approve(page["incident"]["id"], draft["notice"]["id"])


def test_what_a_killed_worker_was_sending_is_finished_by_the_others_and_nobody_is_written_to_twice(
    tmp_path: Path, pg: Server
) -> None:
    """F13, F3 with several processes: kill -9 a worker while its messages are at the final dot."""

    async def main() -> None:
        async with staged(tmp_path, pg) as stage, beside(stage, "worker", "first") as first, beside(stage, "worker", "second"):
            await running(stage, 1, 2)
            gate = Gate()
            stage.mailroom.hook = gate
            gate.shut()
            count = await approve_opening(stage)
            await until_so(lambda: gate.held == 3 * CUSTOMER_CONNECTIONS)
            first.send(signal.SIGKILL)
            await first.process.wait()
            gate.open()
            await until_so(lambda: states(stage)["accepted"] + states(stage)["in_doubt"] == count)
            assert 0 < states(stage)["in_doubt"] <= CUSTOMER_CONNECTIONS, "what it had armed is shown, and never sent again"
            assert addresses(Post(stage).all) == one_each(told("payers"))

    asyncio.run(main())


def test_a_worker_stopped_between_arming_and_effect_sends_nothing_new_when_it_wakes(tmp_path: Path, pg: Server) -> None:
    """F13: SIGSTOP for longer than the lease at the arm/effect gap, then SIGCONT; late proof settles what was in doubt."""

    async def main() -> None:
        async with staged(tmp_path, pg) as stage, beside(stage, "worker", "first", "--lanes", "customers") as first:
            await running(stage, 1, 1)
            gate = Gate()
            stage.mailroom.hook = gate
            gate.shut()
            count = await approve_opening(stage)
            await until_so(lambda: gate.held == 2 * CUSTOMER_CONNECTIONS)
            first.send(signal.SIGSTOP)
            gate.open()
            await until_so(lambda: states(stage)["accepted"] + states(stage)["in_doubt"] == count)
            assert 0 < states(stage)["in_doubt"] <= CUSTOMER_CONNECTIONS
            assert addresses(Post(stage).all) == one_each(told("payers"))
            first.send(signal.SIGCONT)
            await until_so(lambda: states(stage)["accepted"] == count)
            assert states(stage)["in_doubt"] == 0
            assert "could not be written" not in first.log, "all that it learnt is on one page, and on disk"
            assert await first.end() == 0
            assert addresses(Post(stage).all) == one_each(told("payers"))

    asyncio.run(main())


def test_two_hubs_open_one_incident_for_one_disturbance_and_either_goes_on_alone(tmp_path: Path, pg: Server) -> None:
    """F44 for one of several: a hub that is stopped or killed leaves its rounds, its checks and its lanes to the other."""

    async def main() -> None:
        async with staged(tmp_path, pg) as stage, beside(stage, "serve", "second") as second:
            there = await running(stage, 2, 0)
            assert {each["place"] for each in there} == {"head-office"}
            await one_incident(stage, second.store)
            await both_show_it(stage, second.store)
            await goes_on_while_the_other_is_stopped(stage, second.store)
            await stage.kill_hub()
            await opens_alone(stage, second.store)
            began = monotonic()
            assert await second.end() == 0
            assert monotonic() - began < 11, second.log

    asyncio.run(main())


async def one_incident(stage: Stage, other: Path) -> None:
    stage.company.break_("documents", How.ERROR)
    await until_so(lambda: bool(rows(stage, "select 1 from incident")))
    await until_so(lambda: len(stage.slack.channel("C0SERVICE")) >= 1)
    assert rows(stage, "select count(*) from incident") == [(1,)]
    assert [each["incident"]["id"] for each in (await read(other, "board"))["open"]] == [1]


async def both_show_it(stage: Stage, other: Path) -> None:
    """What one hub commits the other shows, to staff and to the public."""
    await command(stage.folder / "sentinel.db", "note", incident=1, text="a supplier is on it")

    async def seen() -> bool:
        page = await read(other, "incidents/1")
        return "a supplier is on it" in str(page)

    assert await seen()


async def goes_on_while_the_other_is_stopped(stage: Stage, other: Path) -> None:
    """A hub that is stopped may hold the guard: the database ends its transaction within ten seconds."""
    os.kill(stage.hub_pid, signal.SIGSTOP)
    try:
        stage.company.break_("accounts", How.ERROR)
        await until_so(lambda: rows(stage, "select count(*) from incident") == [(2,)])
    finally:
        os.kill(stage.hub_pid, signal.SIGCONT)


async def opens_alone(stage: Stage, other: Path) -> None:
    stage.company.break_("quoting", How.ERROR)
    await until_so(lambda: rows(stage, "select count(*) from incident") == [(3,)])
    await until_so(lambda: len(stage.slack.channel("C0SERVICE")) >= 3)
