"""From the first version to this one: nothing lost, never half, and old and new side by side where that is safe."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, insert, inspect, select, update

from sentinel.model.process import Process
from sentinel.store import postgres, processes, sqlite, tables
from sentinel.store.database import Store
from sentinel.store.migrate import Standing, migrate, standing
from sentinel.store.migrations.first import metadata as first
from sentinel.store.schema import OLDEST_READER, SCHEMA, StoreTaken, StoreTooNew, StoreTooOld
from tests.postgres import Server

from .conftest import Where
from .old import content, fill, make_old

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NEXT = '''"""One more column and table."""
import os, signal
from alembic import op
from sqlalchemy import Column, Integer, Text
revision, down_revision, schema, reader = "0009", "0008", {schema}, {reader}
def upgrade():
    op.add_column("delivery", Column("mood", Text))
    {middle}
    op.create_table("weather", Column("id", Integer, primary_key=True), Column("sky", Text))
'''


@contextmanager
def engine_of(where: Where) -> Iterator[Engine]:
    engine = postgres.open_engine(where.database) if where.database else sqlite.open_engine(where.path)
    try:
        yield engine
    finally:
        engine.dispose()


def ask(where: Where, query: Callable[[Connection], Any]) -> Any:
    with engine_of(where) as engine, engine.begin() as c:
        return query(c)


def bring(where: Where, more: Path | None = None) -> Standing:
    return migrate(where.path, where.database, now=NOW, tell=lambda _: None, more=more)


def following(folder: Path, reader: int, middle: str = "pass") -> Path:
    """A folder with the migration that comes after ours."""
    folder.mkdir(exist_ok=True)
    # Python takes a file for the one that it compiled if it is as long and was written in the same second.
    (folder / "v0009_more.py").write_text(NEXT.format(schema=SCHEMA + 1, reader=reader, middle=middle) + "#" * reader)
    return folder


def shape(c: Connection) -> dict[str, Any]:
    """Everything that a database knows of its tables, but the order of columns."""
    seen = inspect(c)

    def index(each: Any) -> Any:
        options = {name: str(value) for name, value in each.get("dialect_options", {}).items()}
        return each["name"], tuple(each["column_names"]), str(options)

    return {
        name: (
            {column["name"]: (str(column["type"]), column["nullable"], column["default"]) for column in seen.get_columns(name)},
            seen.get_pk_constraint(name)["constrained_columns"],
            sorted(tuple(each["column_names"]) for each in seen.get_unique_constraints(name)),
            sorted(index(each) for each in seen.get_indexes(name)),
        )
        for name in sorted(seen.get_table_names())
    }


def program(c: Connection) -> list[Any]:
    """Triggers, and which tables never use a number twice."""
    if c.dialect.name == "sqlite":
        rows = c.exec_driver_sql("select name, sql from sqlite_master where type in ('table', 'trigger') order by name").all()
        return [row.name if "TABLE" in row.sql else row.sql for row in rows if "AUTOINC" in row.sql or "rigger" in row.sql]
    return list(c.exec_driver_sql("select tgname::text from pg_trigger where not tgisinternal order by 1").scalars())


def test_a_store_brought_forward_is_the_one_that_is_made_new(where: Where, pg: Server, tmp_path: Path) -> None:
    make_old(where)
    bring(where)
    database = pg.url_of(pg.new_database()) if where.database else ""
    fresh = Where(path=tmp_path / "fresh.db", database=database)
    fresh.open().close()
    assert ask(where, shape) == ask(fresh, shape)
    assert ask(where, program) == ask(fresh, program)
    for each in (where, fresh):
        assert ask(each, lambda c: compare_metadata(MigrationContext.configure(c), tables.metadata)) == []


def test_what_the_old_store_held_is_held_unchanged_and_the_store_works(where: Where) -> None:
    make_old(where)
    before = ask(where, content)
    assert [step.schema for step in bring(where).steps] == list(range(3, SCHEMA + 1))
    assert ask(where, content) == before
    with closing(where.open()) as opened:
        kept = opened.read(lambda c: c.execute(select(tables.installation)).one())
        assert (kept.schema, kept.reader, kept.key) == (SCHEMA, OLDEST_READER, None)
        assert add(opened, 1000) > max(row[0] for row in before["delivery"])


def add(store: Store, number: int) -> int:
    """The id of a new row of the ledger."""
    row = insert(tables.delivery).values(**_delivery(number)).returning(tables.delivery.c.id)
    made: int = store.writer.submit(lambda c: c.execute(row).scalar_one()).result(10)
    return made


def _delivery(number: int) -> dict[str, Any]:
    words = {name: f"{name}{number}" for name in ("lane", "subject", "step", "person", "name", "address")}
    at = {"due_at": NOW, "made_at": NOW, "state": "queued", "zone": "UTC", "language": "en", "channel": "email"}
    return {"notice": number, "episode": 1, **words, **at}


def test_an_older_store_is_refused_with_the_command_to_run_and_left_as_it_is(where: Where) -> None:
    make_old(where)
    before = ask(where, shape)
    with pytest.raises(StoreTooOld, match="sentinel migrate"):
        where.open()
    assert ask(where, shape) == before
    bring(where)
    where.open().close()


def test_asking_what_is_to_be_done_changes_nothing(where: Where) -> None:
    make_old(where)
    before = ask(where, shape)
    asked = standing(where.path, where.database)
    assert (asked.schema, [step.revision for step in asked.steps]) == (
        2,
        ["0002", "0003", "0004", "0005", "0006", "0007", "0008"],
    )
    assert ask(where, shape) == before
    bring(where)
    assert standing(where.path, where.database).steps == []
    assert bring(where).steps == []


def test_where_there_is_no_store_there_is_nothing_to_bring_forward(where: Where) -> None:
    assert bring(where) == Standing(schema=None, steps=())
    assert standing(where.path, where.database).schema is None


@pytest.mark.parametrize(("schema", "trouble"), [(1, StoreTooOld), (99, StoreTooNew)])
def test_a_store_from_before_or_after_all_migrations_is_refused(where: Where, schema: int, trouble: type[Exception]) -> None:
    make_old(where)
    ask(where, lambda c: c.execute(update(first.tables["installation"]).values(schema=schema)))
    with pytest.raises(trouble):
        bring(where)


def test_a_sqlite_store_is_copied_first_and_never_while_its_hub_runs(tmp_path: Path) -> None:
    where = Where(path=tmp_path / "sentinel.db")
    make_old(where)
    before = ask(where, content)
    bring(where)
    copy = Where(path=tmp_path / "sentinel.db.schema-2")
    assert copy.path.stat().st_mode & 0o077 == 0
    assert ask(copy, content) == before
    assert standing(copy.path).schema == 2
    with closing(where.open()), pytest.raises(StoreTaken, match="in use by another hub"):
        bring(where, following(tmp_path / "more", reader=3))


def test_f10_killed_in_the_middle_of_a_step_it_is_the_old_schema_and_goes_on_from_there(where: Where, tmp_path: Path) -> None:
    """F10: never half."""
    make_old(where)
    bring(where)
    before, held = ask(where, shape), ask(where, content)
    more = following(tmp_path / "more", reader=3, middle="os.kill(os.getpid(), signal.SIGKILL)")
    assert run_child(where, more).returncode == -signal.SIGKILL
    assert ask(where, shape) == before
    following(more, reader=3)
    assert [step.revision for step in bring(where, more).steps] == ["0009"]
    assert ask(where, content) == held
    assert "weather" in ask(where, lambda c: inspect(c).get_table_names())


def run_child(where: Where, more: Path | str = "", *before: str) -> subprocess.CompletedProcess[bytes]:
    """`migrate` in a process of its own, so that it can be killed."""
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC; from sentinel.store.migrate import migrate;"
        " path, database, more = sys.argv[1:];"
        " migrate(Path(path), database, now=datetime(2026, 11, 22, tzinfo=UTC), tell=print, more=Path(more) if more else None)"
    )
    return subprocess.run([*before, sys.executable, "-c", code, where.path, where.database, more], capture_output=True)


@pytest.mark.timeout(600)
def test_f10_killed_at_each_sync_it_is_the_old_or_the_new_store_and_never_half(tmp_path: Path) -> None:
    """F10: SIGKILL at the N-th sync, for each N until it comes through."""
    ends: list[int] = []
    old = Where(path=tmp_path / "old" / "sentinel.db")
    make_old(old)
    held = ask(old, content)
    for number in range(1, 40):
        where = Where(path=tmp_path / str(number) / "sentinel.db")
        shutil.copytree(old.path.parent, where.path.parent)
        trace = ("strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync,fsync")
        kill = ("-e", f"inject=fdatasync,fsync:signal=SIGKILL:when={number}")
        done = run_child(where, "", *trace, *kill)
        at = standing(where.path).schema or 0
        ends.append(at)
        assert ask(where, content) == held
        assert at in range(2, SCHEMA + 1)
        bring(where)
        where.open().close()
        assert ask(where, content) == held
        if done.returncode == 0:
            break
    assert ends[0] == 2
    assert ends[-1] == SCHEMA
    assert ends == sorted(ends)
    assert len(ends) > 3, "it synced that often"


def test_f47_hubs_of_this_version_go_on_working_on_a_store_that_the_next_only_added_to(where: Where, tmp_path: Path) -> None:
    """F47: version N-1 beside N."""
    with closing(where.open()) as opened:
        add(opened, 1)
    bring(where, following(tmp_path / "more", reader=SCHEMA))
    with closing(where.open()) as opened:
        add(opened, 2)
        rows = select(tables.delivery.c.notice).order_by(tables.delivery.c.id)
        assert opened.read(lambda c: c.execute(rows).scalars().all()) == [1, 2]


def test_f47_a_store_that_this_version_would_misread_is_refused(where: Where, tmp_path: Path) -> None:
    """F47: the gate."""
    where.open().close()
    bring(where, following(tmp_path / "more", reader=SCHEMA + 1))
    before = ask(where, shape)
    with pytest.raises(StoreTooNew, match="install the newer version"):
        where.open()
    assert ask(where, shape) == before


def test_f47_what_the_first_version_inserts_is_taken_by_the_tables_of_this_one(where: Where) -> None:
    """F47: every new column has something to stand for what an older one does not know."""
    make_old(where)
    bring(where)
    for table in first.sorted_tables:
        if table.name != "installation":
            ask(where, partial(fill, table=table, numbers=range(1001, 1004)))


def test_f47_a_step_that_hubs_at_work_would_misread_waits_until_they_are_gone(pg: Server, tmp_path: Path) -> None:
    """F47: on PostgreSQL hubs may run meanwhile."""
    where = Where(path=tmp_path / "sentinel", database=pg.url_of(pg.new_database()))
    worker = Process(
        id="w", kind="worker", host="desk-2", pid=77, version="0.1", schema=SCHEMA, place="", lanes=(), started_at=NOW,
        seen_at=NOW,
    )  # fmt: skip
    with closing(where.open()) as opened:
        opened.writer.submit(lambda c: processes.beat(c, worker, NOW)).result(10)
        more = following(tmp_path / "more", reader=SCHEMA + 1)
        with pytest.raises(StoreTaken, match=r"worker on desk-2 \(process 77\)"):
            bring(where, more)
        following(more, reader=SCHEMA)
        assert bring(where, more).steps
        assert opened.read(lambda c: c.execute(select(tables.process.c.host)).scalars().all()) == ["desk-2"]


def before_claims(where: Where) -> None:
    """A store of schema 8, as far as it matters here."""
    where.open().close()
    ask(where, lambda c: c.exec_driver_sql("drop index to_claim"))
    ask(where, lambda c: c.exec_driver_sql("update alembic_version set version_num = '0007'"))
    ask(where, lambda c: c.execute(update(tables.installation).values(schema=8)))


def is_whole(where: Where) -> bool:
    valid = "select indisvalid from pg_index where indexrelid = 'to_claim'::regclass"
    return bool(ask(where, lambda c: c.exec_driver_sql(valid).scalar_one()))


def test_f47_the_ledger_takes_rows_while_its_index_is_built(pg: Server, tmp_path: Path) -> None:
    """F47: the upgrade of a large ledger has no gap. Held up by who wrote before, the build holds up nobody else."""
    where = Where(path=tmp_path / "sentinel", database=pg.url_of(pg.new_database()))
    before_claims(where)
    building = "select 1 from pg_stat_activity where query ^@ 'CREATE INDEX CONC' and wait_event_type = 'Lock'"
    with engine_of(where) as engine, engine.connect() as earlier:
        earlier.execute(insert(tables.delivery).values(**_delivery(1)))
        migrating = threading.Thread(target=bring, args=(where,))
        migrating.start()
        until = monotonic() + 60
        while not ask(where, lambda c: c.exec_driver_sql(building).all()):
            assert monotonic() < until
            assert migrating.is_alive()
        ask(where, lambda c: c.execute(insert(tables.delivery).values(**_delivery(2))))
        assert standing(where.path, where.database).schema == 8
        earlier.commit()
        migrating.join(60)
    assert standing(where.path, where.database) == Standing(schema=SCHEMA, steps=[])
    assert is_whole(where)
    where.open().close()


@pytest.mark.parametrize("left", ["broken off", "built, and nobody said so"])
def test_an_index_that_was_begun_is_built_anew_and_one_that_is_whole_is_taken(pg: Server, tmp_path: Path, left: str) -> None:
    where = Where(path=tmp_path / "sentinel", database=pg.url_of(pg.new_database()))
    before_claims(where)
    (index,) = [each for each in tables.delivery.indexes if each.name == "to_claim"]
    ask(where, index.create)
    number = "select 'to_claim'::regclass::oid::bigint"
    was = ask(where, lambda c: c.exec_driver_sql(number).scalar_one())
    if left == "broken off":
        broken = f"update pg_index set indisvalid = false, indisready = false where indexrelid = {was}"
        ask(where, lambda c: c.exec_driver_sql(broken))
    bring(where)
    assert is_whole(where)
    assert (ask(where, lambda c: c.exec_driver_sql(number).scalar_one()) == was) is (left != "broken off")
    assert ask(where, lambda c: compare_metadata(MigrationContext.configure(c), tables.metadata)) == []


def test_two_hubs_that_start_at_once_make_the_tables_once(pg: Server, tmp_path: Path) -> None:
    database = pg.url_of(pg.new_database())
    opened: list[Store] = []
    hubs = [threading.Thread(target=lambda n=n: opened.append(Store.open(tmp_path / f"hub{n}", database))) for n in range(4)]
    for hub in hubs:
        hub.start()
    for hub in hubs:
        hub.join(30)
    assert [store.epoch for store in opened] == [1] * 4
    for store in opened:
        store.close()


def test_two_who_migrate_at_once_take_each_step_once(pg: Server, tmp_path: Path) -> None:
    where = Where(path=tmp_path / "sentinel", database=pg.url_of(pg.new_database()))
    make_old(where)
    children = [threading.Thread(target=run_child, args=(where,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert standing(where.path, where.database) == Standing(schema=SCHEMA, steps=[])
    where.open().close()
