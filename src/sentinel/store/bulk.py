"""Bulk: many rows or many keys in one statement, for little more than what the database itself takes.

SQLAlchemy prepares each row of an executemany in Python, and writes each key of a long IN out: of a result of a probe that was
more work than storing it. Belongs here: statements prepared once, for values as the columns hold them. Does not belong here:
what the rows mean.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, Insert, Text, Update, any_, bindparam, func, select


class Rows:
    """An INSERT or an UPDATE that is run for many rows, for one dialect. It takes at least two values of each."""

    def __init__(self, dialect: Dialect, statement: Insert | Update) -> None:
        compiled = statement.compile(dialect=dialect)
        if len(compiled.binds) < 2:
            raise ValueError("rows of one column are not what this is for")
        self._text = str(compiled)
        self._pick: Callable[[Mapping[str, Any]], Any] | None = (
            itemgetter(*compiled.positiontup) if compiled.positiontup is not None else None
        )

    def put(self, c: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it; how many rows it wrote. The values are bound as they are: an instant is given in microseconds
        (`column.microseconds`)."""
        if not rows:
            return 0
        return c.exec_driver_sql(self._text, [self._pick(row) for row in rows] if self._pick else list(rows)).rowcount


def among(dialect: Dialect, column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a text column is one of the parameter `keys`, which travel as one value, however many there are."""
    if dialect.name == "postgresql":
        return column == any_(bindparam("keys", type_=ARRAY(Text)))
    return column.in_(select(func.json_each(bindparam("keys")).table_valued("value").c.value))


def keys(dialect: Dialect, names: Collection[str]) -> list[str] | str:
    """What `among` takes for its parameter."""
    return list(names) if dialect.name == "postgresql" else json.dumps(list(names))
