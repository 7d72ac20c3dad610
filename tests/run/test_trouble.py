"""Own trouble: staff hear of it once, by a channel that works, and once of its end; customers' lane waits while it must."""

import asyncio
import math
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import httpx
import pytest
from sqlalchemy import update

from sentinel.deliver.outcome import Down, Outcome
from sentinel.demo.stage import Stage
from sentinel.detect import own
from sentinel.detect.own import Held
from sentinel.model.delivery import Accepted, Lane
from sentinel.model.installation import Installation
from sentinel.model.message import Message, StaffNote
from sentinel.model.observation import Verdict
from sentinel.model.trouble import Trouble
from sentinel.run import poison
from sentinel.run.outlet import Connection, Opener
from sentinel.run.trouble import Troubles
from sentinel.run.world import World
from sentinel.store import quarantine, tables, troubles
from sentinel.store.database import Store
from sentinel.store.trouble import StoreAway
from tests import postgres
from tests.run.world import ACCEPTED, BUSY, CARD, HOUR, PAY, SECOND, House
from tests.scenario.test_own_trouble import with_canaries
from tests.serve.real import HouseClock
from tests.steady import steady

pytestmark = pytest.mark.anyio
AT_ONCE = dict.fromkeys(Trouble, (0.0, 0.0)) | {Trouble.STORE_SLOW: (math.inf, 0.0)}
"""But for what a busy machine brings about by itself."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass(slots=True)
class Desk:
    """Channels that keep what they are given. `down`: those that take nothing."""

    down: set[str] = field(default_factory=set)
    heard: list[tuple[str, StaffNote]] = field(default_factory=list)

    def connect(self, house: Installation) -> Mapping[str, Opener]:
        return {name: _opener(self, name) for name in house.channels}

    @property
    def headlines(self) -> list[str]:
        return [note.brief.headline for _, note in self.heard]


class _Line:
    def __init__(self, desk: Desk, name: str) -> None:
        self._desk, self._name = desk, name

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        if self._name in self._desk.down:
            return Down(reason="connection refused")
        assert await arm()
        assert isinstance(message, StaffNote)
        self._desk.heard.append((self._name, message))
        return Accepted(ref="taken")

    async def close(self) -> None:
        pass


def _opener(desk: Desk, name: str) -> Opener:
    def opener() -> Connection:
        return _Line(desk, name)

    return opener


class Body:
    """The hub as its troubles see it, over a house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.clock = HouseClock(house)
        self.prober_age: float | None = 0.1
        self.returns_why = ""
        self.audit_problems: tuple[str, ...] = ()

    @property
    def world(self) -> World:
        return self._house.world

    @property
    def store(self) -> Store:
        return self._house.store


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(autouse=True)
def _a_busy_machine_reads_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentinel.run.ownsigns.READ_WITHIN", 60.0)


@asynccontextmanager
async def watching(house: House, desk: Desk, **more: object) -> AsyncIterator[tuple[Troubles, Body]]:
    body = Body(house)
    yield Troubles(body, desk.connect, **({"patience": AT_ONCE} | more)), body  # type: ignore[arg-type]


async def look(found: Troubles) -> None:
    """One look, and whatever is told after it."""
    found.herald.again_at = 0.0
    await found.look()
    if found.herald.task is not None:
        await found.herald.task


async def test_a_hub_that_dies_while_it_tells_tells_it_after_its_start(house: House, desk: Desk) -> None:
    """Marked as told before it was taken, a trouble would stand and nobody would ever hear of it."""
    dying = asyncio.Event()

    class Dying(Desk):
        def connect(self, house: Installation) -> Mapping[str, Opener]:
            dying.set()
            raise asyncio.CancelledError  # as far as this hub comes

    async with watching(house, Dying()) as (found, body):
        body.prober_age = 99.0
        await found.look()
        assert found.herald.task is not None
        with suppress(asyncio.CancelledError):
            await found.herald.task
        assert dying.is_set()
    async with watching(house, desk) as (found, body):
        body.prober_age = 99.0
        await look(found)
        await look(found)
        assert len(desk.heard) == 1


async def test_staff_hear_of_a_trouble_once_and_once_of_its_end(house: House, desk: Desk) -> None:
    async with watching(house, desk) as (found, body):
        body.prober_age = 99.0
        for _ in range(5):
            await look(found)
        assert len(desk.heard) == 1
        assert "nothing was heard of the prober" in desk.headlines[0]
        assert [one.name for one in found.standing] == ["prober"]
        body.prober_age = 0.1
        for _ in range(5):
            await look(found)
        assert len(desk.heard) == 2
        assert "is over" in desk.headlines[1]
        assert found.standing == ()
        assert house.read(troubles.standing) == []


def but_for_the_clock(found: Troubles) -> list[Held]:
    """What stands; made-up time jumps."""
    return [one for one in found.standing if one.kind is not Trouble.CLOCK_JUMP]


async def test_a_word_that_no_channel_takes_is_trouble_until_one_does(house: House, desk: Desk) -> None:
    """F29, F30 (P1): shown on the board and told again and again, until customer service has heard of the incident."""
    desk.down = set(house.world.installation.channels)
    house.breaks(CARD, PAY)
    async with watching(house, desk) as (found, _):
        await look(found)
        assert found.standing == (), "a channel has a minute for it, and another one a chance"
        house.now += 61 * SECOND
        house.round()
        await look(found)
        (one,) = but_for_the_clock(found)
        assert (one.kind, one.told) == (Trouble.UNHEARD, False)
        assert "incident 1" in one.detail
        house.settle_down()
        await look(found)
        assert but_for_the_clock(found) == []


async def test_a_channel_that_keeps_staff_waiting_is_told_of_by_another(house: House, desk: Desk) -> None:
    """F29, F44: the others took it, so somebody knows of the incident; that this one takes nothing is a word of its own."""
    house.breaks(CARD, PAY)
    house.postman.wave(Lane.STAFF, house.now, lambda row: ACCEPTED if row.channel == "cs-mail" else BUSY)
    async with watching(house, desk) as (found, _):
        house.now += 61 * SECOND
        await look(found)
        await look(found)
        (one,) = but_for_the_clock(found)
        assert one.name == "channel:cs-slack"
        assert [name for name, _ in desk.heard] == ["cs-mail"]
        assert "messages to staff by cs-slack have waited for 6" in desk.headlines[0]
        house.settle_down()
        await look(found)
        await look(found)
        assert "is over (channel:cs-slack)" in desk.headlines[-1]


async def test_what_breaks_us_and_is_left_aside_is_told_to_staff(house: House, desk: Desk) -> None:
    """F34"""
    house.breaks(CARD)
    house.settle_down()
    house.do(lambda c: quarantine.put(c, poison.INCIDENT, 1, "ValueError at run/tend.py:33", house.now, tries=poison.MOST))
    async with watching(house, desk) as (found, _):
        await look(found)
        assert [(one.kind, one.told) for one in found.standing] == [(Trouble.ASIDE, True)]
        assert "incident 1 (ValueError" in desk.headlines[0]
        house.now += 11 * 60 * SECOND
        await look(found)
        assert but_for_the_clock(found) == [], "nobody tries it any more"


async def test_it_goes_by_the_first_channel_that_works_and_is_tried_until_one_does(house: House, desk: Desk) -> None:
    """F24: everything is cut off at first; F30: then one channel works."""
    desk.down = set(house.world.installation.channels)
    async with watching(house, desk) as (found, body):
        body.prober_age = 99.0
        await look(found)
        await look(found)
        assert desk.heard == []
        assert not found.standing[0].told
        desk.down.discard("cs-mail")
        await look(found)
        await look(found)
        assert [name for name, _ in desk.heard] == ["cs-mail"]


async def test_a_restart_tells_nobody_twice_and_still_tells_the_end(house: House, desk: Desk) -> None:
    async with watching(house, desk) as (found, body):
        body.prober_age = 99.0
        await look(found)
    async with watching(house, desk) as (again, body):
        body.prober_age = 99.0
        await look(again)
        assert len(desk.heard) == 1
        body.prober_age = 0.1
        await look(again)
        await look(again)
        assert len(desk.heard) == 2


async def test_two_hubs_tell_of_a_blind_place_once(house: House, desk: Desk) -> None:
    house.world = with_canaries(house.world)
    house.observe(dict.fromkeys(house.world.canaries, Verdict.DOWN))
    async with watching(house, desk, where="one") as (first, _), watching(house, desk, where="two") as (second, _):
        for _ in range(3):
            await look(first)
            await look(second)
        assert len(desk.heard) == 1
        house.now += 5 * SECOND
        house.observe(dict.fromkeys(house.world.canaries, Verdict.UP), ages=(2, 0))
        for _ in range(3):
            await look(first)
            await look(second)
        assert len(desk.heard) == 2


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house whose store several hubs look at; on SQLite as if they did."""
    made = House(tmp_path, database=postgres.shared().new_store() if request.param == "postgresql" else "")
    made.world = with_canaries(made.world)
    yield made
    made.close()


async def is_killed(house: House, where: str, standing: bool) -> None:
    """A hub that has taken the telling upon itself, and is gone before it has told anybody."""

    class Dying(Desk):
        def connect(self, house: Installation) -> Mapping[str, Opener]:
            raise asyncio.CancelledError  # as far as this hub comes

    async with watching(house, Dying(), where=where) as (found, _):
        await found.look()
        if not standing:
            await found.look()
        assert found.herald.task is not None
        with suppress(asyncio.CancelledError):
            await found.herald.task


def its_lease_ends(house: House) -> None:
    past = update(tables.trouble).values(tell_until=house.now - HOUR)
    house.do(lambda c: c.execute(past))


async def test_a_hub_killed_while_it_tells_leaves_the_telling_to_the_other(shared: House, desk: Desk) -> None:
    """F44 for one of several: of the trouble, and of its end."""
    shared.observe(dict.fromkeys(shared.world.canaries, Verdict.DOWN))
    await is_killed(shared, "one", standing=True)
    async with watching(shared, desk, where="two") as (found, _):
        await look(found)
        assert desk.heard == [], "the other may be about to"
        its_lease_ends(shared)
        await look(found)
        await look(found)
        assert len(desk.heard) == 1
    shared.now += 5 * SECOND
    shared.observe(dict.fromkeys(shared.world.canaries, Verdict.UP), ages=(2, 0))
    await is_killed(shared, "one", standing=False)
    its_lease_ends(shared)
    async with watching(shared, desk, where="three") as (found, _):
        for _ in range(3):
            await look(found)
        assert len(desk.heard) == 2, "one that has just begun knows that an end is owed"
        assert "is over" in desk.headlines[1]


async def test_a_trouble_that_ended_while_every_hub_was_down_is_ended_by_the_next(shared: House, desk: Desk) -> None:
    shared.observe(dict.fromkeys(shared.world.canaries, Verdict.DOWN))
    async with watching(shared, desk, where="one") as (found, _):
        await look(found)
    shared.now += 5 * SECOND
    shared.observe(dict.fromkeys(shared.world.canaries, Verdict.UP), ages=(2, 0))
    async with watching(shared, desk, where="two") as (found, _):
        for _ in range(3):
            await look(found)
    assert [("is over" in line) for line in desk.headlines] == [False, True]
    assert shared.read(troubles.standing) == []


async def test_what_comes_back_before_its_end_could_be_told_is_told_of_no_more(house: House, desk: Desk) -> None:
    async with watching(house, desk) as (found, body):
        body.prober_age = 99.0
        await look(found)
        desk.down = set(house.world.installation.channels)
        body.prober_age = 0.1
        await look(found)
        await look(found)
        desk.down = set()
        body.prober_age = 99.0
        await look(found)
        await look(found)
        assert len(desk.heard) == 1, "it stands, as they know"
        body.prober_age = 0.1
        await look(found)
        await look(found)
        assert "is over" in desk.headlines[1]


async def test_told_while_the_store_was_away_its_end_is_told_too_and_noted_in_the_end(house: House, desk: Desk) -> None:
    """F20: staff hear of both, and nothing stands in the store when it is back."""
    async with watching(house, desk) as (found, body):
        await look(found)
        writer = house.store.writer_of
        house.store.writer_of = lambda hand: Refusing()  # type: ignore[method-assign, assignment, return-value]  # a store that takes nothing
        body.prober_age = 99.0
        await look(found)
        assert "nothing was heard of the prober" in desk.headlines[0]
        body.prober_age = 0.1
        await look(found)
        await look(found)
        assert any("is over (prober)" in line for line in desk.headlines)
        heard = len(desk.heard)
        house.store.writer_of = writer  # type: ignore[method-assign]
        for _ in range(3):
            await look(found)
        assert not [line for line in desk.headlines[heard:] if "prober" in line]
        assert house.read(troubles.standing) == []


class Refusing:
    def submit(self, work: object) -> "Future[None]":
        refused: Future[None] = Future()
        refused.set_exception(StoreAway("gone"))
        return refused


async def test_a_store_that_is_stuck_holds_up_neither_the_look_nor_the_word(house: House, desk: Desk) -> None:
    """F15, F22: somebody holds the writer. A look takes no longer for it; staff hear that the store is slow."""
    async with watching(house, desk, patience=dict.fromkeys(Trouble, (0.0, 0.0))) as (found, _):
        await look(found)
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()
        house.store.writer.submit(lambda c: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result())
        began = monotonic()
        while not any(one.kind is Trouble.STORE_SLOW for one in found.standing):
            assert monotonic() - began < 30
            await found.look()
            await asyncio.sleep(0.1)
        gate.set()
        assert found.herald.task is not None
        await found.herald.task
        assert any("small write" in line for line in desk.headlines)


async def test_a_channel_that_is_broken_is_told_of_by_another(house: House, desk: Desk) -> None:
    """F31."""
    from sentinel.store import broken

    house.do(lambda c: broken.breaks(c, "cs-slack", "invalid_auth", house.now))
    async with watching(house, desk) as (found, _):
        await look(found)
    assert [name for name, _ in desk.heard] == ["cs-mail"]
    assert "cs-slack" in desk.headlines[0]


async def test_a_low_disk_holds_customers_at_the_first_look_and_lets_them_go_by_itself(house: House, desk: Desk) -> None:
    """F17."""
    closed: list[bool] = []
    async with watching(house, desk) as (found, _):
        found._looked = lambda: closed.append(found.holds_customers)
        house.world = replace(house.world, installation=replace(house.world.installation, disk_reserve=10**18))
        await look(found)
        house.world = replace(house.world, installation=replace(house.world.installation, disk_reserve=1))
        await look(found)
        await look(found)
    assert (closed[0], closed[-1]) == (True, False)
    assert "messages to customers wait" in desk.headlines[0]


async def test_a_low_disk_of_a_machine_whose_ledger_is_in_a_database_holds_nobody(tmp_path: Path, desk: Desk) -> None:
    """F17: only small files of the machine's own lie there."""
    with closing(House(tmp_path, database=postgres.shared().new_store())) as house:
        house.world = replace(house.world, installation=replace(house.world.installation, disk_reserve=10**18))
        async with watching(house, desk) as (found, _):
            await look(found)
            assert not found.holds_customers
    assert desk.headlines == []


@pytest.mark.parametrize("jump", [3600, -3600, 86400])
async def test_a_clock_that_is_set_is_told_of(house: House, desk: Desk, jump: int) -> None:
    """F37."""
    async with watching(house, desk) as (found, _):
        await look(found)
        house.now += jump * SECOND
        await look(found)
    assert len(desk.heard) >= 1
    assert "clock was set" in desk.headlines[0]


def test_every_word_says_that_it_is_ours_and_names_no_customer(house: House) -> None:
    from sentinel.run.ownwords import word

    for kind in set(Trouble) - {Trouble.WARNING}:  # that one is of a service of theirs: tests/run/test_warnings.py
        held = own.Held(name=kind.value, detail="why", since_at=house.now, came=0.0, raised=True)
        for over in (False, True):
            said = word(house.world.installation, held, over=over)
            assert "Sentinel" in said.headline
            assert said.say == ""
            assert said.who.startswith("No customer is told")


# The whole, on a small disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 MB of memory as a disk, where this machine lets us mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not umount:
        pytest.skip("only root mounts a small disk")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        yield place
    finally:
        subprocess.run([umount, "-l", str(place)], check=True)


def visitor(stage: Stage) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=stage.url, trust_env=False, timeout=20.0)


def fill(ballast: Path) -> None:
    """Write until the disk takes no more."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 65536):
            pass


@pytest.mark.timeout(600)
async def test_a_full_disk_leaves_console_and_page_alive_and_is_told_and_passes(tmp_path: Path, small_disk: Path) -> None:
    """F17: filled, then freed; no restart."""
    overrides = {"store": str(small_disk / "sentinel.db"), "disk_reserve": "20MB"}
    async with Stage(tmp_path / "stage", overrides=steady(overrides)) as stage, visitor(stage) as client:

        async def low() -> bool:
            return 'sentinel_troubles{kind="disk-low"} 1.0' in (await client.get("/metrics")).text

        async def well() -> bool:
            return not await low() and (await client.get("/readyz")).status_code == 200

        fill(small_disk / "ballast")
        await until(low)
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/status")).status_code == 200
        assert (await client.get("/sign-in")).status_code == 200
        await until(lambda: _heard(stage, "messages to customers wait"))
        (small_disk / "ballast").unlink()
        await until(well, 120.0)
        await until(lambda: _heard(stage, "is over (disk-low)"))


async def _heard(stage: Stage, words: str) -> bool:
    posted = " ".join(str(each) for each in stage.slack.posts)
    return words in posted


async def until(so: Callable[[], Awaitable[bool]], within: float = 60.0) -> None:
    end = monotonic() + within
    while not await so():
        assert monotonic() < end, f"not within {within} s"
        await asyncio.sleep(0.2)
