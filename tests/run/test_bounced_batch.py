"""Four of the first fifty bounce seconds after they were taken: everybody else is spared, and the page says why (T4)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from sentinel.model.callback import Callbacks, Signed
from sentinel.model.delivery import Delivery
from sentinel.model.message import handed_over
from sentinel.run.callbacks import CallbackViews
from sentinel.run.noticeview import view_of
from sentinel.run.returns import Returns
from sentinel.serve.returns.port import Heard
from sentinel.store import broken
from tests.exchange.signing import as_json, event, standard
from tests.run.test_guards import crowd, paused
from tests.run.world import CARD, SECOND, House
from tests.serve.real import HouseClock

KEY: Final = b"a key of twenty-four byt"
CALLBACKS: Final = Callbacks(signed=Signed.STANDARD, keys=(KEY,))


class Ear(CallbackViews):
    """The hub's ear over the house's store."""

    def __init__(self, house: House) -> None:
        super().__init__(house.world, house.store, HouseClock(house))
        self._returns = Returns(self)

    @property
    def returns(self) -> Returns:
        return self._returns


def comes_back(house: House, rows: Sequence[Delivery]) -> None:
    """Their provider reports it, in one request."""

    async def report() -> None:
        ear = Ear(house)
        writing = asyncio.create_task(ear.returns.run())
        events = [
            event("bounced", delivery=handed_over(row.id, row.key), status="5.1.1", reason="no such user") for row in rows
        ]
        body = as_json(events)
        answer = await ear.take_reports("email", "", standard(body, [KEY], house.now), body)
        assert (answer.heard, answer.reports, answer.unknown) == (Heard.STORED, len(rows), 0)
        writing.cancel()

    asyncio.run(report())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A hundred and twenty payers; the mail's provider reports back. The first fifty have it."""
    made = House(tmp_path)
    crowd(made, 120)
    made.world = replace(made.world, callbacks={"email": CALLBACKS})
    made.breaks(CARD)
    made.approve(desk_knows=True)
    made.now += 61 * SECOND
    made.round()
    made.post()
    yield made
    made.close()


def shown(house: House) -> tuple[str, str]:
    """Why the rest waits, and why it is paused, as the notice's page says."""
    number = house.rows("opened")[0].notice
    view = house.read(lambda c: view_of(c, house.world, number, house.now))
    assert view is not None
    return view.waits_for, view.notice.paused_why


def test_too_many_that_bounce_pause_the_rest_before_anybody_else_got_it(house: House) -> None:
    assert len(house.rows("opened")) == 50
    assert shown(house) == (
        "the first 50 get it before all others, and 50 of them have it; what comes back of it is waited for",
        "",
    )
    house.run(10 * SECOND, step=5 * SECOND)
    gone = house.rows("opened")[:4]
    comes_back(house, gone)
    house.run(60 * SECOND, step=10 * SECOND)
    assert paused(house) is not None
    assert shown(house)[1].startswith("4 of the first 50 failed")
    assert len(house.postman.heard("opened")) == 50, "nobody else got it"
    (books,) = (each for each in house.books() if each.step == "opened")
    assert (books.bounced, books.balanced) == (4, True)
    addresses = [row.address for row in gone]
    assert house.read(lambda c: broken.is_broken(c, "email", addresses)) == frozenset(addresses)


def test_when_nothing_comes_back_the_rest_gets_it_half_a_minute_later(house: House) -> None:
    comes_back(house, house.rows("opened")[:2])
    house.run(20 * SECOND, step=5 * SECOND)
    assert len(house.rows("opened")) == 50
    house.run(30 * SECOND, step=5 * SECOND)
    assert len(house.postman.heard("opened")) == 120
    assert paused(house) is None
