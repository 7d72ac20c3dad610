"""What a hub loads: no more than it uses, and the collector leaves it alone."""

import subprocess
import sys
from pathlib import Path

import pytest

LOOK = """
import gc, sys
from sentinel.cli.lasting import load
load("sentinel.run.serve")
import httpx
print(gc.isenabled(), gc.get_freeze_count() > 100_000, callable(httpx.AsyncClient))
"""
START = """
import sys
from pathlib import Path
from sentinel.cli.lasting import load
serve = load("sentinel.run.serve")
hub = serve.made(lambda: serve.make_hub(Path(sys.argv[1])))
serve.server(serve.make_app(hub, serve.Secret("t"), hub.clock.now)).config.load()
print(*(name for name, one in sys.modules.items() if one))
"""
INSTALLATION = """
name: small
brand: Small
url: http://127.0.0.1:8080
time_zone: UTC
languages: [en]
channels:
  desk: {slack: {token: "${env:SLACK}", channel: C0SERVICE}}
"""
SERVICE = """
service: web
title: Web
owner: {team: ops, person: Ana}
tell: {staff: [desk]}
checks:
  page: {http: "http://127.0.0.1:9/"}
"""


def said_by(program: str, *arguments: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, stdout=subprocess.PIPE, text=True, env={"SLACK": "xoxb-none"}
    )
    return run.stdout.split()


def test_the_collector_leaves_alone_what_is_loaded_and_httpx_works_without_its_command_line() -> None:
    assert said_by(LOOK) == ["True", "True", "True"]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The modules of a hub on SQLite that is about to run."""
    room = tmp_path_factory.mktemp("small")
    (room / "checks").mkdir()
    (room / "checks" / "web.yaml").write_text(SERVICE)
    (room / "sentinel.yaml").write_text(INSTALLATION)
    return frozenset(said_by(START, str(Path(room / "sentinel.yaml"))))


@pytest.mark.parametrize(
    "unused",
    [
        pytest.param("rich", id="what draws on a terminal"),
        pytest.param("pycurl", id="libcurl, with which a child probes, and which posts for channels that are not here"),
        pytest.param("httpx", id="what reads customers from an address"),
        pytest.param("aiosmtpd", id="what takes mail by LMTP"),
        pytest.param("websockets", id="what an extra has brought for checks"),
        pytest.param("pydantic.v1", id="models that we have none of"),
        pytest.param("sqlalchemy.dialects.postgresql", id="the dialect of another store"),
        pytest.param("psycopg", id="the driver of another store"),
        pytest.param("procrastinate", id="wake-ups between processes"),
        pytest.param("alembic", id="migrations, where there is nothing to migrate"),
    ],
)
def test_a_small_hub_does_not_load(unused: str, loaded: frozenset[str]) -> None:
    assert "sentinel.run.hub" in loaded
    assert unused not in loaded
