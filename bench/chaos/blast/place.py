"""Places: an empty PostgreSQL for each scene, started for the run and ended with it.

It syncs, as one in earnest does: what a commit promised must lie where the next look finds it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.postgres import server

Place = Callable[[], AbstractContextManager[str]]


@contextmanager
def places() -> Iterator[Place]:
    """One server; each call of what is given makes a database of its own on it."""
    with server("fsync=on", "max_connections=200") as postgres:

        @contextmanager
        def place() -> Iterator[str]:
            yield postgres.url_of(postgres.new_database())

        yield place
