"""Addresses of databases as people write them."""

import pytest
from sqlalchemy import make_url

from sentinel.model.database import engine_of


@pytest.mark.parametrize(
    ("url", "engine", "host"),
    [
        ("postgresql://omar:hunter2@db.example:5432/crm", "postgresql", "db.example"),
        ("postgresql+psycopg://omar:hun%40ter2@db.example/crm?sslmode=require", "postgresql", "db.example"),
        ("postgres://omar@directory:a:b/c?d#e@[::1]:5432/crm", "postgres", "::1"),
        ("postgresql:///crm?host=/run/postgresql&user=a@b", "postgresql", None),
        ("mysql+pymysql://omar:hunter2@db.example/crm", "mysql", "db.example"),
        ("sqlite:////srv/a@b.db", "sqlite", None),
    ],
)
def test_the_engine_of_an_address_is_told_and_its_host_is_the_one_that_will_be_asked(
    url: str, engine: str, host: str | None
) -> None:
    assert engine_of(url) == engine
    assert make_url(url).host == host


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://omar:hunt@er2@db.example/crm", "an @ in these as %40"),
        ("postgresql://omar:hunt@er2:5@db.example/crm", "an @ in these as %40"),
        ("postgresql://omar:hunt@er/2@db.example/crm", "an @ in these as %40"),
        ("postgresql://omar/hunter2@db.example/crm", "an @ in these as %40"),
        ("postgresql://omar:hunter2", "port of this address is no number"),
        ("postgresql://omar:hunter2@db.example:hunter2/crm", "port of this address is no number"),
        ("postgresql://omar:hunter2@db.example:/crm", "port of this address is no number"),
        ("hunter2", "no address of a database"),
        ("/srv/hunter2.db", "no address of a database"),
        ("", "no address of a database"),
    ],
)
def test_an_address_that_would_be_read_otherwise_is_refused_and_never_quoted(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        engine_of(url)
    assert "hunt" not in str(refused.value)
    assert "er2" not in str(refused.value)
