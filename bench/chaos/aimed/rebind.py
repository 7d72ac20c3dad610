"""Rebind: a name that leads to a public address when it is asked for first, and to an inner one ever after (T1).

`python -m bench.chaos.aimed.rebind [PLANT]` makes one call of a channel and one of a probe to such a name, and prints how many
came to the inner address. Belongs here: the lying resolver, the canary behind it, the scene. Does not belong here: spellings
of inner addresses (tests/deliver/test_ssrf.py). It is a process of its own, so that a bug is planted in nobody else.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pycurl

from bench.chaos.aimed.answer import heard
from bench.chaos.blast.strike import Scene
from sentinel.deliver.call import Call
from sentinel.deliver.post import Post
from sentinel.model.guard import gate
from sentinel.probe.condition import Rules
from sentinel.probe.kind import http as probe

NAME: Final = "rebind.example"
PUBLIC: Final = "93.184.215.14"
"""What the name leads to at the first look. Nobody connects to it."""
INNER: Final = "127.0.0.2"
SECONDS: Final = 3


class Canary:
    """Listens at the inner address and answers everybody."""

    def __init__(self) -> None:
        self.reached = 0
        self.port = 0

    async def __aenter__(self) -> "Canary":
        self._server = await asyncio.start_server(self._serve, INNER, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()


def lie(port: int) -> list[str]:
    """From now on this process's own asking for the name gets the public address; what libcurl is to look up, the inner one."""
    asked = socket.getaddrinfo

    def first(host: Any, *others: Any, **named: Any) -> Any:
        return asked(PUBLIC if host == NAME else host, *others, **named)

    socket.getaddrinfo = first
    return [f"{NAME}:{port}:{INNER}"]


async def main(plant: str) -> None:
    """One call by a channel's Post, one by a probe; how many came is printed."""
    if plant:
        from bench.chaos.planted import BUGS

        BUGS[plant]()
    async with Canary() as canary:
        resolve, url = lie(canary.port), f"http://{NAME}:{canary.port}/"
        post = Post(timeout=timedelta(seconds=SECONDS), resolve=resolve)
        await post.send(Call(url=url, body=b"x"), _yes)
        await post.close()
        await asyncio.to_thread(_probe, url, resolve)
        print(json.dumps({"reached": canary.reached}), flush=True)


def _probe(url: str, resolve: list[str]) -> None:
    exchange = probe.exchange(probe.Options.model_validate({"url": url}), gate(()), Rules())
    exchange.easy.setopt(pycurl.RESOLVE, resolve)
    exchange.begin(SECONDS)
    with suppress(pycurl.error):
        exchange.easy.perform()
    exchange.close()


async def _yes() -> bool:
    return True


async def rebound(folder: Path, say: Callable[[str], None], *, plant: str = "") -> Scene:
    """Run it in a process of its own, and count who reached the inner address."""
    scene = Scene(number=0, seed="rebind")
    said = await heard("bench.chaos.aimed.rebind", *([plant] if plant else []))
    scene.wrong("reached", int(said.get("reached", 0)), f"{INNER} by a name that was {PUBLIC} when it was checked")
    scene.wrong("unrested", "reached" not in said, said)
    return scene


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
