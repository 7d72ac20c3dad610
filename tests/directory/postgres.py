"""Moved to tests/postgres.py; the names that are used here."""

from tests.postgres import binaries as _binaries
from tests.postgres import postgres as postgres
from tests.postgres import server as server

__all__ = ["_binaries", "postgres", "server"]
