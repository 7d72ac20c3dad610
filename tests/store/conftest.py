"""The store on both databases: every test that takes `where` or `store` runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from sentinel.store.database import Store
from tests.postgres import Server, shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Where a store lies. `database` is empty for the SQLite file at `path`."""

    path: Path
    database: str = ""

    def open(self) -> Store:
        return Store.open(self.path, self.database)


@pytest.fixture(scope="session")
def pg() -> Server:
    return shared()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """A place for a store that nobody has made yet."""
    if request.param == "sqlite":
        return Where(path=tmp_path / "sentinel.db")
    running: Server = request.getfixturevalue("pg")
    return Where(path=tmp_path / "sentinel", database=running.url_of(running.new_database()))


@pytest.fixture(params=["sqlite", "postgresql"])
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """A place for a store whose tables are there already, where that saves time."""
    if request.param == "sqlite":
        return Where(path=tmp_path / "sentinel.db")
    running: Server = request.getfixturevalue("pg")
    return Where(path=tmp_path / "sentinel", database=running.new_store())


@pytest.fixture
def store(ready: Where) -> Iterator[Store]:
    with closing(ready.open()) as opened:
        yield opened
