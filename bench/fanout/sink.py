"""The providers: an SMTP server, an HTTP provider and Slack, in a process of their own. `python -m bench.fanout.sink CPU`.

Belongs here: taking messages after a millisecond, and remembering who got how many. Does not belong here: judging that
(blast.py). It prints its ports, and answers each line on its input with what it has seen: counts, and with `whole` in the
line when staff heard.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from contextlib import suppress
from time import time
from typing import Any, Final, cast

import uvloop

REPLY_AFTER: Final = 0.001
"""Seconds that a provider takes over a message."""
DESK: Final = b"desk@northwind.example"
_SMTP: Final = {
    b"EHLO": b"250-sink.example\r\n250 PIPELINING\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Seen:
    """What was taken. `mails` and `posts`: address → how often; `staff`: Slack's timestamp → when it came."""

    def __init__(self) -> None:
        self.mails: Counter[bytes] = Counter()
        self.posts: Counter[str] = Counter()
        self.keys: set[str] = set()
        self.staff: dict[str, float] = {}
        self.octets = 0
        self.began = self.ended = 0.0

    def take(self, counter: Counter[Any], address: Any, octets: int) -> None:
        self.ended = time()
        self.began = self.began or self.ended
        self.octets += octets
        counter[address] += 1

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]  # begun again

    def said(self, *, whole: bool) -> dict[str, Any]:
        counts = {name: _counted(getattr(self, name)) for name in ("mails", "posts")}
        times = {"began": self.began, "ended": self.ended, "octets": self.octets, "keys": len(self.keys)}
        return {**counts, **times, "staff": self.staff if whole else {}}


def _counted(counter: Counter[Any]) -> dict[str, int]:
    total = counter.total()
    return {"taken": total, "people": len(counter), "twice": total - len(counter)}


class Peer(asyncio.Protocol):
    """One connection. What comes is cut into whole parts by `_next`, one after the other."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out = cast(asyncio.Transport, transport)  # uvloop's is none by type

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._next():
            pass

    def _next(self) -> bool:
        raise NotImplementedError

    def _later(self, words: bytes) -> None:
        asyncio.get_running_loop().call_later(REPLY_AFTER, self._say, words)

    def _say(self, words: bytes) -> None:
        if not self._out.is_closing():
            self._out.write(words)


class Smtp(Peer):
    """As little of SMTP as is spoken to it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._to, self._in_body = b"", False
        self._say(b"220 sink.example\r\n")

    def _next(self) -> bool:
        end = self._buffer.find(b"\r\n.\r\n" if self._in_body else b"\r\n")
        if end < 0:
            return False
        if self._in_body:
            if self._to != DESK:
                self._seen.take(self._seen.mails, self._to, end)
            del self._buffer[: end + 5]
            self._in_body = False
            self._later(b"250 2.0.0 taken\r\n")
            return True
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        word = line[:4].upper()
        if word == b"RCPT":
            self._to = line.partition(b"<")[2].partition(b">")[0]
        self._in_body = word == b"DATA"
        self._say(_SMTP.get(word, b"250 2.1.0 fine\r\n"))
        if word == b"QUIT":
            self._out.close()
        return True


class Http(Peer):
    """`/provider` takes one message, once for each `Idempotency-Key`; `/api/...` is Slack's."""

    def _next(self) -> bool:
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        first, *lines = bytes(self._buffer[:head]).decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        end = head + 4 + int(headers.get("content-length", 0))
        if len(self._buffer) < end:
            return False
        body = bytes(self._buffer[head + 4 : end])
        del self._buffer[:end]
        self._answer(first.split(" ")[1], headers, body)
        return True

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> None:
        if path.startswith("/provider"):
            self._seen.take(self._seen.posts, json.loads(body)["to"], len(body))
            self._seen.keys.add(headers.get("idempotency-key", ""))
            self._later(_http({"id": "taken"}))
        elif path.endswith("chat.postMessage"):
            ts = f"{len(self._seen.staff) + 1}.{os.getpid()}"
            self._seen.staff[ts] = time()
            self._say(_http({"ok": True, "ts": ts, "channel": "C0SERVICE", "message": {"ts": ts}}))
        else:
            self._say(_http({"ok": True, "team": "bench", "user": "sentinel", "bot_id": "B0"}))


def _http(body: dict[str, Any]) -> bytes:
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)


async def main() -> None:
    """Serve until the standard input ends."""
    seen, loop = Seen(), asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: Smtp(seen), "127.0.0.1", 0)
    http = await loop.create_server(lambda: Http(seen), "127.0.0.1", 0)
    ports = {"smtp": smtp.sockets[0].getsockname()[1], "http": http.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        if b"forget" in line:
            seen.forget()
        print(json.dumps(seen.said(whole=b"whole" in line)), flush=True)


if __name__ == "__main__":
    with suppress(OSError, IndexError):
        os.sched_setaffinity(0, {int(sys.argv[1])})
    uvloop.run(main())
