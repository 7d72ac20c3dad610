"""Customers by HTTP through a whole sender: the real ledger, the real channel, a provider on a real socket."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from sqlalchemy import select

from sentinel.demo.mishap import DROP, Refuse, Step, at
from sentinel.demo.provider import Provider
from sentinel.model.delivery import Lane
from sentinel.model.installation import Channel
from sentinel.model.message import Wording
from sentinel.model.secret import Secret
from sentinel.run.kinds import FoundKinds
from sentinel.run.sender import Sender, openers
from sentinel.store import ledger, rates, tables
from tests.deliver.channel.providers import HERE, options
from tests.deliver.letters import SECRET, WORDING
from tests.run.test_sender import Dice, Script, running
from tests.store.test_ledger import NOW, Desk, person

KINDS = ("http", "webhook", "sms")
KEYED: dict[str, dict[str, object]] = {
    "http": {"idempotency": {"window": timedelta(hours=24)}},
    "webhook": {"dedupes": timedelta(hours=24)},
}


class Short(Script):
    """Words that have a short form too."""

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None:
        return replace(WORDING, short="Northwind: no puede pagar. Ref 17-A")


class House:
    """A desk with a provider, and a sender over both."""

    def __init__(self, desk: Desk, sink: Provider) -> None:
        self.desk, self.sink = desk, sink

    @asynccontextmanager
    async def sending(
        self,
        kind: str,
        now: Callable[[], datetime] = lambda: NOW,
        throw: float = 0.0,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> AsyncIterator[Sender]:
        made = Channel(name="email", kind=kind, options=options(kind, self.sink.url, **more))
        found = openers({"email": made}, FoundKinds(), SECRET, now, HERE)
        sender = Sender(Lane.CUSTOMERS, self.desk.store, found, Short(), now, 2, Dice(throw), stop_within=0.2)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def opening(self, kind: str, *names: str) -> None:
        """Each by the channel's kind of address."""
        numbers = {name: f"+346001234{at:02}" for at, name in enumerate(names)}
        people = tuple(person(name, numbers[name] if kind == "sms" else "") for name in names)
        self.desk.expand(self.desk.notice("opened", people))

    async def until(self, sender: Sender, state: str) -> None:
        await self.until_so(sender, lambda: set(self.states) == {state})

    async def until_so(self, sender: Sender, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not what():
                sender.wake()
                await asyncio.sleep(0.01)

    @property
    def states(self) -> list[str]:
        return list(self.desk.states().values())

    @property
    def effects(self) -> list[int]:
        """How often each person got it."""
        return sorted(Counter(effect.to or effect.key for effect in self.sink.effects).values())


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    desk, sink = Desk(tmp_path), Provider(clock=lambda: NOW)
    await sink.start()
    yield House(desk, sink)
    await sink.stop()
    desk.store.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_everybody_gets_one_and_the_books_balance(house: House, kind: str) -> None:
    house.opening(kind, "ada", "ben", "clo")
    async with house.sending(kind) as sender:
        await house.until(sender, "accepted")
    assert len(house.sink.effects) == 3
    refs = house.desk.store.read(lambda c: c.execute(select(tables.delivery.c.ref)).scalars().all())
    assert all(refs), "the provider's own id is kept"
    assert len(set(refs)) == 3
    assert house.desk.balanced()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_429_rests_the_channel_and_loses_and_doubles_nothing(house: House, kind: str) -> None:
    """F28"""
    house.sink.hook = at(Step.ARRIVED, Refuse(code=429, text="slow down", after=1), times=1)
    house.opening(kind, "ada", "ben", "clo")
    now = running()
    async with house.sending(kind, now=now) as sender:
        await house.until_so(sender, lambda: bool(house.desk.store.read(lambda c: rates.resting(c, ["email"], now()))))
        await house.until(sender, "accepted")
    assert len(house.sink.effects) == 3
    assert {row.attempts for row in house.desk.rows()} == {1}, "nobody's try was burned"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_a_connection_that_breaks_at_the_gap_is_in_doubt_and_never_sent_again(
    house: House, kind: str, step: Step
) -> None:
    """F4, F5: without a key nobody could tell the second one from the first."""
    house.sink.terms.dedupes = False
    house.sink.hook = at(step, DROP, times=1)
    house.opening(kind, "ada")
    async with house.sending(kind) as sender:
        await house.until(sender, "in_doubt")
        sender.wake()
        await asyncio.sleep(0.1)
    house.desk.do(lambda c: ledger.recover(c, NOW))
    async with house.sending(kind) as sender:
        sender.wake()
        await asyncio.sleep(0.1)
    assert house.desk.states() == {"ada": "in_doubt"}
    assert house.sink.reached[Step.ARRIVED] == 1
    assert house.desk.balanced()


@pytest.mark.parametrize("kind", KEYED)
@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_with_a_key_it_is_sent_again_and_has_one_effect(house: House, kind: str, step: Step) -> None:
    """F4, F5"""
    house.sink.hook = at(step, DROP, times=1)
    house.opening(kind, "ada")
    async with house.sending(kind, more=KEYED[kind]) as sender:
        await house.until(sender, "accepted")
    assert house.sink.reached[Step.ARRIVED] == 2
    assert house.effects == [1]


@pytest.mark.parametrize(
    ("kind", "is_keyed"), [("http", True), ("webhook", True), ("http", False), ("webhook", False), ("sms", False)]
)
async def test_a_crash_at_the_gap_is_sent_again_only_under_a_key_that_is_known(house: House, kind: str, is_keyed: bool) -> None:
    """F5, F6: the provider has it, and we are gone before its reply is written down."""
    house.sink.terms.dedupes = is_keyed
    more = KEYED[kind] if is_keyed else {}
    taken, never = asyncio.Event(), asyncio.Event()

    async def dies(moment: object) -> None:
        if house.sink.effects and not taken.is_set():
            taken.set()
            await never.wait()

    house.sink.hook = dies
    house.opening(kind, "ada")
    async with house.sending(kind, more=more):
        await asyncio.wait_for(taken.wait(), 20)
    assert house.desk.states() == {"ada": "armed"}
    lost = house.desk.do(lambda c: ledger.recover(c, NOW))
    assert (lost.requeued, lost.in_doubt) == ((1, 0) if is_keyed else (0, 1))
    house.sink.hook = at(Step.ARRIVED, DROP, times=0)
    async with house.sending(kind, more=more) as sender:
        await house.until(sender, "accepted" if is_keyed else "in_doubt")
    assert house.effects == [1]
    never.set()


async def test_what_may_have_arrived_does_not_go_by_a_channel_that_knows_no_key_any_more(house: House) -> None:
    """The channel was altered while a row waited to go again: the promise that made it safe is gone with it."""
    house.sink.hook = at(Step.TAKEN, DROP, times=1)
    house.opening("http", "ada")
    async with house.sending("http", throw=1.0, now=running(), more=KEYED["http"]) as sender:
        await house.until(sender, "retry")
    house.sink.terms.dedupes = False
    async with house.sending("http", now=lambda: NOW + timedelta(minutes=5)) as sender:
        await house.until(sender, "in_doubt")
    assert house.sink.reached[Step.ARRIVED] == 1


@pytest.mark.parametrize(
    ("said", "is_keyed", "ends"),
    [
        (Refuse(code=500), False, "in_doubt"),
        (Refuse(code=500), True, "accepted"),
        (Refuse(code=503), False, "in_doubt"),
        (Refuse(code=503), True, "accepted"),
        (Refuse(code=503, after=1), False, "accepted"),
        (Refuse(code=503, after=1), True, "accepted"),
    ],
    ids=lambda said: f"{said.code}, Retry-After: {said.after}" if isinstance(said, Refuse) else str(said),
)
async def test_a_5xx_after_the_whole_message_is_sent_again_only_under_a_key_or_if_it_says_that_nothing_was_taken(
    house: House, said: Refuse, is_keyed: bool, ends: str
) -> None:
    """F29: the provider took it, and its answer was lost on the way out: what it says is all that we have."""
    house.sink.terms.dedupes = is_keyed
    step = Step.ARRIVED if said.after else Step.TAKEN
    house.sink.hook = at(step, said, times=1)
    house.opening("http", "ada")
    async with house.sending("http", now=running(), more=KEYED["http"] if is_keyed else {}) as sender:
        await house.until(sender, ends)
    assert house.effects == [1]
    assert house.desk.balanced()


@pytest.mark.parametrize(
    "altered",
    [
        {"url": "{other}/v1/messages"},
        {"token": Secret("another account's")},
        {"headers": {"X-Account": "another"}},
        {"idempotency": {"header": "X-Key", "window": timedelta(hours=24)}},
    ],
    ids=lambda altered: next(iter(altered)),
)
async def test_what_may_have_arrived_does_not_go_to_another_provider_though_that_one_dedupes_too(
    house: House, altered: dict[str, object]
) -> None:
    """P3: our key says nothing to somebody who never had it."""
    house.sink.hook = at(Step.TAKEN, DROP, times=1)
    house.opening("http", "ada")
    async with house.sending("http", throw=1.0, now=running(), more=KEYED["http"]) as sender:
        await house.until(sender, "retry")
    other = Provider(clock=lambda: NOW)
    await other.start()
    filled = {key: value.format(other=other.url) if isinstance(value, str) else value for key, value in altered.items()}
    async with house.sending("http", now=lambda: NOW + timedelta(minutes=5), more=KEYED["http"] | filled) as sender:
        await house.until(sender, "in_doubt")
    await other.stop()
    assert (house.sink.reached[Step.ARRIVED], other.reached[Step.ARRIVED]) == (1, 0)
    assert house.desk.balanced()


async def test_what_changes_nothing_of_who_the_provider_is_leaves_the_trust(house: House) -> None:
    """A longer timeout is what somebody sets whose provider is slow."""
    house.sink.hook = at(Step.TAKEN, DROP, times=1)
    house.opening("http", "ada")
    async with house.sending("http", throw=1.0, now=running(), more=KEYED["http"]) as sender:
        await house.until(sender, "retry")
    slow = KEYED["http"] | {"timeout": timedelta(seconds=90)}
    async with house.sending("http", now=lambda: NOW + timedelta(minutes=5), more=slow) as sender:
        await house.until(sender, "accepted")
    assert house.effects == [1]


async def test_a_provider_that_drops_everything_leaves_few_in_doubt(house: House) -> None:
    """F29: the channel rests after a doubt, longer each time, so that a queue is not in doubt within seconds."""
    house.sink.terms.dedupes = False
    house.sink.hook = at(Step.ARRIVED, DROP, times=1000)
    house.opening("http", *(f"p{n:02}" for n in range(40)))
    async with house.sending("http", now=running(), throw=1.0) as sender:
        await house.until_so(sender, lambda: "in_doubt" in house.states)
        await asyncio.sleep(0.5)
    assert 1 <= house.states.count("in_doubt") <= 2, "one a connection"
