"""sql: asks a database one question and looks at the answer's first value: PostgreSQL, MySQL or MariaDB, an SQLite file.

Lives in the `loop` child. Belongs here: its options, which database is asked, the facts. Does not belong here: how each
database is asked and what its errors mean (probe/sql/), what is good (condition.py).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen
from sentinel.probe.reach import Reach
from sentinel.probe.sql.answer import as_facts

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "value": "number", "text": "text", "rows": "number", "age_s": "number", "version": "text", "ip": "text",
    "total_ms": "number", "dns_ms": "number", "connect_ms": "number", "login_ms": "number", "query_ms": "number",
}  # fmt: skip
_EXTRAS: Final = {"postgresql": ("psycopg", "postgres"), "mysql": ("pymysql", "mysql")}
"""Database → (the library that it needs, the extra that brings it)."""


class Options(BaseModel):
    """Which database, as whom, and what to ask it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    engine: Literal["postgresql", "mysql", "sqlite"]
    """Which kind of database: `mysql` is MariaDB too."""
    query: Annotated[str, Field(min_length=1, max_length=8192)]
    """One SELECT. The first column of its first row is the value. It runs in a transaction that may only read."""
    host: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")] = ""
    """Where the server is: a name or an address."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Its port, if it is not the usual one."""
    database: Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f]*$")] = ""
    """The name of the database."""
    user: Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f]*$")] = ""
    """Whom to log in as: an account that may only read, and no more than this."""
    password: Secret | None = None
    """A reference to its password."""
    tls: bool = False
    """Whether the connection must be encrypted."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    folder: Annotated[str, Field(max_length=1024)] = ""
    """SQLite: the folder below which the file must be."""
    file: Annotated[str, Field(max_length=1024)] = ""
    """SQLite: the file, as seen from the folder."""

    @field_validator("query")
    @classmethod
    def _is_one_select(cls, query: str) -> str:
        query = query.strip().removesuffix(";").rstrip()
        if query[:6].lower() != "select" and query[:4].lower() != "with":
            raise ValueError("a query begins with SELECT, or WITH: a check changes nothing")
        if ";" in query or "\x00" in query:
            raise ValueError(
                "one query and no more: take the semicolon out (inside of a text write chr(59), in MySQL char(59))"
            )
        return query

    @model_validator(mode="after")
    def _fits_together(self) -> "Options":
        if self.engine == "sqlite":
            if not self.folder or not self.file:
                raise ValueError("an SQLite database needs `folder` and `file`")
            if self.host or self.port or self.database or self.user or self.password or self.tls:
                raise ValueError("an SQLite database is a file: it has no host, port, database, user, password or tls")
            return self
        if not self.host or not self.user:
            raise ValueError(f"a {self.engine} database needs `host` and `user`")
        if self.folder or self.file:
            raise ValueError("`folder` and `file` are for SQLite")
        library, extra = _EXTRAS[self.engine]
        if find_spec(library) is None:
            raise ValueError(f"`engine: {self.engine}` needs an extra: pip install 'sentinel[{extra}]'")
        return self


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host or "a file"


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a database that answers the question is up."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One question and its answer."""
    if options.password is not None:
        reach.secrets.append(options.password.reveal())
    # Imported here, for the libraries are extras.
    answer = await import_module(f"sentinel.probe.sql.{options.engine}").ask(options, reach)
    return Seen(facts=as_facts(answer, datetime.now(UTC)))
