"""The prober keeps its child alive and hands on what it finds."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from sentinel.model.check import Check
from sentinel.model.installation import Guard
from sentinel.model.observation import Verdict
from sentinel.probe.wire import Batch
from sentinel.run.prober import COMMAND, Prober
from sentinel.run.prober import log as logger

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def check(name: str = "payments.form", url: str = "http://127.0.0.1:1/") -> Check:
    return Check(id=name, service="payments", kind="http", options={"url": url}, every=timedelta(seconds=0.1))


class Listener(logging.Handler):
    """Puts every line of the log in a queue."""

    def __init__(self, lines: asyncio.Queue[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put_nowait(record.getMessage())


class Hub:
    """Acknowledges every batch and keeps it."""

    def __init__(self, checks: Sequence[Check], *, command: Sequence[str] | None = None, silence: float = 20.0) -> None:
        self.batches: asyncio.Queue[Batch] = asyncio.Queue()
        self.prober = Prober(
            "hq", Guard(allow=("127.0.0.0/8",)), checks, self._take, silence=silence, command=command or COMMAND
        )

    def _take(self, batch: Batch) -> None:
        self.batches.put_nowait(batch)
        self.prober.ack(batch.source, batch.number)

    async def restarted(self, times: int) -> None:
        """Waits until the child has died once more often than that, as the log tells."""
        deaths: asyncio.Queue[str] = asyncio.Queue()
        listener = Listener(deaths)
        logger.addHandler(listener)
        try:
            async with asyncio.timeout(30):
                while self.prober.restarts < times:
                    await deaths.get()
        finally:
            logger.removeHandler(listener)

    async def next(self) -> Batch:
        async with asyncio.timeout(20):
            return await self.batches.get()


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[Hub]:
    task = asyncio.create_task(hub.prober.run())
    try:
        yield hub
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_batches_come_in_order_from_one_source_of_the_place() -> None:
    async with running(Hub([check()])) as hub:
        batches = [await hub.next() for _ in range(4)]
    assert [batch.number for batch in batches] == [1, 2, 3, 4]
    assert len({batch.source for batch in batches}) == 1
    assert batches[0].source.startswith("hq/")
    assert {row.verdict for batch in batches for row in batch.rows} == {Verdict.DOWN}
    assert hub.prober.counts["dropped"] == 0


async def test_a_killed_child_is_started_again_as_another_source() -> None:
    async with running(Hub([check()])) as hub:
        first = await hub.next()
        assert hub.prober.pid is not None
        os.kill(hub.prober.pid, signal.SIGKILL)
        while (later := await hub.next()).source == first.source:
            pass
        assert later.number == 1
        assert hub.prober.restarts == 1


async def test_a_child_that_is_stuck_is_started_again() -> None:
    async with running(Hub([check()], silence=6.0)) as hub:
        first = await hub.next()
        stuck = hub.prober.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        while (await hub.next()).source == first.source:
            pass
        assert gone(stuck)


async def test_cancelling_ends_the_child() -> None:
    async with running(Hub([check()])) as hub:
        await hub.next()
        pid = hub.prober.pid
        assert pid is not None
    assert gone(pid)
    assert hub.prober.pid is None


async def test_a_reload_puts_other_checks_in_force_in_the_same_child() -> None:
    async with running(Hub([check("a.b")])) as hub:
        first = await hub.next()
        hub.prober.reload([check("a.c")])
        later = first
        while not any(row.check == "a.c" for row in later.rows):
            later = await hub.next()
        assert later.source == first.source
        for _ in range(3):
            assert {row.check for row in (await hub.next()).rows} == {"a.c"}


async def test_the_child_gets_none_of_our_environment_but_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_LEAD_PASSWORD", "secret")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with running(Hub([check()])) as hub:
        await hub.next()
        environment = Path(f"/proc/{hub.prober.pid}/environ").read_bytes()  # noqa: ASYNC240 - it is no disk
        names = {pair.partition(b"=")[0] for pair in environment.split(b"\0") if pair}
    assert names <= {b"PATH", b"SSL_CERT_FILE", b"SSL_CERT_DIR", b"CURL_CA_BUNDLE", b"LC_CTYPE"}


@pytest.mark.parametrize(
    "script",
    ["print('nonsense')", "print('x' * 5_000_000)", "raise SystemExit(3)",
     "print('{\"v\":1,\"say\":\"batch\",\"source\":\"elsewhere/1\",\"batch\":1,\"rows\":[]}', flush=True); input(); input()"],
)  # fmt: skip
async def test_a_child_that_does_not_speak_the_protocol_is_ended_and_started_again(script: str) -> None:
    async with running(Hub([check()], command=(sys.executable, "-c", script))) as hub:
        await hub.restarted(2)
        assert hub.batches.empty()


async def test_a_child_that_cannot_be_started_is_tried_again() -> None:
    async with running(Hub([check()], command=("/no/such/program",))) as hub:
        await hub.restarted(2)


async def test_an_error_of_the_hub_itself_is_not_swallowed_and_ends_the_child() -> None:
    def broken(batch: Batch) -> None:
        raise RuntimeError("the store is gone")

    prober = Prober("hq", Guard(allow=("127.0.0.0/8",)), [check()], broken)
    with pytest.raises(RuntimeError, match="the store is gone"):
        async with asyncio.timeout(20):
            await prober.run()
    assert prober.pid is None
