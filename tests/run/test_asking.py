"""The child that looks for scrapers: it answers, bounds how many ask, is started again, and ends with us."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from sentinel.model.check import Check
from sentinel.probe.question import AT_ONCE
from sentinel.run.asking import Asking, Broken, Busy
from sentinel.run.kinds import FoundKinds
from sentinel.run.modules import Unfit, check_of
from tests.probe.servers import answering, page, serving, silent

LOOPBACK = ("127.0.0.0/8",)


@asynccontextmanager
async def asking(*command: str) -> AsyncIterator[Asking]:
    one = Asking(command) if command else Asking()
    try:
        yield one
    finally:
        await one.close()


def check(url: str, seconds: float = 5.0) -> Check:
    return Check(id="a", service="a", kind="http", options={"url": url}, timeout=timedelta(seconds=seconds))


def played(story: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story()

    asyncio.run(whole())


def test_samples_come_back_to_whom_they_belong() -> None:
    async def story() -> None:
        with serving(answering(page())) as good, serving(answering(page(status="503 Away"))) as bad:
            async with asking() as one:
                urls = [good.url(), bad.url()] * 4
                said = await asyncio.gather(*(one.sample(check(url), LOOPBACK) for url in urls))
        assert [each["facts"]["status"] for each in said] == [200, 503] * 4
        assert [each["verdict"] for each in said] == ["up", "down"] * 4

    played(story)


def test_a_private_address_is_guarded_there_too() -> None:
    async def story() -> None:
        with serving(answering(page())) as server:
            async with asking() as one:
                said = await one.sample(check(server.url()), ())
        assert (said["verdict"], server.connections) == ("unknown", 0)

    played(story)


def test_more_than_so_many_at_once_are_refused() -> None:
    async def story() -> None:
        with serving(silent) as server:
            async with asking() as one:
                waiting = [asyncio.create_task(one.sample(check(server.url(), 1.0), LOOPBACK)) for _ in range(AT_ONCE)]
                await asyncio.sleep(0)
                with pytest.raises(Busy):
                    await one.sample(check(server.url()), LOOPBACK)
                said = await asyncio.gather(*waiting)
        assert {each["verdict"] for each in said} == {"down"}

    played(story)


def test_a_child_that_dies_is_said_and_started_again() -> None:
    async def story() -> None:
        async with asking(sys.executable, "-c", "import sys; sys.stdin.readline()") as one:
            for _ in range(2):
                with pytest.raises(Broken):
                    await one.sample(check("http://127.0.0.1:9/"), LOOPBACK)

    played(story)


def test_the_child_ends_with_us() -> None:
    async def story() -> None:
        with serving(answering(page())) as server:
            async with asking() as one:
                await one.sample(check(server.url()), LOOPBACK)
                assert one._child is not None
                pid = one._child.pid
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    played(story)


def test_the_scraper_s_patience_is_the_limit_where_it_is_the_shorter() -> None:
    module = {"prober": "http", "timeout": "5s"}
    assert check_of(module, "a.example", FoundKinds(), within=2.0).timeout == timedelta(seconds=2)
    assert check_of(module, "a.example", FoundKinds(), within=60.0).timeout == timedelta(seconds=5)


@pytest.mark.parametrize("target", ["http://user:pass@a.example/", "http://"])
def test_a_target_that_is_none_is_refused_in_words(target: str) -> None:
    with pytest.raises(Unfit):
        check_of({"prober": "http"}, target, FoundKinds())
