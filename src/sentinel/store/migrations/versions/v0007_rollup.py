"""Roll-ups of what was seen, by hours and minutes: tables that are only added. Housekeeping fills them from what is kept.

Older code may not go on: it would write what detectors remember past the mark by which others know of it (store/recalled.py).
"""

from alembic import op

from sentinel.store.migrations.rollup import metadata

revision = "0007"
down_revision = "0006"
schema = 8
reader = 8


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
