"""The sender over a real ledger, a real SMTP server and a Slack-shaped one: what goes wrong, and what came of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from sqlalchemy import Connection, select, text, update

from sentinel.deliver.channel import email, slack
from sentinel.deliver.outcome import NotArmed, Outcome
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.mishap import DROP, Answer, Moment, Refuse, Step, at
from sentinel.demo.slack import Slack
from sentinel.model.delivery import Lane
from sentinel.model.installation import Channel
from sentinel.model.message import Message, Wording
from sentinel.model.notice import Brief, Notice, Towards
from sentinel.model.secret import Secret
from sentinel.run.kinds import FoundKinds
from sentinel.run.sender import Sender, openers
from sentinel.store import expansion, ledger, tables
from tests.deliver.letters import SECRET, WORDING, note
from tests.store.test_ledger import LEASE, NOW, Desk, person


class Dice(Random):
    """Always the same throw. With 0, what is tried again is tried at once."""

    def __init__(self, throw: float = 0.0) -> None:
        super().__init__()
        self._throw = throw

    def random(self) -> float:
        return self._throw


def running() -> Callable[[], datetime]:
    """A clock that starts at NOW and goes as time does."""
    began = monotonic()
    return lambda: NOW + timedelta(seconds=monotonic() - began)


class Script:
    """Contents that are always the same, except for notices that it has no words for or breaks over."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.broken: set[str] = set()

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None:
        if zone in self.broken:
            raise RuntimeError("no words for ada@example.com")
        return None if zone in self.silent else WORDING

    async def brief(self, notice: int) -> Brief | None:
        return note().brief


class House:
    """A desk with a mailroom, and a sender over both."""

    def __init__(self, desk: Desk, room: Mailroom, chat: Slack) -> None:
        self.desk, self.room, self.chat = desk, room, chat
        self.script = Script()
        self.now = NOW
        self.sender: Sender | None = None

    @asynccontextmanager
    async def sending(
        self, lane: Lane = Lane.CUSTOMERS, connections: int = 2, stop_within: float = 5.0, lease: timedelta = LEASE,
        now: Callable[[], datetime] | None = None, throw: float = 0.0,
    ) -> AsyncIterator[Sender]:  # fmt: skip
        clock = now or (lambda: self.now)
        channels = {
            "email": Channel(name="email", kind="email", options=self._mail()),
            "cs-slack": Channel(name="cs-slack", kind="slack", options=self._slack()),
        }
        found = openers(channels, FoundKinds(), SECRET, clock)
        made = Sender(
            lane, self.desk.store, found, self.script, clock, connections, Dice(throw), lease=lease, stop_within=stop_within
        )
        self.sender = made
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _mail(self) -> email.Options:
        return email.Options.model_validate(
            {
                "server": f"smtp://127.0.0.1:{self.room.port}",
                "from": "Northwind <service@northwind.example>",
                "to": "desk@northwind.example",
            }
        )

    def _slack(self) -> slack.Options:
        return slack.Options(token=Secret("xoxb-right"), channel="C0SERVICE", base_url=self.chat.url)

    def opening(self, *names: str, **values: object) -> Notice:
        made = self.desk.notice("opened", tuple(person(name) for name in names), **values)
        self.desk.expand(made)
        return made

    async def until(self, what: Callable[[dict[str, str]], bool]) -> None:
        """Wait until the openings' states are so."""
        async with asyncio.timeout(20):
            while not what(self.desk.states()):
                if self.sender is not None:
                    self.sender.wake()
                await self.write(lambda c: None)

    async def look_twice(self) -> None:
        """Have the sender look for work, and let whatever it found go its way."""
        for _ in range(5):
            if self.sender is not None:
                self.sender.wake()
            await self.write(lambda c: None)
            await asyncio.sleep(0.005)

    async def write(self, work: Callable[[Connection], object]) -> None:
        await asyncio.wrap_future(self.desk.store.writer.submit(work))

    def sent(self) -> list[str]:
        return sorted(address for mail in self.room.received for address in mail.recipients)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    desk, room, chat = Desk(tmp_path), Mailroom(), Slack(token="xoxb-right")
    await room.start()
    await chat.start()
    yield House(desk, room, chat)
    await room.stop()
    await chat.stop()
    desk.store.close()


def every(state: str, count: int) -> Callable[[dict[str, str]], bool]:
    return lambda states: list(states.values()) == [state] * count


def once(step: Step, work: Callable[[], Awaitable[None]]) -> Callable[[Moment], Awaitable[Answer]]:
    """A hook that does `work` when `step` is first reached, while the sender waits."""
    done = False

    async def hook(moment: Moment) -> Answer:
        nonlocal done
        if moment.step is step and not done:
            done = True
            await work()
        return None

    return hook


async def test_everybody_gets_one_mail_and_the_books_balance(house: House) -> None:
    names = [f"p{n:03}" for n in range(60)]
    house.opening(*names)
    async with house.sending(connections=8):
        await house.until(every("accepted", 60))
    assert house.sent() == [f"{name}@example.com" for name in names]
    assert house.desk.balanced()
    assert {row.attempts for row in house.desk.rows()} == {1}


async def test_a_row_is_armed_on_disk_before_data_and_no_more_rows_than_connections(house: House) -> None:
    house.opening(*[f"p{n:02}" for n in range(30)])
    armed: list[int] = []

    async def look(moment: Moment) -> Answer:
        if moment.step is Step.DATA:
            rows = {row.address: row.state.value for row in house.desk.rows()}
            assert rows[moment.about["recipient"]] == "armed"
            armed.append(list(rows.values()).count("armed"))
        return None

    house.room.hook = look
    async with house.sending(connections=3):
        await house.until(every("accepted", 30))
    assert len(armed) == 30
    assert max(armed) <= 3


# Gates


async def test_the_kill_switch_stops_what_is_claimed_and_what_is_about_to_be_armed(house: House) -> None:
    house.opening("ada", "ben", "clo")

    async def stop() -> None:
        house.desk.hold(True)

    house.room.hook = once(Step.RCPT, stop)
    async with house.sending(connections=1):
        await house.until(every("queued", 3))
        await house.look_twice()
        assert house.sent() == []
        house.desk.hold(False)
        await house.until(every("accepted", 3))
    assert house.sent() == ["ada@example.com", "ben@example.com", "clo@example.com"]


async def test_a_notice_that_becomes_void_between_claim_and_arming_is_not_sent(house: House) -> None:
    notice = house.opening("ada")

    async def void() -> None:
        house.desk.change(notice, void_at=NOW)
        house.desk.do(lambda c: ledger.cancel_notice(c, notice.id, NOW, "the impact changed"))

    house.room.hook = once(Step.RCPT, void)
    async with house.sending():
        await house.until(every("cancelled", 1))
        await house.look_twice()
    assert house.sent() == []
    assert house.room.reached[Step.DATA] == 0


async def test_a_lane_that_is_shut_over_our_own_trouble_begins_nothing_and_says_nothing_false_of_its_channels(
    house: House,
) -> None:
    """F17: the rows wait as they are; their channels are still in the configuration, and other processes have them."""
    house.opening("ada", "ben")
    async with house.sending(connections=1, lease=timedelta(seconds=0.3)) as sender:
        sender.shut(True)
        await asyncio.sleep(0.5)  # several sweeps
        assert house.desk.states() == {"ada": "queued", "ben": "queued"}, "nothing is held for a channel that is there"
        assert house.sent() == []
        sender.shut(False)
        await house.until(every("accepted", 2))


@pytest.mark.parametrize("values", [{"release_at": None}, {"release_at": NOW + timedelta(1)}, {"sendable_until": NOW}])
async def test_what_is_not_released_or_past_its_time_is_not_sent(house: House, values: dict[str, object]) -> None:
    house.opening("ada", **values)
    async with house.sending():
        await house.look_twice()
    assert house.sent() == []
    assert house.room.reached[Step.CONNECT] == 0


async def test_a_restored_store_sends_nothing_to_customers(house: House) -> None:
    house.opening("ada")
    right = house.desk.store.epoch
    house.desk.do(lambda c: c.execute(update(tables.installation).values(epoch=right - 1)))
    async with house.sending():
        await house.look_twice()
        assert house.sent() == []
        house.desk.do(lambda c: c.execute(update(tables.installation).values(epoch=right)))
        await house.until(every("accepted", 1))


# What providers do


@pytest.mark.parametrize("step", [Step.ARRIVED, Step.TAKEN])
async def test_a_connection_that_breaks_after_data_leaves_a_doubt_that_is_never_resent(house: House, step: Step) -> None:
    house.opening("ada")
    house.room.hook = at(step, DROP, times=1)
    async with house.sending():
        await house.until(every("in_doubt", 1))
        await house.look_twice()
    house.desk.do(lambda c: ledger.recover(c, NOW))
    async with house.sending():
        await house.look_twice()
    assert house.room.reached[Step.DATA] == 1
    assert house.desk.states() == {"ada": "in_doubt"}
    assert house.desk.balanced()


async def test_a_refused_recipient_is_rejected_and_the_others_are_sent_to(house: House) -> None:
    house.opening("ada", "ben")
    house.room.hook = at(Step.RCPT, Refuse(code=550, text="no such user"), times=1)
    async with house.sending(connections=1):
        await house.until(lambda states: set(states.values()) == {"rejected", "accepted"})
    (rejected,) = [row for row in house.desk.rows() if row.state == "rejected"]
    assert rejected.detail == "550 no such user"
    assert len(house.sent()) == 1


async def test_what_is_put_off_is_tried_again_and_accepted_once(house: House) -> None:
    house.opening("ada")
    house.room.hook = at(Step.ARRIVED, Refuse(code=451, text="greylisted"), times=2)
    async with house.sending():
        await house.until(every("accepted", 1))
    assert house.sent() == ["ada@example.com"]
    assert [row.attempts for row in house.desk.rows()] == [3]


async def test_a_server_that_is_away_loses_nothing_and_burns_no_queue(house: House) -> None:
    house.opening(*[f"p{n:02}" for n in range(40)])
    house.room.shut()
    async with house.sending(now=running(), throw=0.05):
        await house.until(lambda states: "retry" in states.values())
        house.room.open()
        await house.until(every("accepted", 40))
    assert len(house.sent()) == len(set(house.sent())) == 40
    assert house.desk.balanced()


async def test_a_row_without_words_is_dead_after_three_tries_and_everybody_else_goes_on(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.opening(*[f"p{n}" for n in range(6)])
    house.desk.do(lambda c: c.execute(text("UPDATE delivery SET zone = 'Nowhere/A' WHERE person = 'p1'")))
    house.desk.do(lambda c: c.execute(text("UPDATE delivery SET zone = 'Nowhere/B' WHERE person = 'p4'")))
    house.script.silent, house.script.broken = {"Nowhere/A"}, {"Nowhere/B"}
    with caplog.at_level(logging.ERROR):
        async with house.sending():
            await house.until(lambda states: sorted(states.values()) == ["accepted"] * 4 + ["dead"] * 2)
    dead = {row.person: (row.attempts, row.detail) for row in house.desk.rows() if row.state == "dead"}
    assert dead == {"p1": (3, "there are no words for it"), "p4": (3, "a mistake of ours (RuntimeError)")}
    assert "delivery 5: RuntimeError" in caplog.text
    assert "ada@example.com" not in caplog.text
    assert len(house.sent()) == 4


class Clumsy:
    """A channel of ours with a mistake in it: it breaks once the row is armed."""

    def __init__(self) -> None:
        self.sent = 0

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        if not await arm():
            return NotArmed()
        self.sent += 1
        raise ZeroDivisionError

    async def close(self) -> None: ...


async def test_a_mistake_of_ours_after_arming_is_a_doubt_and_not_another_mail(house: House) -> None:
    house.opening("ada")
    clumsy = Clumsy()
    sender = Sender(Lane.CUSTOMERS, house.desk.store, {"email": lambda: clumsy}, house.script, lambda: NOW, 1, Dice())
    house.sender = sender
    task = asyncio.create_task(sender.run())
    await house.until(every("in_doubt", 1))
    await house.look_twice()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert clumsy.sent == 1


# Staff


def to_staff(house: House, *channels: str) -> Notice:
    made = house.desk.notice(towards=Towards.STAFF, rule="staff", release_at=None)
    house.desk.do(lambda c: expansion.expand_staff(c, made, channels, NOW))
    return made


async def test_staff_hear_by_every_channel_even_with_the_kill_switch_on(house: House) -> None:
    to_staff(house, "cs-slack", "email")
    house.desk.hold(True)
    async with house.sending(Lane.STAFF, connections=1):
        await house.until(every("accepted", 2))
    assert len(house.chat.posts) == 1
    assert house.sent() == ["desk@northwind.example"]
    assert {row.person for row in house.desk.rows() if row.attempts == 1} == {"channel:cs-slack", "channel:email"}


async def test_a_rate_limited_channel_waits_as_told_while_another_goes_on(house: House) -> None:
    to_staff(house, "cs-slack", "email")
    house.chat.hook = at(Step.ARRIVED, Refuse(code=429, after=1), times=1)
    async with house.sending(Lane.STAFF, connections=1):
        await house.until(lambda states: states["channel:email"] == "accepted")
        await house.until(lambda states: states["channel:cs-slack"] == "retry")
        house.now += timedelta(seconds=1)
        await house.until(every("accepted", 2))
    assert {row.attempts for row in house.desk.rows()} == {1}, "being told to wait burns no try"


async def test_a_doubt_about_staff_is_sent_again(house: House) -> None:
    to_staff(house, "cs-slack")
    house.chat.hook = at(Step.TAKEN, DROP, times=1)
    async with house.sending(Lane.STAFF, connections=1):
        await house.until(every("accepted", 1))
    assert len(house.chat.posts) == 2


# Leases, stops and a store in trouble


async def test_a_sender_that_was_paused_past_its_lease_sends_nothing_when_it_wakes(house: House) -> None:
    house.opening("ada")

    async def sleep() -> None:
        """As SIGSTOP would: our lease runs out, and somebody else takes the row."""
        house.now += LEASE * 2
        house.desk.do(lambda c: ledger.lapse(c, house.now))
        assert len(house.desk.claim(now=house.now)) == 1

    house.room.hook = once(Step.RCPT, sleep)
    async with house.sending():
        await house.look_twice()
        assert house.room.reached[Step.RCPT] == 1
        await house.look_twice()
    assert house.sent() == []
    assert house.desk.states() == {"ada": "claimed"}, "it is the other's"


async def test_a_lease_is_renewed_while_a_slow_reply_is_awaited(house: House) -> None:
    house.opening("ada")
    leases: set[datetime] = set()

    async def dawdle() -> None:
        async with asyncio.timeout(20):
            while len(leases) < 4:
                leases.add(house.desk.store.read(lambda c: c.execute(select(tables.delivery.c.lease_until)).scalar_one()))
                await house.write(lambda c: None)

    house.room.hook = once(Step.TAKEN, dawdle)
    async with house.sending(lease=timedelta(milliseconds=300), now=running()):
        await house.until(every("accepted", 1))
    assert max(leases) - min(leases) >= timedelta(milliseconds=250)
    assert house.sent() == ["ada@example.com"]


async def test_a_stop_waits_for_what_is_armed_and_gives_back_the_rest(house: House) -> None:
    house.opening(*[f"p{n:02}" for n in range(30)])
    taken, leaving = asyncio.Event(), asyncio.Event()

    async def reply_late() -> None:
        taken.set()
        await leaving.wait()

    house.room.hook = once(Step.TAKEN, reply_late)
    async with house.sending(connections=1):
        await taken.wait()
        asyncio.get_running_loop().call_later(0.05, leaving.set)
    states = house.desk.states()
    assert list(states.values()).count("accepted") == 1
    assert list(states.values()).count("queued") == 29
    assert len(house.sent()) == 1


async def test_a_stop_that_cannot_wait_longer_leaves_at_most_one_doubt_a_connection(house: House) -> None:
    house.opening(*[f"p{n:02}" for n in range(30)])
    taken, never = asyncio.Event(), asyncio.Event()

    async def no_reply() -> None:
        taken.set()
        await never.wait()

    house.room.hook = once(Step.TAKEN, no_reply)
    async with house.sending(connections=1, stop_within=0.05):
        await taken.wait()
    never.set()
    assert house.desk.do(lambda c: ledger.recover(c, NOW)) == ledger.Lost(requeued=0, in_doubt=1)
    async with house.sending(connections=1):
        await house.until(lambda states: "queued" not in states.values() and "claimed" not in states.values())
        await house.until(lambda states: list(states.values()).count("accepted") == 29)
    assert len(house.sent()) == len(set(house.sent())) == 30


async def test_what_cannot_be_recorded_is_not_sent(house: House) -> None:
    house.opening("ada")
    when = "WHEN NEW.state = 'armed' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    house.desk.do(lambda c: c.execute(text(f"CREATE TRIGGER full BEFORE UPDATE ON delivery {when}")))
    async with house.sending():
        await house.look_twice()
        assert house.room.reached[Step.DATA] == 0
        await house.write(lambda c: c.execute(text("DROP TRIGGER full")))
        await house.until(every("accepted", 1))
    assert house.sent() == ["ada@example.com"]


async def test_a_result_that_could_not_be_written_is_kept_until_it_can(house: House) -> None:
    house.opening("ada")
    when = "WHEN NEW.state = 'accepted' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    house.desk.do(lambda c: c.execute(text(f"CREATE TRIGGER full BEFORE UPDATE ON delivery {when}")))
    async with house.sending():
        await house.room.until(lambda room: len(room.received) == 1)
        await house.look_twice()
        assert house.desk.states() == {"ada": "armed"}
        await house.write(lambda c: c.execute(text("DROP TRIGGER full")))
        await house.until(every("accepted", 1))
    assert house.sent() == ["ada@example.com"]


async def test_a_result_that_can_never_be_written_stands_in_nobodys_way_and_its_row_is_in_doubt_and_not_sent_again(
    house: House,
) -> None:
    """F34: its mail went out, and nobody can write that down. Its lease runs out."""
    house.opening("ada", "ben", "clo")
    refuses = (
        "CREATE TRIGGER refuses BEFORE UPDATE ON delivery WHEN new.state = 'accepted' AND new.person = 'ben' "
        "BEGIN SELECT RAISE(ABORT, 'never'); END"
    )
    house.desk.do(lambda c: c.execute(text(refuses)))
    async with house.sending(connections=1, now=running(), lease=timedelta(seconds=1)):
        await house.until(lambda states: states == {"ada": "accepted", "ben": "in_doubt", "clo": "accepted"})
        await house.look_twice()
        assert house.sent() == ["ada@example.com", "ben@example.com", "clo@example.com"]
        await house.write(lambda c: c.execute(text("DROP TRIGGER refuses")))
        await house.until(every("accepted", 3))
    assert house.sent() == ["ada@example.com", "ben@example.com", "clo@example.com"], "late proof, and no second mail"
    assert house.desk.balanced()


async def test_results_and_armings_share_their_syncs(house: House) -> None:
    house.opening(*[f"p{n:03}" for n in range(100)])
    before = house.desk.store.writer.commits
    async with house.sending(connections=20):
        async with asyncio.timeout(20):
            await house.room.until(lambda room: len(room.received) == 100)
    assert house.desk.states() == {f"p{n:03}": "accepted" for n in range(100)}
    assert (house.desk.store.writer.commits - before) / 100 < 0.5


async def test_the_closing_goes_to_exactly_those_who_were_told(house: House) -> None:
    house.opening("ada", "ben", "clo")
    house.room.hook = at(Step.RCPT, Refuse(code=550, text="no such user"), times=1)
    async with house.sending(connections=1):
        await house.until(lambda states: "accepted" in states.values() and "queued" not in states.values())
        await house.until(lambda states: sorted(states.values()) == ["accepted", "accepted", "rejected"])
        closing = house.desk.notice("closed")
        house.desk.expand(closing)
        told = {person for person, state in house.desk.states().items() if state == "accepted"}
        assert set(house.desk.states("closed")) == told
        await house.room.until(lambda room: len(room.received) == 4)
    assert {len(house.room.inbox(f"{name}@example.com")) for name in told} == {2}
