"""The mailroom: real SMTP from two clients, and every mishap at every step."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import pytest

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.mishap import DROP, Answer, Moment, Refuse, Step, at


@pytest.fixture
async def room() -> AsyncIterator[Mailroom]:
    room = Mailroom()
    await room.start()
    yield room
    await room.stop()


def letter(to: str = "ana@example.net", subject: str = "Los pagos en línea no funcionan") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Northwind <service@northwind.example>", to, subject
    message.set_content("Señora Núñez:\n\n.un punto al principio\nfin")
    message.add_alternative("<p>Señora Núñez</p>", subtype="html")
    return message


async def send(room: Mailroom, message: EmailMessage | None = None) -> None:
    await aiosmtplib.send(message or letter(), hostname="127.0.0.1", port=room.port, timeout=5, start_tls=False)


async def test_a_mail_is_kept_as_its_recipient_reads_it(room: Mailroom) -> None:
    await send(room)
    (received,) = room.inbox("ANA@example.net")
    assert (received.sender, received.recipients) == ("service@northwind.example", ("ana@example.net",))
    assert received.subject == "Los pagos en línea no funcionan"
    assert received.text == "Señora Núñez:\n\n.un punto al principio\nfin\n"
    assert received.html.strip() == "<p>Señora Núñez</p>"
    assert received.header("from") == "Northwind <service@northwind.example>"
    assert received.arrived_at.tzinfo is not None
    assert (room.find(1), room.find(2), room.addresses) == (received, None, ("ana@example.net",))


async def test_a_mail_without_parts_or_headers_can_be_read(room: Mailroom) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port) as client:
        await client.sendmail("a@b.example", ["c@d.example"], b"Subject: bare\r\n\r\nwords\r\n")
    (received,) = room.received
    assert (received.subject, received.text.strip(), received.html, received.header("To")) == ("bare", "words", "", "")


async def test_several_recipients_each_have_it_in_their_inbox_once(room: Mailroom) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port) as client:
        await client.sendmail("a@b.example", ["one@d.example", "two@d.example", "ONE@d.example"], b"Subject: x\r\n\r\n.\r\n")
    assert room.addresses == ("one@d.example", "two@d.example")
    assert [len(room.inbox(address)) for address in room.addresses] == [1, 1]


async def test_the_standard_library_can_send_too(room: Mailroom) -> None:
    def sending() -> None:
        with smtplib.SMTP("127.0.0.1", room.port, timeout=5) as client:
            client.send_message(letter())
            client.send_message(letter("ben@example.net"))

    await asyncio.to_thread(sending)
    assert [received.session for received in room.received] == [1, 1]


async def test_commands_may_be_sent_ahead_of_their_replies(room: Mailroom) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", room.port)
    await reader.readline()
    writer.write(b"EHLO x\r\n")
    offered = [await reader.readline()]
    while offered[-1][3:4] == b"-":
        offered.append(await reader.readline())
    assert b"250-PIPELINING\r\n" in offered
    one = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    body = b"Subject: x\r\n\r\nwords\r\n.\r\n"
    writer.write(one)
    replies = [await reader.readline() for _ in range(3)]
    writer.write(body + one)
    replies += [await reader.readline() for _ in range(4)]
    writer.write(body + b"QUIT\r\n")
    replies += [await reader.readline() for _ in range(2)]
    assert [reply[:3] for reply in replies] == [b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221"]
    writer.close()
    assert len(room.received) == 2


async def test_thousands_of_mails_over_many_connections_arrive_once_each(room: Mailroom) -> None:
    async def sender(which: int) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port) as client:
            for number in range(100):
                await client.sendmail("a@b.example", [f"{which}-{number}@d.example"], b"Subject: x\r\n\r\nwords\r\n")

    await asyncio.gather(*(sender(which) for which in range(20)))
    assert len(room.received) == len(room.addresses) == 2000


async def test_hundreds_of_connections_stand_at_once(room: Mailroom) -> None:
    clients = [aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port, timeout=30) for _ in range(300)]
    await asyncio.gather(*(client.connect() for client in clients))
    await asyncio.gather(*(client.sendmail("a@b.example", ["c@d.example"], b"\r\n.\r\n") for client in clients))
    await asyncio.gather(*(client.quit() for client in clients))
    assert len(room.inbox("c@d.example")) == 300


async def test_somebody_can_wait_for_mail(room: Mailroom) -> None:
    waiting = asyncio.create_task(room.until(lambda room: len(room.inbox("ben@example.net")) == 1))
    await send(room)
    assert not waiting.done()
    await send(room, letter("ben@example.net"))
    await waiting
    with pytest.raises(TimeoutError):
        await room.until(lambda room: len(room.received) == 3, seconds=0.01)


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (Step.CONNECT, 0),
        (Step.MAIL, 0),
        (Step.RCPT, 0),
        (Step.DATA, 0),
        (Step.ARRIVED, 0),
        (Step.TAKEN, 1),
    ],
)
async def test_a_refusal_has_its_code_and_only_one_at_taken_keeps_the_mail(room: Mailroom, step: Step, kept: int) -> None:
    room.hook = at(step, Refuse(code=451, text="4.3.0 try again later"), times=1)
    with pytest.raises((aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused)) as refused:
        await send(room)
    assert "451" in repr(refused.value)
    assert len(room.received) == kept
    await send(room)
    assert len(room.received) == kept + 1


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (Step.CONNECT, 0),
        (Step.MAIL, 0),
        (Step.RCPT, 0),
        (Step.DATA, 0),
        (Step.ARRIVED, 0),
        (Step.TAKEN, 1),
    ],
)
async def test_a_drop_ends_the_connection_and_only_one_at_taken_keeps_the_mail(room: Mailroom, step: Step, kept: int) -> None:
    room.hook = at(step, DROP, times=1)
    with pytest.raises(aiosmtplib.SMTPException):
        await send(room)
    assert len(room.received) == kept
    await send(room)
    assert len(room.received) == kept + 1


async def test_a_drop_after_the_reply_breaks_the_next_command_only(room: Mailroom) -> None:
    room.hook = at(Step.REPLIED, DROP, times=1)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port, timeout=5)
    await client.connect()
    _, said = await client.sendmail("a@b.example", ["c@d.example"], b"Subject: x\r\n\r\n")
    assert said == "2.0.0 OK, kept"
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.noop()
    assert len(room.received) == 1


async def test_a_421_hangs_up_after_saying_so(room: Mailroom) -> None:
    room.hook = at(Step.MAIL, Refuse(code=421, text="4.7.0 too many"), times=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", room.port)
    writer.write(b"HELO x\r\nMAIL FROM:<a@b.example>\r\n")
    said = await asyncio.wait_for(reader.read(), 2)
    assert [line[:3] for line in said.splitlines()] == [b"220", b"250", b"421"]
    writer.close()


async def test_a_mail_past_its_dot_is_kept_though_its_sender_is_gone(room: Mailroom) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def late(moment: Moment) -> Answer:
        if moment.step is Step.ARRIVED:
            arrived.set()
            await go_on.wait()
        return None

    room.hook = late
    _, writer = await asyncio.open_connection("127.0.0.1", room.port)
    writer.write(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: x\r\n\r\n.\r\n")
    await asyncio.wait_for(arrived.wait(), 2)
    writer.transport.abort()
    await room.until(lambda room: room.connections == 0, seconds=2)
    assert room.received == ()
    go_on.set()
    await room.until(lambda room: len(room.received) == 1)


async def test_the_hook_sees_every_step_in_order_with_what_is_known(room: Mailroom) -> None:
    seen: list[Moment] = []

    async def watching(moment: Moment) -> Answer:
        seen.append(moment)
        return None

    room.hook = watching
    await send(room)
    await room.until(lambda room: room.reached[Step.TAKEN] == 1)
    assert [moment.step for moment in seen] == list(Step)
    assert seen[2].about == {"sender": "service@northwind.example", "recipient": "ana@example.net"}
    assert [moment.number for moment in seen] == [0, 0, 0, 0, 0, 1, 1]
    assert {moment.session for moment in seen} == {1}


async def test_a_closed_mailroom_refuses_and_opens_again_on_the_same_port(room: Mailroom) -> None:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port, timeout=5)
    await client.connect()
    room.shut()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.noop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(room)
    room.open()
    await send(room)
    assert len(room.received) == 1


async def test_data_without_recipients_is_refused_as_ever(room: Mailroom) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=room.port) as client:
        await client.ehlo()
        code, _ = await client.execute_command(b"DATA")
    assert code == 503
    assert room.reached[Step.DATA] == 0
