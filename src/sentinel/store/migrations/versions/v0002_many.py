"""Many hubs and workers, signatures, bounces, the sealed audit: columns, tables and indexes that are only added.

`reader` is its own schema all the same: a sender of the version before would not see that a notice is paused.
"""

from alembic import op
from sqlalchemy import BigInteger, text

from sentinel.store import triggers
from sentinel.store.migrations.second import INDEXES, columns, metadata

revision = "0002"
down_revision = "0001"
schema = 3
reader = 3

NUMBERED_MANY = ("delivery", "audit", "contact", "estimate")
"""Tables whose rows may come to more than two thousand million."""


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    metadata.create_all(op.get_bind(), checkfirst=False)
    for name, table, of, only in INDEXES:
        where = None if only is None else text(only)
        op.create_index(name, table, list(of), sqlite_where=where, postgresql_where=where)
    if op.get_context().dialect.name == "postgresql":
        for table in NUMBERED_MANY:
            op.alter_column(table, "id", type_=BigInteger(), existing_nullable=False)
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
    triggers.put(op.get_bind())
