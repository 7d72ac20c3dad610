"""The process: it listens, obeys one JSON order a line on its standard input, tells on its output, and ends with its input."""

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.chaos.ledgerd.http import Provider
from bench.chaos.ledgerd.keep import Book
from bench.chaos.ledgerd.smtp import Relay
from bench.chaos.ledgerd.snare import Will


async def main(path: Path) -> None:
    """Serve until the standard input ends."""
    book, will = Book(path), Will(tell=tell)
    relay, provider = Relay(book, will), Provider(book, will)
    # Both stay open for as long as this process does.
    listening = [await asyncio.start_server(each.serve, sock=_listener()) for each in (relay, provider)]
    smtp, http = (server.sockets[0].getsockname()[1] for server in listening)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    tell({"smtp": smtp, "http": http})
    while line := await orders.readline():
        said = json.loads(line)
        will.obey(said)
        if "ask" in said:
            tell({"answer": said["ask"], "standing": relay.standing})


def tell(what: Mapping[str, Any]) -> None:
    """One JSON object to the supervisor."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
