"""How instants and durations lie in a column: whole microseconds, so that they compare in SQL on every database.

And the one clock of leases: the application's where one process has the store, the database's where many share it, since
machines drift and jump (DESIGN.md section 14).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Number = BigInteger().with_variant(Integer, "sqlite")
"""The id of what there may be thousands of millions of. (SQLite numbers rows by itself only under the name INTEGER.)"""


def microseconds(at: datetime) -> int:
    """An aware instant as a column holds it, for statements that are prepared by hand. (bulk.py)"""
    return (at - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC as microseconds since 1970. A naive one is a mistake of ours and raises ValueError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: instants are aware, in UTC")
        return microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Duration(TypeDecorator[timedelta]):
    """A length of time as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


class lease_now(FunctionElement[datetime]):  # noqa: N801 - a function of SQL, called as SQLAlchemy's own are
    """The instant by which leases are given, kept and lost. Give `now` when a statement with it runs: SQLite takes that one;
    PostgreSQL takes its own clock as the statement arrives (`now()` there is when the transaction began, which may be long
    ago). `lease_now() + bindparam("lease", type_=Duration)` is when a lease ends."""

    inherit_cache = True
    type = Instant()

    def __init__(self) -> None:
        super().__init__(bindparam("now", type_=Instant))


@compiles(lease_now)
def _application_clock(element: lease_now, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(lease_now, "postgresql")
def _database_clock(element: lease_now, compiler: SQLCompiler, **kw: Any) -> str:
    return "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS BIGINT)"
