"""`sentinel serve`: the hub with its faces, until a signal ends it."""

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn

from sentinel.config.problem import ConfigError
from sentinel.model.secret import Secret
from sentinel.run.connection import Connection
from sentinel.run.hub import Hub
from sentinel.run.wiring import make_hub
from sentinel.serve.app import make_app
from sentinel.store.database import StoreTaken, StoreTooNew, StoreTooOld

NOT_VALID, NOT_STARTED = 2, 3
"""Exit codes: the configuration is not valid; the store or the address cannot be had."""
GRACE_SECONDS = 2
"""How long open requests may finish at a stop."""

log = logging.getLogger(__name__)


def main(config: Path) -> int:
    """Run until SIGTERM or SIGINT. The exit code: 0, or why it did not start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # it logs what its caller handles
    try:
        hub = make_hub(config)
    except ConfigError as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 - the command's own output
        return NOT_VALID
    except (StoreTaken, StoreTooNew, StoreTooOld) as why:
        print(why, file=sys.stderr)  # noqa: T201
        return NOT_STARTED
    try:
        listener = _listen(hub.world.installation.listen)
    except OSError as why:
        print(f"cannot listen on {hub.world.installation.listen}: {why.strerror}", file=sys.stderr)  # noqa: T201
        return NOT_STARTED
    asyncio.run(_serve(hub, listener))
    return 0


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host.strip("[]"), int(port)))
    listener.listen(1024)
    return listener


async def _serve(hub: Hub, listener: socket.socket) -> None:
    token = Secret(secrets.token_urlsafe(32))
    beside = leave_credentials(hub.store.path, listener, token)
    await hub.begin_first_run()
    app = make_app(hub, token, hub.clock.now)
    config = uvicorn.Config(
        app, http=Connection, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS, proxy_headers=False
    )
    server = uvicorn.Server(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, hub.reload)
    running = asyncio.create_task(hub.run())
    faces = asyncio.create_task(server._serve([listener]))
    log.info("Sentinel %s listens on %s", hub.world.installation.name, hub.world.installation.listen)
    await stop.wait()
    hub.end_live()
    server.should_exit = True
    await faces
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    hub.store.close()
    beside.unlink(missing_ok=True)


def leave_credentials(store: Path, listener: socket.socket, token: Secret) -> Path:
    """`<store>.hub`: where the command line finds this hub, readable by its own user alone. It ends with the hub."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    beside = Path(f"{store}.hub")
    beside.unlink(missing_ok=True)
    fresh = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fresh, "w") as file:
        json.dump({"url": f"http://{shown}:{port}", "token": token.reveal(), "process": os.getpid()}, file)
    return beside
