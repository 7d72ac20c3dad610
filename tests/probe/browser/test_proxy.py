"""The proxy that is a browser's one way out, spoken to as a browser speaks, before servers kind and hostile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from sentinel.model.guard import gate, networks
from sentinel.probe.browser.proxy import BYTES, Proxy
from sentinel.probe.condition import Rules
from sentinel.probe.reach import Reach
from tests.probe.kind.hostile import close, closed_port, drip, flood, says, serving
from tests.probe.servers import answering, page
from tests.probe.servers import serving as kindly

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def proxied(*allow: str, most: int = BYTES) -> AsyncIterator[tuple[Proxy, int]]:
    proxy = Proxy(Reach(gate=gate(networks(allow)), rules=Rules(), seconds=5.0), most=most)
    port = await proxy.open()
    try:
        yield proxy, port
    finally:
        await proxy.close()


async def said(port: int, asked: bytes) -> bytes:
    """All that comes back until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(asked)
        return await reader.read(-1)
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


def get(port: int, path: str = "/") -> bytes:
    return f"GET http://127.0.0.1:{port}{path} HTTP/1.1\r\nHost: a\r\nProxy-Connection: keep-alive\r\nX-A: b\r\n\r\n".encode()


async def test_a_plain_request_is_passed_on_as_the_server_knows_it() -> None:
    with kindly(answering(page(b"here", headers="Keep-Alive: 5\r\n"))) as server:
        async with proxied("127.0.0.0/8") as (_, port):
            answer = await said(port, get(server.port, "/a?b=c"))
    assert server.asked == [b"GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-A: b\r\nConnection: close\r\n\r\n"]
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere"


async def test_a_tunnel_passes_everything_both_ways() -> None:
    with serving(says(b"", b"first", b"second")) as target:
        async with proxied("127.0.0.0/8") as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"CONNECT 127.0.0.1:{target} HTTP/1.1\r\n\r\n".encode())
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
            for answer in (b"first", b"second"):
                writer.write(b"x")
                assert await reader.readexactly(len(answer)) == answer
            writer.transport.abort()


@pytest.mark.parametrize("asked", ["CONNECT 127.0.0.1:{} HTTP/1.1\r\n\r\n", "GET http://127.0.0.1:{}/ HTTP/1.1\r\n\r\n"])
async def test_where_probes_may_not_go_it_does_not_go(asked: str) -> None:
    with kindly(answering(page())) as server:
        async with proxied() as (proxy, port):
            answer = await said(port, asked.format(server.port).encode())
            assert answer.startswith(b"HTTP/1.1 502 ")
            assert "which probes may not reach" in str(proxy.troubles["127.0.0.1"])
    assert server.connections == 0


async def test_what_is_refused_is_known_afterwards_until_the_next_page() -> None:
    async with proxied("127.0.0.0/8") as (proxy, port):
        await said(port, get(closed_port()))
        assert str(proxy.troubles["127.0.0.1"]) == str(proxy.last) == "connection refused"
        proxy.forget()
        assert not proxy.troubles
        assert proxy.last is None


@pytest.mark.parametrize(
    ("conduct", "trouble"),
    [
        (close, "connection"),
        (says(b"nonsense"), "the answer is not proper HTTP"),
        (flood, "the answer is not proper HTTP"),
    ],
)
async def test_a_server_that_does_not_speak_http_is_told_of(conduct: object, trouble: str) -> None:
    with serving(conduct) as target:  # type: ignore[arg-type]  # a conduct
        async with proxied("127.0.0.0/8") as (proxy, port):
            await said(port, get(target))
            assert trouble in str(proxy.last)


@pytest.mark.parametrize(
    "asked", [b"nonsense\r\n\r\n", b"GET /x HTTP/1.1\r\n\r\n", b"GET ftp://a/ HTTP/1.1\r\n\r\n", b"CONNECT :1 x\r\n\r\n"]
)
async def test_what_no_browser_says_gets_no_answer(asked: bytes) -> None:
    async with proxied("127.0.0.0/8") as (_, port):
        assert await said(port, asked) == b""


async def test_a_browsers_own_chatter_is_not_passed_on() -> None:
    async with proxied("127.0.0.0/8") as (proxy, port):
        assert await said(port, b"CONNECT content-autofill.googleapis.com:443 HTTP/1.1\r\n\r\n") == b""
        assert proxy.last is None


async def test_pages_do_not_take_in_more_than_is_let() -> None:
    with kindly(answering(page(b"x" * (3 << 20)))) as server:
        async with proxied("127.0.0.0/8", most=1 << 20) as (proxy, port):
            assert len(await said(port, get(server.port))) < 2 << 20
            assert str(proxy.last) == "the pages took in more than 1 MiB"
            assert await said(port, get(server.port)) == b""


async def test_when_it_closes_nothing_goes_on() -> None:
    with serving(drip) as target:
        async with proxied("127.0.0.0/8") as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"CONNECT 127.0.0.1:{target} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == b"x"
        with suppress(ConnectionResetError):
            await reader.read(-1)
        assert reader.at_eof() or reader.exception() is not None
        writer.transport.abort()
