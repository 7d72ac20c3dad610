"""F8: kill -9 while somebody approves, cancels or switches the hold: an answered command stays, an unanswered one is whole or
absent. On both databases: after every write of its transaction, before its commit, after it, and after the answer."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sentinel.model.command import Cancel, Command, Hold
from sentinel.model.delivery import Lane, State
from sentinel.model.notice import NoticeState
from sentinel.store import codec, tables
from tests.postgres import Server, shared

from .dying import ANSWERED, COMMIT, COMMITTED, Death, Heard
from .world import CARD, MINUTE, NOW, PAYERS, SECOND, House

pytestmark = pytest.mark.timeout(600)
KEY = "pressed once"
NOT_STATE = {("installation", "epoch"), ("installation", "rounds")}


@pytest.fixture(scope="module")
def pg() -> Server:
    return shared()


class Place:
    """A store, the hubs that start on it one after the other, and the process that forks those who die over it."""

    def __init__(self, folder: Path, database: str, child: "subprocess.Popen[str]") -> None:
        self.now = NOW
        self._folder, self._database, self._child = folder, database, child
        self._starts = 0

    @contextmanager
    def house(self) -> Iterator[House]:
        """A hub that starts on what is there."""
        with closing(House(self._folder, database=self._database)) as made:
            self._starts += 1
            made.now, made._source = self.now, f"start-{self._starts}"
            yield made
            self.now = made.now

    def dies(self, command: Any, **where: Any) -> Heard:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        text = codec.to_text(Command, command)
        death = Death(command=text, now=self.now.isoformat(), key=KEY, **where)
        print(json.dumps(asdict(death)), file=self._child.stdin, flush=True)
        line = self._child.stdout.readline()
        assert line, "the process that forks them has ended"
        return Heard(**json.loads(line))

    def everything(self) -> dict[str, list[str]]:
        """All rows of all tables, but for the epoch, which each start of a hub raises, and the count of commits."""
        every = {
            name: select(*(column for column in table.c if (name, column.name) not in NOT_STATE))
            for name, table in tables.metadata.tables.items()
        }
        with self.house() as house:
            return house.read(lambda c: {name: sorted(map(repr, c.execute(asked))) for name, asked in every.items()})


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    database = ""
    if request.param == "postgresql":
        running: Server = request.getfixturevalue("pg")
        database = running.new_store()
    command = [sys.executable, "-m", "tests.run.dying", str(tmp_path), database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        yield Place(tmp_path, database, child)


def dies_at_every_write(place: Place, command: Any) -> int:
    """Killed after each write and before the commit: nothing of it is there. How many writes it has."""
    before = place.everything()
    for number in range(1, 1000):
        heard = place.dies(command, after=number, moment=COMMIT)
        assert heard.answer == ""
        assert place.everything() == before, f"killed at write {number}: a part of it is there"
        if heard.died == COMMIT:
            return number - 1
    raise AssertionError("it does not end")


def dies_later(place: Place, command: Any, moment: str) -> None:
    """Killed once it is committed, or once it is answered: it is whole, and asking again with its key does nothing."""
    heard = place.dies(command, moment=moment)
    assert heard == Heard(answer="Done" if moment == ANSWERED else "", died=moment)
    whole = place.everything()
    assert place.dies(command) == Heard(answer="Done")
    assert place.everything() == whole, "asked again it was done again"


@pytest.fixture(params=[COMMITTED, ANSWERED])
def moment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_an_approval_is_whole_or_absent_and_goes_out_once(place: Place, moment: str) -> None:
    """F8"""
    with place.house() as house:
        house.breaks(CARD)
        command = house.approval(desk_knows=True)
    if moment == COMMITTED:
        assert dies_at_every_write(place, command) > 5
    dies_later(place, command, moment)
    with place.house() as house:
        assert house.notice(command.notice).state is NoticeState.APPROVED
        assert set(house.states("opened")) == PAYERS
        house.now += 61 * SECOND
        house.run(3 * MINUTE)
        assert sorted(each.row.person for each in house.postman.letters("opened")) == sorted(PAYERS)
        assert all(each.balanced for each in house.books())


def test_what_was_taken_back_stays_so(place: Place, moment: str) -> None:
    """F8"""
    with place.house() as house:
        house.breaks(CARD)
        notice = house.approve(desk_knows=True)
    command = Cancel(notice=notice.id, why="the wrong words")
    if moment == COMMITTED:
        assert dies_at_every_write(place, command) > 3
    dies_later(place, command, moment)
    with place.house() as house:
        assert house.notice(notice.id).state is NoticeState.CANCELLED
        assert set(house.states("opened").values()) == {State.CANCELLED.value}
        house.run(3 * MINUTE)
        assert house.postman.letters("opened") == []
        assert all(each.balanced for each in house.books())


def test_the_kill_switch_stays_on_and_nothing_that_was_claimed_before_it_is_armed_after_it(place: Place, moment: str) -> None:
    """F8: whoever died with messages in hand, and whoever starts after it, sends no customer anything."""
    with place.house() as house:
        house.breaks(CARD)
        house.approve(desk_knows=True)
        house.now += 61 * SECOND
        held = house.postman.claim(Lane.CUSTOMERS, house.now)
        assert len(held) == len(PAYERS)
    command = Hold(on=True, why="the wrong words")
    if moment == COMMITTED:
        assert dies_at_every_write(place, command) >= 2
        with place.house() as house:
            assert house.postman.arm(held.pop(0), house.now), "nobody was answered that it is on"
    dies_later(place, command, moment)
    with place.house() as house:
        assert not any(house.postman.arm(row, house.now) for row in held)
        house.run(10 * MINUTE)
        assert house.postman.letters("opened") == []
        assert house.postman.claim(Lane.CUSTOMERS, house.now) == []
        assert any(each.row.lane is Lane.STAFF for each in house.postman.sent), "staff hear of everything"
