"""Customers in a CSV file: person, name, email and the rest, a row a person, the first line naming the columns.

Streams: at most one line is in memory. Every row of the audience comes out, as a person or as what is wrong with it: nothing is
lost on the way.
"""

from collections.abc import Iterator
from pathlib import Path, PurePath

from sentinel.directory.customer import COLUMNS, NEEDED, Where, customer, missing, parts
from sentinel.directory.rows import Row, RowError, Unread, rows
from sentinel.model.person import Found


def read(path: PurePath, segment: str | None = None) -> Iterator[Found | RowError | Unread]:
    """The people of the file, in its order; those of `segment` only, if one is named.

    A file that cannot be opened, or whose first line does not name the columns, is one Unread.
    """
    name = path.name
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening it is tried here
    except OSError as error:
        yield Unread(
            source=name, what=f"the file cannot be read ({error.strerror})", todo="put it there and let Sentinel read it"
        )
        return
    with file:
        lines = rows(file, name)
        columns = _header(next(lines, None), segment, name)
        if isinstance(columns, Unread):
            yield columns
            return
        try:
            for row in lines:
                yield from _people(row, columns, segment, name)
        except OSError as error:
            yield Unread(source=name, what=f"the file broke off ({error.strerror})", todo="see to its disk")


def _header(row: Row | RowError | None, segment: str | None, name: str) -> dict[str, int] | Unread:
    """Column name → index. Columns that we do not know are left alone."""
    if row is None:
        return Unread(source=f"{name}:1", what="the file is empty", todo=f"begin it with {','.join(COLUMNS)}")
    if isinstance(row, RowError):
        return Unread(source=f"{name}:{row.line}", what=row.what, todo=row.todo)
    columns = {cell.casefold(): index for index, cell in enumerate(row.cells) if cell.casefold() in COLUMNS}
    lacking = missing(columns, segment)
    if lacking:
        what, todo = f"there is no column {' and no column '.join(lacking)}", "add it, commas between the columns"
        return Unread(source=f"{name}:{row.line}: column {lacking[0]}", what=what, todo=todo)
    return columns


def _people(row: Row | RowError, columns: dict[str, int], segment: str | None, name: str) -> Iterator[Found | RowError]:
    """The person of one row with what is wrong with it; nothing if it is not of the segment."""
    if isinstance(row, RowError):
        yield row
        return
    where = Where(source=name, line=row.line)
    if len(row.cells) <= max(columns.values()):
        yield where.error("", f"the row has {len(row.cells)} cells, fewer than the first line", "fill it up")
        return
    cells = {column: row.cells[index] for column, index in columns.items()}
    if segment is not None and segment not in parts(cells.get("segments", "")):
        return
    found, errors = customer(cells, where)
    yield from errors
    if found is not None:
        yield found


__all__ = ["NEEDED", "RowError", "Unread", "read"]
