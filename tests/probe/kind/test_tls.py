"""The kind `tls` against real TLS servers on loopback: good certificates, bad ones, and the protocols that begin TLS later."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sentinel.model.observation import Verdict
from sentinel.probe.looking import Came
from tests.probe import servers
from tests.probe.conftest import Authority
from tests.probe.kind.uvlooped import seen

NAME = "pay.northwind.example"
Context = Callable[..., ssl.SSLContext]


def quiet(server: servers.Server, connection: socket.socket) -> None:
    connection.recv(1)


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    with servers.serving(quiet, tls=context) as server:
        yield server.port


def looked(port: int, authority: Authority, **more: object) -> Came:
    up = more.pop("up", {})
    return seen("tls", {"host": "127.0.0.1", "port": port, "name": NAME, "ca": str(authority.path), **more}, up=up)


def test_a_good_certificate_is_up_with_all_its_facts(authority: Authority) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40, hours=12)
    with tls_server(authority.context(NAME, "www.northwind.example", not_after=ends_at)) as port:
        came = looked(port, authority, up={"certificate_days": 40, "fact": {"tls_version": "TLSv1.3", "valid": True}})
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert facts["certificate_days"] == pytest.approx(40.5, abs=0.11)
    assert facts["certificate_expires_at"] == facts["chain_expires_at"] == ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (facts["names"], facts["chain_length"], facts["ip"]) == (f"{NAME}, www.northwind.example", 2, "127.0.0.1")
    assert "trustme" in str(facts["issuer"])
    assert len(str(facts["fingerprint"])) == 64
    assert str(facts["cipher"]).startswith("TLS_")
    assert all(float(facts[name] or 0) > 0 for name in ("connect_ms", "tls_ms", "total_ms"))


def test_a_certificate_that_ends_too_soon_says_when(authority: Authority) -> None:
    ends_at = datetime.now(UTC) + timedelta(days=5, hours=1)
    with tls_server(authority.context(NAME, not_after=ends_at)) as port:
        came = looked(port, authority, up={"certificate_days": 14})
    assert came.reason == f"certificate expires on {ends_at.date()}, in 5 days, expected at least 14"


def test_an_expired_certificate_is_down_with_its_day_and_its_facts(authority: Authority) -> None:
    ended_at = datetime.now(UTC) - timedelta(days=3)
    with tls_server(authority.context(NAME, not_after=ended_at)) as port:
        came = looked(port, authority)
    assert (came.verdict, came.reason) == (Verdict.DOWN, f"certificate expired on {ended_at.date()}")
    assert came.facts["valid"] is False
    assert came.facts["names"] == NAME
    assert float(came.facts["certificate_days"] or 0) < -2


def test_a_certificate_for_another_name_says_for_which(authority: Authority) -> None:
    with tls_server(authority.context("a.northwind.example", "b.northwind.example", "c.northwind.example")) as port:
        came = looked(port, authority)
    assert came.reason == f"certificate is for a.northwind.example, b.northwind.example and 1 more, not for {NAME}"


def test_an_authority_that_nobody_knows_is_down(authority: Authority) -> None:
    with tls_server(authority.context(NAME, stranger=True)) as port:
        came = looked(port, authority)
    assert came.reason == "certificate is not signed by an authority that is trusted here"
    assert came.facts["names"] == NAME


def test_without_verify_an_invalid_certificate_is_up_and_its_facts_tell(authority: Authority) -> None:
    with tls_server(authority.context("a.northwind.example")) as port:
        came = looked(port, authority, verify=False)
    assert (came.verdict, came.facts["valid"], came.facts["names"]) == (Verdict.UP, False, "a.northwind.example")


def test_an_intermediate_that_has_expired_is_named(tmp_path: Path, authority: Authority) -> None:
    ended_at = datetime.now(UTC) - timedelta(days=10)
    context, root = chain_with(tmp_path, intermediate_ends=ended_at)
    with tls_server(context) as port:
        came = looked(port, authority, ca=str(root))
    assert came.reason == (
        f"certificate expired on {ended_at.date()}: not its own, but that of “Northwind Issuing” in its chain"
    )
    assert float(came.facts["certificate_days"] or 0) > 0 > float(came.facts["chain_days"] or 0)


def test_the_chain_tells_which_of_it_ends_first(tmp_path: Path, authority: Authority) -> None:
    context, root = chain_with(tmp_path, intermediate_ends=datetime.now(UTC) + timedelta(days=6, hours=2))
    with tls_server(context) as port:
        came = looked(port, authority, ca=str(root), up={"fact": {"chain_days": {"at_least": 14}}})
    assert came.reason == "chain_days is 6, expected that it is at least 14"
    assert (came.facts["chain_length"], came.facts["issuer"]) == (3, "Northwind Issuing")


def test_a_server_of_only_old_protocols_is_down_in_words(authority: Authority) -> None:
    context = authority.context(NAME)
    context.set_ciphers("AES256-SHA256:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls_server(context) as port:
        came = looked(port, authority)
    assert came.verdict is Verdict.DOWN
    assert came.reason.startswith("no TLS connection: ")


SMTP_TALK = (b"220-mail.northwind.example\r\n220 ready\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go ahead\r\n")
IMAP_TALK = (b"* OK [CAPABILITY STARTTLS] ready\r\n", b"* NOTE well\r\na1 OK begin\r\n")
POP3_TALK = (b"+OK ready\r\n", b"+OK begin\r\n")


@contextmanager
def later(talk: tuple[bytes, ...], context: ssl.SSLContext) -> Iterator[int]:
    """Says each line of `talk` after what it heard, then TLS begins."""

    def conduct(server: servers.Server, connection: socket.socket) -> None:
        connection.sendall(talk[0])
        for said in talk[1:]:
            connection.recv(4096)
            connection.sendall(said)
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with servers.serving(conduct) as server:
        yield server.port


@pytest.mark.parametrize(("protocol", "talk"), [("smtp", SMTP_TALK), ("imap", IMAP_TALK), ("pop3", POP3_TALK)])
def test_tls_that_begins_later_is_looked_at_too(protocol: str, talk: tuple[bytes, ...], authority: Authority) -> None:
    with later(talk, authority.context(NAME)) as port:
        came = looked(port, authority, starttls=protocol)
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    assert came.facts["names"] == NAME
    assert float(came.facts["starttls_ms"] or 0) > 0
    with later(talk, authority.context("a.northwind.example")) as port:
        assert looked(port, authority, starttls=protocol).reason == f"certificate is for a.northwind.example, not for {NAME}"


@pytest.mark.parametrize(
    ("protocol", "talk", "reason"),
    [
        ("smtp", (b"554 go away\r\n",), "the server does not begin TLS; it said “554 go away”"),
        (
            "smtp",
            (*SMTP_TALK[:2], b"454 TLS not available\r\n"),
            "the server does not begin TLS; it said “454 TLS not available”",
        ),
        ("imap", (IMAP_TALK[0], b"a1 BAD what\r\n"), "the server does not begin TLS; it said “a1 BAD what”"),
        ("pop3", (POP3_TALK[0], b"-ERR no\r\n"), "the server does not begin TLS; it said “-ERR no”"),
        ("imap", (b"",), "the connection was closed while asking for TLS"),
    ],
)
def test_a_server_that_does_not_begin_tls_says_what_it_said(
    protocol: str, talk: tuple[bytes, ...], reason: str, authority: Authority
) -> None:
    def conduct(server: servers.Server, connection: socket.socket) -> None:
        connection.sendall(talk[0])
        for said in talk[1:]:
            connection.recv(4096)
            connection.sendall(said)

    with servers.serving(conduct) as server:
        came = looked(server.port, authority, starttls=protocol)
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


def test_a_bundle_that_cannot_be_read_is_our_own_trouble(authority: Authority) -> None:
    with tls_server(authority.context(NAME)) as port:
        came = looked(port, authority, ca="/nowhere/at/all.pem")
    assert (came.verdict, came.reason) == (Verdict.UNKNOWN, "the certificate bundle /nowhere/at/all.pem cannot be read")


def chain_with(folder: Path, *, intermediate_ends: datetime) -> tuple[ssl.SSLContext, Path]:
    """A server's context whose chain has an intermediate that ends then, and the path of its root."""
    now = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in ("Northwind Root", "Northwind Issuing", NAME)]
    ends = (now + timedelta(days=900), intermediate_ends, now + timedelta(days=90))
    made = []
    for at in range(3):
        builder = (
            x509.CertificateBuilder().subject_name(names[at]).issuer_name(names[max(0, at - 1)])
            .public_key(keys[at].public_key()).serial_number(at + 1)
            .not_valid_before(now - timedelta(days=400)).not_valid_after(ends[at])
            .add_extension(x509.BasicConstraints(ca=at < 2, path_length=None), critical=True)
        )  # fmt: skip
        if at == 2:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        made.append(builder.sign(keys[max(0, at - 1)], hashes.SHA256()))
    pem = [one.public_bytes(serialization.Encoding.PEM) for one in made]
    (folder / "root.pem").write_bytes(pem[0])
    (folder / "chain.pem").write_bytes(pem[2] + pem[1])
    (folder / "key.pem").write_bytes(
        keys[2].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return servers.context(folder / "chain.pem", folder / "key.pem"), folder / "root.pem"
