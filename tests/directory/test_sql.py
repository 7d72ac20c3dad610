"""Customers in a database, SQLite and a real PostgreSQL alike: bound, read-only, bounded in time, and silent about rows."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from sentinel.directory.rows import RowError, Unread
from sentinel.directory.sql import read
from sentinel.model.audience import Question, SqlSource
from sentinel.model.person import Found, Purpose
from sentinel.model.secret import Secret

from .postgres import postgres

BEGAN = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
QUESTION = Question(began_at=BEGAN, now=BEGAN + timedelta(minutes=5), places=("madrid", "o'hare"), services=("payments",))
TABLE = """
create table customer (
  id integer primary key, name text, email text, phone text, language text, zone text, consent boolean,
  segment text, place text, paid_at timestamp
)
"""
ROWS = """
insert into customer values
  (1, 'Ana Ortiz', 'Ana@X.example', '+34 600 123 456', 'es', 'Europe/Madrid', true, 'payers', 'madrid', '2026-11-22 10:06:00'),
  (2, 'Bo', null, null, null, null, true, 'payers', 'o''hare', '2026-11-22 10:04:59'),
  (3, 'Cy', 'cy@x.example', null, 'en', 'UTC', false, 'quoting', 'lima', '2026-11-22 10:07:00'),
  (4, 'Di', 'di at x.example', null, 'en', 'UTC', true, 'payers', 'lima', '2026-11-22 10:05:00')
"""
COLUMNS = "select id, name, email, phone, language, zone, consent from customer"
All = list[Found | RowError | Unread]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        engine = create_engine(url)
        with engine.begin() as c:
            c.exec_driver_sql(TABLE.replace("timestamp", "timestamptz"))
            c.exec_driver_sql("set time zone 'UTC'")
            c.exec_driver_sql(ROWS)
            c.exec_driver_sql("alter role sentinel set timezone = 'Asia/Tokyo'")  # whatever the server's habit is
        engine.dispose()
        yield url


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("customers") / "customers.db"
    with sqlite3.connect(path) as made:
        made.executescript(TABLE + ";" + ROWS)
    made.close()
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("file" if request.param == "sqlite" else "server"))


def asked(url: str, query: str, segment: str | None = None, seconds: float = 30) -> All:
    source = SqlSource(url=Secret(url), query=query, timeout=timedelta(seconds=seconds))
    return list(read(source, segment, QUESTION, "payers"))


def ids(found: All) -> list[str]:
    return [each.id for each in found if isinstance(each, Found)]


def unread(found: All) -> str:
    (only,) = found
    assert isinstance(only, Unread)
    return str(only)


def test_a_row_becomes_a_person(url: str) -> None:
    (found,) = asked(url, f"{COLUMNS} where id = 1")
    assert found == Found(
        id="1",
        name="Ana Ortiz",
        addresses={"email": "ana@x.example", "sms": "+34600123456"},
        language="es",
        zone="Europe/Madrid",
        consents=frozenset(Purpose),
        where="payers:1",
    )


def test_what_is_empty_is_empty_and_what_is_wrong_is_said(url: str) -> None:
    bo, cy, wrong, di = asked(url, f"{COLUMNS} where id > 1 order by id")
    assert isinstance(bo, Found)
    assert (bo.addresses, bo.language, bo.zone) == ({}, "", "")
    assert isinstance(cy, Found)
    assert cy.consents == frozenset()
    assert str(wrong).startswith("payers:3: column email: an address has exactly one @")
    assert isinstance(di, Found)
    assert di.bad == {"email"}


def test_began_at_is_an_instant_whatever_the_zone_of_the_session(url: str) -> None:
    assert ids(asked(url, f"{COLUMNS} where paid_at >= :began_at and paid_at <= :now order by id")) == ["1", "3", "4"]


def test_lists_and_segments_are_bound_and_never_written_into_the_text(url: str) -> None:
    assert ids(asked(url, f"{COLUMNS} where place in :places order by id")) == ["1", "2"]
    assert ids(asked(url, f"{COLUMNS} where segment = :segment", "' or 1=1 --")) == []
    assert ids(asked(url, f"{COLUMNS} where segment = :segment", "quoting")) == ["3"]


def test_a_list_of_nothing_names_nobody(url: str) -> None:
    source = SqlSource(url=Secret(url), query=f"{COLUMNS} where place in :places", timeout=timedelta(seconds=9))
    assert list(read(source, None, Question(began_at=BEGAN, now=BEGAN), "payers")) == []


def test_a_segment_that_the_query_does_not_ask_for_picks_by_its_column(url: str) -> None:
    query = "select id, name, email, 'yes' as consent, segment as segments from customer order by id"
    assert ids(asked(url, query, "payers")) == ["1", "2", "4"]
    assert "the query gives no column segments" in unread(asked(url, COLUMNS, "payers"))


def test_a_query_without_consent_is_not_taken_for_consent(url: str) -> None:
    assert unread(asked(url, "select id, name, email from customer")) == (
        "payers: the query gives no column consent, name it, such as `'yes' as consent`"
    )


@pytest.mark.parametrize("query", ["delete from customer", "update customer set consent = true", "create table more (id int)"])
def test_nothing_can_be_written(url: str, query: str) -> None:
    """Even what the check at load would never have let through."""
    assert "the database gave no answer" in unread(asked(url, query))
    assert len(ids(asked(url, COLUMNS))) == 4


def test_a_query_that_takes_too_long_is_ended(url: str) -> None:
    counting = "with recursive n(i) as (select 1 union all select i + 1 from n) select i as id, '' as name, '' as email"
    forever = f"{COLUMNS} where pg_sleep(20) is null"
    if url.startswith("sqlite"):
        forever = f"{counting}, 'no' as consent from n where i < 0"
    assert "the database gave no answer (" in unread(asked(url, forever, seconds=0.3))


def test_a_slow_reader_is_ended_too(server: str) -> None:
    many = "select i as id, 'N' as name, '' as email, 'no' as consent from generate_series(1, 2000000) i"
    *some, last = asked(server, many, seconds=0.5)
    assert isinstance(last, Unread)
    assert len(some) < 2_000_000


def test_what_does_not_exist_is_said_and_not_made(tmp_path: Path) -> None:
    assert "OperationalError: unable to open database file" in unread(asked(f"sqlite:///{tmp_path}/none.db", COLUMNS))
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_query_is_said(url: str) -> None:
    said = unread(asked(url, "select id from nowhere"))
    assert "nowhere" in said
    assert said.endswith("see to the database or the query")


def test_what_the_database_says_of_rows_is_not_repeated(server: str) -> None:
    said = unread(asked(server, f"{COLUMNS} where cast(email as integer) = 1"))
    assert "InvalidTextRepresentation" in said
    assert "example" not in said


def test_a_cell_that_is_no_text_is_not_repeated(file: str) -> None:
    odd = "select 9, cast(x'ff' || 'di at x.example' as text), 1, 1, 1, 1, 1"
    *_, last = asked(file, f"{COLUMNS} where id = 2 union all {odd}")
    said = unread([last])
    assert "Could not decode to UTF-8" in said
    assert "example" not in said


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://sentinel:hunter2@127.0.0.1:1/none", "nonsense", "oracle+none://x:hunter2@y"]
)
def test_no_password_is_ever_said(url: str) -> None:
    assert "hunter2" not in unread(asked(url, COLUMNS))


def test_a_hundred_thousand_rows_are_streamed(url: str) -> None:
    number = (
        "generate_series(1, 100000)"
        if url.startswith("postgresql")
        else "(with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) select i from n)"
    )
    many = f"select i as id, 'Ana Ortiz' as name, 'a' || i || '@x.example' as email, 'yes' as consent from {number} as n(i)"
    if url.startswith("sqlite"):
        many = many.replace(" as n(i)", "")
    source = SqlSource(url=Secret(url), query=many, timeout=timedelta(seconds=60))
    asked(url, f"{COLUMNS} where id = 1")  # so that what is imported once is not counted
    tracemalloc.start()
    count = sum(1 for each in read(source, None, QUESTION, "payers") if isinstance(each, Found))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 4_000_000
