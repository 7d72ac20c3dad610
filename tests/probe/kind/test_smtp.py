"""The kind `smtp` against real mail servers on loopback, which take a message, refuse a step, or break off."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.smtp import Options
from tests.probe import servers
from tests.probe.conftest import Authority
from tests.probe.kind.uvlooped import seen
from tests.probe.looked import SECRET

NAME = "mail.northwind.example"
ENVELOPE = {"sender": "probe@northwind.example", "recipient": "drop@northwind.example"}


class Drops(Sink):
    """Takes mail for one address and throws it away, but for what a test looks at."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address != ENVELOPE["recipient"]:
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 dropped"


def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword) -> AuthResult:
    return AuthResult(success=login.password == SECRET.encode(), handled=False)


@contextmanager
def mail_server(handler: Drops, **settings: Any) -> Iterator[int]:
    """aiosmtpd in a thread of its own. `implicit`: a TLS context from the first byte on."""
    loop = asyncio.new_event_loop()
    implicit = settings.pop("implicit", None)

    def made() -> SMTP:
        return SMTP(handler, hostname="mail.northwind.example", loop=loop, **settings)

    server = loop.run_until_complete(loop.create_server(made, "127.0.0.1", 0, ssl=implicit))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_all_over(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _all_over() -> None:
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


def at(port: int, **more: object) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": port, **more}


def test_a_greeting_is_up_with_its_facts() -> None:
    with mail_server(Drops()) as port:
        came = seen("smtp", f"127.0.0.1:{port}")
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    facts = dict(came.facts)
    assert (facts["code"], facts["step"], facts["starttls_offered"]) == (250, "EHLO", False)
    assert str(facts["banner"]).startswith("mail.northwind.example")
    assert all(float(facts[name] or 0) > 0 for name in ("connect_ms", "banner_ms", "hello_ms", "total_ms"))


def test_it_goes_as_far_as_the_recipient_and_sends_nothing() -> None:
    handler = Drops()
    with mail_server(handler) as port:
        came = seen("smtp", at(port, **ENVELOPE))
    assert (came.verdict, came.facts["step"], came.facts["code"]) == (Verdict.UP, "the recipient", 250)
    assert not handler.taken


def test_a_whole_message_is_taken() -> None:
    handler = Drops()
    with mail_server(handler) as port:
        came = seen("smtp", at(port, **ENVELOPE, stop_after="message"))
    assert (came.verdict, came.facts["reply"]) == (Verdict.UP, "dropped")
    (envelope,) = handler.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (ENVELOPE["sender"], [ENVELOPE["recipient"]])
    assert b"Auto-Submitted: auto-generated" in (envelope.content or b"")
    assert float(came.facts["message_ms"] or 0) > 0


def test_a_refused_recipient_is_down_unless_it_must_be_refused() -> None:
    nobody = ENVELOPE | {"recipient": "nobody@northwind.example"}
    with mail_server(Drops()) as port:
        came = seen("smtp", at(port, **nobody))
        assert (came.verdict, came.reason) == (Verdict.DOWN, "the recipient was refused: 550 no such person here")
        assert seen("smtp", at(port, **nobody, ends_with=550)).verdict is Verdict.UP
        came = seen("smtp", at(port, **ENVELOPE, ends_with=550))
        assert (came.verdict, came.reason) == (Verdict.DOWN, "it ended with 250 after the recipient, expected 550")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_login_over_tls_tells_what_it_should_and_never_the_password(tls: str, authority: Authority) -> None:
    context = authority.context(NAME)
    settings: dict[str, Any] = (
        {"implicit": context, "auth_require_tls": False} if tls == "implicit" else {"tls_context": context}
    )
    login = {"tls": tls, "name": NAME, "ca": str(authority.path), "user": "probe"}
    with mail_server(Drops(), authenticator=knows, **settings) as port:
        came = seen("smtp", at(port, **login, password=Secret(SECRET)), up={"certificate_days": 14})
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert came.facts["step"] == "the login"
        assert float(came.facts["login_ms"] or 0) > 0
        came = seen("smtp", at(port, **login, password=Secret("wrong-password")))
        assert (came.verdict, came.reason) == (
            Verdict.DOWN, "the login was refused: 535 5.7.8 Authentication credentials invalid"
        )  # fmt: skip


def test_a_password_that_a_server_repeats_is_not_told(authority: Authority) -> None:
    context = authority.context(NAME)

    def repeats(server: servers.Server, connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        heard = connection.recv(4096)
        connection.sendall(b"250-hello\r\n250 AUTH PLAIN\r\n")
        while heard := connection.recv(4096):
            connection.sendall(b"535 I do not like " + heard.strip() + b" nor " + SECRET.encode() + b"\r\n")

    with servers.serving(repeats, tls=context) as server:
        options = at(server.port, tls="implicit", name=NAME, ca=str(authority.path), user="probe", password=Secret(SECRET))
        came = seen("smtp", options)
    assert (came.verdict, came.reason) == (
        Verdict.DOWN, "the login was refused: 535 I do not like AUTH PLAIN ••• nor •••"
    )  # fmt: skip
    assert SECRET not in str(came.facts)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_does_not_hold_is_down_in_words(tls: str, authority: Authority) -> None:
    context = authority.context("other.northwind.example")
    with mail_server(Drops(), **({"implicit": context} if tls == "implicit" else {"tls_context": context})) as port:
        came = seen("smtp", at(port, tls=tls, name=NAME, ca=str(authority.path)))
        assert (came.verdict, came.reason) == (Verdict.DOWN, f"certificate is for another host, not for {NAME}")
        assert seen("smtp", at(port, tls=tls, name=NAME, verify=False)).verdict is Verdict.UP


@pytest.mark.parametrize(
    ("answers", "more", "reason"),
    [
        ((b"554 not today\r\n",), {}, "the greeting was refused: 554 not today"),
        ((b"220 hello\r\n", b"502 what?\r\n"), {}, "EHLO was refused: 502 what?"),
        ((b"220 hello\r\n", b"250 hello\r\n"), {"tls": "starttls"}, "the server does not offer STARTTLS"),
        ((b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"454 later\r\n"), {"tls": "starttls"},
         "STARTTLS was refused: 454 later"),
        ((b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n", b"nonsense"), {"tls": "starttls"},
         "no TLS connection: wrong version number"),
        ((b"HTTP/1.1 400 Bad Request\r\n",), {}, "the answer to the greeting is not proper SMTP"),
        ((b"220 hello\r\n", b""), ENVELOPE, "the connection was closed while saying hello"),
        ((b"220 hello\r\n", b"250 hello\r\n", b"250 fine\r\n", b"421 too busy\r\n"), ENVELOPE,
         "the recipient was refused: 421 too busy"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(answers: tuple[bytes, ...], more: dict[str, object], reason: str) -> None:
    def conduct(server: servers.Server, connection: socket.socket) -> None:
        for answer in answers:
            connection.sendall(answer)
            if not answer or not connection.recv(4096):
                return

    with servers.serving(conduct) as server:
        came = seen("smtp", at(server.port, **more))
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


def test_a_silent_server_times_out_and_says_where() -> None:
    with servers.serving(servers.silent) as server:
        came = seen("smtp", at(server.port), timeout=0.3)
    assert (came.verdict, came.reason) == (Verdict.DOWN, "timed out after 0.3 s while waiting for the greeting")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"user": "probe"}, "a login takes both `user` and `password`"),
        ({"user": "probe", "password": Secret(SECRET)}, "a password is sent over TLS only"),
        ({"stop_after": "message"}, "say `sender` and `recipient`"),
        ({"recipient": "drop@northwind.example"}, "say `sender` and `recipient`"),
        ({"sender": "a@b\r\nRCPT TO:<c@d>", "recipient": "drop@northwind.example"}, "String should match pattern"),
    ],
)
def test_what_does_not_fit_together_is_refused_at_load(more: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Options.model_validate({"host": "mail.northwind.example", **more})


def test_the_usual_port_follows_from_how_it_is_secured() -> None:
    ports = [Options.model_validate({"host": NAME, "tls": tls}).port for tls in ("none", "starttls", "implicit")]
    assert ports == [25, 587, 465]
