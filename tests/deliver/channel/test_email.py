"""Mail over real SMTP: armed after RCPT and before DATA, and never two meanings for one outcome."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from pydantic import ValidationError

from sentinel.deliver import verp
from sentinel.deliver.channel import email
from sentinel.deliver.outcome import Broken, Down, Gone, NotArmed
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.mishap import DROP, Answer, Moment, Refuse, Step, at
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.secret import Secret
from tests.deliver.letters import NOW, SECRET, letter, note


@pytest.fixture
async def room() -> AsyncIterator[Mailroom]:
    room = Mailroom()
    await room.start()
    yield room
    await room.stop()


@pytest.fixture
async def connection(room: Mailroom) -> AsyncIterator[email.MailConnection]:
    made = email.connect(options(room.port), secret=SECRET, now=lambda: NOW)
    yield made
    await made.close()


def options(port: int, **more: object) -> email.Options:
    written = {
        "server": f"smtp://127.0.0.1:{port}",
        "from": "Northwind <service@northwind.example>",
        "unsubscribe": "https://sentinel.northwind.example/u/",
        "timeout": timedelta(seconds=5),
        "reply_timeout": timedelta(seconds=5),
    }
    return email.Options.model_validate(written | more)


class Gate:
    """`arm`, which notes how far the server had got when it was asked."""

    def __init__(self, room: Mailroom, says: bool = True) -> None:
        self._room = room
        self._says = says
        self.asked: list[tuple[int, int]] = []

    async def __call__(self) -> bool:
        self.asked.append((self._room.reached[Step.RCPT], self._room.reached[Step.DATA]))
        return self._says


async def test_a_mail_is_armed_after_rcpt_and_before_data(room: Mailroom, connection: email.MailConnection) -> None:
    gate = Gate(room)
    assert isinstance(await connection.send(letter(), gate), Accepted)
    assert gate.asked == [(1, 0)]
    (received,) = room.received
    assert received.recipients == ("nunez@example.com",)
    assert received.sender == "service@northwind.example"
    assert "Apreciada Sra. Núñez:" in received.text
    assert "\n.un punto\n" in received.text


async def test_one_connection_carries_many_mails_each_to_one_recipient(
    room: Mailroom, connection: email.MailConnection
) -> None:
    for n in range(5):
        assert isinstance(await connection.send(letter(address=f"p{n}@example.com"), Gate(room)), Accepted)
    assert room.reached[Step.CONNECT] == 1
    assert [mail.recipients for mail in room.received] == [(f"p{n}@example.com",) for n in range(5)]


async def test_where_the_gate_says_no_nothing_is_sent_and_the_next_mail_is_clean(
    room: Mailroom, connection: email.MailConnection
) -> None:
    assert await connection.send(letter(address="held@example.com"), Gate(room, says=False)) == NotArmed()
    assert (room.reached[Step.DATA], room.received) == (0, ())
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    assert [mail.recipients for mail in room.received] == [("nunez@example.com",)]


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.ARRIVED])
@pytest.mark.parametrize(("code", "permanent"), [(550, True), (451, False)])
async def test_a_refusal_is_known_to_have_taken_nothing_and_is_permanent_for_5xx(
    room: Mailroom, connection: email.MailConnection, step: Step, code: int, permanent: bool
) -> None:
    room.hook = at(step, Refuse(code=code, text="not here"), times=1)
    outcome = await connection.send(letter(), Gate(room))
    assert isinstance(outcome, Failed)
    assert outcome.reason.endswith(f"{code} not here")
    whole, person = permanent and step is Step.MAIL, permanent and step is Step.RCPT
    assert type(outcome) is (Broken if whole else Gone if person else Failed)
    assert whole or outcome.permanent is permanent
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    assert room.reached[Step.CONNECT] == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("5.1.1 no such user", Gone),
        ("5.1.10 recipient address has null MX", Gone),
        ("5.2.1 mailbox disabled", Gone),
        ("5.2.2 mailbox full", Failed),
        ("5.7.1 looks like spam to us", Failed),
        ("who is that", Gone),
    ],
)
async def test_only_a_mailbox_that_does_not_exist_is_gone(
    room: Mailroom, connection: email.MailConnection, text: str, kind: type
) -> None:
    """F31, F33: one recipient is refused, and the next one is not."""
    room.hook = at(Step.RCPT, Refuse(code=550, text=text), times=1)
    outcome = await connection.send(letter(address="gone@example.com"), Gate(room))
    assert type(outcome) is kind
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    assert [mail.recipients for mail in room.received] == [("nunez@example.com",)]


async def test_a_421_in_the_middle_of_a_session_ends_it_and_the_next_mail_has_a_new_one(
    room: Mailroom, connection: email.MailConnection
) -> None:
    """F33"""
    assert isinstance(await connection.send(letter(address="one@example.com"), Gate(room)), Accepted)
    room.hook = at(Step.DATA, Refuse(code=421, text="4.3.2 shutting down"), times=1)
    assert await connection.send(letter(address="two@example.com"), Gate(room)) == Down(reason="421 4.3.2 shutting down")
    assert isinstance(await connection.send(letter(address="two@example.com"), Gate(room)), Accepted)
    assert [mail.recipients for mail in room.received] == [("one@example.com",), ("two@example.com",)]
    assert room.reached[Step.CONNECT] == 2


async def test_what_cannot_be_delivered_comes_back_to_an_address_that_names_the_delivery(room: Mailroom) -> None:
    made = email.connect(options(room.port, bounces="bounces@northwind.example"), secret=SECRET, now=lambda: NOW)
    await made.send(replace(letter(), delivery=4711), Gate(room))
    await made.send(letter(), Gate(room))
    first, second = (mail.sender for mail in room.received)
    named = verp.read(first, SECRET)
    assert named is not None
    assert named[0] == 4711
    assert first.startswith("bounces+3mv-")
    assert second == "bounces@northwind.example"
    assert b"bounces+" not in room.received[0].raw
    await made.close()


@pytest.mark.parametrize(
    "mailbox", ["Northwind <bounces@northwind.example>", "bounces", "b" * 31 + "@x.example", "b\r\n@x.example"]
)
def test_a_mailbox_for_bounces_is_a_bare_and_short_address(mailbox: str) -> None:
    with pytest.raises(ValidationError):
        options(25, bounces=mailbox)


@pytest.mark.parametrize(("step", "kind"), [(Step.ARRIVED, Unknown), (Step.TAKEN, Unknown), (Step.DATA, Down)])
async def test_a_connection_that_breaks_leaves_a_doubt_only_after_the_body_began(
    room: Mailroom, connection: email.MailConnection, step: Step, kind: type
) -> None:
    room.hook = at(step, DROP, times=1)
    assert type(await connection.send(letter(), Gate(room))) is kind
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)


async def test_no_reply_to_the_final_dot_in_time_is_a_doubt(room: Mailroom) -> None:
    given_up = asyncio.Event()

    async def dawdle(moment: Moment) -> Answer:
        if moment.step is Step.TAKEN:
            await given_up.wait()
        return None

    room.hook = dawdle
    connection = email.connect(options(room.port, reply_timeout=timedelta(milliseconds=50)), secret=SECRET, now=lambda: NOW)
    assert await connection.send(letter(), Gate(room)) == Unknown(reason="no reply in time")
    given_up.set()
    await connection.close()


async def test_a_kept_connection_that_was_hung_up_on_is_opened_again(room: Mailroom, connection: email.MailConnection) -> None:
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    room.hook = at(Step.MAIL, DROP, times=1)
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    room.hook = at(Step.MAIL, Refuse(code=421, text="too many mails on this connection"), times=1)
    assert isinstance(await connection.send(letter(), Gate(room)), Accepted)
    assert room.reached[Step.CONNECT] == 3


async def test_a_server_that_cannot_be_reached_or_is_closing_is_down_and_nobodys_fault(room: Mailroom) -> None:
    connection = email.connect(options(room.port), secret=SECRET, now=lambda: NOW)
    room.shut()
    gate = Gate(room)
    assert isinstance(await connection.send(letter(), gate), Down)
    room.open()
    room.hook = at(Step.CONNECT, Refuse(code=421, text="not now"), times=1)
    assert isinstance(await connection.send(letter(), gate), Down)
    assert gate.asked == []
    assert isinstance(await connection.send(letter(), gate), Accepted)
    await connection.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Ada\r\nBcc: all@example.com"},
        {"address": "ada@example.com\r\nRCPT TO:<all@example.com>"},
        {"address": "ada@example.com> <ben@example.com"},
        {"name": "Ada\u202e"},
        {"subject": "Pagos\r\nBcc: all@example.com"},
    ],
)
async def test_what_could_smuggle_a_header_or_a_command_is_refused_before_the_server_hears_of_it(
    room: Mailroom, connection: email.MailConnection, changes: dict[str, str]
) -> None:
    outcome = await connection.send(letter(**changes), Gate(room))
    assert isinstance(outcome, Failed)
    assert outcome.permanent
    assert "example.com" not in outcome.reason
    assert room.reached[Step.CONNECT] == 0


async def test_the_desk_gets_its_brief_by_mail(room: Mailroom) -> None:
    connection = email.connect(options(room.port, to="Desk <desk@northwind.example>"), secret=SECRET, now=lambda: NOW)
    assert isinstance(await connection.send(note(), Gate(room)), Accepted)
    (received,) = room.inbox("desk@northwind.example")
    assert received.subject == "17-A: Online payments are not working"
    assert "Say now:\n> Sorry, online payment has been down" in received.text
    await connection.close()


async def test_a_channel_without_an_address_of_the_desk_says_so(room: Mailroom, connection: email.MailConnection) -> None:
    outcome = await connection.send(note(), Gate(room))
    assert isinstance(outcome, Failed)
    assert outcome.permanent


# TLS and login


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    path = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(path)
    return made, path


async def secured(authority: trustme.CA, name: str) -> asyncio.Server:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    make = partial(SMTP, Sink(), hostname="relay.example", tls_context=context, require_starttls=True)
    return await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("name", "ca", "kind"), [("localhost", True, Accepted), ("localhost", False, Down), ("elsewhere.example", True, Down)]
)
async def test_tls_is_insisted_on_and_certificates_are_checked(
    authority: tuple[trustme.CA, Path], room: Mailroom, name: str, ca: bool, kind: type
) -> None:
    async with await secured(authority[0], name) as server:
        there = {"server": f"smtp://localhost:{server.sockets[0].getsockname()[1]}", "starttls": True}
        trusted = {"ca_file": str(authority[1])} if ca else {}
        connection = email.connect(options(0, **there, **trusted), secret=SECRET, now=lambda: NOW)
        outcome = await connection.send(letter(), Gate(room))
        await connection.close()
    assert type(outcome) is kind, outcome


async def test_mail_never_falls_back_to_plain_text(room: Mailroom) -> None:
    connection = email.connect(options(room.port, starttls=True), secret=SECRET, now=lambda: NOW)
    assert isinstance(await connection.send(letter(), Gate(room)), Down)
    assert room.received == ()
    await connection.close()


async def test_a_refused_login_is_down_and_shows_no_password(room: Mailroom) -> None:
    more = {"user": "sentinel", "password": Secret("hunter2-hunter2")}
    connection = email.connect(options(room.port, **more), secret=SECRET, now=lambda: NOW)
    outcome = await connection.send(letter(), Gate(room))
    assert isinstance(outcome, Down)
    assert "hunter2" not in outcome.reason + repr(connection) + repr(options(room.port, **more))
    await connection.close()


# Options


@pytest.mark.parametrize(
    ("server", "host", "port", "must"),
    [
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, False),
        ("smtp://relay.example", "relay.example", 25, True),
        ("smtps://relay.example", "relay.example", 465, False),
    ],
)
def test_mail_leaves_this_machine_only_over_tls_unless_told_otherwise(server: str, host: str, port: int, must: bool) -> None:
    made = options(1, server=server)
    assert (made.host, made.port, made.must_start_tls) == (host, port, must)
    assert not options(1, server=server, starttls=False).must_start_tls


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "http://relay.example"},
        {"server": "smtp://user:password@relay.example"},
        {"server": "smtp://relay.example:port"},
        {"server": "relay.example"},
        {"from": "nobody"},
        {"to": "Desk\r\n <desk@northwind.example>"},
        {"unsubscribe": "http://sentinel.northwind.example/u/"},
        {"sever": "smtp://relay.example"},
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        options(1, **wrong)


def test_the_options_have_a_schema_for_editors() -> None:
    assert email.Options.model_json_schema()["properties"]["from"]["type"] == "string"
