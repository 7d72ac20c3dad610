"""`sentinel serve`: the hub with its faces, until a signal ends it."""

import asyncio
import json
import logging
import os
import secrets
import socket
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp

from sentinel.model.secret import Secret
from sentinel.run.connection import Connection
from sentinel.run.hub import Hub
from sentinel.run.start import NOT_STARTED, begin_log, made, refuse
from sentinel.run.start import NOT_VALID as NOT_VALID
from sentinel.run.stop import Stop
from sentinel.run.wiring import make_hub
from sentinel.serve.app import make_app

GRACE_SECONDS = 2
"""How long open requests may finish at a stop."""

log = logging.getLogger(__name__)


def main(config: Path) -> int:
    """Run until SIGTERM or SIGINT. The exit code: 0, or why it did not start."""
    begin_log()
    hub = made(lambda: make_hub(config))
    try:
        listener = _listen(hub.world.installation.listen)
    except OSError as why:
        refuse(f"cannot listen on {hub.world.installation.listen}: {why.strerror}", NOT_STARTED)
    uvloop.run(_serve(hub, listener))
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
    web = server(make_app(hub, token, hub.clock.now))
    stop = Stop(asyncio.get_running_loop(), hub.reload)
    running = asyncio.create_task(hub.run())
    faces = asyncio.create_task(web._serve([listener]))
    log.info("Sentinel %s listens on %s", hub.world.installation.name, hub.world.installation.listen)
    await stop.asked()
    # The work first and the faces beside it: an open request must not keep messages that are under way from their end.
    running.cancel()
    hub.end_live()
    web.should_exit = True
    await asyncio.gather(faces, running, return_exceptions=True)
    await stop.close(hub.store)
    beside.unlink(missing_ok=True)


def server(app: ASGIApp) -> uvicorn.Server:
    """What answers requests; it does not listen yet."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",  # nothing here speaks it, and uvicorn would load what does where a check's extra has brought that
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
    )
    return uvicorn.Server(config)


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
