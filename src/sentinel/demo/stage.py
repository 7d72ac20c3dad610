"""Stage: the company, the sinks, and a hub of its own process, all on loopback, in one folder.

Belongs here: starting and ending them, and killing the hub. Does not belong here: what happens on it (story.py, night.py).
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from sentinel.demo.authority import Authority
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.past import DEMO
from sentinel.demo.services import Company
from sentinel.demo.slack import Slack
from sentinel.demo.world import World, write_world

READY_SECONDS = 120.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.05


class NotReady(Exception):
    """The hub did not come up. The message holds the end of its log."""


class Stage:
    """An async context: everything runs inside it. `log` is the hub's output, appended to over restarts.

    `database`: the URL of a PostgreSQL that the hub uses instead of a file of its own. `prepare`: called once the files are
    written, before the hub starts.
    """

    def __init__(
        self,
        folder: Path,
        *,
        overrides: Mapping[str, Any] | None = None,
        listen: str | None = None,
        scale: float = DEMO,
        database: str = "",
        prepare: Callable[[World], None] | None = None,
    ) -> None:
        self.folder = folder
        self.authority = Authority(datetime.now(UTC))
        self.company = Company(authority=self.authority)
        self.mailroom = Mailroom()
        self.slack = Slack()
        self.log = folder / "hub.log"
        self.starts = 0
        self._database = database
        self._overrides = overrides if not database else {**(overrides or {}), "database": "${env:SENTINEL_DATABASE}"}
        self._scale = scale
        self._prepare = prepare
        self.listen = listen or f"127.0.0.1:{free_port()}"
        self._hub: asyncio.subprocess.Process | None = None
        self.world: World

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        await self.company.start()
        await self.mailroom.start()
        await self.slack.start()
        self.world = write_world(
            self.folder,
            smtp_port=self.mailroom.port,
            slack_url=self.slack.url,
            listen=self.listen,
            urls=self.company.urls,
            overrides=self._overrides,
            scale=self._scale,
            authority=self.authority.certificate,
        )
        try:
            if self._prepare is not None:
                await asyncio.to_thread(self._prepare, self.world)
            await self.start_hub()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_hub()
        await self.mailroom.stop()
        await self.slack.stop()
        await self.company.stop()

    @property
    def hub_pid(self) -> int:
        """The process number of the hub that runs."""
        assert self._hub is not None
        return self._hub.pid

    async def start_hub(self) -> None:
        """Start the hub and wait until it says that it is ready. Raises NotReady."""
        arguments = ("-m", "sentinel", "serve", "--config", str(self.world.config))
        with self.log.open("ab") as log:
            self._hub = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, env=self.environment, stdout=log, stderr=log
            )
        self.starts += 1
        await self._until_ready()

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this stage finds in its environment."""
        kept = {
            name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
        }
        return {**kept, **self.world.environment, **({"SENTINEL_DATABASE": self._database} if self._database else {})}

    async def _until_ready(self) -> None:
        assert self._hub is not None
        async with httpx.AsyncClient(base_url=self.url, timeout=2.0, trust_env=False) as client:
            for _ in range(int(READY_SECONDS / LOOK_SECONDS)):
                if self._hub.returncode is not None:
                    raise NotReady(f"the hub ended with {self._hub.returncode}:\n{self.log_end()}")
                try:
                    if (await client.get("/readyz")).is_success:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(LOOK_SECONDS)
        raise NotReady(f"the hub was not ready within {READY_SECONDS:.0f} s:\n{self.log_end()}")

    @property
    def url(self) -> str:
        """Where the console answers."""
        return f"http://{self.listen}"

    def log_end(self, lines: int = 30) -> str:
        """The last lines of the hub's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def kill_hub(self) -> None:
        """kill -9, and wait until it is gone."""
        await self._end(signal.SIGKILL)

    async def stop_hub(self) -> None:
        """Ask it to end, and wait; kill it if it does not."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        hub, self._hub = self._hub, None
        if hub is None:
            return
        if hub.returncode is None:
            hub.send_signal(number)
        try:
            await asyncio.wait_for(hub.wait(), STOP_SECONDS)
        except TimeoutError:
            hub.kill()
            await hub.wait()


def free_port() -> int:
    """A port that nobody has at this moment. The hub binds it a moment later."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port
