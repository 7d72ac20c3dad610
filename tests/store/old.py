"""A store as the first version left it: schema 2, every table filled, no word of Alembic."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Float, Integer, String, Table, Text, insert, select

from sentinel.store import postgres, sqlite
from sentinel.store.migrations.first import metadata

from .conftest import Where

ROWS = 30


def make_old(where: Where) -> None:
    """Made, filled, closed."""
    where.path.parent.mkdir(parents=True, exist_ok=True)
    engine = postgres.open_engine(where.database) if where.database else sqlite.open_engine(where.path)
    with engine.begin() as c:
        metadata.create_all(c)
        for table in metadata.sorted_tables:
            fill(c, table, range(1, ROWS + 1))
    engine.dispose()


def fill(c: Connection, table: Table, numbers: Sequence[int]) -> None:
    """Rows as the first version would write them, naming the columns that it had and no others. Ids it leaves to the
    database."""
    rows = [{"id": 1, "schema": 2, "epoch": 7}] if table.name == "installation" else [{"n": n} for n in numbers]
    c.execute(insert(table), [_row(table, row) for row in rows])


def _row(table: Table, given: dict[str, Any]) -> dict[str, Any]:
    number = given.get("n", 1)
    row = {}
    for column in table.columns:
        if column is table.autoincrement_column and "id" not in given:
            continue
        kind = column.type
        made: Any = bool(number % 2) if isinstance(kind, Boolean) else number + 0.5 if isinstance(kind, Float) else number
        if isinstance(kind, String | Text):
            made = f"{column.name} ñ {number}"[: getattr(kind, "length", None) or 200]
        elif column.nullable and isinstance(kind, Integer) and number % 3 == 0:
            made = None
        row[column.name] = given.get(column.name, made)
    return row


def content(c: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All that the first version's columns hold, but the number of the schema."""
    return {
        table.name: [
            tuple(row)
            for row in c.execute(
                select(*(column for column in table.columns if column.name != "schema")).order_by(*table.primary_key.columns)
            )
        ]
        for table in metadata.sorted_tables
    }
