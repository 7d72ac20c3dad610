"""Ground: the hub and an agent in each place, each in a network of its own, and the insurer that they look at.

Belongs here: starting and ending everything. Does not belong here: cables (network.py), what happens (scene.py).
"""

import asyncio
import json
import random
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final, Self

import httpx

from bench.places import network
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.services import Company
from sentinel.demo.slack import Slack
from sentinel.demo.stage import NotReady
from sentinel.demo.world import World, write_world

PORT: Final = 8480
READY_SECONDS: Final = 60.0
FAR: Final = ("madrid", "bilbao", "vigo")
_RESET: Final = struct.pack("ii", 1, 0)


class Door:
    """Something on our loopback, for the places. `lies`: what share of the connections from an address it refuses."""

    def __init__(self, port: int, lies: dict[str, float]) -> None:
        self._to, self._lies = port, lies
        self.refused = 0
        """How many connections it has lied to."""
        self._dice = random.Random(17)
        self._server: asyncio.Server
        self._guests: set[asyncio.Task[None]] = set()

    async def open(self) -> "Door":
        self._server = await asyncio.start_server(self._come, network.OURS, 0)
        return self

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.create_task(self._serve(reader, writer))  # held here, or nobody holds it while it waits
        self._guests.add(guest)
        guest.add_done_callback(self._guests.discard)

    async def close(self) -> None:
        self._server.close()
        for guest in (guests := tuple(self._guests)):
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[0]
        if self._dice.random() < self._lies.get(peer, 0.0):
            self.refused += 1
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            return
        with suppress(OSError):
            far, out = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(_carry(reader, out), _carry(far, writer))
            out.close()
        writer.close()


async def _carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65_536):
            to.write(piece)
            await to.drain()
        to.write_eof()


class Ground:
    """An async context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.company, self.mailroom, self.slack = Company(), Mailroom(), Slack()
        self.lies: dict[str, float] = {}
        """Address → the share of its connections to the insurer that is refused."""
        self.world: World
        self._running: list[asyncio.subprocess.Process] = []
        self._doors: list[Door] = []

    async def __aenter__(self) -> Self:
        for each in (self.company, self.mailroom, self.slack):
            await each.start()
        try:
            await self._begin()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._running:
            if process.returncode is None:
                process.kill()
            await process.wait()
        for door in self._doors:
            await door.close()
        for each in (self.slack, self.mailroom, self.company):
            await each.stop()

    @property
    def refused(self) -> int:
        """How many connections were refused by lies."""
        return sum(door.refused for door in self._doors)

    async def _door(self, port: int, lies: dict[str, float] | None = None) -> Door:
        door = await Door(port, {} if lies is None else lies).open()
        self._doors.append(door)
        return door

    async def _begin(self) -> None:
        urls = {}
        for service, url in self.company.urls.items():
            door = await self._door(int(url.rpartition(":")[2].strip("/")), self.lies)
            urls[service] = f"http://{network.OURS}:{door.port}"
        mail = await self._door(self.mailroom.port)
        parts = httpx.URL(self.slack.url)
        slack = await self._door(parts.port or 80)
        canaries = [f"tcp://{network.OURS}:{(await self._door(self.mailroom.port)).port}" for _ in range(3)]
        allowed = [f"{network.NET}.0/24"]
        self.world = write_world(
            self.folder,
            smtp_port=mail.port,
            slack_url=str(parts.copy_with(host=network.OURS, port=slack.port)),
            listen=f"{network.address('hub')}:{PORT}",
            urls=urls,
            overrides={
                "canaries": canaries,
                "allow_private": ["127.0.0.0/8", f"{network.NET}.0/24"],
                "places": {name: {"allow_private": list(allowed)} for name in FAR},
                "channels": {
                    name: {"email": {"server": f"smtp://{network.OURS}:{mail.port}", "starttls": False}}
                    for name in ("cs-mail", "email")
                },
                "defaults": {"places": list(FAR), "detect": {"outage": {"persistence": "4s", "samples": 3}}},
            },
        )
        await self._start("hub", "serve", "--config", str(self.world.config))
        await self._until_ready()
        for name in FAR:
            made = await self.ask("POST", "agents", {"place": name})
            hub = f"http://{network.address('hub')}:{PORT}"
            state = str(self.folder / name)
            await self._start(
                name, "agent", "--hub", hub, "--place", name, "--state", state, "--without-tls", token=made["token"]
            )

    async def _start(self, place: str, *arguments: str, token: str = "") -> None:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.world.environment, "SENTINEL_AGENT_TOKEN": token}
        command = (*network.within(place), sys.executable, "-m", "sentinel", *arguments)
        with (self.folder / f"{place}.log").open("ab") as log:
            self._running.append(await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log))

    async def _until_ready(self) -> None:
        end = monotonic() + READY_SECONDS
        async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
            while monotonic() < end:
                with suppress(httpx.TransportError):
                    if (await client.get(f"http://{network.address('hub')}:{PORT}/readyz")).is_success:
                        return
                await asyncio.sleep(0.1)
        raise NotReady((self.folder / "hub.log").read_text(errors="replace")[-2000:])

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The hub's answer over its API."""
        held = json.loads((self.folder / "sentinel.db.hub").read_text())
        headers = {"authorization": f"Bearer {held['token']}"}
        async with httpx.AsyncClient(headers=headers, timeout=10.0, trust_env=False) as client:
            answer = await client.request(method, f"{held['url']}/api/v1/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def verdicts(self, check: str) -> dict[str, str]:
        """Place → what the check looks like from there."""
        return {one["place"]: one["verdict"] for one in (await self.ask("GET", f"checks/{check}"))["places"]}
