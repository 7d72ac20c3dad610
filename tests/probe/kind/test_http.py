"""The kind `http` against real servers: who it says that it is, by which way it goes, in which version."""

import json
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe import oauth
from sentinel.probe.kind.http import Options
from sentinel.probe.trouble import Trouble, Whose, by_resolver
from sentinel.probe.uplink import Answer
from tests.probe.conftest import Authority
from tests.probe.kind.hostile import closed_port
from tests.probe.looked import LOOPBACK, SECRET, sampled
from tests.probe.probing import Bench, Said, check, probe
from tests.probe.servers import Server, answering, page, request_of, serving, silent

Talk = Callable[[Server, socket.socket], None]


@pytest.fixture(autouse=True)
def _no_token_of_another_test() -> None:
    oauth.kept_for.cache_clear()


def asked(server: Server) -> str:
    return server.asked[-1].decode("latin-1").lower()


def asking(options: dict[str, Any], **blocks: Any) -> Any:
    """A check as its child is told of it."""
    plain = Options.model_validate(options).model_dump(mode="json", by_alias=True, context={"reveal": True})
    return check(plain, **blocks)


# Who it says that it is


def test_a_name_and_a_password_are_sent_and_never_told() -> None:
    sent = b64encode(f"probe:{SECRET}".encode())
    with serving(echoing) as server:
        came = sampled("http", {"url": server.url(), "auth": {"basic": {"user": "probe", "password": Secret(SECRET)}}})
    assert sent in server.asked[-1]
    assert came.verdict is Verdict.DOWN
    assert not {SECRET, sent.decode()} & set(str(came.facts["evidence"]).replace("\n", " ").split())


def echoing(server: Server, connection: socket.socket) -> None:
    """Repeats what it was told, and the password beside it."""
    server.asked.append(request_of(connection))
    connection.sendall(page(server.asked[-1] + b"\r\n" + SECRET.encode(), status="500 Sorry"))


@pytest.mark.parametrize("before", [30, 45, 50, 55])
def test_no_half_of_a_token_stands_in_a_reason(before: int) -> None:
    with serving(answering(page(b"x" * before + b" Bearer " + SECRET.encode(), status="401 No"))) as server:
        options = {"url": server.url(), "auth": {"bearer": Secret(SECRET)}}
        came = sampled("http", options, up={"status": 200, "body": {"contains": "Pay"}})
    assert "got “xxx" in came.reason
    assert not [n for n in range(4, len(SECRET)) if SECRET[:n] in came.reason]


def test_a_fact_that_names_the_status_stands_in_for_the_usual_one() -> None:
    with serving(answering(page(status="503 Closed"))) as server:
        assert sampled("http", {"url": server.url()}, up={"fact": {"status": 503}}).verdict is Verdict.UP
        assert sampled("http", {"url": server.url()}, up={"fact": {"bytes": 11}}).verdict is Verdict.DOWN


def test_a_token_of_ones_own_is_sent_as_it_is() -> None:
    with serving(answering(page())) as server:
        assert sampled("http", {"url": server.url(), "auth": {"bearer": Secret(SECRET)}}).verdict is Verdict.UP
    assert f"authorization: bearer {SECRET}" in asked(server)


def test_credentials_do_not_follow_a_redirect_to_another_site() -> None:
    with serving(answering(page())) as other:
        there = page(b"", status="302 Found", headers=f"Location: {other.url(host='localhost')}\r\n")
        with serving(answering(there)) as server:
            came = sampled("http", {"url": server.url(), "auth": {"bearer": Secret(SECRET)}})
    assert came.verdict is Verdict.UP
    assert "authorization" in asked(server)
    assert "authorization" not in asked(other)


# OAuth


def grants(*answers: bytes) -> Talk:
    """A server of tokens; its last answer is its answer from then on."""
    left = list(answers)

    def talk(server: Server, connection: socket.socket) -> None:
        server.asked.append(request_of(connection))
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return talk


def token(word: str = "granted-token-1", **more: Any) -> bytes:
    return page(json.dumps({"access_token": word, "token_type": "Bearer", "expires_in": 3600, **more}).encode())


def by_oauth(server: Server, tokens: Server, **more: Any) -> dict[str, Any]:
    who = {"token_url": tokens.url("/token"), "client_id": "sentinel", "client_secret": Secret(SECRET), **more}
    return {"url": server.url(), "auth": {"oauth": who}}


def samples(options: dict[str, Any], count: int) -> list[Said]:
    bench = Bench()
    bench.engine.load([asking(options, every=0.1)], LOOPBACK, monotonic())
    return bench.until(count)[:count]


def test_a_server_of_tokens_that_is_tried_again_by_tls_gets_no_more_time_for_it() -> None:
    def talk(server: Server, connection: socket.socket) -> None:
        connection.recv(4096)
        server.over.wait(0.3)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # alert: handshake failure

    with serving(answering(page())) as server, serving(talk) as tokens:
        who = {"token_url": tokens.url("/token", scheme="https"), "client_id": "sentinel", "client_secret": Secret(SECRET)}
        said = probe(asking({"url": server.url(), "auth": {"oauth": who}}, timeout=0.4))
    assert said.verdict is Verdict.DOWN
    assert "timed out after 0.4 s" in said.reason
    assert float(said.facts["token_ms"] or 0) >= 390


def test_a_token_is_fetched_once_and_kept() -> None:
    with serving(answering(page())) as server, serving(grants(token())) as tokens:
        said = samples(by_oauth(server, tokens, scope="read write"), 3)
    assert [one.verdict for one in said] == [Verdict.UP] * 3
    assert len(tokens.asked) == 1
    head, _, form = tokens.asked[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /token ")
    assert b64encode(f"sentinel:{SECRET}".encode()).decode() in head
    assert parse_qs(form) == {"grant_type": ["client_credentials"], "scope": ["read write"]}
    assert all(b"Authorization: Bearer granted-token-1" in each for each in server.asked)
    assert "token_ms" in said[0].facts
    assert "token_ms" not in said[1].facts


def test_id_and_secret_can_go_in_the_form() -> None:
    with serving(answering(page())) as server, serving(grants(token())) as tokens:
        sampled("http", by_oauth(server, tokens, sent_in="form", audience="https://pay.northwind.example"))
    form = parse_qs(tokens.asked[0].decode().partition("\r\n\r\n")[2])
    assert (form["client_id"], form["client_secret"]) == (["sentinel"], [SECRET])
    assert form["audience"] == ["https://pay.northwind.example"]


def test_a_token_that_has_expired_is_fetched_anew() -> None:
    gone = token("one-one-one", expires_in=0)
    with serving(answering(page())) as server, serving(grants(gone, token("two-two-two"))) as tokens:
        said = samples(by_oauth(server, tokens), 2)
    assert [one.verdict for one in said] == [Verdict.UP] * 2
    assert [b"Bearer one-one-one" in each for each in server.asked[:2]] == [True, False]


def test_a_token_that_was_called_back_is_fetched_anew_within_the_sample() -> None:
    def only_the_second(server: Server, connection: socket.socket) -> None:
        server.asked.append(request_of(connection))
        good = len(server.asked) == 1 or b"token-2" in server.asked[-1]
        connection.sendall(page() if good else page(status="401 Unauthorized"))

    with serving(only_the_second) as server, serving(grants(token("token-1"), token("token-2"))) as tokens:
        said = samples(by_oauth(server, tokens), 2)
    assert [one.verdict for one in said] == [Verdict.UP] * 2
    assert len(tokens.asked) == 2


def test_a_token_that_is_new_and_refused_is_down() -> None:
    with serving(answering(page(status="401 No"))) as server, serving(grants(token())) as tokens:
        came = sampled("http", by_oauth(server, tokens))
    assert (came.verdict, came.reason) == (Verdict.DOWN, "status 401, expected 2xx or 3xx")
    assert len(tokens.asked) == 1


@pytest.mark.parametrize(
    ("talk", "verdict", "reason"),
    [
        (grants(page(b"Sorry", status="503 Busy")), Verdict.DOWN, "status 503"),
        (grants(page(b'{"error": "invalid_client"}', status="401 No")), Verdict.UNKNOWN,
         "it refuses our client with status 401 (invalid_client)"),
        (grants(page(f'{{"error": "{SECRET}"}}'.encode(), status="400 No")), Verdict.UNKNOWN,
         "it refuses our client with status 400 (•••)"),
        (grants(page(b"<html>")), Verdict.DOWN, "its answer holds no access_token"),
        (grants(token("a\nb")), Verdict.DOWN, "its answer holds no access_token"),
        (grants(token("x" * 20_000)), Verdict.DOWN, "its answer holds no access_token"),
        (grants(token(token_type="mac")), Verdict.DOWN, "its token is of a type other than Bearer"),
        (grants(page(status="302 Found", headers="Location: /elsewhere\r\n")), Verdict.DOWN, "status 302"),
        (grants(b""), Verdict.DOWN, "the connection was closed without an answer"),
        (silent, Verdict.DOWN, "timed out after 0.5 s while waiting for the first byte"),
    ],
)  # fmt: skip
def test_a_server_of_tokens_that_fails_is_said_to(talk: Talk, verdict: Verdict, reason: str) -> None:
    with serving(answering(page())) as server, serving(talk) as tokens:
        came = sampled("http", by_oauth(server, tokens), timeout=0.5)
    assert (came.verdict, came.reason) == (verdict, f"no token from 127.0.0.1: {reason}")
    assert not server.asked
    assert SECRET not in str(came.facts)


# A certificate of our own


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority, folder = trustme.CA(), tmp_path_factory.mktemp("ours")
    mine = authority.issue_cert("probe@northwind.example")
    mine.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    mine.private_key_pem.write_to_path(str(folder / "key.pem"))
    mine.cert_chain_pems[0].write_to_path(str(folder / "certificate.pem"))
    (folder / "broken.pem").write_text("nothing")
    return authority, folder


def test_our_certificate_is_shown_where_it_is_asked_for(authority: Authority, ours: tuple[trustme.CA, Path]) -> None:
    ca, folder = ours
    wanted = authority.context("127.0.0.1")
    wanted.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(wanted)
    with serving(answering(page()), tls=wanted) as server:
        asked = {"url": server.url(scheme="https"), "ca": str(authority.path)}
        both = sampled("http", {**asked, "client_certificate": str(folder / "both.pem")})
        apart = {"client_certificate": str(folder / "certificate.pem"), "client_key": str(folder / "key.pem")}
        two = sampled("http", {**asked, **apart})
        none = sampled("http", asked)
        broken = sampled("http", {**asked, "client_certificate": str(folder / "broken.pem")})
        away = sampled("http", {**asked, "client_certificate": str(folder / "away.pem")})
    assert (both.verdict, two.verdict, none.verdict) == (Verdict.UP, Verdict.UP, Verdict.DOWN)
    assert "certificate" in none.reason or "connection reset" in none.reason
    assert broken.verdict is Verdict.UNKNOWN
    assert broken.reason.startswith("our client certificate or its key cannot be read")
    assert (away.verdict, away.reason) == (broken.verdict, broken.reason)


def test_our_certificate_is_not_shown_to_another_site(authority: Authority, ours: tuple[trustme.CA, Path]) -> None:
    ca, folder = ours
    asking_for_one = authority.context("127.0.0.1", "localhost")
    asking_for_one.verify_mode = ssl.CERT_OPTIONAL
    ca.configure_trust(asking_for_one)
    shown: list[bool] = []

    def noting(raw: bytes) -> Talk:
        def talk(server: Server, connection: socket.socket) -> None:
            assert isinstance(connection, ssl.SSLSocket)
            request_of(connection)
            shown.append(bool(connection.getpeercert()))
            connection.sendall(raw)

        return talk

    with serving(noting(page()), tls=asking_for_one) as other:
        there = f"Location: {other.url(scheme='https', host='localhost')}\r\n"
        with serving(noting(page(b"", status="302 Found", headers=there)), tls=asking_for_one) as server:
            options = {"url": server.url(scheme="https"), "ca": str(authority.path)}
            said = samples({**options, "client_certificate": str(folder / "both.pem")}, 2)
    assert [one.verdict for one in said] == [Verdict.UP] * 2
    assert shown[:4] == [True, False, True, False]


# By which way it goes


@contextmanager
def proxying(answer: bytes = b"HTTP/1.1 200 Connected\r\n\r\n") -> Iterator[Server]:
    """An HTTP proxy that takes every CONNECT to where it asks for, or answers as told; a plain request it answers itself."""

    def talk(server: Server, connection: socket.socket) -> None:
        server.asked.append(request_of(connection))
        method, target, *_ = server.asked[-1].decode().split()
        if method != "CONNECT":
            connection.sendall(page(b"by way of the proxy"))
        elif b" 200 " not in answer:
            connection.sendall(answer)
        else:
            with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])), 5) as onward:
                connection.sendall(answer)
                join(connection, onward)

    with serving(talk) as server:
        yield server


def join(one: socket.socket, other: socket.socket) -> None:
    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join(5)


def test_a_proxy_is_asked_in_the_target_s_place() -> None:
    with proxying() as between:
        came = sampled("http", {"url": "http://pay.northwind.example/form", "proxy": between.url().rstrip("/")})
    assert came.verdict is Verdict.UP
    assert between.asked[0].startswith(b"GET http://pay.northwind.example/form ")


def test_tls_goes_through_a_proxy_to_the_target(authority: Authority) -> None:
    with serving(answering(page()), tls=authority.context("pay.northwind.example")) as server, proxying() as between:
        url = server.url(scheme="https", host="pay.northwind.example")
        options = {"url": url, "ca": str(authority.path), "proxy": f"http://127.0.0.1:{between.port}"}
        login = {"proxy_user": "probe", "proxy_password": Secret(SECRET)}
        came = sampled("http", {**options, **login})
    assert came.verdict is Verdict.UP, came
    assert b64encode(f"probe:{SECRET}".encode()) in between.asked[0]
    assert SECRET.encode() not in server.asked[0]


@pytest.mark.parametrize(
    ("status", "verdict", "reason"),
    [
        ("407 Who are you", Verdict.UNKNOWN, "our proxy 127.0.0.1 refuses our name and password"),
        ("403 No", Verdict.UNKNOWN, "our proxy 127.0.0.1 refuses to connect: status 403"),
        ("502 Bad", Verdict.DOWN, "the proxy could not connect to it: status 502"),
    ],
)
def test_what_a_proxy_answers_is_told_apart(status: str, verdict: Verdict, reason: str) -> None:
    with proxying(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as between:
        came = sampled("http", {"url": "https://pay.northwind.example/", "proxy": f"http://127.0.0.1:{between.port}"})
    assert (came.verdict, came.reason) == (verdict, reason)


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
def test_a_proxy_that_is_away_is_our_own_trouble(scheme: str) -> None:
    came = sampled("http", {"url": "http://127.0.0.1:9/", "proxy": f"{scheme}://127.0.0.1:{closed_port()}"})
    assert (came.verdict, came.reason) == (Verdict.UNKNOWN, "our proxy 127.0.0.1: connection refused")


def test_the_guard_judges_the_proxy() -> None:
    came = sampled("http", {"url": "https://pay.northwind.example/", "proxy": "http://127.0.0.1:9"}, allow=())
    assert came.verdict is Verdict.UNKNOWN
    assert "127.0.0.1 (loopback), which probes may not reach" in came.reason


def socks(reply: int) -> Talk:
    """A SOCKS5 proxy (RFC 1928) that knows every name as this machine, and replies as told."""

    def talk(server: Server, connection: socket.socket) -> None:
        connection.recv(300)
        connection.sendall(b"\x05\x00")
        server.asked.append(connection.recv(300))
        connection.sendall(b"\x05" + bytes([reply]) + b"\x00\x01\x7f\x00\x00\x01\x00\x00")
        if reply == 0:
            with socket.create_connection(("127.0.0.1", int.from_bytes(server.asked[-1][-2:])), 5) as onward:
                join(connection, onward)

    return talk


@pytest.mark.parametrize(
    ("reply", "verdict", "reason"),
    [
        (0, Verdict.UP, ""),
        (2, Verdict.UNKNOWN, "our proxy 127.0.0.1 could not connect, and does not say why"),
        (4, Verdict.DOWN, "the proxy could not connect to it: no route to the host"),
        (5, Verdict.DOWN, "the proxy could not connect to it: connection refused"),
    ],
)
def test_what_a_socks_proxy_replies_is_told_apart(reply: int, verdict: Verdict, reason: str) -> None:
    with serving(answering(page())) as server, serving(socks(reply)) as between:
        url = server.url(host="pay.northwind.example")
        came = sampled("http", {"url": url, "proxy": f"socks5h://127.0.0.1:{between.port}"})
    assert (came.verdict, came.reason) == (verdict, reason)
    assert b"pay.northwind.example" in between.asked[0]


def test_an_address_can_stand_in_for_the_name_s_own(authority: Authority) -> None:
    with serving(answering(page()), tls=authority.context("pay.northwind.example")) as server:
        url = server.url(scheme="https", host="pay.northwind.example")
        came = sampled("http", {"url": url, "ca": str(authority.path), "resolve": "127.0.0.1"})
    assert (came.verdict, came.facts["ip"]) == (Verdict.UP, "127.0.0.1")
    assert f"host: pay.northwind.example:{server.port}" in asked(server)


def test_the_guard_judges_the_address_that_stands_in() -> None:
    came = sampled("http", {"url": "http://pay.northwind.example/", "resolve": "10.0.0.7"})
    assert came.verdict is Verdict.UNKNOWN
    assert "10.0.0.7" in came.reason


@pytest.mark.parametrize(("ip", "verdict"), [(4, Verdict.UP), (6, Verdict.DOWN)])
def test_a_version_of_ip_can_be_asked_for(ip: int, verdict: Verdict) -> None:
    with serving(answering(page())) as server:
        came = sampled("http", {"url": server.url(host="localhost"), "ip": ip})
    assert came.verdict is verdict or came.reason, "without IPv6 on this machine nothing is known"
    if ip == 4:
        assert came.facts["ip"] == "127.0.0.1"


def test_a_name_without_an_address_of_that_version_is_down() -> None:
    wrong = Trouble(whose=Whose.RESOLVER, reason="the name x was not found", host="x", ip=6)
    assert by_resolver(Answer.NO_SUCH_NAME, wrong).reason == "there is no name x, or it has no IPv6 address"


# In which version


def speaks_http_2(server: Server, connection: socket.socket) -> None:
    """The least that an HTTP/2 server says (RFC 9113): its settings, and status 200 to stream 1."""
    got = b""
    while b"\x01\x05\x00\x00\x00\x01" not in got and (more := connection.recv(65536)):
        got += more
    server.asked.append(got)
    connection.sendall(b"\0\0\0\x04\0\0\0\0\0" + b"\0\0\0\x04\x01\0\0\0\0" + b"\0\0\x01\x01\x05\0\0\0\x01\x88")
    while connection.recv(65536):
        """Until the other side has heard it and hangs up: closing first might reset what it has not read."""


@pytest.mark.parametrize(("version", "came"), [("auto", "2"), (2, "2"), (1.1, "1.1"), ("1.0", "1.0")])
def test_the_version_is_agreed_on_within_tls(authority: Authority, version: object, came: str) -> None:
    context = authority.context("127.0.0.1")
    context.set_alpn_protocols(["h2", "http/1.1"])

    def talk(server: Server, connection: socket.socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        two = connection.selected_alpn_protocol() == "h2"
        (speaks_http_2 if two else answering(page().replace(b"HTTP/1.1", f"HTTP/{came}".encode())))(server, connection)

    with serving(talk, tls=context) as server:
        said = sampled("http", {"url": server.url(scheme="https"), "ca": str(authority.path), "version": version})
    assert (said.verdict, said.facts.get("http_version")) == (Verdict.UP, came), said


def test_without_tls_http_2_is_simply_spoken() -> None:
    with serving(speaks_http_2) as server:
        assert sampled("http", {"url": server.url(), "version": 2}).facts["http_version"] == "2"
    with serving(answering(page())) as server:
        came = sampled("http", {"url": server.url(), "version": 2})
    assert came.verdict is Verdict.DOWN
    assert came.reason


# What does not fit together


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"auth": {"bearer": Secret("x"), "basic": {"user": "a", "password": Secret("b")}}}, "say one of"),
        ({"auth": {}}, "say one of"),
        ({"auth": {"bearer": Secret("x")}, "headers": {"authorization": "y"}}, "say who it is once"),
        ({"auth": {"basic": {"user": "a:b", "password": Secret("b")}}}, "holds no colon"),
        ({"client_key": "/key.pem"}, "needs its `client_certificate`"),
        ({"proxy": "ftp://proxy.example:21"}, "a proxy begins with"),
        ({"proxy": "http://me:secret@proxy.example:3128"}, "keep name and password out"),
        ({"proxy": "http://proxy.example"}, "say the proxy's port"),
        ({"proxy": "http://proxy.example:3128/path"}, "a host and a port"),
        ({"proxy_user": "me", "proxy_password": Secret("x")}, "belong together, and to a `proxy`"),
        ({"proxy": "http://proxy.example:3128", "proxy_user": "me"}, "belong together"),
        ({"proxy": "http://proxy.example:3128", "resolve": "127.0.0.1"}, "connecting is the proxy's part"),
        ({"resolve": "pay.northwind.example"}, "no numeric address"),
        ({"resolve": "::1", "ip": 4}, "of another version"),
        ({"version": 3}, "auto"),
        ({"ip": 5}, "4 or 6"),
    ],
)
def test_what_does_not_fit_together_is_refused_at_load(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        Options.model_validate({"url": "https://pay.northwind.example/", **options})
    assert "secret" not in str(refused.value.errors(include_input=False)[0]["msg"])


def test_a_usual_check_is_set_up_as_cheaply_as_before() -> None:
    with serving(answering(page())) as server:
        assert probe(check(server.url())).verdict is Verdict.UP
    assert not oauth.kept_for.cache_info().currsize
