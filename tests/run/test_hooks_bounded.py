"""A tool that talks without end fills no store and slows no round; staff hear once that its alerts are too many."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from sentinel.exchange.hook.reading import Read
from sentinel.model.hook import ALERTS_MOST, LATELY_MOST, STANDING_MOST, Alert, Became, Format, Hook, State
from sentinel.run import hooked, keeping
from sentinel.run.hooked import OVER_MOST, REMEMBERED
from sentinel.run.trouble import Troubles
from sentinel.store import quarantine, tables, watching
from tests.run.test_trouble import AT_ONCE, Body, Desk, look
from tests.run.world import MINUTE, SECOND, House

HOOK = Hook(name="storm", format=Format.GENERIC, service="payments")


@pytest.fixture(autouse=True)
def with_a_hook(house: House) -> None:
    house.world = replace(house.world, installation=replace(house.world.installation, hooks={HOOK.name: HOOK}))


def alert(house: House, key: int, state: State) -> Alert:
    ended_at = house.now if state is State.RESOLVED else None
    return Alert(key=str(key), state=state, began_at=ended_at or house.now, ended_at=ended_at)


def takes(house: House, *alerts: Alert) -> dict[Became, int]:
    return dict(house.do(lambda c: hooked.take(c, house.world, HOOK, Read(alerts=alerts), house.now)))


def says(house: House, state: State, keys: Iterable[int]) -> dict[Became, int]:
    return takes(house, *(alert(house, key, state) for key in keys))


def rows(house: House) -> int:
    return house.read(lambda c: c.execute(select(func.count()).select_from(tables.pushed)).scalar_one())


def test_ends_of_what_never_stood_are_remembered_up_to_a_bound(house: House) -> None:
    for first in range(0, OVER_MOST + 1000, 500):
        house.now += SECOND
        assert says(house, State.RESOLVED, range(first, first + 500)) == {Became.STRAY: 500}
    assert rows(house) == OVER_MOST
    assert says(house, State.FIRING, [OVER_MOST + 999]) == {Became.STALE: 1}, "the last are known"


def test_what_a_tool_said_is_let_go_of_though_it_says_nothing_more(house: House) -> None:
    says(house, State.RESOLVED, range(3))
    says(house, State.FIRING, [7])
    house.now += REMEMBERED + MINUTE
    assert house.do(keeping.pieces(house.world.installation.keep, b"k", house.now)["alerts of other tools"]) == 3
    assert rows(house) == 1, "what stands is kept"


def test_alerts_that_come_and_go_are_as_few_as_rounds_can_look_at(house: House) -> None:
    for first in (0, 200):
        house.now += SECOND
        pairs = ((alert(house, key, State.FIRING), alert(house, key, State.RESOLVED)) for key in range(first, first + 200))
        became = takes(house, *(each for pair in pairs for each in pair))
    assert (became[Became.RAISED], became[Became.ASIDE]) == (100, 100)
    looked_at = house.read(lambda c: watching.signals_since(c, house.now - house.world.installation.incident.reopen_within))
    assert len(looked_at) == LATELY_MOST
    house.now += house.world.installation.incident.reopen_within + SECOND
    assert says(house, State.FIRING, [1000]) == {Became.RAISED: 1}


def test_an_alert_that_flaps_takes_no_room_from_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooked, "LATELY_MOST", 12)
    for _ in range(12):
        house.now += SECOND
        says(house, State.FIRING, [1])
        house.now += SECOND
        says(house, State.RESOLVED, [1])
    assert says(house, State.FIRING, [2]) == {Became.RAISED: 1}


def test_signals_that_ended_long_ago_are_let_go_of(house: House) -> None:
    says(house, State.FIRING, [1, 2])
    says(house, State.RESOLVED, [1])
    later = house.now + house.world.installation.keep.deliveries + MINUTE
    assert house.do(keeping.pieces(house.world.installation.keep, b"k", later)["signals"]) == 1
    assert [one.stands for one in house.read(lambda c: watching.signals_since(c, house.now))] == [True]


def test_staff_hear_once_that_too_many_stand_and_once_that_there_is_room(house: House) -> None:
    async def tell() -> list[str]:
        desk = Desk()
        for last in (STANDING_MOST, STANDING_MOST + 50):
            says(house, State.FIRING, range(last))
            for _ in range(2):
                found = Troubles(Body(house), desk.connect, patience=AT_ONCE)  # a restart each time
                await look(found)
        says(house, State.RESOLVED, range(10))
        await look(found)
        await look(found)
        return desk.headlines

    begun, over = asyncio.run(tell())
    assert "the hook storm: 100 alerts of this hook stand already; further ones are set aside" in begun
    assert "over (aside:storm)" in over


def test_a_storm_in_one_request_is_told_to_staff_and_stays_within_its_bounds(house: House) -> None:
    async def tell() -> list[str]:
        desk = Desk()
        became = says(house, State.FIRING, range(ALERTS_MOST))
        assert became == {Became.RAISED: STANDING_MOST, Became.ASIDE: ALERTS_MOST - STANDING_MOST}
        await look(Troubles(Body(house), desk.connect, patience=AT_ONCE))
        return desk.headlines

    (said,) = asyncio.run(tell())
    assert "100 alerts of this hook stand already; further ones are set aside" in said
    assert house.read(lambda c: quarantine.count(c, HOOK.check)) == hooked.ASIDE_MOST
    assert rows(house) == STANDING_MOST


def test_staff_hear_of_a_request_that_was_refused_whole(house: House) -> None:
    async def tell() -> list[str]:
        desk = Desk()
        house.do(lambda c: hooked.refuse(c, HOOK, house.now))
        for _ in range(2):
            await look(Troubles(Body(house), desk.connect, patience=AT_ONCE))
        return desk.headlines

    (said,) = asyncio.run(tell())
    assert "the hook storm: a whole request was too large and was refused: set max_alerts" in said
    house.now += house.world.installation.incident.reopen_within + SECOND
    assert house.read(lambda c: hooked.full(c, house.world, house.now)) == {}


def test_staff_hear_of_alerts_that_were_left_out_of_a_notification(house: House) -> None:
    left_out = Read(alerts=(alert(house, 1, State.FIRING),), truncated=1)
    assert house.do(lambda c: hooked.take(c, house.world, HOOK, left_out, house.now)) == {Became.RAISED: 1}
    full = house.read(lambda c: hooked.full(c, house.world, house.now))
    assert full == {HOOK.name: "alerts were left out of a notification that had too many, unread: group by more labels"}


def test_staff_hear_of_it_in_a_storm_too(house: House) -> None:
    """So much else lies aside, and has for longer."""
    says(house, State.FIRING, range(ALERTS_MOST))
    house.do(lambda c: hooked.refuse(c, HOOK, house.now))
    says(house, State.RESOLVED, range(ALERTS_MOST))
    house.now += SECOND
    assert "was refused" in house.read(lambda c: hooked.full(c, house.world, house.now))[HOOK.name]
