"""Contacts by quarters of an hour, who they were where that is known, what is usual of each topic: tables that are added."""

from alembic import op
from sqlalchemy import text

from sentinel.store.migrations.sixth import TAPS, metadata

revision = "0006"
down_revision = "0005"
schema = 7
reader = 3


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.execute(text(TAPS))
