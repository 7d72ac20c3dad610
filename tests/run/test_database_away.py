"""The database goes away under a running hub, and comes back: F20. Real processes, a real PostgreSQL that is stopped hard."""

import asyncio
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from sentinel.cli.main import main as sentinel
from sentinel.demo.patience import until
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from tests.postgres import Server, server
from tests.run.hubs import COMING, beside, read, rows, running, staged, until_so

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def pg() -> Iterator[Server]:
    with server() as made:
        yield made


async def answers(stage: Stage, path: str, status: int) -> None:
    """Wait until the hub answers so."""

    async def look() -> bool | None:
        async with httpx.AsyncClient(base_url=stage.url, timeout=10, trust_env=False) as client:
            return (await client.get(path)).status_code == status or None

    await until(look, COMING)


def about_incidents(stage: Stage) -> list[str]:
    """What staff read in Slack, but for what the hub says of itself: whether an audit fell into the gap is chance."""
    return [post.shown for post in stage.slack.posts if "the self-audit" not in post.shown]


def test_a_hub_outlives_its_database_and_tells_later_what_it_saw_meanwhile_f20(tmp_path: Path, pg: Server) -> None:
    """F20: probes go on into the spool, `/healthz` lives, `/readyz` is 503, nothing is false, all comes back by itself."""

    async def main() -> None:
        async with staged(tmp_path, pg) as stage, beside(stage, "worker", "first") as worker:
            await running(stage, 1, 1)
            await asyncio.to_thread(pg.stop, "immediate")
            await answers(stage, "/readyz", 503)
            await answers(stage, "/healthz", 200)
            stage.company.break_("documents", How.ERROR)
            broke_at = datetime.now(UTC)
            await answers(stage, "/healthz", 200)
            await until_so(lambda: stage.log.read_text().count("round failed") >= 1)
            await asyncio.sleep(3)  # nothing to wait for: samples are to pile up that no round can take in
            back_at = datetime.now(UTC)
            await asyncio.to_thread(pg.start)
            await answers(stage, "/readyz", 200)
            await until_so(lambda: bool(rows(stage, "select 1 from incident")))
            page = await read(stage.folder / "sentinel.db", "incidents/1")
            began = datetime.fromisoformat(page["incident"]["began_at"])
            assert broke_at <= began < back_at, "it began when it was seen, not when it could be written down"
            assert page["incident"]["services"] == ["documents"], "nothing else was ever down"
            assert rows(stage, "select count(*) from incident") == [(1,)]
            await until_so(lambda: len(about_incidents(stage)) == 1)
            await running(stage, 1, 1)
            worker.send(signal.SIGTERM)
            assert await worker.process.wait() == 0

    asyncio.run(main())


def test_a_hub_that_cannot_reach_its_database_at_the_start_says_where_it_looked_f20(tmp_path: Path, pg: Server) -> None:
    """F20: exit code 3, and no password in what is said."""

    async def main() -> None:
        async with staged(tmp_path, pg) as stage:
            await stage.stop_hub()
            await asyncio.to_thread(pg.stop, "immediate")
            for kind in ("serve", "worker"):
                async with beside(stage, kind, f"late-{kind}") as late:
                    assert await late.process.wait() == 3
                    assert "cannot be reached" in late.log
            await asyncio.to_thread(pg.start)

    asyncio.run(main())


def test_a_worker_wants_a_database_that_many_may_use_f16(tmp_path: Path) -> None:
    """F16: nobody joins a SQLite file: a worker is refused with what to write instead."""

    async def main() -> None:
        async with Stage(tmp_path) as stage, beside(stage, "worker", "alone") as worker:
            assert await worker.process.wait() == 2
            assert "database" in worker.log

    asyncio.run(main())


def test_lanes_are_read_from_the_command_line() -> None:
    answer = CliRunner().invoke(sentinel, ["worker", "--lanes", "staff,custommers"])
    assert answer.exit_code == 2
    assert "there is no lane 'custommers'" in answer.output
