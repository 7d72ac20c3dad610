"""Detectors that only warn, through the hub and its store: staff hear, customers never do."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sentinel.detect.watch import fit
from sentinel.model.observation import Fact, Verdict
from sentinel.model.signal import Signal
from sentinel.run.kinds import FoundKinds
from sentinel.run.trouble import Troubles
from sentinel.store import watching
from tests.run.test_trouble import AT_ONCE, Body, Desk, look
from tests.run.world import CARD, HOUR, MINUTE, House

UP, DOWN = Verdict.UP, Verdict.DOWN
Sample = tuple[Verdict, Mapping[str, Fact]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def watch_by(house: House, kind: str, **options: Any) -> None:
    """The card form is looked at by one more detector."""
    kinds = FoundKinds()
    check = replace(house.world.installation.checks[CARD], detectors={kind: options})
    fitted = (*house.world.detectors[CARD], *fit(check, {kind: kinds.module("detect", kind)}))
    house.world = replace(house.world, detectors={**house.world.detectors, CARD: fitted})


def takes(house: House, every: timedelta, *samples: Sample) -> None:
    for verdict, facts in samples:
        house.now += every
        batch = house.batch({CARD: verdict})
        house.round(replace(batch, rows=tuple(row._replace(facts=facts) for row in batch.rows)))


def standing(house: House) -> list[Signal]:
    return house.read(lambda c: [one for one in watching.signals_since(c, house.now) if one.stands])


def told(house: House, later: Callable[[], None] = lambda: None) -> list[str]:
    """What staff are told by itself, before and after something happened, over two processes of the hub."""

    async def tell() -> list[str]:
        desk = Desk()
        for _ in range(2):
            found = Troubles(Body(house), desk.connect, patience=AT_ONCE)
            await look(found)
            await look(found)
        later()
        await look(found)
        await look(found)
        return [one for one in desk.headlines if "early warning" in one]

    return asyncio.run(tell())


WELL: Sample = (UP, {})
STORIES: Mapping[str, tuple[Mapping[str, Any], timedelta, list[Sample], str]] = {
    "flapping": ({}, MINUTE, [(UP, {}), (DOWN, {})] * 5, "it flaps"),
    "forecast": ({"above": 95}, HOUR, [(UP, {"value": 50.0 + 2 * at}) for at in range(20)], "value reaches 95 in"),
    "vendor": ({}, MINUTE, [(UP, {"indicator": "minor", "newest": "Slow"})] * 2, "the vendor says minor: “Slow”"),
    "turnaround": ({"promise": 0, "warn_before": 0}, 24 * HOUR, [(UP, {"age_s": 1e6})], "0 are promised"),
    "budget": ({}, MINUTE, [WELL] * 10 + [(DOWN, {}), WELL] * 3, "error budget"),
}


@pytest.mark.parametrize("kind", STORIES)
def test_staff_hear_of_a_warning_once_and_customers_never(house: House, kind: str) -> None:
    options, every, samples, says = STORIES[kind]
    watch_by(house, kind, **options)
    takes(house, every, *samples)
    (signal,) = [one for one in standing(house) if one.detector == kind]
    assert says in signal.evidence
    headlines = told(house)
    assert house.notices() == []
    assert len(headlines) == 1
    assert says in headlines[0]
    house.run(10 * MINUTE)
    assert house.drafts() == []


def test_staff_hear_of_the_end_of_a_warning_too(house: House) -> None:
    watch_by(house, "vendor")
    takes(house, MINUTE, *[(UP, {"indicator": "major"})] * 2)
    headlines = told(house, lambda: takes(house, MINUTE, *[(UP, {"indicator": "none"})] * 2))
    assert [("warning over" in one) for one in headlines] == [False, True]


def test_what_the_vendor_says_stands_in_no_timeline_of_ours(house: House) -> None:
    watch_by(house, "vendor")
    house.breaks(CARD)
    takes(house, MINUTE, *[(DOWN, {"indicator": "major"})] * 2)
    assert {one.signal.split(":")[0] for one in house.incident().standing} == {"outage"}


def test_the_board_says_that_a_check_is_warned_of(house: House) -> None:
    watch_by(house, "vendor")
    takes(house, MINUTE, *[(UP, {"indicator": "major"})] * 2)
    assert [one.reason for one in house.read(watching.all_latest) if one.check == CARD] == ["warned of by vendor"]


def warned(house: House, number: int, cleared: bool = False) -> None:
    """So many vendors say that something is wrong, or that it is over."""
    ones = [
        Signal(
            id=f"vendor:{CARD}{each}", detector="vendor", service="payments", check=f"{CARD}{each}", place="hub",
            statement=None, verdict=DOWN, since=house.now, raised_at=house.now, evidence="the vendor says major",
            cleared_at=house.now if cleared else None,
        )
        for each in range(number)
    ]  # fmt: skip
    house.do(lambda c: watching.keep_signals(c, ones))
    more = {one.check: replace(house.world.installation.checks[CARD], id=one.check) for one in ones}
    checks = {**house.world.installation.checks, **more}
    house.world = replace(house.world, installation=replace(house.world.installation, checks=checks))


def test_many_warnings_at_once_are_one_message_and_so_are_their_ends(house: House) -> None:
    warned(house, 50)
    headlines = told(house, lambda: warned(house, 50, cleared=True))
    assert len(headlines) == 2
    assert "50 early warnings: payments.card-form0: the vendor says major; " in headlines[0]
    assert headlines[0].endswith("and 48 more")
    assert "50 early warnings over: " in headlines[1]


def test_a_few_warnings_are_told_one_by_one(house: House) -> None:
    warned(house, 3)
    headlines = told(house)
    assert len(headlines) == 3
    assert all("the vendor says major" in each and "more" not in each for each in headlines)


def test_many_warnings_that_no_channel_takes_are_told_later_and_each_is_known(house: House) -> None:
    async def tell() -> list[str]:
        desk = Desk(down=set(house.world.installation.channels))
        found = Troubles(Body(house), desk.connect, patience=AT_ONCE)
        await look(found)
        assert desk.headlines == []
        assert not any(one.told for one in found.standing)
        desk.down.clear()
        await look(found)
        assert all(one.told for one in found.standing)
        return desk.headlines

    warned(house, 5)
    (headline,) = asyncio.run(tell())
    assert "5 early warnings" in headline
