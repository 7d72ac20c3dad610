"""The live stream, over a real socket: it says that something changed, to whom it may, for as long as it may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from sentinel.serve.live import routes
from tests.serve import world
from tests.serve.browser import Browser, Clock
from tests.serve.hub import MemoryHub
from tests.serve.served import served

SOON = 5.0


@asynccontextmanager
async def signed_in(hub: MemoryHub, clock: Clock, email: str = world.LEAD.email) -> AsyncIterator[Browser]:
    async with served(hub, clock) as url, httpx.AsyncClient(base_url=url, timeout=SOON) as connection:
        browser = Browser(connection)
        password = world.PASSWORD + ("" if email == world.LEAD.email else "!")
        assert (await browser.sign_in(email=email, password=password)).status_code == 303
        yield browser


async def events(stream: httpx.Response) -> AsyncIterator[str]:
    """The ids of the events, as they come."""
    async for line in stream.aiter_lines():
        if line.startswith("id: "):
            yield line.removeprefix("id: ")


async def test_a_change_is_heard_at_once_and_carries_no_word_of_it(hub: MemoryHub, clock: Clock) -> None:
    async with signed_in(hub, clock) as lead, lead.client.stream("GET", "/live?seen=mark-1") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        heard = events(stream)
        asyncio.get_running_loop().call_soon(hub.move, "mark-2")
        assert await asyncio.wait_for(anext(heard), SOON) == "mark-2"
        hub.move("mark-3")
        assert await asyncio.wait_for(anext(heard), SOON) == "mark-3"


async def test_who_connects_late_hears_that_something_changed(hub: MemoryHub, clock: Clock) -> None:
    async with signed_in(hub, clock) as lead, lead.client.stream("GET", "/live?seen=an-older-one") as stream:
        assert await asyncio.wait_for(anext(events(stream)), SOON) == "mark-1"


async def test_a_session_that_ends_cuts_its_stream(hub: MemoryHub, clock: Clock) -> None:
    async with signed_in(hub, clock) as lead, lead.client.stream("GET", "/live?seen=mark-1") as stream:
        assert (await lead.post("/sign-out", {})).status_code == 303
        hub.move("mark-2")
        assert [one async for one in events(stream)] == []


async def test_listening_keeps_nobody_signed_in(hub: MemoryHub, clock: Clock) -> None:
    async with signed_in(hub, clock) as lead:
        ((token, began),) = hub.sessions.items()
        clock.now += timedelta(minutes=10)
        async with lead.client.stream("GET", "/live?seen=mark-1") as stream:
            hub.move("mark-2")
            assert await asyncio.wait_for(anext(events(stream)), SOON) == "mark-2"
            assert hub.sessions[token] == began


async def test_a_hub_that_stops_ends_every_stream(hub: MemoryHub, clock: Clock) -> None:
    async with signed_in(hub, clock) as lead, lead.client.stream("GET", "/live?seen=mark-1") as stream:
        hub.end_live()
        assert [one async for one in events(stream)] == []


async def test_nobody_listens_without_the_right(hub: MemoryHub, clock: Clock) -> None:
    async with served(hub, clock) as url, httpx.AsyncClient(base_url=url) as stranger:
        answer = await stranger.get("/live")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Flive")


async def test_asking_for_the_headers_alone_takes_no_place(
    hub: MemoryHub, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "LISTENERS_OF_ONE", 1)
    async with signed_in(hub, clock) as lead:
        head = await lead.client.head("/live?seen=mark-1")
        assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        async with lead.client.stream("GET", "/live?seen=other") as stream:
            assert stream.status_code == 200


async def test_listeners_are_bounded(hub: MemoryHub, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "LISTENERS_OF_ONE", 1)
    async with signed_in(hub, clock, world.VIEWER.email) as viewer:
        async with viewer.client.stream("GET", "/live?seen=other") as stream:
            await asyncio.wait_for(anext(events(stream)), SOON)
            refused = await viewer.get("/live")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        for _ in range(100):  # its place is free as soon as the server has seen it go
            async with viewer.client.stream("GET", "/live?seen=other") as again:
                if again.status_code == 200:
                    return
            await asyncio.sleep(0.01)
        raise AssertionError("the place of a listener who left was never free again")
