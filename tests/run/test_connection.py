"""The head of a request is bounded in bytes and in time, before any application is asked."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from sentinel.run.connection import Connection

SOON = 5.0


class Hasty(Connection):
    head_seconds = 0.3


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(PlainTextResponse("here"), http=Hasty, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def answered(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def test_a_head_without_end_is_refused_before_it_fills_the_memory(address: tuple[str, int]) -> None:
    with socket.create_connection(address, SOON) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
        with pytest.raises(ConnectionError):
            connection.sendall(b"a" * 64 * 2**20)
        assert b"200 OK" not in answered(connection)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_never_ends_is_cut_off(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address, SOON) as connection:
        connection.sendall(sent)
        assert answered(connection) == b""


def test_so_is_the_second_head_of_a_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, SOON) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert b"200 OK" not in answered(connection)


def test_a_whole_head_is_answered_and_the_connection_goes_on(address: tuple[str, int]) -> None:
    with socket.create_connection(address, SOON) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = connection.recv(65536)
            while b"here" not in got:
                got += connection.recv(65536)
            assert got.startswith(b"HTTP/1.1 200 OK")
