"""The tables of the first version."""

from alembic import op

from sentinel.store.migrations.first import metadata

revision = "0001"
down_revision = None
schema = 2
reader = 2


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
