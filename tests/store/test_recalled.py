"""What a process recalls of detectors, beside another one that writes at the same place."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection

from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis
from sentinel.store import installations, memory, recalled, watching
from sentinel.store.database import Store
from sentinel.store.memory import Memory
from tests import postgres
from tests.store.conftest import Where

NOW: Final = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PLACE, CHECK = "head-office", "payments.card-form"


def takes(store: Store, count: int, said: str) -> None:
    """So many samples by one process, each of which changes what may wait."""
    for number in range(count):
        store.writer.submit(partial(_one, kept=f"{said}{number}")).result()


def _one(c: Connection, kept: str) -> None:
    held = Memory(c, [CHECK], PLACE)
    held.keep(CHECK, {"budget": Hysteresis(kept=kept)}, ())
    held.show(Observation(check=CHECK, place=PLACE, at=NOW, verdict=Verdict.UP, sample=SampleKind.SCHEDULED), "up", NOW, "")
    held.write(NOW)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two hubs on one store. (On one SQLite file the second is refused.)"""
    database = postgres.shared().new_store()
    with (
        closing(Where(path=tmp_path / "a", database=database).open()) as one,
        closing(Where(path=tmp_path / "b", database=database).open()) as other,
    ):
        yield one, other


def test_a_hub_that_ends_leaves_what_another_recalls_since(two: tuple[Store, Store]) -> None:
    one, other = two
    takes(one, 30, "a")
    takes(other, 30, "b")
    known = other.read(lambda c: recalled.recall(c, PLACE))
    assert known.waiting
    one.writer.submit(memory.flush).result()
    assert other.read(lambda c: recalled.recall(c, PLACE)) is known


def test_a_hub_that_ends_writes_nothing_over_a_round_under_way(two: tuple[Store, Store]) -> None:
    one, other = two
    takes(one, 30, "a")

    def a_round(c: Connection) -> Future[None]:
        installations.guard(c)
        _one(c, "b")
        ending = one.writer.submit(memory.flush)
        with pytest.raises(TimeoutError):
            ending.result(0.3)
        return ending

    other.writer.submit(a_round).result().result(60)
    held = other.read(lambda c: watching.hysteresis_of(c, CHECK, PLACE))
    assert held["budget"].kept == "b"


def test_nothing_is_recalled_of_what_is_watched_no_more(store: Store) -> None:
    takes(store, 3, "a")
    store.writer.submit(lambda c: watching.forget(c, {}, NOW + timedelta(days=1))).result()
    assert not recalled._KNOWN[store.engine]
