"""The ways of carrying wake-ups, each over a database of its own: what the conformance suite runs on, here and in children."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlalchemy import text

from sentinel.run.engine import postgres as carried
from sentinel.run.engine.embedded import Embedded
from sentinel.run.engine.port import Engine
from sentinel.store import postgres, sqlite

SHARED = ("postgresql", "procrastinate")
WAYS = ("sqlite", *SHARED)
"""Embedded on both databases, and procrastinate."""
STALLED = 2.0
ONCE = text("update thing set by = :name where id = :id and by is null")


@dataclass(frozen=True, kw_only=True)
class Way:
    """`where`: a path or a URL. `travels`: a wake-up reaches other processes; else their poll finds what is to be done."""

    name: str
    where: str

    @property
    def travels(self) -> bool:
        return self.name == "procrastinate"

    @property
    def is_shared(self) -> bool:
        return self.name != "sqlite"

    @property
    def poll(self) -> float:
        """So long that nothing is done by it, where wake-ups travel."""
        return 3600.0 if self.travels else 0.2

    @contextmanager
    def database(self) -> Iterator[Database]:
        made = postgres.open_engine(self.where) if self.is_shared else sqlite.open_engine(Path(self.where))
        try:
            with made.begin() as c:
                c.execute(text("create table if not exists thing (id integer primary key, by varchar(40))"))
            yield made
        finally:
            made.dispose()

    def engine(self, database: Database) -> Engine:
        dice = random.Random(7)
        if not self.travels:
            return Embedded(database, dice)
        carried.prepare(database)
        return carried.Postgres(database, dice, stalled=STALLED)
