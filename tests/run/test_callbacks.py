"""Providers report back over HTTP: the real ledger, channel, signature and queue, and a provider on a real socket (F6, F32)."""

import asyncio
import json
import os
import signal
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from sentinel.demo.mishap import DROP, Answer, Moment, Step, at
from sentinel.demo.provider import Provider
from sentinel.model.delivery import Lane, State
from sentinel.model.installation import Channel
from sentinel.model.message import Wording
from sentinel.model.returned import Unused
from sentinel.model.secret import Secret
from sentinel.run.callbacks import CallbackViews
from sentinel.run.kinds import FoundKinds
from sentinel.run.returns import Returns
from sentinel.run.sender import Sender, callbacks_of, openers
from sentinel.run.world import World
from sentinel.serve.returns.port import Answer as Said
from sentinel.serve.returns.port import Heard
from sentinel.store import broken, ledger, tables
from sentinel.store.database import Store
from tests.deliver.channel.providers import BODY, HERE, options
from tests.deliver.letters import SECRET, WORDING
from tests.exchange.signing import as_json, event, standard, twilio
from tests.run.test_sender import Dice, Script
from tests.store.test_ledger import NOW, Desk, person

KEY, TOKEN = b"a key of twenty-four byt", b"a token of theirs"
CALLBACKS: Final = {"secrets": (Secret(f"whsec_{b64encode(KEY).decode()}"),)}
REPORTED: Final[Mapping[str, dict[str, Any]]] = {
    "http": {"body": {**BODY, "meta": {"delivery": "{delivery}"}}, "callbacks": CALLBACKS},
    "webhook": {"callbacks": CALLBACKS},
    "sms": {"callbacks": {"secrets": (Secret(TOKEN.decode()),)}},
}
KINDS: Final = tuple(REPORTED)
URL: Final = "https://status.example.com"


@dataclass(frozen=True)
class _World:
    """As much of a world as callbacks look at."""

    callbacks: Any
    installation: Any
    began_at: datetime | None = None


class Short(Script):
    """Words that have a short form too."""

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None:
        return replace(WORDING, short="Northwind: no puede pagar. Ref 17-A")


class Listening(CallbackViews):
    """A hub's ear: the store is the test's, and one channel is reported to."""

    def __init__(self, store: Store, channel: Channel) -> None:
        there = {channel.name: found} if (found := callbacks_of(channel, FoundKinds())) else {}
        world = _World(callbacks=there, installation=SimpleNamespace(url=URL))
        super().__init__(cast(World, world), store, cast(Any, SimpleNamespace(now=lambda: NOW)))
        self._returns = Returns(self)

    @property
    def returns(self) -> Returns:
        return self._returns

    async def hears(self, *events: Any, key: bytes = KEY, number: str = "evt_1") -> Said:
        body = as_json(events[0] if len(events) == 1 else list(events))
        return await self.take_reports("email", "", standard(body, [key], NOW, number=number), body)

    async def reads(self, url: str, token: bytes, **form: str) -> Said:
        headers, body = twilio(url, form, token)
        return await self.take_reports("email", urlsplit(url).query, headers, body)


class House:
    """A desk with a provider of one kind, that reports back."""

    def __init__(self, desk: Desk, sink: Provider, kind: str) -> None:
        self.desk, self.sink, self.kind = desk, sink, kind
        self.channel = Channel(name="email", kind=kind, options=options(kind, sink.url, **REPORTED[kind]))

    @property
    def number(self) -> str:
        return "+34600123401" if self.kind == "sms" else ""

    async def sent(self, *names: str, until: str = "accepted") -> None:
        """An opening to these people, as far as a state."""
        people = tuple(person(name, self.number[:-2] + f"{at:02}" if self.number else "") for at, name in enumerate(names))
        self.desk.expand(self.desk.notice("opened", people))
        found = openers({"email": self.channel}, FoundKinds(), SECRET, lambda: NOW, HERE, url=URL)
        sender = Sender(Lane.CUSTOMERS, self.desk.store, found, Short(), lambda: NOW, 2, Dice(0.0), stop_within=0.2)
        task = asyncio.create_task(sender.run())
        try:
            async with asyncio.timeout(20):
                while set(self.desk.states().values()) != {until}:
                    sender.wake()
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listening]:
        ear = Listening(self.desk.store, self.channel)
        task = asyncio.create_task(ear.returns.run())
        try:
            yield ear
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def handed(self, at: int = 0) -> str:
        """What the provider was given to name a message by."""
        body = self.sink.effects[at].body
        if self.kind == "sms":
            (told,) = parse_qs(body.decode())["StatusCallback"]
            return told
        found = json.loads(body)
        return str(found["meta"]["delivery"] if self.kind == "http" else found["data"]["delivery"])

    async def reports(self, ear: Listening, fate: str, at: int = 0) -> Said:
        """The provider says what became of a message, in its own manner."""
        if self.kind == "sms":
            status = {"bounced": "undelivered"}.get(fate, fate)
            code = {"ErrorCode": "30005"} if fate == "bounced" else {}
            return await ear.reads(self.handed(at), TOKEN, MessageSid=f"SM{at}", MessageStatus=status, **code)
        return await ear.hears(
            event(fate, delivery=self.handed(at), status="5.1.1", reason="no such user"), number=f"{fate}{at}"
        )

    @property
    def row(self) -> Any:
        (row,) = self.desk.rows()
        return row


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    desk, sink = Desk(tmp_path), Provider(clock=lambda: NOW)
    sink.terms.dedupes = False
    await sink.start()
    made = House(desk, sink, request.param)
    yield made
    await sink.stop()
    made.desk.store.close()


async def test_a_bounce_is_kept_with_its_reason_and_the_address_is_written_to_no_more(house: House) -> None:
    """F32"""
    await house.sent("ada")
    async with house.listening() as ear:
        assert await house.reports(ear, "bounced") == Said(heard=Heard.STORED, reports=1)
    assert house.row.state is State.ACCEPTED
    assert house.row.bounced_at == NOW
    assert "no such" in (house.row.bounce_why or "")
    address = house.row.address
    assert house.desk.store.read(lambda c: broken.is_broken(c, "email", [address])) == {address}
    assert house.desk.balanced()


async def test_late_proof_settles_what_is_in_doubt(house: House) -> None:
    """F6: the connection broke after the effect, without a key that the provider would know it by."""
    house.sink.hook = at(Step.TAKEN, DROP, times=1)
    await house.sent("ada", until="in_doubt")
    async with house.listening() as ear:
        assert (await house.reports(ear, "delivered")).unknown == 0
    assert (house.row.state, house.row.bounced_at) == (State.ACCEPTED, None)
    assert len(house.sink.effects) == 1
    assert house.desk.balanced()


@pytest.mark.parametrize("house", ["http"], indirect=True)
async def test_killed_between_the_last_byte_and_the_reply_its_callback_settles_it(house: House, tmp_path: Path) -> None:
    """F5, F6: kill -9 of the sender's process, by the provider itself, once it has the message and before it says so."""
    people = (person("ada", house.number),)
    house.desk.expand(house.desk.notice("opened", people))
    house.desk.store.close()
    command = (sys.executable, "-m", "tests.run.killed_sender", str(tmp_path), house.sink.url, house.kind)
    child = await asyncio.create_subprocess_exec(*command)

    async def kill(moment: Moment) -> Answer:
        if moment.step is Step.TAKEN:
            os.kill(child.pid, signal.SIGKILL)
            return DROP
        return None

    house.sink.hook = kill
    async with asyncio.timeout(60):
        assert await child.wait() == -signal.SIGKILL
    house.desk = Desk(tmp_path)
    assert house.desk.states() == {"ada": "armed"}
    house.desk.do(lambda c: ledger.recover(c, NOW))
    assert house.desk.states() == {"ada": "in_doubt"}
    async with house.listening() as ear:
        await house.reports(ear, "delivered")
    assert house.row.state is State.ACCEPTED
    assert len(house.sink.effects) == 1
    assert house.desk.balanced()


async def test_forged_reports_change_nothing(house: House) -> None:
    """F32, T6"""
    await house.sent("ada")
    before, told = house.row, house.handed()
    async with house.listening() as ear:
        if house.kind == "sms":
            said = await ear.reads(told, b"a guess", MessageSid="SM0", MessageStatus="failed")
        else:
            said = await ear.hears(event("bounced", delivery=told), key=b"a guess of theirs, as long")
        nothing = await ear.take_reports("email", "", {}, b"{}")
        other = await ear.take_reports("other", "", {}, b"{}")
        assert [each.heard for each in (said, nothing, other)] == [Heard.UNPROVEN, Heard.UNPROVEN, Heard.UNKNOWN]
        assert ear.returns.passed_over[Unused.FORGED] == 2
    assert house.row == before
    assert house.desk.store.read(lambda c: c.execute(select(tables.callback)).all()) == []


@pytest.mark.parametrize("house", ["http"], indirect=True)
async def test_reports_in_any_order_and_again_and_again_end_the_same(house: House) -> None:
    """F32: duplicated and out of order; rows only move forward."""
    names = tuple(f"p{number}" for number in range(6))
    await house.sent(*names)
    said = [(fate, at) for at in range(6) for fate in ("sent", "delivered", "bounced")][:-1] * 3
    Random(4).shuffle(said)
    async with house.listening() as ear:
        for fate, at_ in said:
            assert (await house.reports(ear, fate, at_)).heard is Heard.STORED
        assert ear.returns.passed_over[Unused.REPEATED] == len(said) - len(set(said))
    bounced = {row.bounced_at is not None for row in house.desk.rows()}
    assert bounced == {True, False}
    assert sum(row.bounced_at is not None for row in house.desk.rows()) == 5
    assert set(house.desk.states().values()) == {"accepted"}
    assert house.desk.balanced()


async def test_one_channels_secret_says_nothing_of_anothers_messages(house: House) -> None:
    """T6"""
    await house.sent("ada")
    other = replace(house.channel, name="other")
    ear = Listening(house.desk.store, other)
    task = asyncio.create_task(ear.returns.run())
    body = as_json(event("bounced", delivery=house.handed().rpartition("about=")[2] if house.kind == "sms" else house.handed()))
    if house.kind == "sms":
        url = f"{URL}/returns/other?{urlsplit(house.handed()).query}"
        headers, body = twilio(url, {"MessageSid": "SM0", "MessageStatus": "failed"}, TOKEN)
        said = await ear.take_reports("other", urlsplit(url).query, headers, body)
    else:
        said = await ear.take_reports("other", "", standard(body, [KEY], NOW), body)
    assert said == Said(heard=Heard.STORED, reports=1, unknown=1)
    assert house.row.bounced_at is None
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_number_that_was_given_again_after_a_restore_is_not_taken_for_the_old_one(house: House) -> None:
    await house.sent("ada")
    if house.kind == "sms":
        return
    number, _, _ = house.handed().partition("-")
    async with house.listening() as ear:
        said = await ear.hears(event("bounced", delivery=f"{number}-{'0' * 16}"))
    assert said.unknown == 1
    assert house.row.bounced_at is None


@pytest.mark.parametrize("house", ["http"], indirect=True)
async def test_the_providers_own_id_names_it_too(house: House) -> None:
    await house.sent("ada")
    ref = house.desk.store.read(lambda c: c.execute(select(tables.delivery.c.ref)).scalar_one())
    async with house.listening() as ear:
        assert (await ear.hears(event("complained", id=ref))).unknown == 0
    assert "spam" in (house.row.bounce_why or "")


@pytest.mark.parametrize("house", ["http"], indirect=True)
async def test_what_was_signed_an_hour_ago_is_refused(house: House) -> None:
    await house.sent("ada")
    body = as_json(event("bounced", delivery=house.handed()))
    async with house.listening() as ear:
        said = await ear.take_reports("email", "", standard(body, [KEY], NOW - timedelta(hours=1)), body)
    assert said.heard is Heard.UNPROVEN
    assert house.row.bounced_at is None
