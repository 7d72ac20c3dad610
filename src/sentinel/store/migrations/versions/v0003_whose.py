"""What came back, whose word a row of the ledger trusts in, who tells of a trouble: only added."""

from alembic import op
from sqlalchemy import text

from sentinel.store.migrations.third import END_TOLD, INDEXES, REPLACED, columns

revision = "0003"
down_revision = "0002"
schema = 4
reader = 3


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    for name, table in REPLACED:
        op.drop_index(name, table)
    for name, table, of, only in INDEXES:
        where = None if only is None else text(only)
        op.create_index(name, table, list(of), sqlite_where=where, postgresql_where=where)
    op.execute(END_TOLD)
