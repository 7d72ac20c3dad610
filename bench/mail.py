"""What a customer's mail costs: `python -m bench.mail [--quick] [--json]`.

CPU seconds (user + system) per 1,000 mails of about 4 KB, filled in per person, over 20 kept connections to an SMTP sink in
another process that replies to a message after 1 ms. By turns in one run, on the same event loop:

  sentinel      the product's sender: ledger on disk, claims, armings, results, all gates; writing the rows is counted too
  prepared      aiosmtplib with bytes made once and the personal fields filled in; no ledger, nothing is remembered
  EmailMessage  aiosmtplib with an EmailMessage built per mail; no ledger

Compare the ratios: absolute figures drift with the machine. `syncs` are the ledger's commits per mail.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from random import Random
from time import monotonic, process_time
from typing import cast

import uvloop
from aiosmtplib import SMTP
from sqlalchemy import Connection

from sentinel.deliver import mime
from sentinel.deliver.channel import email
from sentinel.deliver.unsubscribe import token
from sentinel.model.delivery import Lane, State
from sentinel.model.message import Letter, Wording
from sentinel.model.notice import Brief, Notice, NoticeState, Occasion, Towards
from sentinel.model.person import Admitted, Person
from sentinel.run.sender import Sender
from sentinel.store import books, expansion, notices
from sentinel.store.database import Store

CONNECTIONS = 20
REPLY_AFTER = 0.001
"""Seconds that the sink takes over a message."""
SECRET = b"a secret of the benchmark's own."
NOW = datetime(2026, 6, 8, 10, 5, tzinfo=UTC)
SENDER = mime.Sender(
    name="Northwind Insurance",
    address="service@northwind.example",
    reply_to="",
    stop_url="https://sentinel.northwind.example/u/",
)
LINE = "We are sorry: since about 10:05 today you cannot pay on our website. Your cover is not affected by this. "
WORDING = Wording(
    notice=1,
    language="en",
    zone="Europe/Madrid",
    subject="Online payments are not working: we expect them back by 14:30",
    short="",
    text="Dear {name},\n\n" + "\n\n".join([LINE] * 13) + "\n\nQuestions: the number on your policy, say 17-A.\n",
    html="<html><body><p>Dear {name},</p>" + "".join(f"<p>{LINE}</p>\n" for _ in range(13)) + "</body></html>",
    thread="incident:1/1",
    first=True,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One contender in one round. `cpu`: seconds per 1,000 mails, `rate`: mails a second, `syncs`: per mail."""

    cpu: float
    rate: float
    syncs: float = 0.0
    expanding: float = 0.0
    """Of `cpu`, what writing the rows took."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 0 when every mail was taken."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.mail", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1,000 mails instead of 5 of 5,000")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.sink:
        uvloop.run(sink())
        return 0
    rounds, mails = (3, 1_000) if asked.quick else (5, 5_000)
    contenders: dict[str, Callable[[int, int], Figure]] = {
        "sentinel": sentinel,
        "prepared": lambda port, mails: bare(port, mails, prepared),
        "EmailMessage": lambda port, mails: bare(port, mails, built),
    }
    figures: dict[str, list[Figure]] = {name: [] for name in contenders}
    with sinking() as port:
        for contender in contenders.values():
            contender(port, 100)  # imports, caches and compiled statements are not what is measured
        for _ in range(rounds):
            for name, contender in contenders.items():
                figures[name].append(contender(port, mails))
    report(figures, rounds, mails, as_json=asked.json)
    return 0


def report(figures: dict[str, list[Figure]], rounds: int, mails: int, *, as_json: bool) -> None:
    middle = {
        name: Figure(*(statistics.median(getattr(each, field) for each in all_) for field in Figure.__slots__))
        for name, all_ in figures.items()
    }
    ratios = {name: middle["sentinel"].cpu / figure.cpu for name, figure in middle.items() if name != "sentinel"}
    size = len(one(0)[1])
    if as_json:
        told = {name: asdict(figure) for name, figure in middle.items()}
        print(json.dumps({"rounds": rounds, "mails": mails, "bytes": size, "medians": told, "ratios": ratios}))
        return
    print(
        f"CPU seconds per 1,000 mails of {size} bytes, {CONNECTIONS} connections, medians of {rounds} rounds of {mails} mails"
    )
    for name, figure in middle.items():
        more = f"   {figure.syncs:.3f} syncs a mail, of it {figure.expanding:.3f} for the rows" if name == "sentinel" else ""
        print(f"  {name:13} {figure.cpu:.3f}   {figure.rate:6.0f} mails/s{more}")
    print("  sentinel / " + "   ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))


# The product


class Words:
    """Contents as the hub gives them: the same wording for everybody of the notice."""

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None:
        return WORDING

    async def brief(self, notice: int) -> Brief | None:
        return None


def sentinel(port: int, mails: int) -> Figure:
    """Rows written, claimed, armed, sent and marked, on a fresh store on disk."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        store = Store.open(Path(folder) / "sentinel.db")
        notice = store.writer.submit(lambda c: opening(c, mails)).result()
        before = process_time()
        while store.writer.submit(lambda c: expansion.expand(c, notice, NOW, 5_000)).result():
            pass
        expanding = process_time() - before
        commits, began, before = store.writer.commits, monotonic(), process_time()
        uvloop.run(drain(store, port, notice.id, mails))
        took, cpu = monotonic() - began, process_time() - before + expanding
        syncs = (store.writer.commits - commits) / mails
        store.close()
    return Figure(cpu=cpu / mails * 1000, rate=mails / took, syncs=syncs, expanding=expanding / mails * 1000)


def opening(c: Connection, mails: int) -> Notice:
    people = [
        Admitted(
            person=Person(
                id=f"policy-{n:07}",
                name=f"Ana Núñez {n}",
                channel="email",
                address=f"p{n}@example.com",
                language="en",
                zone="Europe/Madrid",
            )
        )
        for n in range(mails)
    ]
    snapshot = notices.snapshot_for(c, "incident:1", 1, "audience:payers", NOW)
    notices.keep_people(c, snapshot, people)
    notices.complete_snapshot(c, snapshot, ())
    notice = Notice(
        id=0,
        subject="incident:1",
        incident=1,
        episode=1,
        step="opened",
        cause=1,
        occasion=Occasion.OPENED,
        towards=Towards.CUSTOMERS,
        state=NoticeState.APPROVED,
        made_at=NOW,
        rule="audience:payers",
        snapshot=snapshot,
        release_at=NOW,
    )
    made = notices.make(c, notice)
    assert made is not None
    return made


async def drain(store: Store, port: int, notice: int, mails: int) -> None:
    """Run the sender until every mail is on disk as accepted."""
    options = email.Options.model_validate(
        {
            "server": f"smtp://127.0.0.1:{port}",
            "from": "Northwind Insurance <service@northwind.example>",
            "unsubscribe": "https://sentinel.northwind.example/u/",
        }
    )
    channels = {"email": lambda: email.connect(options, secret=SECRET, now=lambda: NOW)}
    sender = Sender(Lane.CUSTOMERS, store, channels, Words(), lambda: NOW, CONNECTIONS, Random(1))
    running = asyncio.create_task(sender.run())
    while store.read(lambda c: books.books(c, [notice])[0].counts[State.ACCEPTED.value]) < mails:  # noqa: ASYNC110 - on disk
        await asyncio.sleep(0.1)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


# The others


def one(n: int) -> tuple[str, bytes]:
    """(address, mail): what `prepared` sends, and the product too."""
    letter = Letter(
        key=f"incident:1/1/opened/policy-{n:07}",
        person=f"policy-{n:07}",
        name=f"Ana Núñez {n}",
        address=f"p{n}@example.com",
        wording=WORDING,
    )
    return letter.address, mime.fill(PREPARED, letter, token(SECRET, letter.person), mime.date_line(NOW))


PREPARED = mime.prepare(WORDING, SENDER)


async def prepared(client: SMTP, n: int) -> None:
    address, mail = one(n)
    await client.sendmail(SENDER.address, [address], mail)


async def built(client: SMTP, n: int) -> None:
    mail = EmailMessage()
    mail["From"] = "Northwind Insurance <service@northwind.example>"
    mail["To"] = f'"Ana Núñez {n}" <p{n}@example.com>'
    mail["Subject"], mail["Date"] = WORDING.subject, format_datetime(NOW)
    mail["Message-ID"] = mime.message_id(f"policy-{n}", SENDER.domain).decode()
    mail["List-Unsubscribe"] = f"<{SENDER.stop_url}{token(SECRET, f'policy-{n}')}>"
    mail.set_content(WORDING.text.replace("{name}", f"Ana Núñez {n}"))
    mail.add_alternative(WORDING.html.replace("{name}", f"Ana Núñez {n}"), subtype="html")
    await client.send_message(mail)


def bare(port: int, mails: int, send: Callable[[SMTP, int], Awaitable[None]]) -> Figure:
    """The same number of mails over as many connections, with nothing remembered."""

    async def connection(numbers: Iterator[int]) -> None:
        async with SMTP(hostname="127.0.0.1", port=port, local_hostname="bench.example", start_tls=False) as client:
            for n in numbers:
                await send(client, n)

    async def everybody() -> None:
        numbers = iter(range(mails))
        await asyncio.gather(*(connection(numbers) for _ in range(CONNECTIONS)))

    began, before = monotonic(), process_time()
    uvloop.run(everybody())
    return Figure(cpu=(process_time() - before) / mails * 1000, rate=mails / (monotonic() - began))


# The sink


class Sink(asyncio.Protocol):
    """As little of SMTP as the contenders speak. What it takes it forgets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out, self._buffer, self._in_body = cast(asyncio.Transport, transport), b"", False  # uvloop's is none by type
        self._out.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n.\r\n" if self._in_body else b"\r\n")
            if end < 0:
                return
            if self._in_body:
                self._buffer, self._in_body = self._buffer[end + 5 :], False
                asyncio.get_running_loop().call_later(REPLY_AFTER, self._say, b"250 2.0.0 taken\r\n")
            else:
                line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
                self._obey(line[:4].upper())

    def _obey(self, word: bytes) -> None:
        self._in_body = word == b"DATA"
        replies = {b"DATA": b"354 go on\r\n", b"EHLO": b"250-sink.example\r\n250 PIPELINING\r\n", b"QUIT": b"221 bye\r\n"}
        self._say(replies.get(word, b"250 2.1.0 fine\r\n"))
        if word == b"QUIT":
            self._out.close()

    def _say(self, words: bytes) -> None:
        if not self._out.is_closing():
            self._out.write(words)


async def sink() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()  # until whoever started us is gone


@contextmanager
def sinking() -> Iterator[int]:
    """A sink in a process of its own; its port."""
    command = [sys.executable, "-m", "bench.mail", "--sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


if __name__ == "__main__":
    sys.exit(main())
