"""A hub that really listens on loopback, with its credentials where the command line looks for them."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.model.secret import Secret
from sentinel.serve.app import make_app
from tests.serve.browser import TOKEN, Clock
from tests.serve.hub import MemoryHub


@dataclass(frozen=True)
class Running:
    """The hub behind it, and the folder that holds sentinel.yaml and the credentials."""

    hub: MemoryHub
    folder: Path


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    hub = MemoryHub()
    app = make_app(hub, Secret(TOKEN), Clock(), scrypt_cost=16)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    leave(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield Running(hub=hub, folder=tmp_path)
    server.should_exit = True
    thread.join(10)
    listener.close()


def leave(folder: Path, url: str, token: str = TOKEN) -> None:
    """What a hub leaves: `sentinel.db.hub` beside the store that sentinel.yaml names."""
    (folder / "sentinel.yaml").write_text("name: northwind\nstore: 'sentinel.db'   # beside this file\nbroken: [\n")
    (folder / "sentinel.db.hub").write_text(json.dumps({"url": url, "token": token, "process": 1}))


@pytest.fixture
def sentinel(running: Running) -> Callable[..., Result]:
    """Calls a command of a hub that runs, in its folder."""

    def call(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, [*words, "--config", str(running.folder / "sentinel.yaml")], input=typed)

    return call
