"""Customers in a database: one query in a transaction that cannot write, its rows streamed.

What the query names (`:began_at`, `:places`, ...) is bound and never written into its text. Whatever the database says comes
back as one Unread, without the address it was reached at and without what rows hold.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, CursorResult, DateTime, String, TextClause, bindparam, create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from sentinel.directory.customer import ALIASES, LONGEST_CELL, Where, customer, missing, parts
from sentinel.directory.rows import RowError, Unread
from sentinel.model.audience import LISTS, Question, SqlSource
from sentinel.model.person import Found

AT_ONCE = 1_000
"""Rows in memory."""
MOST = 5_000_000
"""Rows that one answer may have."""
CONNECT_SECONDS = 10
_SQLITE = "%Y-%m-%d %H:%M:%S"
"""SQLite keeps instants as text, and this is how it writes its own; UTC."""
_STEPS = 10_000
"""How many steps SQLite takes between two looks at the time."""


def read(source: SqlSource, segment: str | None, question: Question, name: str) -> Iterator[Found | RowError | Unread]:
    """The people whom the query names, in its order. `name`: the audience's, for what is said of its rows."""
    try:
        engine = _engine(source)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        yield Unread(source=name, what=_why_no_driver(error), todo="correct `url`, or install the database's driver")
        return
    try:
        with engine.connect() as c:
            yield from _rows(c, source, segment, question, name)
    except (SQLAlchemyError, TimeoutError) as error:
        yield Unread(source=name, what=f"the database gave no answer ({_why(error)})", todo="see to the database or the query")
    finally:
        engine.dispose()


def _rows(
    c: Connection, source: SqlSource, segment: str | None, question: Question, name: str
) -> Iterator[Found | RowError | Unread]:
    until = monotonic() + source.timeout.total_seconds()
    _bound(c, source.timeout, until)
    query = _prepared(source.query, c.dialect.name)
    asked = {key: value for key, value in question.parameters(segment).items() if key in query._bindparams}
    if c.dialect.name == "sqlite":
        asked |= {key: f"{value:{_SQLITE}}" for key, value in asked.items() if isinstance(value, datetime)}
    with c.execution_options(stream_results=True, yield_per=AT_ONCE).execute(query, asked) as result:
        yield from _people(result, source, query, segment, until, name)


def _people(
    result: CursorResult[Any], source: SqlSource, query: TextClause, segment: str | None, until: float, name: str
) -> Iterator[Found | RowError | Unread]:
    columns = {_column(key): index for index, key in enumerate(result.keys())}
    # A segment that the query asks for has picked already; else it picks by the column.
    picks = segment if segment and "segment" not in query._bindparams else None
    lacking = missing(columns, picks)
    if lacking:
        what = f"the query gives no column {' and no column '.join(lacking)}"
        yield Unread(source=name, what=what, todo="name it, such as `'yes' as consent`")
        return
    for line, row in enumerate(result, start=1):
        if line > MOST:
            yield Unread(source=name, what=f"the query gives more than {MOST} rows", todo="let it name only those affected")
            return
        if line % AT_ONCE == 0 and monotonic() > until:
            raise TimeoutError(f"not at its end after {source.timeout.total_seconds():g} s")
        cells = {column: _cell(row[index]) for column, index in columns.items()}
        if picks is not None and picks not in parts(cells.get("segments", "")):
            continue
        found, errors = customer(cells, Where(source=name, line=line))
        yield from errors
        if found is not None:
            yield found


def _prepared(query: str, dialect: str) -> TextClause:
    """The query with its lists as lists, and its instants as instants of a zone, where the database knows such."""
    made = text(query)
    instants = () if dialect == "sqlite" else ("began_at", "now")
    typed = [
        bindparam(key, expanding=True, type_=String()) if key in LISTS else bindparam(key, type_=DateTime(timezone=True))
        for key in made._bindparams
        if key in LISTS or key in instants
    ]
    return made.bindparams(*typed)


def _engine(source: SqlSource) -> Engine:
    url = make_url(source.url.reveal())
    name = url.get_backend_name()
    options: dict[str, Any] = {}
    if name == "postgresql":
        options = {"connect_timeout": CONNECT_SECONDS, "application_name": "sentinel"}
    elif name in ("mysql", "mariadb"):
        options = {"connect_timeout": CONNECT_SECONDS}
    elif name == "sqlite":
        url = _read_only(url)
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)


def _read_only(url: URL) -> URL:
    """SQLite opens what is there and makes nothing that is not."""
    path = url.database or ""
    if not path or path == ":memory:" or path.startswith("file:"):
        return url
    return url.set(database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})


def _bound(c: Connection, timeout: timedelta, until: float) -> None:
    """The transaction writes nothing and takes no longer than it may, as far as the database can be told so."""
    milliseconds = max(1, int(timeout.total_seconds() * 1000))
    match c.dialect.name:
        case "postgresql":
            c.exec_driver_sql("SET TRANSACTION READ ONLY")
            c.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            c.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        case "mysql" | "mariadb":
            c.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            c.commit()
            c.exec_driver_sql("SET time_zone = '+00:00'")
        case "sqlite":
            c.exec_driver_sql("PRAGMA query_only = ON")
            driver = c.connection.driver_connection
            if driver is not None:
                driver.set_progress_handler(lambda: int(monotonic() > until), _STEPS)


def _column(key: str) -> str:
    name = key.casefold()
    return ALIASES.get(name, name)


def _cell(value: object) -> str:
    """What stands in a row, as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))[:LONGEST_CELL]
    return str(value).strip()[: LONGEST_CELL + 1]


def _why_no_driver(error: Exception) -> str:
    kind = "its driver is not installed" if isinstance(error, ImportError) else "its `url` is no address of a database"
    return f"the database cannot be reached: {kind}"


_QUOTING = ("DataError", "IntegrityError", "NotSupportedError", "InternalError")
"""Errors whose words may quote a row."""


def _why(error: Exception) -> str:
    """The first line of what the database said, if it says nothing of anybody."""
    original: BaseException = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    kinds = {kind.__name__ for kind in type(original).__mro__}
    if kinds & set(_QUOTING):
        return type(original).__name__
    # SQLite quotes a cell that is not UTF-8 behind these words.
    said = str(original).partition(" with text ")[0].strip().splitlines()
    return f"{type(original).__name__}: {said[0][:200]}" if said else type(original).__name__
