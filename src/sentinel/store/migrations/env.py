"""Alembic's way in. The connection, already in its transaction, is handed over by store/migrate.py."""

from alembic import context

from sentinel.store import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.metadata)
with context.begin_transaction():
    context.run_migrations()
