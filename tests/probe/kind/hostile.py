"""Servers that no client deserves, on loopback, each in a thread: silent, flooding, dripping, closing, talking nonsense."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Conduct = Callable[[socket.socket, threading.Event], None]


def silent(_client: socket.socket, ended: threading.Event) -> None:
    """Takes the connection and says nothing."""
    ended.wait(10)


def flood(client: socket.socket, ended: threading.Event) -> None:
    """Says far too much, and never ends."""
    piece = b"x" * 65536
    for _ in range(2000):  # 128 MB
        if ended.is_set():
            return
        client.sendall(piece)


def drip(client: socket.socket, ended: threading.Event) -> None:
    """Says a byte now and then, and never comes to a point."""
    while not ended.wait(0.05):
        client.sendall(b"x")


def close(client: socket.socket, _ended: threading.Event) -> None:
    """Takes the connection and hangs up."""


def says(*answers: bytes) -> Conduct:
    """Says one answer after each thing that it hears, the first at once; then hangs up."""

    def conduct(client: socket.socket, ended: threading.Event) -> None:
        client.settimeout(5)
        for answer in answers:
            client.sendall(answer)
            if not client.recv(65536):
                return

    return conduct


@contextmanager
def serving(conduct: Conduct) -> Iterator[int]:
    """The port of a server that treats every connection so."""
    ended = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)

    def treat(client: socket.socket) -> None:
        with client, suppress(OSError):
            conduct(client, ended)

    def accept() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                client, _ = listening.accept()
                threading.Thread(target=treat, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        thread.join()
        listening.close()


def closed_port() -> int:
    """One at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
