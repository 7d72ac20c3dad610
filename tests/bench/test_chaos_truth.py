"""What lay on disk is read from a real store, beside its writer, and bugs are planted where the product has something."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench.chaos import truth
from bench.chaos.planted import BUGS
from bench.chaos.stand import ROOT
from bench.chaos.trap import Trap, to_customers
from sqlalchemy import insert, update

from sentinel.demo.mishap import DROP, Moment, Step
from sentinel.store import tables
from sentinel.store.database import Store

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "sentinel.db")
    yield opened
    opened.close()


def test_rows_are_read_as_they_lie_beside_the_writer(store: Store) -> None:
    row = {
        "notice": 1, "lane": "customers", "channel": "email", "subject": "incident:1", "episode": 1, "step": "opened",
        "person": "p1", "name": "Ana", "address": "Ana@example.com", "language": "es", "zone": "UTC", "state": "queued",
        "due_at": NOW, "made_at": NOW,
    }  # fmt: skip
    store.writer.submit(lambda c: c.execute(insert(tables.delivery), [row])).result()
    assert not truth.has_claimed_customers(store.path)
    found = truth.read(store.path, broken=True)
    assert (found.counts, found.state_of("ana@EXAMPLE.com"), found.is_at_rest) == ({"queued": 1}, "queued", False)
    store.writer.submit(lambda c: c.execute(update(tables.delivery).values(state="claimed"))).result()
    assert truth.has_claimed_customers(store.path)
    assert truth.read(store.path).counts == {"claimed": 1}


def test_an_empty_store_is_at_rest_and_not_on_hold(store: Store) -> None:
    found = truth.read(store.path)
    assert found.is_at_rest
    assert [found.on_hold, found.is_approved, found.incidents] == [False, False, {}]


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_planted_bug_still_has_something_to_replace(bug: str) -> None:
    """Else it would plant nothing, and the harness would be proved by a hub that is well."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.chaos.planted", bug, "--version"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "sentinel" in ran.stdout


async def test_a_trap_kills_once_at_its_step_and_lets_all_else_pass() -> None:
    struck: list[int] = []
    trap = Trap(lambda: struck.append(1), to_customers(Step.RCPT, "desk@x.example", "s@x.example"), skip=1, then=DROP)

    async def at(step: Step, recipient: str) -> object:
        return await trap(Moment(step=step, session=1, about={"recipient": recipient}))

    assert await at(Step.RCPT, "desk@x.example") is None
    assert await at(Step.DATA, "a@x.example") is None
    assert await at(Step.RCPT, "a@x.example") is None
    assert not struck
    assert await at(Step.RCPT, "b@x.example") is DROP
    assert await at(Step.RCPT, "c@x.example") is None
    assert struck == [1]
    assert trap.sprung.is_set()
    assert trap.moment is not None
    assert trap.moment.about["recipient"] == "b@x.example"
