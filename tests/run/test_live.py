"""The mark of what pages show, over a real store: it moves with everything shown, and costs one look a second for all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sentinel.model.command import Acknowledge, Declare, EditDraft, Hold, Note
from sentinel.run import live
from sentinel.run.live import LiveViews
from sentinel.store.marks import mark
from tests.run.world import PAY, House


class Still:
    """A clock that nobody asks."""

    def now(self) -> None: ...


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


@asynccontextmanager
async def watching(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveViews]:
    """Looks as often as a test has patience for."""
    monkeypatch.setattr(live, "APART_SECONDS", 0.01)
    views = LiveViews(house.world, house.store, Still())  # type: ignore[arg-type]  # it is never asked
    yield views
    views.end_live()


def test_whatever_a_person_does_moves_the_mark(house: House) -> None:
    house.breaks(PAY)
    house.run(house.world.installation.services["payments"].worth_telling)
    seen = [house.read(mark)]
    draft = house.draft()
    for command in (
        Acknowledge(incident=1),
        Note(incident=1, text="asked"),
        EditDraft(
            notice=draft.notice, version=draft.version, language="en", forms={"voice": draft.bodies[0].voice + " Sorry."}
        ),
        Hold(on=True, why="wait"),
        Declare(service="documents", statement="documents.no_letters"),
    ):
        house.say(command)
        seen.append(house.read(mark))
    assert len(set(seen)) == len(seen)


def test_what_moves_by_itself_moves_the_mark(house: House) -> None:
    quiet = house.read(mark)
    house.breaks(PAY)
    house.run(house.world.installation.services["payments"].worth_telling)
    broken = house.read(mark)
    house.tell()
    told = house.read(mark)
    assert len({quiet, broken, told}) == 3


def test_a_round_in_which_nothing_happens_leaves_it(house: House) -> None:
    house.round()
    before = house.read(mark)
    house.round()
    assert house.read(mark) == before


async def test_all_who_watch_hear_of_one_change_by_one_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def counted(c: object) -> str:
        nonlocal looks
        looks += 1
        return mark(c)  # type: ignore[arg-type]  # a connection

    monkeypatch.setattr(live, "mark", counted)
    async with watching(house, monkeypatch) as views:
        first = await views.watch("", 5)
        assert first is not None
        before = looks
        waiting = [asyncio.create_task(views.watch(first, 5)) for _ in range(50)]
        await asyncio.sleep(0)
        house.done(Hold(on=True, why="wait"))
        assert len(set(await asyncio.gather(*waiting))) == 1
        assert looks - before < 50


async def test_a_watch_ends_after_its_time_with_the_mark_there_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(house, monkeypatch) as views:
        first = await views.watch("", 5)
        assert first is not None
        assert await views.watch(first, 0.05) == first


async def test_nobody_looks_when_nobody_watches(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(house, monkeypatch) as views:
        await views.watch("", 5)
        async with asyncio.timeout(30):
            while views.live_mark:  # noqa: ASYNC110 - it ends by itself, and tells nobody
                await asyncio.sleep(0.01)


async def test_a_reload_moves_it_and_a_stop_ends_every_watch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(house, monkeypatch) as views:
        first = await views.watch("", 5)
        assert first is not None
        views.enforce(replace(views.world))
        second = await views.watch(first, 5)
        assert second not in (None, first)
        assert second is not None
        waiting = asyncio.create_task(views.watch(second, 5))
        await asyncio.sleep(0)
        views.end_live()
        assert await waiting is None
