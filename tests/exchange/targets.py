"""The servers that the cases name, real ones on loopback: `with target("status 404", authority) as where:`."""

import contextlib
import gzip
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import grpc
import trustme
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from tests.probe.servers import Server, answering, free_port, page, request_of, serving, silent

Talk = Callable[[Server, socket.socket], None]
BODIES = {
    "body database": b"Bad news: could not connect to database server", "body download": b"Download the latest version here",
    "body internal": b"internal error", "body hello": b"hello world",
    "body copyright": b"Download the latest version here. Copyright 2015 Test Inc.",
    "json baz": b'{"foo": {"bar": "baz"}}', "json empty": b"{}", "json list": b'["foo","bar","baz"]',
}  # fmt: skip
HEADERS = {
    "header script": "Content-Type: text/javascript\r\n", "header octets": "Content-Type: application/octet-stream\r\n",
    "header empty": "Content-Type: \r\n", "no header": "",
    "cookie ours": "Set-Cookie: gid=1; Domain=.example.com; Path=/\r\n",
    "cookie other": "Set-Cookie: zz=4; Domain=www.example.com; Path=/\r\n",
    "cookies both": "Set-Cookie: zz=4; Domain=www.example.com\r\nSet-Cookie: gid=1; Domain=.example.com; Path=/\r\n",
}  # fmt: skip
WANTED = {
    "wants POST": (b"POST /",), "wants bearer": (b"\r\nAuthorization: Bearer mysecret\r\n",),
    "wants body": (b"\r\n\r\nTest Body",),
    "wants basic": (b"\r\nAuthorization: Basic " + b64encode(b"username:password") + b"\r\n",),
    "wants headers": (b"\r\nHost: my-secret-vhost.com\r\n", b"\r\nUser-Agent: unsuspicious-user\r\n",
                      b"\r\nAccept-Language: en-US\r\n"),
}  # fmt: skip


@contextlib.contextmanager
def target(name: str, authority: trustme.CA) -> Iterator[str]:
    """Serves what a case names; gives its address as a scrape writes it."""
    if name == "nobody":
        yield f"127.0.0.1:{free_port()}"
    elif name.startswith(("recursive", "authoritative", "failing")):
        with resolver(*name.split()) as port:
            yield f"127.0.0.1:{port}"
    elif name.startswith("grpc"):
        with _rpc(bare=name == "grpc bare") as port:
            yield f"127.0.0.1:{port}"
    elif name == "smtp":
        with serving(_smtp(_secure(authority))) as server:
            yield f"127.0.0.1:{server.port}"
    elif name.startswith("secured"):
        with serving(answering(page()), tls=_secure(authority)) as server:
            host = "localhost" if name.endswith("name") else "127.0.0.1"
            yield f"https://{host}:{server.port}/" if name.endswith("name") else f"127.0.0.1:{server.port}"
    else:
        with serving(_http(name)) as server:
            yield f"127.0.0.1:{server.port}"


def _secure(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def _http(name: str) -> Talk:
    if name.startswith("status "):
        return answering(page(status=f"{name.split()[1]} So"))
    if name in BODIES:
        return answering(page(BODIES[name]))
    if name in HEADERS:
        return answering(page(headers=HEADERS[name]))
    if name in WANTED:
        return lambda server, connection: _wanting(WANTED[name], connection)
    return {
        "plain": answering(page()),
        "silent": silent,
        "hangs up": lambda server, connection: None,
        "gzip": answering(page(gzip.compress(b"hello world" * 10), headers="Content-Encoding: gzip\r\n")),
        "redirect once": _redirects(lambda path: path == "/"),
        "redirect for ever": _redirects(lambda path: True),
        "cookie on the way": _cookie,
    }[name]


def _wanting(wanted: tuple[bytes, ...], connection: socket.socket) -> None:
    asked = request_of(connection)
    if b"Content-Length: 9" in asked and not asked.endswith(b"Test Body"):
        asked += connection.recv(100)
    good = all(one in asked for one in wanted)
    connection.sendall(page() if good else page(status="400 Not what was wanted"))


def _redirects(sends_on: Callable[[str], bool]) -> Talk:
    def talk(server: Server, connection: socket.socket) -> None:
        path = request_of(connection).split(b" ")[1].decode()
        onward = f"Location: {path.rstrip('/')}/on\r\n"
        connection.sendall(page(b"", status="302 Found", headers=onward) if sends_on(path) else page())

    return talk


def _cookie(server: Server, connection: socket.socket) -> None:
    asked = request_of(connection)
    if asked.startswith(b"GET / "):
        connection.sendall(page(b"", status="302 Found", headers="Location: /on\r\nSet-Cookie: somecookie=cookie\r\n"))
    else:
        connection.sendall(page() if b"Cookie: somecookie=cookie" in asked else page(status="400 No cookie"))


def _smtp(context: ssl.SSLContext) -> Talk:
    def talk(server: Server, connection: socket.socket) -> None:
        connection.sendall(b"220 mail.northwind.example ESMTP\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mail.northwind.example\r\n250-STARTTLS\r\n250 OK\r\n")
        if connection.recv(1000).upper().startswith(b"STARTTLS"):
            connection.sendall(b"220 go on\r\n")
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1000)

    return talk


# DNS


@contextlib.contextmanager
def resolver(how: str, over: str) -> Iterator[int]:
    if over == "tcp":
        with serving(lambda server, connection: _by_tcp(how, connection)) as server:
            yield server.port
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_by_udp, args=(how, sock))
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", sock.getsockname())
            thread.join(5)


def _by_udp(how: str, sock: socket.socket) -> None:
    while True:
        asked, who = sock.recvfrom(4096)
        if not asked:
            return
        sock.sendto(_answer(how, asked), who)


def _by_tcp(how: str, connection: socket.socket) -> None:
    length = int.from_bytes(connection.recv(2))
    answer = _answer(how, connection.recv(length))
    connection.sendall(len(answer).to_bytes(2) + answer)


def _answer(how: str, asked: bytes) -> bytes:
    question = dns.message.from_wire(asked)
    answer = dns.message.make_response(question)
    name, kind = question.question[0].name, question.question[0].rdtype
    if how == "failing":
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif how == "recursive" and not question.flags & dns.flags.RD:
        answer.set_rcode(dns.rcode.REFUSED)
    elif kind == dns.rdatatype.SOA:
        soa = "ns.example.com. noc.example.com. 1000 7200 3600 1209600 3600"
        answer.answer.append(dns.rrset.from_text(name, 3600, "IN", "SOA", soa))
    else:
        several = ("127.0.0.1", "127.0.0.2") if how == "recursive" else ("127.0.0.1",)
        answer.answer.append(dns.rrset.from_text(name, 3600, "IN", "A", *several))
    return answer.to_wire()


# gRPC


@contextlib.contextmanager
def _rpc(*, bare: bool) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(2))
    if not bare:
        states = health.HealthServicer()
        states.set("well", health_pb2.HealthCheckResponse.SERVING)
        states.set("ill", health_pb2.HealthCheckResponse.NOT_SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(states, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait(5)
