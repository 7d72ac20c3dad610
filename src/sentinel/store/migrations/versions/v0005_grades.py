"""How each episode went, and what was estimated of it at the marks where estimates are graded: tables that are only added."""

from alembic import op

from sentinel.store.migrations.fifth import metadata

revision = "0005"
down_revision = "0004"
schema = 6
reader = 3


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
