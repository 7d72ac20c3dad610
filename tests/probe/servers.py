"""Real servers on loopback for the tests: each answers every connection in its own thread, kindly or not."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Talk = Callable[[socket.socket], None]


@dataclass(slots=True)
class Server:
    """Where it listens, how many came, and what they asked."""

    port: int
    connections: int = 0
    asked: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.contextmanager
def serving(talk: Callable[["Server", socket.socket], None], *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server whose every connection is handed to `talk`; closed, with its threads, at the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        server = Server(listener.getsockname()[1])
        threads = [threading.Thread(target=_accept, args=(server, listener, talk, tls), daemon=True)]
        threads[0].start()
        try:
            yield server
        finally:
            server.over.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            threads[0].join(5)


def _accept(
    server: Server, listener: socket.socket, talk: Callable[[Server, socket.socket], None], tls: ssl.SSLContext | None
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        threading.Thread(target=_talk, args=(server, connection, talk, tls), daemon=True).start()


def _talk(
    server: Server, connection: socket.socket, talk: Callable[[Server, socket.socket], None], tls: ssl.SSLContext | None
) -> None:
    with contextlib.suppress(OSError):
        connection.settimeout(20)
        if tls is None:
            with connection:
                talk(server, connection)
        else:
            with connection, tls.wrap_socket(connection, server_side=True) as secured:
                talk(server, secured)


def request_of(connection: socket.socket) -> bytes:
    """The request's head and whatever of its body came along."""
    asked = b""
    while b"\r\n\r\n" not in asked and (more := connection.recv(65536)):
        asked += more
    return asked


def answering(raw: bytes) -> Callable[[Server, socket.socket], None]:
    """Reads the request, sends these bytes, closes."""

    def talk(server: Server, connection: socket.socket) -> None:
        server.asked.append(request_of(connection))
        connection.sendall(raw)

    return talk


def page(body: bytes = b"Card number", *, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n".encode() + body


def silent(server: Server, connection: socket.socket) -> None:
    """Takes the connection and never says a word."""
    server.over.wait(20)


def reset(server: Server, connection: socket.socket) -> None:
    """Reads the request and breaks off with a reset."""
    request_of(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def drip(server: Server, connection: socket.socket) -> None:
    """A byte of the body now and then, for ever."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.wait(0.1):
        connection.sendall(b"x")


def endless(server: Server, connection: socket.socket) -> None:
    """A body without an end."""
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not server.over.is_set():
        connection.sendall(b"x" * 65536)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def context(chain_pem: Path, key_pem: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(chain_pem, key_pem)
    return made
