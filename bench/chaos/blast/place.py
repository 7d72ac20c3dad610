"""Places: an empty PostgreSQL for each scene, started for the run and ended with it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from tests.postgres import postgres

Place = Callable[[], AbstractContextManager[str]]


@contextmanager
def places() -> Iterator[Place]:
    """One server; each call of what is given makes a database of its own on it."""
    with postgres() as url:
        made = 0

        @contextmanager
        def place() -> Iterator[str]:
            nonlocal made
            made += 1
            name = f"scene{made}"
            plain = url.replace("postgresql+psycopg://", "postgresql://")
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            parts = urlsplit(url)
            yield urlunsplit(parts._replace(path=f"/{name}"))

        yield place
