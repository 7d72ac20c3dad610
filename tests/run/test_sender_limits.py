"""The sender and what providers allow: limits, broken places, and the same key twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import select

from sentinel.deliver import pace
from sentinel.deliver.channel import email
from sentinel.deliver.outcome import Broken, Gone, Limited, NotArmed, Outcome
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.mishap import Step
from sentinel.model.delivery import Accepted, Lane, Rate, Unknown
from sentinel.model.installation import Channel
from sentinel.model.limits import Drill
from sentinel.model.message import Letter, Message
from sentinel.run.outlet import Terms
from sentinel.run.sender import ChannelOpener, Sender
from sentinel.store import broken, drills, rates, tables
from tests.deliver.letters import SECRET
from tests.store.test_ledger import NOW, Desk, person

from .test_sender import Dice, Script, once, running


class Provider:
    """A provider's API that takes the same key once, and answers by its script before it takes anything more."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.effects: Counter[str] = Counter()

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        assert isinstance(message, Letter)
        if not await arm():
            return NotArmed()
        self.asked.append(message.key)
        answer = self.answers.pop(0) if self.answers else Accepted(ref="1")
        if isinstance(answer, Accepted | Unknown):
            self.effects[message.key] = 1  # a second one with this key is the first
        return answer

    async def close(self) -> None:
        """Nothing is open."""


def opener(provider: object, terms: Terms, options: object = None, drill: Drill | None = None) -> ChannelOpener:
    def connect(options: object, **_: object) -> object:
        return email.connect(options, secret=SECRET, now=lambda: NOW) if provider is None else provider  # type: ignore[arg-type]  # options

    channel = Channel(name="email", kind="email", options=options)
    return ChannelOpener(channel=channel, connect=connect, secret=SECRET, now=lambda: NOW, terms=terms, drill=drill)  # type: ignore[arg-type]  # a connection


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@asynccontextmanager
async def sending(
    desk: Desk, how: ChannelOpener, connections: int = 1, now: Callable[[], datetime] = lambda: NOW, lease: float = 60.0
) -> AsyncIterator[Sender]:
    made = Sender(
        Lane.CUSTOMERS, desk.store, {"email": how}, Script(), now, connections, Dice(0.0), lease=timedelta(seconds=lease)
    )
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(desk: Desk, sender: Sender, what: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            sender.wake()
            await asyncio.sleep(0.01)


def all_are(desk: Desk, state: str) -> Callable[[], bool]:
    return lambda: set(desk.states().values()) == {state}


def opens(desk: Desk, count: int) -> None:
    desk.expand(desk.notice("opened", tuple(person(f"p{n:03}") for n in range(count))), limit=count)


async def test_an_unknown_fate_goes_again_under_the_same_key_where_the_provider_dedupes(desk: Desk) -> None:
    """F5, F6: one effect, and nothing in doubt."""
    provider = Provider(Unknown(reason="the connection broke"), Unknown(reason="and again"))
    opens(desk, 1)
    async with sending(desk, opener(provider, Terms(dedupes=timedelta(hours=24)))) as sender:
        await until(desk, sender, all_are(desk, "accepted"))
    assert len(provider.asked) == 3
    assert len(set(provider.asked)) == 1, "the key is the same on every attempt"
    assert list(provider.effects.values()) == [1]


async def test_without_deduping_an_unknown_fate_is_in_doubt_and_never_sent_again(desk: Desk) -> None:
    """F5, F6"""
    provider = Provider(Unknown(reason="the connection broke"))
    opens(desk, 1)
    async with sending(desk, opener(provider, Terms())) as sender:
        await until(desk, sender, all_are(desk, "in_doubt"))
        sender.wake()
        await asyncio.sleep(0.05)
    assert len(provider.asked) == 1


async def test_a_429_makes_all_senders_leave_that_channel_alone_and_burns_no_try(desk: Desk) -> None:
    """F28: absurd waits are capped at a quarter of an hour."""
    provider = Provider(Limited(reason="429", after=315_360_000))
    opens(desk, 3)
    clock = [NOW]
    async with sending(desk, opener(provider, Terms()), now=lambda: clock[0]) as sender:
        await until(desk, sender, lambda: "retry" in desk.states().values())
        assert desk.store.read(lambda c: rates.resting(c, ["email", "sms"], NOW)) == {"email": NOW + timedelta(minutes=15)}
        assert desk.claim() == [], "no other sender gets anything to send by it"
    assert [row.attempts for row in desk.rows()] == [0, 0, 0]
    assert len(provider.asked) == 1, "the rest is not thrown after it"
    assert len(desk.claim(now=NOW + timedelta(minutes=16))) == 3
    assert desk.balanced()


class Unwell(Provider):
    """Leaves it open what became of the first `doubts` messages. `together`: how many were under way as each began."""

    def __init__(self, connections: int, doubts: int) -> None:
        super().__init__(*[Unknown(reason="500")] * doubts)
        self.together: list[int] = []
        self._under_way = 0
        self._all_in = asyncio.Barrier(connections)
        self._first = connections

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        self._under_way += 1
        self.together.append(self._under_way)
        is_first = len(self.together) <= self._first
        try:
            if is_first:
                await self._all_in.wait()
            return await super().send(message, arm)
        finally:
            self._under_way -= 1


async def test_after_a_pause_one_message_goes_first_so_that_each_pause_leaves_one_in_doubt_and_not_several(desk: Desk) -> None:
    """F28"""
    provider = Unwell(connections=4, doubts=7)
    opens(desk, 12)
    async with sending(desk, opener(provider, Terms()), connections=4) as sender:
        await until(desk, sender, lambda: Counter(desk.states().values()) == {"in_doubt": 7, "accepted": 5})
    assert provider.together[4:7] == [1, 1, 1]


async def test_a_channel_that_refuses_us_for_good_is_not_tried_again_until_it_is_mended(desk: Desk) -> None:
    """F31"""
    provider = Provider(Broken(reason="401 the token is revoked"))
    opens(desk, 2)
    async with sending(desk, opener(provider, Terms())) as sender:
        await until(desk, sender, lambda: bool(desk.store.read(broken.standing)))
        for _ in range(5):
            sender.wake()
            await asyncio.sleep(0.01)
        assert len(provider.asked) == 1, "no retry loop"
        assert set(desk.states().values()) <= {"queued", "retry"}, "nobody's message was at fault"
        desk.do(lambda c: broken.mend(c, "email", "", NOW))
        await until(desk, sender, all_are(desk, "accepted"))


async def test_a_recipient_that_nobody_knows_is_remembered(desk: Desk) -> None:
    """F31: one row is rejected, and nothing else."""
    provider = Provider(Gone(reason="550 5.1.1 no such user"))
    opens(desk, 2)
    async with sending(desk, opener(provider, Terms())) as sender:
        await until(desk, sender, lambda: sorted(desk.states().values()) == ["accepted", "rejected"])
    rows = desk.store.read(lambda c: c.execute(select(tables.broken.c.address, tables.broken.c.strikes)).all())
    assert [tuple(row) for row in rows] == [("p000@example.com", 1)]


async def test_a_limited_channel_sends_no_faster_than_its_rate_over_several_connections(desk: Desk) -> None:
    """F29: a backlog drains without a burst over the cap."""
    room = Mailroom()
    await room.start()
    rate = Rate(count=20, per=timedelta(seconds=1))
    options = email.Options.model_validate(
        {"server": f"smtp://127.0.0.1:{room.port}", "from": "Northwind <service@northwind.example>"}
    )
    opens(desk, 50)
    clock, began = running(), monotonic()
    try:
        async with sending(desk, opener(None, Terms(rate=rate), options), connections=4, now=clock) as sender:
            while not all_are(desk, "accepted")():
                assert len(room.received) <= pace.burst(rate) + (monotonic() - began) * 20 + 1
                sender.wake()
                await asyncio.sleep(0.02)
    finally:
        await room.stop()
    assert len(room.received) == 50


async def test_a_reply_slower_than_the_lease_is_awaited_and_the_row_is_never_in_doubt(desk: Desk) -> None:
    """F13: the lease is two seconds, the server answers after five; one message, accepted."""
    room, seen = Mailroom(), set[str]()
    await room.start()
    options = email.Options.model_validate(
        {"server": f"smtp://127.0.0.1:{room.port}", "from": "Northwind <service@northwind.example>"}
    )
    assert options.reply_timeout == timedelta(minutes=10), "what RFC 5321 gives the reply to the final dot"
    opens(desk, 1)
    clock = running()

    async def dawdle() -> None:
        from_now = clock() + timedelta(seconds=5)
        while clock() < from_now:
            seen.update(desk.states().values())
            await asyncio.sleep(0.02)

    room.hook = once(Step.TAKEN, dawdle)
    try:
        async with sending(desk, opener(None, Terms(), options), now=clock, lease=2.0) as sender:
            await until(desk, sender, all_are(desk, "accepted"))
    finally:
        await room.stop()
    assert seen == {"armed"}
    assert len(room.received) == 1


async def test_a_closing_waits_for_the_end_of_a_drill_that_was_switched_on_after_the_opening(desk: Desk) -> None:
    """P6: those outside the drill are told of the end when it is over; those of the drill at once; nobody twice."""
    desk.send(desk.notice("opened", (person("ada"), person("ben"))))
    desk.expand(desk.notice("closed"))
    provider = Provider()
    drill = Drill(only=("ada@example.com",))
    async with sending(desk, opener(provider, Terms(), drill=drill), lease=0.6) as sender:
        await until(desk, sender, lambda: desk.states("closed") == {"ada": "accepted", "ben": "held"})
        (held,) = (row for row in desk.rows() if row.state.value == "held")
        assert (held.detail, held.attempts) == (drills.HELD, 0)
        assert desk.balanced()
        sender.use({"email": opener(provider, Terms())})
        await until(desk, sender, lambda: set(desk.states("closed").values()) == {"accepted"})
    assert sorted(provider.effects) == ["incident:1/1/closed/ada", "incident:1/1/closed/ben"]
    assert desk.balanced()
