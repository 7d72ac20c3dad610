"""A zoo of hostile targets beside good ones, in one prober: each gets its verdict in time, and the good ones miss nothing."""

import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from time import monotonic

import pytest

from sentinel.model.check import Check
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.wire import TEXT_LIMIT
from tests.probe import servers
from tests.probe.conftest import Authority
from tests.probe.kind.hostile import Conduct, drip, flood, serving, silent
from tests.probe.probing import LOOPBACK, Bench, check

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\n"


def after_asking(*pieces: bytes, often: int = 1) -> Conduct:
    """Hears a request and says these, the last so often."""

    def conduct(client: socket, ended: threading.Event) -> None:
        client.settimeout(5)
        client.recv(65536)
        for piece in (*pieces, *[pieces[-1]] * (often - 1)):
            if ended.is_set():
                return
            client.sendall(piece)

    return conduct


BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
ZOO: dict[str, tuple[Conduct, Verdict]] = {
    "an endless body": (after_asking(HEAD + b"\r\n", b"x" * 65536, often=2000), Verdict.UP),
    "a byte now and then": (drip, Verdict.DOWN),
    "silence": (silent, Verdict.DOWN),
    "a flood of no HTTP": (flood, Verdict.DOWN),
    "a million headers": (after_asking(HEAD, b"X-Another: header\r\n" * 1000, often=1000), Verdict.DOWN),
    "a flood of 1xx": (after_asking(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500, often=200), Verdict.DOWN),
    "broken chunks": (after_asking(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nno\r\n"), Verdict.DOWN),
    "a wrong length": (after_asking(HEAD + b"Content-Length: 100\r\n\r\nshort"), Verdict.DOWN),
    "a bomb": (
        after_asking(HEAD + b"Content-Encoding: gzip\r\n\r\n", BOMB.compress(bytes(64 << 20)) + BOMB.flush()),
        Verdict.UP,
    ),
}
"""What it does → how it ends. A body that is too long is judged by its first mebibyte."""
TIMEOUT = 0.6


def checks_of(ports: dict[str, int], good: int) -> list[Check]:
    """The zoo looked at over and over, and five good ones beside."""
    hostile = [
        check({"url": f"http://127.0.0.1:{port}/", "encoding": "gzip"}, timeout=TIMEOUT, every=0.3, name=f"zoo.{name}")
        for name, port in ports.items()
    ]
    return [*hostile, *(check(f"http://127.0.0.1:{good}/", timeout=5.0, every=0.1, name=f"good.{n}") for n in range(5))]


def test_hostile_bodies_get_their_verdict_and_good_ones_beside_them_miss_nothing() -> None:
    """F40"""
    bench = Bench(room=200)
    with ExitStack() as stack:
        ports = {name: stack.enter_context(serving(conduct)) for name, (conduct, _) in ZOO.items()}
        good = stack.enter_context(serving(after_asking(GOOD)))
        bench.engine.load(checks_of(ports, good), LOOPBACK, monotonic())
        end = monotonic() + 20
        while {f"zoo.{name}" for name in ZOO} - {said.check for said in bench.said} or len(bench.said) < 120:
            assert monotonic() < end, "some never came to a verdict"
            bench.turn()
    for name, (_, verdict) in ZOO.items():
        said = next(one for one in bench.said if one.check == f"zoo.{name}")
        assert said.verdict is verdict, (name, said.reason)
        assert verdict is Verdict.UP or said.reason, name
        assert all(len(str(fact)) <= TEXT_LIMIT for fact in said.facts.values()), name
    beside = [one for one in bench.said if one.check.startswith("good.")]
    assert {one.verdict for one in beside} == {Verdict.UP}
    assert {one.sample for one in beside} == {SampleKind.SCHEDULED}
    each = [sum(one.check == f"good.{n}" for one in beside) for n in range(5)]
    assert max(each) - min(each) <= 3, "all five are looked at alike"


def many_certificates(authority: Authority, folder: Path) -> ssl.SSLContext:
    """A chain of a hundred: the leaf, and the authority's own again and again."""
    context, others = authority.context("127.0.0.1"), authority.path.read_text()
    leaf = authority.ca.issue_cert("127.0.0.1")
    pem = folder / "chain.pem"
    pem.write_bytes(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes() + others.encode() * 99)
    context.load_cert_chain(pem)
    return context


ALERTS = b"\x15\x03\x03\x00\x02\x01\x5a" * 5000
"""Warnings of TLS: no_renegotiation, again and again."""


@pytest.fixture
def hostile_tls(authority: Authority, tmp_path: Path) -> Iterator[dict[str, int]]:
    def page(_: servers.Server, connection: socket) -> None:
        connection.recv(65536)
        connection.sendall(GOOD)

    with ExitStack() as stack:
        chain = stack.enter_context(servers.serving(page, tls=many_certificates(authority, tmp_path)))
        yield {
            "a hundred certificates": chain.port,
            "a handshake that stalls": stack.enter_context(serving(silent)),
            "a flood of alerts": stack.enter_context(serving(after_asking(ALERTS, often=20))),
            "good": stack.enter_context(servers.serving(page, tls=authority.context("127.0.0.1"))).port,
        }


def test_hostile_handshakes_get_their_verdict_and_a_good_one_beside_them_misses_nothing(
    hostile_tls: dict[str, int], authority: Authority
) -> None:
    """F41"""
    bench = Bench(room=200)
    ca = str(authority.path)
    made = [
        check({"url": f"https://127.0.0.1:{port}/", "ca": ca}, timeout=2.0, every=0.3, name=name)
        for name, port in hostile_tls.items()
    ]
    bench.engine.load(made, LOOPBACK, monotonic())
    end = monotonic() + 20
    while set(hostile_tls) - {said.check for said in bench.said}:
        assert monotonic() < end
        bench.turn()
    found = {name: next(one for one in bench.said if one.check == name) for name in hostile_tls}
    assert found["a handshake that stalls"].reason.startswith("timed out after 2.0 s while making the TLS connection")
    assert found["a flood of alerts"].verdict is Verdict.DOWN
    assert found["a flood of alerts"].reason.startswith("no TLS connection")
    assert found["a hundred certificates"].verdict is Verdict.UP, found["a hundred certificates"].reason
    assert {one.verdict for one in bench.said if one.check == "good"} == {Verdict.UP}
