"""An open session with a mail server: commands that go together, replies in their order, and nonsense."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiosmtplib import SMTPException, SMTPServerDisconnected

from sentinel.deliver.channel import email
from sentinel.deliver.smtpline import LONGEST, Line
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.message import Letter, Wording

NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
Answers = Callable[[bytes], bytes]


class Server:
    """Answers each read with what `answers` says of it; `reads` is what came, as it came."""

    def __init__(self, greets: bytes, answers: Answers) -> None:
        self.reads: list[bytes] = []
        self.gone = asyncio.Event()
        self._greets, self._answers = greets, answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._greets)
        while data := await reader.read(65536):
            self.reads.append(data)
            writer.write(self._answers(data))
        writer.close()
        self.gone.set()


@asynccontextmanager
async def serving(answers: Answers, greets: bytes = b"") -> AsyncIterator[tuple[Server, int]]:
    server = Server(greets, answers)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener:
        yield server, listener.sockets[0].getsockname()[1]


@asynccontextmanager
async def line_to(answers: Answers, greets: bytes = b"") -> AsyncIterator[tuple[Line, Server]]:
    async with serving(answers, greets) as (server, port):
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
        made = Line(transport, pipelines=True)
        transport.set_protocol(made)
        yield made, server
        made.hang_up()
        await server.gone.wait()


async def test_several_commands_leave_at_once_and_their_replies_come_in_order() -> None:
    async with line_to(lambda _: b"250-first\r\n250 and more\r\n550 5.1.1 second\r\n") as (line, server):
        line.say("MAIL FROM:<a@x.example>", "RCPT TO:<b@x.example>")
        first, second = await line.reply(), await line.reply()
    assert (first.code, first.message, second.code) == (250, "first\nand more", 550)
    assert server.reads == [b"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\n"]


async def test_a_reply_that_comes_in_pieces_is_one() -> None:
    async with line_to(lambda _: b"") as (line, _):
        line.say("NOOP")
        waiting = asyncio.create_task(line.reply())
        line.data_received(b"2")
        line.data_received(b"50 taken\r")
        assert not waiting.done()
        line.data_received(b"\n")
        assert (await waiting).message == "taken"


async def test_what_a_server_says_unasked_answers_no_later_command() -> None:
    async with line_to(lambda _: b"250 ok\r\n") as (line, _):
        line.data_received(b"250 nobody asked\r\n")
        line.say("NOOP")
        assert (await line.reply()).message == "ok"
        assert not line.owes


@pytest.mark.parametrize("nonsense", [b"hello?\r\n", b"\xff\xfe\x00\r\n", b"250-" + b"x" * LONGEST])
async def test_nonsense_ends_the_session(nonsense: bytes) -> None:
    async with line_to(lambda _: nonsense) as (line, _):
        line.say("NOOP")
        with pytest.raises(SMTPException):
            await line.reply()
        assert not line.is_open
        with pytest.raises(SMTPException):
            line.say("NOOP")


async def test_a_session_that_is_cut_raises_for_whoever_waits_and_for_whoever_asks_later() -> None:
    async with line_to(lambda _: b"") as (line, _):
        line.say("NOOP")
        waiting = asyncio.create_task(line.reply())
        await asyncio.sleep(0)
        line.hang_up()
        with pytest.raises(SMTPServerDisconnected):
            await waiting
        with pytest.raises(SMTPServerDisconnected):
            await line.reply()
        with pytest.raises(SMTPServerDisconnected):
            line.give(b"mail\r\n")


async def test_no_command_holds_a_second_one() -> None:
    async with line_to(lambda _: b"250 ok\r\n") as (line, server):
        with pytest.raises(ValueError, match="line break"):
            line.say("RCPT TO:<a@x.example>\r\nDATA")
    assert server.reads == []


async def test_a_dot_at_the_beginning_of_a_line_ends_no_mail() -> None:
    """What follows it would be taken for commands: a note to staff is a mail of somebody's words."""
    async with line_to(lambda _: b"250 taken\r\n") as (line, server):
        line.give(b".a\r\n.\r\nMAIL FROM:<b@x.example>\r\n..c\r\n")
        await line.reply()
    assert server.reads == [b"..a\r\n..\r\nMAIL FROM:<b@x.example>\r\n...c\r\n.\r\n"]


# With the channel: what goes together, and that a refusal leaves nothing behind


def _replies(extensions: Sequence[str], refused: bytes = b"") -> Answers:
    """A server in the middle of life that answers command by command, however they come; `refused` once for MAIL."""
    state = {"body": False, "refuse": bool(refused)}

    def one(word: bytes) -> bytes:
        if word == b"EHLO":
            return "".join(f"250-{each}\r\n" for each in ("here", *extensions)).encode() + b"250 8BITMIME\r\n"
        if word == b"MAIL" and state["refuse"]:
            state["refuse"] = False
            return refused
        state["body"] = word == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 fine\r\n")

    def answers(data: bytes) -> bytes:
        if state["body"]:
            state["body"] = not data.endswith(b"\r\n.\r\n")
            return b"" if state["body"] else b"250 2.0.0 taken\r\n"
        return b"".join(one(each[:4].upper()) for each in data.split(b"\r\n") if each)

    return answers


def _channel(port: int) -> email.MailConnection:
    said = {"server": f"smtp://127.0.0.1:{port}", "from": "Northwind <service@northwind.example>"}
    return email.connect(email.Options.model_validate(said), secret=bytes(32), now=lambda: NOW)


LETTER = Letter(
    key="incident:1/1/opened/p",
    person="p",
    name="Ana",
    address="ana@x.example",
    wording=Wording(
        notice=1,
        language="en",
        zone="UTC",
        subject="It is down",
        short="",
        text="Down.\n",
        html="<p>Down.</p>",
        thread="1/1",
        first=True,
    ),
)


async def _yes() -> bool:
    return True


@pytest.mark.parametrize(("extensions", "reads"), [(["PIPELINING"], 4), ([], 5)])
async def test_sender_and_recipient_go_together_where_the_server_allows_and_only_there(
    extensions: Sequence[str], reads: int
) -> None:
    async with serving(_replies(extensions), b"220 here\r\n") as (server, port):
        channel = _channel(port)
        assert isinstance(await channel.send(LETTER, _yes), Accepted)
        assert len(server.reads) == reads  # EHLO, MAIL (and RCPT), RCPT, DATA, the mail
        await channel.close()
        await server.gone.wait()


async def test_a_sender_refused_while_the_recipient_was_under_way_leaves_the_next_mail_clean() -> None:
    async with serving(_replies(["PIPELINING"], b"451 4.7.1 not now\r\n"), b"220 here\r\n") as (server, port):
        channel = _channel(port)
        refused = await channel.send(LETTER, _yes)
        assert isinstance(refused, Failed)
        assert not refused.permanent
        assert "451" in refused.reason
        assert isinstance(await channel.send(LETTER, _yes), Accepted)
        assert any(b"RSET" in each for each in server.reads)
        await channel.close()
        await server.gone.wait()


async def test_a_server_that_says_more_than_it_was_asked_is_hung_up_on_before_a_mail_is_put_into_another() -> None:
    """It has said 354 to our DATA already, and would take our RSET for the first line of a mail."""
    replies = _replies(["PIPELINING"])

    def answers(data: bytes) -> bytes:
        return b"250 and once more\r\n" * (data[:4] == b"DATA") + replies(data)

    async with serving(answers, b"220 here\r\n") as (server, port):
        channel = _channel(port)
        async with asyncio.timeout(30):
            assert isinstance(await channel.send(LETTER, _yes), Failed)
            await server.gone.wait()
        assert server.reads[-1] == b"DATA\r\n"
        await channel.close()
