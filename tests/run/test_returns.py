"""The ways in for what came back: LMTP and a mailbox, with a real client and a real server, into a real store."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Connection, Executable, delete, text, update

from sentinel.deliver import verp
from sentinel.demo.patience import until_true
from sentinel.model.delivery import Delivery, State
from sentinel.model.installation import Installation
from sentinel.model.returned import Fate, Mailbox, Returned, Unused, Ways
from sentinel.model.secret import Secret
from sentinel.run import imap
from sentinel.run import returns as taking
from sentinel.run.inlet import Inlet
from sentinel.run.lmtp import Receiver
from sentinel.run.mailbox import Reader
from sentinel.run.returns import Overrun, Returns
from sentinel.run.world import World
from sentinel.store import tables
from sentinel.store.database import Store
from tests.exchange import bounces

from .imap import ImapServer
from .world import CARD, House

pytestmark = pytest.mark.anyio
MAILBOX = "bounces@northwind.example"
_d = tables.delivery
BOUNCED = Returned(provider="email", event="", fate=Fate.BOUNCED)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class Place:
    """A hub as far as the ways in need one: a store with a message that went out to three, and the ways that a test names."""

    def __init__(self, house: House) -> None:
        self.store: Store = house.store
        self.clock = Clock(house.now)
        self.world: World = house.world
        self.returns = Returns(self)
        self.inlet = Inlet(self, self.returns)
        self.house = house

    def use(self, ways: Ways) -> None:
        installation: Installation = replace(self.world.installation, returns=ways)
        self.world = replace(self.world, installation=installation)

    @property
    def rows(self) -> list[Delivery]:
        return [row for row in self.house.rows() if row.state is not State.SUPPRESSED]

    def came_back(self) -> list[str]:
        return [row.person for row in self.rows if row.bounced_at is not None]

    def path_of(self, row: Delivery) -> str:
        return verp.address(MAILBOX, row.id, row.key, self.world.unsubscribe_key)

    @asynccontextmanager
    async def running(self, *more: Receiver | Reader) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(each.run()) for each in (self.returns, *more)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Three customers were told that payments fail."""
    made = House(tmp_path_factory.mktemp("house"))
    made.breaks(CARD)
    made.tell()
    yield made
    made.close()


def _execute(change: Executable, c: Connection) -> None:
    c.execute(change)


@pytest.fixture
def place(house: House) -> Place:
    """As it was when they had been told."""
    fresh = (
        update(_d).where(_d.c.state.in_(["accepted", "in_doubt"])).values(state="accepted", bounced_at=None, bounce_why=None)
    )
    for change in (fresh, delete(tables.callback), delete(tables.broken)):
        house.do(partial(_execute, change))
    made = Place(house)
    assert len(made.rows) == 3
    return made


@asynccontextmanager
async def lmtp(place: Place) -> AsyncIterator[int]:
    place.use(Ways(lmtp="127.0.0.1:0"))
    receiver = Receiver(place.inlet)
    async with place.running(receiver):
        await until_true(lambda: receiver.port is not None, 10)
        assert receiver.port is not None
        yield receiver.port


def hand_in(port: int, recipient: str, mail: bytes) -> tuple[int, bytes]:
    """What a mail server does; the last reply."""
    with smtplib.LMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo_or_helo_if_needed()
        client.docmd("MAIL FROM:<>")
        code, said = client.docmd(f"RCPT TO:<{recipient}>")
        return client.data(mail) if code == 250 else (code, said)


# LMTP


async def test_what_is_handed_in_by_lmtp_is_on_disk_when_the_reply_comes(place: Place) -> None:
    """F32: the provider accepts, then reports a bounce."""
    row = place.rows[0]
    async with lmtp(place) as port:
        to = place.path_of(row)
        for _ in range(2):  # duplicated
            assert (await asyncio.to_thread(hand_in, port, to, bounces.postfix(to)))[0] == 250
        assert place.came_back() == [row.person]
    assert place.returns.counted[Fate.BOUNCED] == 1
    assert place.returns.passed_over[Unused.REPEATED] == 1


async def test_nobody_else_is_a_recipient_and_what_others_write_changes_nothing(place: Place) -> None:
    """T6: forged."""
    row = place.rows[0]
    forged = place.path_of(row)[:-30] + "aaaaaaaaaa@northwind.example"
    async with lmtp(place) as port:
        for address in (forged, "ada@northwind.example", "bounces+@x", f"{'x' * 300}@x.example"):
            code, said = await asyncio.to_thread(hand_in, port, address, bounces.postfix(address))
            assert code in (550, 553), said
        code, _ = await asyncio.to_thread(hand_in, port, place.path_of(row), bounces.absence(place.path_of(row)))
        assert code == 250
    assert place.came_back() == []
    assert place.returns.passed_over[Unused.OTHER] == 1


async def test_what_cannot_be_written_down_is_to_come_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    row = place.rows[0]
    to = place.path_of(row)
    monkeypatch.setattr(taking, "WAITING_MOST", 0)
    async with lmtp(place) as port:
        assert (await asyncio.to_thread(hand_in, port, to, bounces.postfix(to)))[0] == 451
        assert place.came_back() == []
        monkeypatch.undo()
        assert (await asyncio.to_thread(hand_in, port, to, bounces.postfix(to)))[0] == 250
    assert place.came_back() == [row.person]


async def test_what_breaks_us_is_to_come_again_and_its_words_stay_here(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(reports: object) -> None:
        raise ValueError("ada@customers.example")

    monkeypatch.setattr(place.returns, "take", breaks)
    to = place.path_of(place.rows[0])
    async with lmtp(place) as port:
        code, said = await asyncio.to_thread(hand_in, port, to, bounces.postfix(to))
    assert (code, b"ada" in said) == (451, False)


async def test_a_mail_that_is_too_long_is_refused_and_long_lines_are_not(place: Place) -> None:
    row = place.rows[0]
    to = place.path_of(row)
    async with lmtp(place) as port:
        long = bounces.postfix(to) + b"x" * 5000 + b"\r\n"
        assert (await asyncio.to_thread(hand_in, port, to, long))[0] == 250
        huge = bounces.postfix(to) + (b"x" * 70 + b"\r\n") * 20_000
        assert (await asyncio.to_thread(hand_in, port, to, huge))[0] == 552


async def test_lmtp_follows_the_configuration_and_says_why_it_cannot_listen(place: Place) -> None:
    receiver = Receiver(place.inlet)
    async with place.running(receiver):
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = taken.sockets[0].getsockname()[1]
        place.use(Ways(lmtp=f"127.0.0.1:{port}"))
        await until_true(lambda: bool(receiver.why), 10)
        assert str(port) in receiver.why
        taken.close()
        await until_true(lambda: receiver.port == port, 10)
        assert receiver.why == ""
        place.use(Ways())
        await until_true(lambda: receiver.port is None, 10)


# The mailbox


def mailbox(server: ImapServer, **changed: object) -> Mailbox:
    box = Mailbox(
        host="127.0.0.1",
        port=server.port,
        user="bounces",
        password=Secret("a secret"),
        is_tls=False,
        may_be_clear=True,
    )
    return replace(box, **changed)  # type: ignore[arg-type]  # tests name fields


@asynccontextmanager
async def reading(place: Place, server: ImapServer) -> AsyncIterator[Reader]:
    reader = Reader(place.inlet)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server.open())
        place.use(Ways(mailbox=mailbox(server)))
        await stack.enter_async_context(place.running(reader))
        yield reader


async def test_the_mailbox_is_read_and_what_is_on_disk_is_marked_as_seen(place: Place) -> None:
    first, second, _ = place.rows
    server = ImapServer()
    server.put(bounces.postfix(place.path_of(first)))
    server.put(bounces.absence(place.path_of(second)))
    server.put(b"\0" * 1000)
    server.put(bounces.exchange(place.path_of(second)))
    async with reading(place, server) as reader:
        await until_true(lambda: reader.passes > 0, 20)
    assert sorted(place.came_back()) == sorted([first.person, second.person])
    assert server.unseen == 0


async def test_more_than_one_piece_is_read_in_one_pass(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "SEARCHED", 30)  # and more than one search is wanted
    server = ImapServer()
    for number in range(45):
        server.put(bounces.gmail(place.path_of(place.rows[0])).replace(b"666f6f", b"%06d" % number))
    async with reading(place, server) as reader:
        await until_true(lambda: reader.passes > 0, 20)
    assert place.returns.counted[Fate.DELAYED] == 45
    assert server.unseen == 0


@pytest.mark.parametrize("command", ["SELECT", "SEARCH", "FETCH", "STORE"])
async def test_a_connection_that_breaks_anywhere_loses_nothing_and_is_made_again(place: Place, command: str) -> None:
    """F6: stopped between reading, writing and marking: it is looked at again, and counts once."""
    row = place.rows[0]
    server = ImapServer(hangs_up_at=command)
    server.put(bounces.postfix(place.path_of(row)))
    async with reading(place, server) as reader:
        await until_true(lambda: bool(reader.why), 20)
    assert server.unseen == 1
    async with reading(place, ImapServer(folders=server.folders)) as again:
        await until_true(lambda: again.passes > 0, 20)
    assert place.came_back() == [row.person]
    assert server.unseen == 0
    assert place.returns.counted[Fate.BOUNCED] == 1


async def test_a_server_that_announces_more_than_was_asked_for_is_not_read(place: Place) -> None:
    """It could name any length, and we would hold that much of it."""
    server = ImapServer(announces=1 << 40)
    server.put(bounces.postfix(place.path_of(place.rows[0])))
    async with reading(place, server) as reader:
        await until_true(lambda: bool(reader.why), 20)
    assert "the server announces 1099511627776 bytes" in reader.why
    assert (place.came_back(), server.unseen) == ([], 1)


async def test_what_cannot_be_written_stays_unseen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """P2: nobody lets go of a report that we have not."""
    row = place.rows[0]
    server = ImapServer()
    server.put(bounces.postfix(place.path_of(row)))
    monkeypatch.setattr(taking, "WAITING_MOST", 0)
    async with reading(place, server) as reader:
        await until_true(lambda: bool(server.fetched), 20)
        assert server.unseen == 1
        monkeypatch.undo()
        await until_true(lambda: reader.passes > 0, 20)
    assert (place.came_back(), server.unseen) == ([row.person], 0)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"password": Secret("wrong")}, "the server refuses the login of bounces"),
        ({"password": Secret("wrong ü")}, "user and password must be of ASCII letters"),
        ({"folder": "Nowhere"}, "there is no folder Nowhere"),
        ({"may_be_clear": False}, "127.0.0.1:{port}: "),
        ({"host": "127.0.0.9", "port": 9}, "127.0.0.9:9: Connection refused"),
    ],
)
async def test_why_it_cannot_be_read_is_said_without_a_password(place: Place, changed: dict[str, object], why: str) -> None:
    reader = Reader(place.inlet)
    async with ImapServer().open() as server, place.running(reader):
        place.use(Ways(mailbox=mailbox(server, **changed)))
        await until_true(lambda: bool(reader.why), 20)
        assert reader.why.startswith(why.format(port=server.port))
        assert "wrong" not in reader.why
        place.use(Ways())


# Writing


async def test_many_who_come_at_once_are_written_together_and_each_is_answered(place: Place) -> None:
    first, second, third = place.rows
    reports = [replace(BOUNCED, delivery=row.id, event=str(row.id)) for row in (first, second, third)]
    stray = replace(BOUNCED, delivery=999_999, event="stray")
    before = place.store.writer.commits
    async with place.running():
        answers = await asyncio.gather(*(place.returns.take([each]) for each in (*reports, *reports, stray)))
    assert [each.bounced for each in answers] == [1, 1, 1, 0, 0, 0, 0]
    assert [each.repeated for each in answers] == [0, 0, 0, 1, 1, 1, 0]
    assert answers[-1].unknown == 1
    assert place.store.writer.commits - before <= 3


async def test_a_report_that_is_faster_than_what_it_speaks_of_is_looked_for_again(place: Place) -> None:
    """F32: out of order."""
    row = place.rows[0]
    early = replace(BOUNCED, channel="email", ref="SM17", event="1")

    def write(c: Connection) -> None:
        c.execute(update(tables.delivery).where(tables.delivery.c.id == row.id).values(ref="SM17"))

    async with place.running():
        taken = asyncio.create_task(place.returns.take([early]))
        await until_true(lambda: place.store.read(lambda c: c.execute(text("select 1")).scalar_one()) == 1, 30)
        place.store.writer.submit(write).result()
        assert (await taken).bounced == 1


async def test_a_full_queue_says_so_and_takes_nothing(place: Place) -> None:
    many = [replace(BOUNCED, delivery=n, event=str(n)) for n in range(taking.WAITING_MOST + 1)]
    async with place.running():
        with pytest.raises(Overrun):
            await place.returns.take(many)
    assert place.came_back() == []


async def test_a_bounce_settles_what_was_in_doubt(place: Place) -> None:
    """F5: an armed mail whose reply nobody heard, settled by itself."""
    row = place.rows[0]
    doubt = update(tables.delivery).where(tables.delivery.c.id == row.id).values(state=State.IN_DOUBT.value)
    place.store.writer.submit(lambda c: c.execute(doubt).rowcount).result()
    async with lmtp(place) as port:
        to = place.path_of(row)
        await asyncio.to_thread(hand_in, port, to, bounces.gmail(to))
    assert {each.state for each in place.rows} == {State.ACCEPTED}


async def test_a_stop_leaves_nobody_waiting(place: Place) -> None:
    async with place.running():
        pass
    late = asyncio.create_task(place.returns.take([replace(BOUNCED, delivery=1, event="x")]))
    async with place.running():
        with suppress(asyncio.CancelledError):
            await late
    assert late.done()
