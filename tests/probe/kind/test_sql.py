"""The kind `sql` against a real PostgreSQL, a real SQLite file, and a server that speaks MySQL's protocol."""

import asyncio
import socket
import sqlite3
import ssl
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mysql_mimic import (  # type: ignore[import-untyped]  # it has no types
    IdentityProvider,
    MysqlServer,
    NativePasswordAuthPlugin,
    Session,
    User,
)
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.sql import Options
from sentinel.probe.sql.answer import Answer, as_facts
from tests.postgres import Server
from tests.probe.conftest import Authority
from tests.probe.kind.hostile import Conduct, close, closed_port, flood, says, serving, silent
from tests.probe.looked import sample

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PASSWORD = "horse-battery-17"
ACCESS = """
local all all trust
host all locked 127.0.0.1/32 scram-sha-256
host all clear 127.0.0.1/32 password
host all looker 127.0.0.1/32 trust
"""


class Postgres:
    """Where it is."""

    def __init__(self, port: int) -> None:
        self.port = port

    def asked(self, query: str, **more: Any) -> dict[str, Any]:
        return {
            "engine": "postgresql", "host": "127.0.0.1", "port": self.port, "user": "looker", "database": "postgres",
            "query": query, **more,
        }  # fmt: skip


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    port = closed_port()
    settings = ("listen_addresses=127.0.0.1", f"port={port}", "full_page_writes=off")
    server = Server(Path(tempfile.mkdtemp(prefix="sentinel-pg-")), settings)
    try:
        server.make()
        (server.data / "pg_hba.conf").write_text(ACCESS)
        server.start()
        with psycopg.connect(host=str(server.place), port=port, dbname="postgres", user="sentinel", autocommit=True) as admin:
            for user in ("looker", "locked", "clear"):
                admin.execute(f"CREATE USER {user} PASSWORD '{PASSWORD}'")
            admin.execute("CREATE TABLE payments (id int, at timestamptz, note text)")
            admin.execute("INSERT INTO payments SELECT n, now() - interval '1 hour', 'n' FROM generate_series(1, 3) n")
            admin.execute("CREATE TABLE hidden (id int)")
            admin.execute("GRANT ALL ON payments TO looker")
        yield Postgres(port)
    finally:
        server.end()


async def test_the_first_value_of_a_query_is_a_fact(postgres: Postgres) -> None:
    came = await sample("sql", postgres.asked("SELECT count(*) FROM payments"), up={"fact": {"value": {"at_least": 3}}})
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    assert (came.facts["value"], came.facts["text"], came.facts["rows"]) == (3, "3", 1)
    assert str(came.facts["version"]).startswith("PostgreSQL 1")
    assert {"login_ms", "query_ms", "total_ms", "ip"} <= came.facts.keys()


async def test_an_instant_has_an_age(postgres: Postgres) -> None:
    came = await sample("sql", postgres.asked("SELECT max(at) FROM payments"), up={"fact": {"age_s": {"below": 60}}})
    assert came.verdict is Verdict.DOWN
    assert 3600 <= float(came.facts["age_s"] or 0) < 3700
    assert came.reason.startswith("age_s is 36")


async def test_of_many_rows_a_thousand_are_fetched(postgres: Postgres) -> None:
    came = await sample("sql", postgres.asked("SELECT n FROM generate_series(7, 100000) n"))
    assert (came.verdict, came.facts["rows"], came.facts["value"]) == (Verdict.UP, 1000, 7)


@pytest.mark.parametrize(
    ("query", "verdict", "reason"),
    [
        ("SELECT * FROM nothing", Verdict.DOWN, 'the database refused the query: relation "nothing" does not exist'),
        ("SELECT * FROM hidden", Verdict.DOWN, "the database does not allow it: permission denied for table hidden"),
        ("SELECT pg_sleep(9)", Verdict.DOWN, "timed out after 0.7 s while waiting for the answer to the query"),
        ("SELECT repeat('x', 3000000)", Verdict.DOWN, "the answer to the query is larger than 1 MiB"),
        ("SELECT lo_create(0)", Verdict.UNKNOWN, "the query would change something, which a check must not"),
    ],
)
async def test_what_postgresql_refuses_is_said(postgres: Postgres, query: str, verdict: Verdict, reason: str) -> None:
    came = await sample("sql", postgres.asked(query), timeout=0.7 if "sleep" in query else 5.0)
    assert (came.verdict, came.reason) == (verdict, reason)


async def test_a_password_is_given_to_who_asks_well(postgres: Postgres) -> None:
    good = postgres.asked("SELECT 1", user="locked", password=Secret(PASSWORD))
    assert (await sample("sql", good)).verdict is Verdict.UP
    came = await sample("sql", {**good, "password": Secret("wrong-" + PASSWORD)})
    assert (came.verdict, came.reason) == (Verdict.DOWN, 'login refused: password authentication failed for user "locked"')
    came = await sample("sql", postgres.asked("SELECT 1", user="locked"))
    assert came.reason == "login refused: it asks for a password, and none is given"


async def test_a_password_does_not_go_out_unprotected(postgres: Postgres) -> None:
    came = await sample("sql", postgres.asked("SELECT 1", user="clear", password=Secret(PASSWORD)))
    assert came.reason == "the server wants the password unprotected, which it does not get: use `tls`"


def secured(context: ssl.SSLContext, port: int) -> Conduct:
    """A PostgreSQL that speaks TLS, in front of one whose build does not."""

    def conduct(client: socket.socket, ended: threading.Event) -> None:
        assert client.recv(8) == b"\0\0\0\x08\x04\xd2\x16\x2f", "it asks for TLS first"
        client.sendall(b"S")
        with (
            suppress(OSError),
            context.wrap_socket(client, server_side=True) as outer,
            socket.create_connection(("127.0.0.1", port)) as inner,
        ):
            back = threading.Thread(target=pump, args=(inner, outer))
            back.start()
            pump(outer, inner)
            inner.shutdown(socket.SHUT_RDWR)
            back.join()

    return conduct


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)


async def test_tls_is_verified(postgres: Postgres, authority: Authority) -> None:
    with serving(secured(authority.context("127.0.0.1"), postgres.port)) as port:
        asked = postgres.asked("SELECT 1", port=port, tls=True)
        assert (await sample("sql", {**asked, "ca": str(authority.path)})).verdict is Verdict.UP
        assert (await sample("sql", {**asked, "verify": False})).verdict is Verdict.UP
        came = await sample("sql", asked)
    assert came.reason == "the certificate is not valid: no authority that we trust vouches for it"
    with serving(secured(authority.context("localhost"), postgres.port)) as port:
        came = await sample("sql", {**asked, "port": port, "ca": str(authority.path)})
    assert came.reason == "the certificate is not for this host"
    came = await sample("sql", postgres.asked("SELECT 1", tls=True))
    assert came.reason == "the server offers no TLS"


async def test_a_database_that_is_not_there_is_named(postgres: Postgres) -> None:
    came = await sample("sql", postgres.asked("SELECT 1", database="quotes"))
    assert (came.verdict, came.reason) == (Verdict.DOWN, "there is no database quotes")


def let_in(then: Conduct) -> Conduct:
    """A PostgreSQL that asks for no password, and behaves so at the first query."""

    def conduct(client: socket.socket, ended: threading.Event) -> None:
        client.recv(65536)
        client.sendall(b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I")
        client.recv(65536)
        then(client, ended)

    return conduct


def one_vast_row(client: socket.socket, ended: threading.Event) -> None:
    client.sendall(b"T\0\0\0\x1a\0\x01a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\0\0\0\0\0\0" + b"D\x3f\xff\xff\xff\0\x01")
    flood(client, ended)


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (silent, "timed out after 0.5 s while waiting for the answer to the query"),
        (one_vast_row, "the answer to the query is larger than 1 MiB"),
        (close, "the connection was closed while waiting for the answer to the query"),
    ],
)
async def test_a_postgresql_that_lets_us_in_and_then_misbehaves_is_left(then: Conduct, reason: str) -> None:
    """Nobody waits for a farewell or a cancellation from it."""
    with serving(let_in(then)) as port:
        asked = {"engine": "postgresql", "host": "127.0.0.1", "port": port, "user": "looker", "query": "SELECT 1"}
        came = await sample("sql", asked, timeout=0.5 if then is silent else 5.0)
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)
    assert float(came.facts["total_ms"] or 0) < 2500


# SQLite


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "ledger.db") as made:
        made.execute("CREATE TABLE payments (id INTEGER, at TEXT)")
        made.execute("INSERT INTO payments VALUES (1, '2026-05-04T11:00:00Z'), (2, NULL)")
    made.close()
    return tmp_path


def of_file(folder: Path, query: str, file: str = "ledger.db") -> dict[str, Any]:
    return {"engine": "sqlite", "folder": str(folder), "file": file, "query": query}


async def test_a_file_is_asked(ledger: Path) -> None:
    came = await sample("sql", of_file(ledger, "SELECT count(*) FROM payments;"))
    assert (came.verdict, came.facts["value"], came.facts["rows"]) == (Verdict.UP, 2, 1)
    assert "age_s" in (await sample("sql", of_file(ledger, "SELECT max(at) FROM payments"))).facts


@pytest.mark.parametrize(
    ("query", "file", "verdict", "reason"),
    [
        ("SELECT * FROM gone", "ledger.db", Verdict.DOWN, "the database refused the query: no such table: gone"),
        ("SELECT 1", "gone.db", Verdict.DOWN, "there is no file gone.db"),
        ("SELECT 1", "../../../etc/passwd", Verdict.UNKNOWN, "the file ../../../etc/passwd is not below its folder"),
        ("SELECT id FROM payments", "noise.db", Verdict.DOWN, "the file noise.db is broken, or no SQLite database"),
        (
            "WITH gone AS (SELECT 1) DELETE FROM payments",
            "ledger.db",
            Verdict.UNKNOWN,
            "the query would do more than read its own file, which a check must not",
        ),
        (
            "SELECT file FROM pragma_database_list",
            "ledger.db",
            Verdict.UNKNOWN,
            "the query would do more than read its own file, which a check must not",
        ),
        ("SELECT zeroblob(900000000)", "ledger.db", Verdict.DOWN, "the database refused the query: string or blob too big"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            "ledger.db",
            Verdict.DOWN,
            "timed out after 0.5 s while waiting for the answer to the query",
        ),
    ],
)
async def test_what_sqlite_refuses_is_said(ledger: Path, query: str, file: str, verdict: Verdict, reason: str) -> None:
    (ledger / "noise.db").write_bytes(b"no database at all" * 100)
    came = await sample("sql", of_file(ledger, query, file), timeout=0.5 if "RECURSIVE" in query else 5.0)
    assert (came.verdict, came.reason) == (verdict, reason)
    with sqlite3.connect(ledger / "ledger.db") as left:
        assert left.execute("SELECT count(*) FROM payments").fetchone() == (2,)
    left.close()


async def test_a_link_does_not_lead_out_of_the_folder(ledger: Path, tmp_path: Path) -> None:
    (inner := tmp_path / "inner").mkdir()
    (inner / "ledger.db").symlink_to(ledger / "ledger.db")
    assert (await sample("sql", of_file(inner, "SELECT 1"))).reason == "the file ledger.db is not below its folder"


# MySQL


class _Books(Session):  # type: ignore[misc]  # it has no types
    """Answers as a small database would."""

    async def query(self, expression: Any, sql: str, attrs: Mapping[str, str]) -> Any:
        if "nothing" in sql:
            raise LookupError("Table 'books.nothing' doesn't exist")
        if "large" in sql:
            return ([("x" * 60000,)] * 500, ["text"])
        if "many" in sql:
            return ([(n,) for n in range(1500)], ["n"])
        return ([(3,)], ["n"])


class _Accounts(IdentityProvider):  # type: ignore[misc]  # it has no types
    def get_plugins(self) -> Any:
        return [NativePasswordAuthPlugin()]

    async def get_user(self, username: str) -> User | None:
        kept = NativePasswordAuthPlugin.create_auth_string(PASSWORD)
        return User(name="looker", auth_string=kept, auth_plugin="mysql_native_password") if username == "looker" else None


@asynccontextmanager
async def mysql() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # it minds that clients hang up on it
    others = asyncio.all_tasks()
    server = MysqlServer(session_factory=_Books, identity_provider=_Accounts())
    port = closed_port()
    await server.start_server(host="127.0.0.1", port=port)
    try:
        yield port
    finally:
        server.close()
        if talks := asyncio.all_tasks() - others:
            await asyncio.wait(talks, timeout=5)
        await server.wait_closed()
        loop.set_exception_handler(None)


def of_mysql(port: int, query: str, **more: Any) -> dict[str, Any]:
    return {
        "engine": "mysql", "host": "127.0.0.1", "port": port, "user": "looker", "password": Secret(PASSWORD), "query": query,
        **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "more", "verdict", "reason"),
    [
        ("SELECT count(*) FROM payments", {}, Verdict.UP, ""),
        ("SELECT n FROM many", {}, Verdict.UP, ""),
        ("SELECT n FROM nothing", {}, Verdict.DOWN, "the database refused the query: Table 'books.nothing' doesn't exist"),
        ("SELECT n FROM large", {}, Verdict.DOWN, "the answer is larger than 1 MiB, or not proper MySQL"),
        ("SELECT 1", {"password": Secret("wrong")}, Verdict.DOWN, "login refused for looker"),
        ("SELECT 1", {"tls": True}, Verdict.DOWN, "the server offers no TLS"),
    ],
)
async def test_what_mysql_answers(query: str, more: dict[str, Any], verdict: Verdict, reason: str) -> None:
    async with mysql() as port:
        came = await sample("sql", of_mysql(port, query, **more))
    assert (came.verdict, came.reason) == (verdict, reason)
    if "many" in query:
        assert came.facts["rows"] == 1000


GREETING = b"\x0a8.0.29\x00" + b"\x01\0\0\0" + b"12345678\x00" + b"\xff\xff\x21\x02\x00\xff\xdf\x15" + b"\0" * 10
GREETING += b"123456789012\x00mysql_native_password\x00"


def refusal(code: int, words: str) -> bytes:
    return b"\xff" + code.to_bytes(2, "little") + b"#HY000" + words.encode()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\xfemysql_clear_password\x00", "login refused: the server wants the password unprotected, which it does not get"),
        (refusal(1040, "Too many connections"), "the database takes no more connections"),
        (refusal(1049, "Unknown database 'quotes'"), "there is no database quotes"),
        (refusal(1142, "SELECT command denied"), "the database does not allow it: SELECT command denied"),
        (refusal(3024, "Query execution was interrupted"), "timed out after 2.0 s while waiting for the answer to the query"),
        (b"", "the answer is not proper MySQL"),
        (b"\xfb/etc/passwd", "the answer is not proper MySQL"),
    ],
)
async def test_what_mysql_says_in_the_middle_of_the_login(answer: bytes, reason: str) -> None:
    """Spoken by hand, for a server of ours cannot be made to say it."""
    frames = [len(said).to_bytes(3, "little") + bytes([number]) + said for number, said in ((0, GREETING), (2, answer))]
    with serving(says(*frames, b"")) as port:
        came = await sample("sql", of_mysql(port, "SELECT 1", database="quotes"), timeout=2.0)
    assert (came.verdict, came.reason) == (Verdict.DOWN, reason)


async def test_mysql_that_says_nothing_times_out_and_holds_no_thread() -> None:
    with serving(silent) as port:
        came = await sample("sql", of_mysql(port, "SELECT 1"), timeout=0.3)
    assert came.reason == "timed out after 0.3 s while waiting for the answer to the query"


# Values and options


@pytest.mark.parametrize(
    ("value", "facts"),
    [
        (None, {}),
        (True, {"value": 1, "text": "true"}),
        (Decimal("12.50"), {"value": 12.5, "text": "12.50"}),
        (Decimal("NaN"), {"text": "NaN"}),
        (float("inf"), {"text": "inf"}),
        (10**400, {"text": "a number of hundreds of digits"}),
        ("17", {"value": 17, "text": "17"}),
        ("open", {"text": "open"}),
        (b"\xff\x00open", {"text": "\ufffd\x00open"}),
        ("2026-05-04 11:59:00", {"text": "2026-05-04T11:59:00+00:00", "age_s": 60.0}),
        (datetime(2026, 5, 4, 13, 59), {"text": "2026-05-04T13:59:00+00:00", "age_s": -7140.0}),  # noqa: DTZ001
        (NOW.date() - timedelta(days=1), {"text": "2026-05-03T00:00:00+00:00", "age_s": 129600.0}),
    ],
)
def test_what_a_value_is_as_a_fact(value: Any, facts: dict[str, Any]) -> None:
    assert as_facts(Answer(rows=1, value=value), NOW) == {"rows": 1, **facts}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"query": "DELETE FROM payments"}, "begins with SELECT"),
        ({"query": "SELECT 1; DROP TABLE payments"}, "one query and no more"),
        ({"user": ""}, "needs `host` and `user`"),
        ({"file": "a.db"}, "are for SQLite"),
        ({"engine": "sqlite"}, "needs `folder` and `file`"),
        ({"engine": "oracle"}, "Input should be 'postgresql'"),
    ],
)
def test_options_that_cannot_be_are_refused_at_load(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Options.model_validate({"engine": "postgresql", "host": "db", "user": "looker", "query": "SELECT 1", **options})


def test_a_database_whose_library_is_missing_is_refused_at_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(ValidationError, match=r"`engine: mysql` needs an extra: pip install 'sentinel\[mysql\]'"):
        Options.model_validate({"engine": "mysql", "host": "db", "user": "looker", "query": "SELECT 1"})
