"""deploy/directory/customers.sh on a real PostgreSQL: the table that the guide's audience reads, read only."""

import base64
import hashlib
import hmac
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import yaml
from sqlalchemy.engine import make_url

from sentinel.directory.sql import read
from sentinel.model.audience import Question, SqlSource
from sentinel.model.person import Found
from sentinel.model.secret import Secret
from tests.directory.postgres import _binaries, postgres
from tests.docs.pages import ROOT, page

NOW = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
PASSWORD = "it's a \\password; drop table customer"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of the server's socket, once the image's script has run as the image runs it."""
    secret = tmp_path_factory.mktemp("secrets") / "reader-password"
    secret.write_text(PASSWORD)
    with postgres() as url:
        host = str(make_url(url).query["host"])
        with psycopg.connect(f"host={host} user=sentinel dbname=postgres", autocommit=True) as c:
            c.execute("create role postgres superuser login")
            c.execute("create database customers")
        search = f"{_binaries()}:{os.environ['PATH']}"
        environment = {"PATH": search, "PGHOST": host, "READER_PASSWORD_FILE": str(secret)}
        script = ["/bin/sh", str(ROOT / "deploy/directory/customers.sh")]
        subprocess.run(script, env=environment, check=True, capture_output=True, timeout=60)
        yield host


def test_the_audience_of_the_guide_reads_its_people(server: str) -> None:
    (block,) = re.findall(r"```yaml\n( *audiences:.*?)```", page("deploy/README.md"), re.DOTALL)
    said = yaml.safe_load(block)["audiences"]["payers"]
    url = f"postgresql+psycopg://reader@/customers?host={server}"
    source = SqlSource(url=Secret(url), query=said["sql"]["query"], timeout=timedelta(seconds=20))
    found = list(read(source, said["segment"], Question(began_at=NOW, now=NOW), "payers"))
    assert len(found) == 3
    assert all(isinstance(each, Found) for each in found), found


@pytest.mark.parametrize("change", ["delete from customer", "create table mine (a int)", "update customer set consent = true"])
def test_the_reader_changes_nothing(server: str, change: str) -> None:
    with psycopg.connect(f"host={server} user=reader dbname=customers", autocommit=True) as c:
        assert c.execute("select count(*) from customer").fetchone() == (3,)
        with pytest.raises(psycopg.Error):
            c.execute(change)
        c.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            c.execute(change)


def test_the_password_is_the_secret_as_it_stands_whatever_it_holds(server: str) -> None:
    """The server trusts its socket, so the stored verifier is asked to know the password."""
    with psycopg.connect(f"host={server} user=postgres dbname=customers") as c:
        (stored,) = c.execute("select rolpassword from pg_authid where rolname = 'reader'").fetchone()  # type: ignore[misc]
        assert stored.startswith("SCRAM-SHA-256$")
        iterations, salt = re.match(r"SCRAM-SHA-256\$(\d+):([^$]+)\$", stored).groups()  # type: ignore[union-attr]
    assert _verifier(PASSWORD, int(iterations), salt) == stored


def _verifier(password: str, iterations: int, salt: str) -> str:
    """RFC 5802, as PostgreSQL keeps it."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), iterations)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    serves = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:{salt}${base64.b64encode(client).decode()}:{base64.b64encode(serves).decode()}"
