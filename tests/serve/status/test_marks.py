"""No text of a draft that was not approved, or has not gone out, ever stands in a public byte."""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from sentinel.model.command import Acknowledge, Cancel, Dismiss, EditDraft, Hold, Note, Reopen
from sentinel.model.notice import NoticeState
from sentinel.run import public as told
from sentinel.serve.assets import packaged
from sentinel.serve.pages import Pages
from sentinel.serve.status.draw import Drawn, draw
from sentinel.store import notices
from tests.run.world import CARD, MINUTE, PAY, SECOND, House
from tests.serve.real import hub_of

SECRETS = ("Okafor", "northwind.example", "127.0.0.1", "card-form", "cs-slack", "Maria", "Lena", "Omar", "PLANTED")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def public(house: House) -> str:
    """Every byte that anybody may fetch."""
    return "\n".join(each.body.decode() for each in copies(house).values())


def copies(house: House) -> dict[str, Drawn]:
    state = house.read(lambda c: told.state(c, house.world, house.store.epoch, house.now))
    pages = Pages(hub_of(house), lambda: house.now, packaged())

    def render(template: str, **given: Any) -> bytes:
        return bytes(pages.render(template, **given).body)

    return dict(draw(house.world.installation, state, render, stale=False))


@dataclass
class Plant:
    """Puts a mark of its own into the page form of every draft that waits."""

    house: House
    planted: int = 0

    def plant(self) -> None:
        for draft in self.house.drafts():
            body = next(each for each in draft.bodies if each.language == "en")
            if "Kingfisher" not in body.page:
                self.planted += 1
                forms = {"page": f"{body.page}\n\nKingfisher{self.planted:03}."}
                self.house.say(EditDraft(notice=draft.notice, version=draft.version, language="en", forms=forms))

    def out(self) -> set[str]:
        """The marks that may be read: of notices that are approved and whose gate has opened."""
        found: set[str] = set()
        for notice in self.house.notices():
            stored = self.house.read(partial(_approved, notice=notice.id))
            is_out = notice.release_at is not None and notice.release_at <= self.house.now
            if stored is not None and is_out and notice.state is NoticeState.APPROVED:
                found |= {f"Kingfisher{n:03}" for n in range(self.planted + 1) if f"Kingfisher{n:03}" in stored}
        return found


def _approved(c: Connection, notice: int) -> str | None:
    found = notices.approval_of(c, notice)
    return None if found is None else " ".join(body.page for body in found[0].bodies)


def test_a_drafts_words_appear_only_when_they_have_gone_out(house: House) -> None:
    house.breaks(CARD, PAY)
    house.run(2 * MINUTE)
    plant = Plant(house)
    plant.plant()
    assert plant.planted == 1
    assert "Kingfisher" not in public(house)
    house.approve(desk_knows=True)
    assert "Kingfisher" not in public(house), "approved, and it can still be taken back"
    house.now += 61 * SECOND
    assert "Kingfisher001" in public(house)


def test_what_was_taken_back_never_appears(house: House) -> None:
    house.breaks(CARD, PAY)
    house.run(2 * MINUTE)
    Plant(house).plant()
    notice = house.approve(desk_knows=True)
    house.done(Cancel(notice=notice.id, why="Not yet."))
    house.now += 5 * MINUTE
    assert "Kingfisher" not in public(house)


def test_while_customers_work_is_held_no_new_words_appear(house: House) -> None:
    house.breaks(CARD, PAY)
    house.run(2 * MINUTE)
    Plant(house).plant()
    house.approve(desk_knows=True)
    house.done(Hold(on=True, why="We look again."))
    house.now += 5 * MINUTE
    assert "Kingfisher" not in public(house)
    house.done(Hold(on=False, why="It is right."))
    assert "Kingfisher" in public(house)


def test_words_that_had_gone_out_before_the_hold_stay(house: House) -> None:
    house.breaks(CARD, PAY)
    house.run(2 * MINUTE)
    Plant(house).plant()
    house.tell()
    house.done(Hold(on=True, why="We look again."))
    assert "Kingfisher" in public(house)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_only_released_words_are_public(house: House, seed: int) -> None:
    """A random walk over what checks and people do; after each step the public bytes are searched for every mark."""
    chance = random.Random(seed)
    plant = Plant(house)
    steps: dict[str, Callable[[], object]] = {
        "break": lambda: house.breaks(*chance.sample([CARD, PAY], chance.randint(1, 2))),
        "heal": lambda: house.heals(CARD, PAY),
        "wait": lambda: house.run(chance.choice([1, 3, 12]) * MINUTE),
        "plant": plant.plant,
        "approve": lambda: house.drafts() and house.say(house.approval(desk_knows=chance.random() < 0.5)),
        "cancel": lambda: [house.say(Cancel(notice=n.id, why="No.")) for n in house.notices() if chance.random() < 0.2],
        "acknowledge": lambda: house.say(Acknowledge(incident=1)),
        "note": lambda: house.say(Note(incident=1, text="PLANTED in a note")),
        "dismiss": lambda: chance.random() < 0.3 and house.say(Dismiss(incident=1, reason="PLANTED in a reason")),
        "reopen": lambda: house.say(Reopen(incident=1, why="PLANTED in a why")),
        "hold": lambda: house.say(Hold(on=chance.random() < 0.5, why="PLANTED in a hold")),
    }
    house.breaks(CARD, PAY)
    for _ in range(14):
        steps[chance.choice(list(steps))]()
        plant.plant()
        text = public(house)
        shown = {f"Kingfisher{n:03}" for n in range(1, plant.planted + 1) if f"Kingfisher{n:03}" in text}
        assert shown <= plant.out()
        assert not [secret for secret in SECRETS if secret in text.replace("http://127.0.0.1:8099", "")]


def test_a_resend_of_the_bytes_is_the_same(house: House) -> None:
    house.breaks(CARD, PAY)
    house.tell()
    first, second = copies(house), copies(house)
    assert {name: each.body for name, each in first.items()} == {name: each.body for name, each in second.items()}
    assert gzip.decompress(gzip.compress(first["api/summary.json"].body)) == second["api/summary.json"].body
