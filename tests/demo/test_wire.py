"""The wire: what a client may do wrong ends its connection and nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from sentinel.demo.mishap import DROP, Drop
from sentinel.demo.wire import LARGEST, Reply, Request, Wire


async def _echo(request: Request) -> Reply | Drop:
    if request.path == "/drop":
        return DROP
    return Reply(body=f"{request.session} {request.method} {request.query} ".encode() + request.body, kind="text/plain")


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire(_echo)
    wire.open()
    yield wire
    await wire.close()


async def test_requests_share_a_connection_that_is_kept_alive(wire: Wire) -> None:
    async with httpx.AsyncClient(base_url=wire.url) as client:
        answers = [(await client.post("/?a=1", content=b"x" * size)).text for size in (1, 100_000)]
    assert [answer[:12] for answer in answers] == ["1 POST a=1 x", "1 POST a=1 x"]
    assert len(answers[1]) == len("1 POST a=1 ") + 100_000


async def test_a_chunked_body_is_read_whole(wire: Wire) -> None:
    async def body() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two"):
            yield piece

    async with httpx.AsyncClient(base_url=wire.url) as client:
        assert (await client.post("/", content=body())).text == "1 POST  one two"


async def test_a_body_that_is_too_large_is_refused(wire: Wire) -> None:
    async with httpx.AsyncClient(base_url=wire.url) as client:
        assert (await client.post("/", content=b"x" * (LARGEST + 1))).status_code == 413


async def test_a_dropped_request_gets_no_answer(wire: Wire) -> None:
    async with httpx.AsyncClient(base_url=wire.url) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/drop")
        assert (await client.get("/")).text == "2 GET  "


async def test_a_head_request_gets_no_body(wire: Wire) -> None:
    async with httpx.AsyncClient(base_url=wire.url) as client:
        answer = await client.head("/")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "8")


@pytest.mark.parametrize(
    "rubbish", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b""]
)
async def test_rubbish_ends_its_own_connection_only(wire: Wire, rubbish: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
    writer.write(rubbish)
    writer.write_eof()
    with contextlib.suppress(ConnectionResetError):  # cut short is an end too
        assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()
    async with httpx.AsyncClient(base_url=wire.url) as client:
        assert (await client.get("/")).status_code == 200
