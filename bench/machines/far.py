"""far: the world behind the machines' other cable, in one process: a relay, a provider over HTTP, and the services watched.

`python -m bench.machines.far ADDRESS FOLDER NAME=PEER...` writes what each peer brought into FOLDER/NAME.jsonl, on disk before
it answers, prints its ports, and obeys the orders of ledgerd (`mood`) and targetd (`break`, `heal`). Belongs here: who came
from where. Does not belong here: the conversations (bench/chaos/ledgerd), the services (sentinel.demo.services).
"""

import asyncio
import json
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.chaos.ledgerd.http import Provider
from bench.chaos.ledgerd.keep import Book
from bench.chaos.ledgerd.smtp import Relay
from bench.chaos.ledgerd.snare import Will
from sentinel.demo.services import Company, How

Serve = Callable[[StreamReader, StreamWriter], Awaitable[None]]
BACKLOG: Final = 256


async def main(address: str, folder: Path, peers: Mapping[str, str]) -> None:
    """Serve until the standard input ends."""
    will = Will(tell=lambda _: None)
    books = {peer: Book(folder / f"{name}.jsonl") for name, peer in peers.items()}
    for book in books.values():  # what a provider knows of keys it knows whoever asks
        book.keys = next(iter(books.values())).keys
    relays = {peer: Relay(book, will) for peer, book in books.items()}
    providers = {peer: Provider(book, will) for peer, book in books.items()}
    smtp = await _listen(address, _by_peer({peer: each.serve for peer, each in relays.items()}))
    http = await _listen(address, _by_peer({peer: each.serve for peer, each in providers.items()}))
    company = Company()
    await company.start()
    urls = {service: f"http://{address}:{await _listen(address, _onwards(url))}" for service, url in company.urls.items()}
    orders = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"smtp": smtp, "http": http, "urls": urls}), flush=True)
    while line := await orders.readline():
        said = json.loads(line)
        will.obey(said)
        if "break" in said:
            company.break_(said["break"], How(said["how"]))
        if "heal" in said:
            company.heal(said["heal"])
    await company.stop()


def _by_peer(serves: Mapping[str, Serve]) -> Serve:
    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        found = serves.get(writer.get_extra_info("peername")[0])
        if found is None:
            writer.transport.abort()
        else:
            await found(reader, writer)

    return serve


def _onwards(url: str) -> Serve:
    """Hands on to a service of the company, which listens on loopback alone."""
    port = urlsplit(url).port

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_carry(reader, back), _carry(there, writer))

    return serve


async def _carry(source: StreamReader, target: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()
    with suppress(OSError):
        target.close()
        await target.wait_closed()


_listening: list[asyncio.Server] = []


async def _listen(address: str, serve: Serve) -> int:
    """Its port. It listens for as long as this process lives."""
    made = await asyncio.start_server(serve, address, 0, backlog=BACKLOG)
    _listening.append(made)
    return int(made.sockets[0].getsockname()[1])


if __name__ == "__main__":
    named = dict(each.split("=", 1) for each in sys.argv[3:])
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), named))
