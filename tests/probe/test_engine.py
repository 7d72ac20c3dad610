"""The http kind against real servers, kind and hostile: every verdict with its reason, in time and in bounds."""

import gzip
import resource
import ssl
import tracemalloc
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socket import MSG_PEEK, socket
from time import monotonic
from typing import Any

import pytest

from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe import engine, request
from tests.probe.conftest import Authority
from tests.probe.probing import LOOPBACK, Bench, Said, check, probe
from tests.probe.servers import Server, answering, drip, endless, free_port, page, request_of, reset, serving, silent

MiB = 1024 * 1024


def test_a_good_page_is_up_with_all_its_facts() -> None:
    with serving(answering(page())) as server:
        said = probe(check(server.url(), up={"status": 200, "body": {"contains": "Card number"}}, healthy={"below_ms": 3000}))
    assert (said.verdict, said.reason) == (Verdict.UP, "")
    facts = said.facts
    assert (facts["status"], facts["bytes"], facts["ip"], facts["http_version"]) == (200, 11, "127.0.0.1", "1.1")
    phases = ("dns_ms", "connect_ms", "first_byte_ms", "transfer_ms")
    assert facts["total_ms"] == pytest.approx(sum(float(facts[name] or 0) for name in phases), abs=2)
    assert "evidence" not in facts


def test_each_sample_asks_on_a_connection_of_its_own() -> None:
    bench = Bench()
    with serving(answering(page())) as server:
        bench.engine.load([check(server.url())], ("127.0.0.1/32",), monotonic())
        bench.until(3)
        assert server.connections >= 3


@pytest.mark.parametrize(
    ("talk", "blocks", "verdict", "reason"),
    [
        (answering(page(status="503 Out")), {"up": {"status": 200}}, Verdict.DOWN, "status 503, expected 200"),
        (answering(page(status="503 Out")), {}, Verdict.DOWN, "status 503, expected 2xx or 3xx"),
        (answering(page(b"Sorry")), {"up": {"body": {"contains": "Card"}}}, Verdict.DOWN, "the body lacks “Card”"),
        (answering(page(b'{"a": 3}')), {"healthy": {"json": {"path": "a", "value": 4}}},
         Verdict.DEGRADED, "a is 3, expected == 4"),
        (answering(page(headers="X-A: 1\r\n")), {"up": {"header": {"name": "x-a", "is": "1"}}}, Verdict.UP, ""),
        (answering(page()), {"healthy": {"below_ms": 0.001}}, Verdict.DEGRADED, "expected below 0.001 ms"),
        (answering(page()), {"calm": {"certificate_days": 5}}, Verdict.UP, "there is no certificate to look at"),
        (answering(b""), {}, Verdict.DOWN, "the connection was closed without an answer"),
        (answering(b"SSH-2.0-OpenSSH\r\n\r\n"), {}, Verdict.DOWN, "the answer is not HTTP"),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhi"), {}, Verdict.DOWN, "the body ended early"),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhi"), {}, Verdict.DOWN, "the answer is not proper HTTP"),
        (answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi"),
         {}, Verdict.DOWN, "broke while receiving"),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n"),
         {}, Verdict.DOWN, "headers"),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X: %b\r\n" % (b"y" * 70) for n in range(1000))
          + b"Content-Length: 0\r\n\r\n"),
         {}, Verdict.DOWN, "headers of more than 64 KiB"),
        (answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 30_000), {}, Verdict.DOWN, "headers"),
        (reset, {}, Verdict.DOWN, "connection reset"),
        (endless, {}, Verdict.UP, ""),
        (endless, {"up": {"body": {"contains": "end"}}}, Verdict.DOWN, "the body lacks “end” in its first MiB"),
    ],
)  # fmt: skip
def test_an_answer_is_judged(talk: Callable[[Server, socket], None], blocks: Any, verdict: Verdict, reason: str) -> None:
    with serving(talk) as server:
        said = probe(check(server.url(), **blocks))
    assert (said.verdict, reason in said.reason) == (verdict, True), said


def test_a_refused_connection_is_down() -> None:
    said = probe(check(f"http://127.0.0.1:{free_port()}/"))
    assert (said.verdict, said.reason) == (Verdict.DOWN, "connection refused")


@pytest.mark.parametrize(("talk", "phase"), [(silent, "while waiting for the first byte"), (drip, "while reading the body")])
def test_the_time_limit_holds_over_the_whole_and_the_reason_says_what_it_waited_for(
    talk: Callable[[Server, socket], None], phase: str
) -> None:
    with serving(talk) as server:
        began = monotonic()
        said = probe(check(server.url(), timeout=0.6))
        took = monotonic() - began
    assert said.verdict is Verdict.DOWN
    assert said.reason.startswith("timed out after 0.6 s")
    assert phase in said.reason
    assert took < 0.6 + 1 + 1  # the first sample begins within a second


def test_an_endless_body_is_cut_at_a_mebibyte_and_costs_little_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(endless) as server:
        said = probe(check(server.url()))
    assert (said.facts["bytes"], said.facts["truncated"]) == (MiB, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


def test_a_handle_that_waits_keeps_nothing_of_an_answer() -> None:
    bench, answer = Bench(), page(b"x" * MiB, headers=f"X-Long: {'y' * 50_000}\r\n")
    with serving(answering(answer)) as server:
        names = [f"payments.page-{number}" for number in range(12)]
        checks = [check(server.url(), name=name, every=60, up={"body": {"lacks": "y"}}) for name in names]
        bench.engine.load(checks, LOOPBACK, monotonic())
        tracemalloc.start()
        try:
            bench.until(len(checks))
            kept = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
    assert {one.verdict for one in bench.said} == {Verdict.UP}
    assert kept < 4 * MiB


def test_nothing_is_decompressed_unless_asked_for_and_a_bomb_is_cut_when_it_is() -> None:
    bomb = gzip.compress(b"x" * 50 * MiB)
    with serving(answering(page(bomb, headers="Content-Encoding: gzip\r\n"))) as server:
        plain = probe(check(server.url()))
        asked = probe(check({"url": server.url(), "encoding": "gzip"}, up={"body": {"lacks": "y"}}))
        assert b"Accept-Encoding: identity" in server.asked[0]
        assert b"Accept-Encoding: gzip" in server.asked[1]
    assert plain.facts["bytes"] == len(bomb)
    assert (asked.verdict, asked.facts["bytes"], asked.facts["truncated"]) == (Verdict.UP, MiB, True)


def test_a_broken_compression_is_down() -> None:
    broken = zlib.compress(b"hello")[:-3] + b"???"
    with serving(answering(page(b"\x1f\x8b\x08\0" + broken, headers="Content-Encoding: gzip\r\n"))) as server:
        assert probe(check({"url": server.url(), "encoding": "gzip"})).verdict is Verdict.DOWN


def test_the_evidence_of_a_bad_sample_is_an_excerpt_without_our_secrets() -> None:
    def echo(server: Server, connection: socket) -> None:
        connection.sendall(page(request_of(connection) + b"\0\x1b[31m" + b"z" * 9000, status="500 Oops"))

    with serving(echo) as server:
        said = probe(check({"url": server.url(), "headers": {"Authorization": "Bearer s3cr3t-token"}}))
    evidence = str(said.facts["evidence"])
    assert said.verdict is Verdict.DOWN
    assert "Authorization: •••" in evidence
    assert "s3cr3t-token" not in f"{said}"
    assert 3000 < len(evidence.encode()) <= 4100
    assert "\x1b" not in evidence


def redirecting(location: str, status: str = "302 Found", body: bytes = b"") -> Callable[[Server, socket], None]:
    return answering(page(body, status=status, headers=f"Location: {location}\r\n"))


def test_a_redirect_is_followed_and_judged_by_its_end() -> None:
    with serving(answering(page())) as end, serving(redirecting(end.url("/form"))) as start:
        said = probe(check(start.url(), up={"status": 200, "body": {"contains": "Card"}}))
    assert (said.verdict, said.facts["redirects"]) == (Verdict.UP, 1)
    assert end.asked[0].startswith(b"GET /form ")


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/a b?c=d e", b"GET /a%20b?c=d%20e "),
        ("next", b"GET /x/next "),
        ("?q=1", b"GET /x/y?q=1 "),
        ("/ñ", b"GET /%C3%B1 "),
        ("#f", b"GET /x/y "),
    ],
)
def test_a_relative_or_sloppy_redirect_is_followed_as_browsers_do(location: str, asked: bytes) -> None:
    with serving(redirecting(location, body=b"<a>Moved</a>")) as server:
        probe(check({"url": server.url("/x/y"), "follow_redirects": 1}))
        assert server.asked[1].startswith(asked)


def test_a_redirect_that_is_not_to_be_followed_is_the_answer() -> None:
    with serving(redirecting("/elsewhere")) as server:
        said = probe(check({"url": server.url(), "follow_redirects": False}, up={"status": 302}))
        assert (said.verdict, server.connections) == (Verdict.UP, 1)


def test_a_redirect_loop_ends_after_three() -> None:
    with serving(redirecting("/again")) as server:
        said = probe(check(server.url()))
        assert server.connections == 4
    assert (said.verdict, said.reason) == (Verdict.DOWN, "redirected more than 3 times")


def test_the_body_of_a_redirect_is_not_waited_for() -> None:
    with serving(answering(page())) as end:

        def heavy(server: Server, connection: socket) -> None:
            request_of(connection)
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {end.url()}\r\n\r\nMoved".encode())
            server.over.wait(20)

        with serving(heavy) as start:
            said = probe(check(start.url(), timeout=3))
    assert (said.verdict, said.facts["bytes"]) == (Verdict.UP, 11)
    assert float(said.facts["total_ms"] or 0) < 2000


def test_the_time_limit_holds_over_all_hops() -> None:
    with serving(silent) as slow:

        def lazily(server: Server, connection: socket) -> None:
            server.over.wait(0.5)
            redirecting(slow.url())(server, connection)

        with serving(lazily) as start:
            said = probe(check(start.url(), timeout=0.8))
    assert (said.verdict, said.reason) == (Verdict.DOWN, "timed out after 0.8 s while waiting for the first byte")


def test_our_headers_go_to_our_own_origin_only() -> None:
    with serving(answering(page())) as other, serving(redirecting(other.url(), "307 Over there")) as start:
        bench = Bench()
        bench.engine.load([check({"url": start.url(), "headers": {"X-Key": "s3cr3t"}})], ("127.0.0.0/8",), monotonic())
        bench.until(2)
        assert len(start.asked) >= 2
        assert all(b"s3cr3t" in asked for asked in start.asked)
        assert other.asked
        assert not any(b"X-Key" in asked for asked in other.asked)


def test_a_post_is_sent_with_its_body_and_becomes_a_get_when_redirected() -> None:
    with serving(answering(page())) as end, serving(redirecting(end.url(), "303 See Other")) as start:
        said = probe(check({"url": start.url(), "method": "POST", "body": "a=1", "headers": {"Content-Type": "text/x"}}))
    assert said.verdict is Verdict.UP
    assert start.asked[0].startswith(b"POST / ")
    assert start.asked[0].endswith(b"a=1")
    assert b"Content-Type: text/x" in start.asked[0]
    assert end.asked[0].startswith(b"GET / ")
    assert not end.asked[0].endswith(b"a=1")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_sent_as_such(method: str) -> None:
    with serving(answering(page(b""))) as server:
        assert probe(check({"url": server.url(), "method": method})).verdict is Verdict.UP
        assert server.asked[0].startswith(f"{method} / ".encode())


# The address guard.


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "2130706433", "017700000001", "localhost",
     "LOCALHOST.", "127.0.0.1.", "0", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
     "%31%32%37.0.0.1",
     "①②⑦.0.0.1", "１２７.0.0.1"],
)  # fmt: skip
def test_nothing_connects_to_a_private_address_however_it_is_spelled(host: str) -> None:
    with serving(answering(page())) as canary:
        try:
            wanted = check(canary.url(host=host))
            said = probe(wanted, allow=("10.0.0.0/8",))
        finally:
            assert canary.connections == 0
    assert said.verdict is Verdict.UNKNOWN


def test_an_address_that_the_guard_refuses_is_our_own_trouble_and_says_where_to_allow_it() -> None:
    said = probe(check("http://127.0.0.1:1/"), allow=())
    assert said.verdict is Verdict.UNKNOWN
    assert said.reason == "it is at 127.0.0.1 (loopback), which probes may not reach: see allow_private"


def test_a_redirect_to_a_forbidden_address_is_not_followed() -> None:
    with serving(answering(page())) as canary:
        url = f"http://127.0.0.2:{canary.port}/latest/meta-data"
        with serving(redirecting(url)) as start:
            said = probe(check(start.url()), allow=("127.0.0.1/32",))
        assert canary.connections == 0
    assert said.verdict is Verdict.UNKNOWN
    assert said.reason.startswith("redirected to 127.0.0.2 (loopback)")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:1/_x", "//user:word@127.0.0.1/", "http:///"]
)
def test_a_redirect_to_another_scheme_is_not_followed(location: str) -> None:
    with serving(redirecting(location)) as start:
        said = probe(check({"url": start.url(), "follow_redirects": 2}))
        assert start.connections <= 3
    assert said.verdict is Verdict.DOWN
    assert "redirected" in said.reason


# TLS.


def secured(authority: Authority, server: Server, **options: Any) -> Said:
    url = server.url(scheme="https")
    return probe(check({"url": url, "ca": str(authority.path)} | options, calm={"certificate_days": 14}))


def test_a_good_certificate_gives_its_days(authority: Authority) -> None:
    until = datetime.now(UTC) + timedelta(days=30, minutes=5)
    with serving(answering(page()), tls=authority.context("127.0.0.1", not_after=until)) as server:
        said = secured(authority, server)
    assert (said.verdict, said.reason) == (Verdict.UP, "")
    assert said.facts["certificate_days"] == 30.0
    assert said.facts["certificate_expires_at"] == until.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert float(said.facts["tls_ms"] or 0) > 0


def test_a_certificate_that_ends_soon_is_a_warning_and_nothing_more(authority: Authority) -> None:
    until = datetime.now(UTC) + timedelta(days=9, minutes=5)
    with serving(answering(page()), tls=authority.context("127.0.0.1", not_after=until)) as server:
        said = secured(authority, server)
    assert said.verdict is Verdict.UP
    assert said.reason == f"certificate expires on {until.date()}, in 9 days, expected at least 14"


@pytest.mark.parametrize(
    ("names", "days", "stranger", "reason"),
    [
        (("127.0.0.1",), -1, False, "certificate expired on {day}"),
        (("other.example",), 30, False, "certificate is for other.example, not for 127.0.0.1"),
        (("127.0.0.1",), 30, True, "certificate is not signed by an authority that is trusted here"),
    ],
)
def test_a_bad_certificate_is_down_with_its_reason_and_gets_no_request(
    authority: Authority, names: tuple[str, ...], days: int, stranger: bool, reason: str
) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    with serving(answering(page()), tls=authority.context(*names, not_after=until, stranger=stranger)) as server:
        said = secured(authority, server)
        assert [asked for asked in server.asked if asked] == []
    assert (said.verdict, said.reason) == (Verdict.DOWN, reason.format(day=until.date()))


def test_a_bad_certificate_is_let_pass_only_when_asked(authority: Authority) -> None:
    until = datetime.now(UTC) - timedelta(days=1)
    with serving(answering(page()), tls=authority.context("127.0.0.1", not_after=until)) as server:
        said = secured(authority, server, verify=False)
    assert said.verdict is Verdict.UP
    assert float(said.facts["certificate_days"] or 0) < 0


def test_each_sample_sees_the_certificate_anew_also_where_the_server_would_take_a_session_up_again(
    authority: Authority,
) -> None:
    was_taken_up: list[bool | None] = []

    def talk(server: Server, connection: socket) -> None:
        assert isinstance(connection, ssl.SSLSocket)
        was_taken_up.append(connection.session_reused)
        answering(page())(server, connection)

    with serving(talk, tls=authority.context("127.0.0.1", not_after=datetime.now(UTC) + timedelta(days=30))) as server:
        bench = Bench()
        wanted = check({"url": server.url(scheme="https"), "ca": str(authority.path)}, every=0.1)
        bench.engine.load([wanted], ("127.0.0.0/8",), monotonic())
        said = bench.until(3)
    assert not any(was_taken_up)
    assert all("certificate_days" in one.facts for one in said)


@pytest.mark.skipif(not request.names_groups(), reason="this libcurl's TLS has the usual groups only")
def test_a_server_without_any_usual_group_is_offered_all_others_before_it_is_called_down(authority: Authority) -> None:
    tls = authority.context("127.0.0.1")
    offered: list[bool] = []

    def talk(server: Server, connection: socket) -> None:
        length = int.from_bytes(connection.recv(5, MSG_PEEK)[3:])
        offered.append(length > 1000)  # a key of X25519MLKEM768 alone has 1,216 bytes
        if offered[-1]:
            with tls.wrap_socket(connection, server_side=True) as within:
                answering(page())(server, within)
        else:
            connection.recv(4096)
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # alert: handshake failure

    with serving(talk) as server:
        said = secured(authority, server)
    assert (said.verdict, said.reason) == (Verdict.UP, "")
    assert offered == [False, True]


@pytest.mark.parametrize("kept", [600, 0])
def test_a_handshake_that_fails_otherwise_is_not_tried_away_also_where_no_handle_is_kept(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(engine, "HANDLES_KEPT", kept)
    tls = authority.context("127.0.0.1")

    def talk(server: Server, connection: socket) -> None:
        if server.connections % 2:
            connection.recv(4096)
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x50")  # alert: internal error
        else:
            with tls.wrap_socket(connection, server_side=True) as within:
                answering(page())(server, within)

    with serving(talk) as server:
        bench = Bench()
        wanted = check({"url": server.url(scheme="https"), "ca": str(authority.path)}, every=0.1)
        bench.engine.load([wanted], ("127.0.0.0/8",), monotonic())
        said = bench.until(4)
    assert [one.verdict for one in said[:4]] == [Verdict.DOWN, Verdict.UP] * 2


@pytest.mark.skipif(not request.names_groups(), reason="this libcurl's TLS has the usual groups only")
def test_a_group_that_our_tls_does_not_have_is_passed_over(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """FIPS has no X25519."""
    monkeypatch.setattr(request, "_USUAL_GROUPS", request._USUAL_GROUPS.replace("X25519", "X25518"))
    with serving(answering(page()), tls=authority.context("127.0.0.1")) as server:
        said = secured(authority, server)
    assert (said.verdict, said.reason) == (Verdict.UP, "")


def test_plain_http_where_tls_is_expected_is_down(authority: Authority) -> None:
    def talk(server: Server, connection: socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 400 Bad\r\n\r\n")

    with serving(talk) as server:
        said = secured(authority, server)
    assert said.verdict is Verdict.DOWN
    assert said.reason.startswith("no TLS connection")


def test_a_handshake_that_stalls_times_out_and_says_so(authority: Authority) -> None:
    with serving(silent) as server:
        said = probe(check({"url": server.url(scheme="https"), "ca": str(authority.path)}, timeout=0.5))
    assert (said.verdict, said.reason) == (Verdict.DOWN, "timed out after 0.5 s while making the TLS connection")


def test_an_alert_in_the_handshake_is_down(authority: Authority) -> None:
    tls = authority.context("127.0.0.1")
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers("PSK-AES128-CBC-SHA")
    with serving(answering(page()), tls=tls) as server:
        said = secured(authority, server)
    assert said.verdict is Verdict.DOWN
    assert said.reason.startswith("no TLS connection")


def test_a_bundle_that_cannot_be_read_is_our_own_trouble(authority: Authority) -> None:
    with serving(answering(page()), tls=authority.context("127.0.0.1")) as server:
        said = secured(authority, server, ca="/no/such/bundle.pem")
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, "the certificate bundle cannot be read")


# Our own trouble, and the life of a check.


def test_no_file_descriptors_left_is_our_own_trouble() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(answering(page())) as server:
        bench = Bench()
        bench.engine.load([check(server.url())], ("127.0.0.0/8",), monotonic())
        # None may be opened from now on, also where others close theirs meanwhile: these few stay open.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            said = bench.until(1)[0]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert said.verdict is Verdict.UNKNOWN


def test_a_timeout_while_we_stood_still_ourselves_is_unknown() -> None:
    with serving(silent) as server:
        bench = Bench()
        bench.engine.load([check(server.url(), timeout=0.5)], ("127.0.0.0/8",), monotonic())
        while not server.connections:
            bench.turn()
        bench.turn(late=3.0)
        said = bench.until(1)[0]
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, "our own prober stood still for 3.0 s")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (check({"url": "ftp://x/"}), "this prober cannot read the check: url"),
        (check("http://x/", up={"statos": 1}), "this prober cannot read the check: statos"),
    ],
)
def test_a_check_that_cannot_be_read_is_unknown_without_its_values(wanted: Any, reason: str) -> None:
    said = probe(wanted)
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, reason)


def test_a_change_is_confirmed_and_the_way_back_too() -> None:
    state = {"raw": page()}

    def talk(server: Server, connection: socket) -> None:
        request_of(connection)
        connection.sendall(state["raw"])

    with serving(talk) as server:
        bench = Bench()
        confirm = (timedelta(seconds=0.05), timedelta(seconds=0.1))
        bench.engine.load([check(server.url(), every=0.4, confirm=confirm)], ("127.0.0.0/8",), monotonic())
        bench.until(2)
        state["raw"] = page(status="500 Oops")
        count = len(bench.said)
        while not any(said.sample is SampleKind.CONFIRM for said in bench.said[count:]):
            bench.until(len(bench.said) + 1)
        state["raw"] = page()
        while bench.said[-1].verdict is not Verdict.UP or bench.said[-1].sample is not SampleKind.CONFIRM:
            bench.until(len(bench.said) + 1)
    changing = next(said for said in bench.said if said.verdict is Verdict.DOWN)
    first = next(said for said in bench.said if said.sample is SampleKind.CONFIRM)
    assert first.started - changing.started >= 0.05


def test_samples_of_a_check_that_was_altered_meanwhile_are_not_told() -> None:
    with serving(silent) as server:
        bench = Bench()
        bench.engine.load([check(server.url(), timeout=0.3, up={"status": 200})], ("127.0.0.0/8",), monotonic())
        while not server.connections:
            bench.turn()
        with serving(answering(page(status="204 Well"))) as other:
            altered = check(other.url(), up={"status": 204}, confirm=(timedelta(0),))
            bench.engine.load([altered], ("127.0.0.0/8",), monotonic())
            bench.until(4)
    assert {(said.verdict, said.sample) for said in bench.said} == {(Verdict.UP, SampleKind.SCHEDULED)}


def test_a_hundred_targets_that_hang_do_not_hold_up_one_that_answers() -> None:
    with serving(silent) as hanging, serving(answering(page())) as well:
        bench = Bench(room=200)
        hang = [check(hanging.url(f"/{n}"), name=f"hang.{n}", timeout=5, every=1) for n in range(100)]
        bench.engine.load(
            [*hang, check(well.url(host="127.0.0.2"), name="well.here", every=0.2)], ("127.0.0.0/8",), monotonic()
        )
        found = [said for said in bench.until(5) if said.check == "well.here"]
    assert len(found) >= 5
    assert all(float(said.facts["total_ms"] or 0) < 1000 for said in found)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "http://127.0.0.1:{port}/straße?größe=ü"},
        {"url": "http://127.0.0.1:{port}/", "ca": "/authorities/ü.pem"},
        {"url": "http://127.0.0.1:{port}/", "proxy": "http://127.0.0.1:9", "proxy_user": "müller", "proxy_password": "pü"},
    ],
)
def test_letters_beyond_ascii_in_one_check_hold_up_no_other(options: dict[str, Any]) -> None:
    with serving(answering(page(b"fine"))) as server:
        odd = check({key: text.replace("{port}", str(server.port)) for key, text in options.items()}, name="payments.odd")
        bench = Bench()
        bench.engine.load([odd, check(server.url(), name="payments.even")], LOOPBACK, monotonic())
        said = {one.check: one for one in bench.until(4)}
    assert said["payments.even"].verdict is Verdict.UP
    assert "payments.odd" in said


def test_evidence_is_read_by_the_charset_of_its_page() -> None:
    answer = page(
        "Prämie fehlt".encode("latin-1"), status="500 Oops", headers="Content-Type: text/html; charset=ISO-8859-1\r\n"
    )
    with serving(answering(answer)) as server:
        assert probe(check(server.url())).facts["evidence"] == "Prämie fehlt"


def test_a_charset_that_no_text_can_be_in_breaks_nothing() -> None:
    with serving(answering(page(b"fine", headers="Content-Type: text/html; charset=idna\r\n"))) as server:
        said = probe(check(server.url(), up={"when": "body.contains('fine')", "body": {"contains": "fine"}}))
    assert said.verdict is Verdict.UP
