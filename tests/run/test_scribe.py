"""The scribe: what goes into one transaction, and whom a page waits for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentinel.model.delivery import Lane
from sentinel.run.scribe import QUIET, Scribe
from sentinel.store import writer
from sentinel.store.database import Store

NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
FOREVER = 600.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "sentinel.db")
    yield made
    made.close()


@asynccontextmanager
async def patient(store: Store, quiet: float = FOREVER) -> AsyncIterator[Scribe]:
    """One that would wait for ever for whoever has a row in hand."""
    scribe = Scribe(Lane.CUSTOMERS, store, lambda: NOW, company=FOREVER, quiet=quiet)
    running = asyncio.create_task(scribe.run())
    try:
        async with asyncio.timeout(30.0):
            yield scribe
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_all_who_have_a_row_in_hand_are_armed_by_one_commit(store: Store) -> None:
    async with patient(store) as scribe:
        for _ in range(3):
            scribe.take()
        before = store.writer.commits
        first = [asyncio.create_task(scribe.arm((number, 1))) for number in (1, 2)]
        await asyncio.wait(first, timeout=0.05)
        assert store.writer.commits == before
        assert await asyncio.gather(scribe.arm((3, 1)), *first) == [False, False, False]  # there are no such rows
        assert store.writer.commits == before + 1


async def test_nobody_waits_for_a_connection_that_let_go_of_its_row(store: Store) -> None:
    async with patient(store) as scribe:
        scribe.take()
        scribe.take()
        armed = asyncio.create_task(scribe.arm((1, 1)))
        assert await asyncio.wait([armed], timeout=0.05) == (set(), {armed})
        scribe.let_go()
        assert await armed is False


async def test_one_alone_waits_for_nobody(store: Store) -> None:
    async with patient(store) as scribe:
        scribe.take()
        assert await scribe.arm((1, 1)) is False


async def test_a_provider_that_hangs_keeps_the_others_waiting_for_a_moment_only(store: Store) -> None:
    async with patient(store, quiet=QUIET) as scribe:
        scribe.take()
        scribe.take()
        assert await scribe.arm((1, 1)) is False


def test_the_writer_waits_for_nobody_beside_a_page_that_is_full_already(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where something ordinary queued up behind it."""
    monkeypatch.setattr(writer, "GROUP_SECONDS", FOREVER)
    held = threading.Event()
    before = store.writer.submit(lambda _: held.wait(20), gathered=True)  # what follows queues up behind it
    page = store.writer.submit(lambda _: "page", gathered=True)
    other = store.writer.submit(lambda _: "other")
    held.set()
    assert (before.result(20), page.result(20), other.result(20)) == (True, "page", "other")
