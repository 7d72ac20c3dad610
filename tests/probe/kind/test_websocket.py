"""The kind `websocket` against real servers on loopback."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest
from pydantic import ValidationError
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.websocket import Options
from tests.probe import servers
from tests.probe.conftest import Authority
from tests.probe.kind.uvlooped import seen
from tests.probe.looked import SECRET

Talk = Callable[[ServerConnection], None]


@contextmanager
def serving(talk: Talk, **settings: Any) -> Iterator[int]:
    def handler(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            talk(connection)

    with serve(handler, "127.0.0.1", 0, **settings) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join(5)


def echo(connection: ServerConnection) -> None:
    for said in connection:
        connection.send(f"you said {said!s}")


def test_an_opening_is_up_with_its_facts() -> None:
    with serving(echo) as port:
        came = seen("websocket", f"ws://127.0.0.1:{port}/quotes")
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert (facts["status"], facts["close_code"], facts["ip"]) == (101, 1000, "127.0.0.1")
    assert all(float(facts[name] or 0) > 0 for name in ("connect_ms", "open_ms", "total_ms"))


def test_it_says_something_and_waits_for_the_answer() -> None:
    def talk(connection: ServerConnection) -> None:
        connection.send("welcome")
        connection.send('{"echo": "' + str(connection.recv()) + '", "queue": 3}')
        connection.recv()

    with serving(talk) as port:
        options = {"url": f"ws://127.0.0.1:{port}/", "send": "ping", "wait_for": "echo"}
        came = seen("websocket", options, up={"json": {"path": "queue", "op": "<", "value": 5}})
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert (came.facts["messages"], came.facts["message"]) == (2, '{"echo": "ping", "queue": 3}')
        assert float(came.facts["answer_ms"] or 0) > 0
        came = seen("websocket", options, up={"body": {"contains": "pong"}})
        assert (came.verdict, came.reason) == (Verdict.DOWN, 'the body lacks “pong”; got “{"echo": "ping", "queue": 3}”')


def test_an_answer_that_does_not_come_says_what_was_waited_for_and_shows_what_came() -> None:
    with serving(echo) as port:
        came = seen("websocket", {"url": f"ws://127.0.0.1:{port}/", "send": "ping", "wait_for": "pong"}, timeout=0.3)
    assert (came.verdict, came.reason) == (
        Verdict.DOWN, "timed out after 0.3 s while waiting for a message that contains “pong”"
    )  # fmt: skip
    assert came.facts["evidence"] == "you said ping"


def test_a_subprotocol_is_agreed_on_or_it_is_down() -> None:
    with serving(echo, subprotocols=["quotes.v2"]) as port:
        came = seen("websocket", {"url": f"ws://127.0.0.1:{port}/", "subprotocol": "quotes.v2"})
        assert (came.verdict, came.facts["subprotocol"]) == (Verdict.UP, "quotes.v2")
    with serving(echo) as port:
        came = seen("websocket", {"url": f"ws://127.0.0.1:{port}/", "subprotocol": "quotes.v2"})
        assert (came.verdict, came.reason) == (Verdict.DOWN, "the server does not speak the subprotocol quotes.v2")


def test_headers_are_sent_and_a_login_goes_first_and_neither_is_told() -> None:
    def talk(connection: ServerConnection) -> None:
        assert connection.request is not None
        token = connection.request.headers["Authorization"]
        connection.send(f"{token} and {connection.recv()!s} and {connection.recv()!s}")
        connection.recv()

    with serving(talk) as port:
        options = {
            "url": f"ws://127.0.0.1:{port}/", "headers": {"Authorization": f"Bearer {SECRET}-of-header"},
            "login": Secret('{"token": "' + SECRET + '"}'), "send": "ping", "wait_for": "",
        }  # fmt: skip
        came = seen("websocket", options, up={"body": {"contains": ["ping", SECRET]}})
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    assert came.facts["message"] == "••• and ••• and ping"


def test_a_piece_of_a_login_that_a_server_repeats_is_not_told() -> None:
    def talk(connection: ServerConnection) -> None:
        connection.close(1008, "no such token: " + json.loads(connection.recv())["token"])

    with serving(talk) as port:
        options = {"url": f"ws://127.0.0.1:{port}/", "login": Secret('{"token": "' + SECRET + '"}'), "wait_for": ""}
        came = seen("websocket", options)
    assert (came.verdict, came.reason) == (
        Verdict.DOWN, "the server closed the connection with code 1008 “no such token: •••” while waiting for a message"
    )  # fmt: skip


def test_a_server_that_hangs_up_says_why() -> None:
    with serving(lambda connection: connection.close(1008, "log in first")) as port:
        came = seen("websocket", {"url": f"ws://127.0.0.1:{port}/", "wait_for": ""})
    assert (came.verdict, came.reason) == (
        Verdict.DOWN, "the server closed the connection with code 1008 “log in first” while waiting for a message"
    )  # fmt: skip
    assert came.facts["close_code"] == 1008


def test_a_message_that_is_too_large_is_not_taken_in() -> None:
    with serving(lambda connection: connection.send("x" * (2 << 20))) as port:
        came = seen("websocket", {"url": f"ws://127.0.0.1:{port}/", "wait_for": "y"})
    assert (came.verdict, came.reason) == (
        Verdict.DOWN, "a message of more than a MiB came while waiting for a message that contains “y”"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (servers.page(b"under repair", status="503 Service Unavailable"), "the server did not open a WebSocket: status 503"),
        (servers.page(), "the server did not open a WebSocket: status 200"),
        (servers.page(status="302 Found", headers="Location: ws://127.0.0.1/\r\n"),
         "the server did not open a WebSocket: status 302"),
        (b"", "the connection was closed while opening the WebSocket"),
        (b"220 mail.northwind.example\r\n", "the server did not open a WebSocket: the answer is not proper HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
         "the server did not open a WebSocket: invalid Sec-WebSocket-Accept header: x"),
    ],
)  # fmt: skip
def test_what_is_no_websocket_is_said(answer: bytes, reason: str) -> None:
    with servers.serving(servers.answering(answer)) as server:
        came = seen("websocket", f"ws://127.0.0.1:{server.port}/")
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


def test_one_that_is_secured_is_verified_and_shows_its_certificate(authority: Authority) -> None:
    with serving(echo, ssl=authority.context("localhost")) as port:
        options = {"url": f"wss://localhost:{port}/", "ca": str(authority.path)}
        came = seen("websocket", options, up={"certificate_days": 14})
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert came.facts["tls_version"] == "TLSv1.3"
        came = seen("websocket", {**options, "url": f"wss://127.0.0.1:{port}/"})
        assert (came.verdict, came.reason) == (Verdict.DOWN, "certificate is for another host, not for 127.0.0.1")
        assert seen("websocket", {"url": f"wss://127.0.0.1:{port}/", "verify": False}).verdict is Verdict.UP


def test_one_that_never_says_goodbye_does_not_hold_it_up() -> None:
    def talk(server: servers.Server, connection: socket.socket) -> None:
        from websockets.server import ServerProtocol

        protocol = ServerProtocol()
        protocol.receive_data(servers.request_of(connection))
        (request,) = protocol.events_received()
        protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]  # it is the request
        connection.sendall(b"".join(protocol.data_to_send()))
        server.over.wait(20)

    with servers.serving(talk) as server:
        came = seen("websocket", f"ws://127.0.0.1:{server.port}/", timeout=1.2)
    assert (came.verdict, came.facts["close_code"]) == (Verdict.UP, 1006)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("https://live.northwind.example/", "an address reads like wss://"),
        ("wss://probe:word@live.northwind.example/", "name and password do not belong into an address"),
        ({"url": "wss://live.northwind.example/", "headers": {"Upgrade": "h2c"}}, "header Upgrade is set by the probe itself"),
        ({"url": "wss://live.northwind.example/", "headers": {"X": "a\r\nY: b"}}, "holds a line break"),
    ],
)
def test_what_cannot_be_opened_is_refused_at_load(options: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Options.model_validate(options)
