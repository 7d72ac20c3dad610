"""What the third migration adds: schema 4. Once it is published nobody changes this any more."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, String


def columns() -> Mapping[str, tuple[Column[Any], ...]]:
    """Table → the columns that it gets, made afresh: a column belongs to one table only."""
    return {
        "delivery": (Column("dedupes_by", String(64)),),
        "trouble": (Column("tell_until", BigInteger), Column("end_told_at", BigInteger)),
    }


INDEXES: Final[tuple[tuple[str, str, tuple[str, ...], str | None], ...]] = (
    ("came_back", "delivery", ("notice",), "bounced_at IS NOT NULL"),
    ("of_notice", "delivery", ("notice", "state", "settled_at"), None),
)
"""(name, table, columns, of which rows only)."""
REPLACED: Final = (("of_notice", "delivery"),)
"""Indexes that were there before under the same name, with fewer columns."""
END_TOLD: Final = "UPDATE trouble SET end_told_at = cleared_at WHERE cleared_at IS NOT NULL"
"""Of what was over before, staff were told before."""
