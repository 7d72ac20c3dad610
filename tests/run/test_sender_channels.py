"""Channels that change under a running sender: nobody gets a message twice, nothing is lost, what is as before goes on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.mishap import Step
from sentinel.demo.slack import Slack
from sentinel.model.installation import Channel
from sentinel.run.kinds import FoundKinds
from sentinel.run.outlet import Opener
from sentinel.run.sender import openers
from tests.deliver.letters import SECRET
from tests.run.test_sender import House, every, once
from tests.store.test_ledger import NOW, Desk


@pytest.fixture
async def mailing(tmp_path: Path) -> AsyncIterator[House]:
    desk, room, chat = Desk(tmp_path), Mailroom(), Slack(token="xoxb-right")
    await room.start()
    await chat.start()
    yield House(desk, room, chat)
    await room.stop()
    await chat.stop()
    desk.store.close()


def channels(house: House, room: Mailroom) -> dict[str, Opener]:
    options = house._mail().model_copy(update={"server": f"smtp://127.0.0.1:{room.port}"})
    mail = Channel(name="email", kind="email", options=options)
    return openers({"email": mail}, FoundKinds(), SECRET, _now)


def _now() -> datetime:
    return NOW


def test_openers_of_the_same_channel_are_equal_and_of_an_altered_one_are_not(tmp_path: Path) -> None:
    made = Channel(name="email", kind="email", options={"server": "smtp://one"})
    kinds = FoundKinds()
    first, again = (openers({"email": made}, kinds, SECRET, _now) for _ in range(2))
    other = openers({"email": replace(made, options={"server": "smtp://two"})}, kinds, SECRET, _now)
    assert first == again
    assert first != other
    assert SECRET.hex() not in repr(first)
    assert repr(SECRET) not in repr(first)


async def test_an_altered_channel_is_used_anew_and_what_it_had_armed_is_awaited(mailing: House) -> None:
    """The server is moved while a mail waits for its reply: that one is finished there, the rest go to the new one."""
    second = Mailroom()
    await second.start()
    names = [f"p{n:02}" for n in range(30)]
    mailing.opening(*names)
    try:
        async with mailing.sending(connections=2) as sender:

            async def move() -> None:
                sender.use(channels(mailing, second))

            mailing.room.hook = once(Step.ARRIVED, move)
            await mailing.until(every("accepted", 30))
        got = sorted([*mailing.sent(), *(to for mail in second.received for to in mail.recipients)])
        assert got == [f"{name}@example.com" for name in names]
        assert mailing.sent()
        assert second.received
        assert mailing.desk.balanced()
    finally:
        await second.stop()


async def test_a_channel_that_is_gone_sends_nothing_and_one_that_comes_back_goes_on(mailing: House) -> None:
    async with mailing.sending() as sender:
        sender.use({})
        mailing.opening("ada", "ben")
        await mailing.look_twice()
        assert mailing.desk.states() == {"ada": "queued", "ben": "queued"}
        sender.use(channels(mailing, mailing.room))
        await mailing.until(every("accepted", 2))
    assert mailing.sent() == ["ada@example.com", "ben@example.com"]


async def test_a_channel_that_is_as_before_keeps_its_connection(mailing: House) -> None:
    mailing.opening("ada")
    async with mailing.sending(connections=1) as sender:
        sender.use(channels(mailing, mailing.room))
        await mailing.until(every("accepted", 1))
        before = mailing.room.reached[Step.CONNECT]
        sender.use(channels(mailing, mailing.room))
        await mailing.look_twice()
        assert mailing.room.connections == 1
        assert mailing.room.reached[Step.CONNECT] == before
