"""HTTP/1.1 as providers speak it: Slack's chat.postMessage, a mail API with and without idempotency, Twilio's messages, a hook.

Belongs here: the conversation and the shapes of the answers. Does not belong here: what is done at a step (snare.py).
"""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from bench.chaos.ledgerd.keep import Book, Taken
from bench.chaos.ledgerd.smtp import Gone
from bench.chaos.ledgerd.snare import DROP, Moment, Will
from bench.chaos.steps import Step

LARGEST: Final = 1024 * 1024
PATHS: Final[Mapping[str, str]] = {
    "/api/": "slack",
    "/keyed": "keyed",
    "/plain": "plain",
    "/2010-04-01/": "sms",
    "/hook": "hook",
}
"""How a path begins → by what name its effects are kept."""
_STATUS: Final = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def by(self) -> str:
        return next((name for start, name in PATHS.items() if self.path.startswith(start)), "")

    @property
    def said(self) -> Mapping[str, Any]:
        if "json" in self.headers.get("content-type", ""):
            found = json.loads(self.body or b"{}")
            return found if isinstance(found, dict) else {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    @property
    def key(self) -> str:
        """The message's own identity, in whatever place this provider has for it."""
        said = self.said
        payload = _mapping(_mapping(said.get("metadata")).get("event_payload"))
        found = (self.headers.get("idempotency-key"), self.headers.get("webhook-id"), payload.get("key"), said.get("key"))
        return str(next((each for each in found if each), ""))

    @property
    def to(self) -> str:
        said = self.said
        named = next((said[name] for name in ("to", "To", "recipient", "address", "channel") if said.get(name)), "")
        return str(named).lower()


class Provider:
    """One listening provider. `serve` is asyncio's client callback."""

    def __init__(self, book: Book, will: Will) -> None:
        self._book = book
        self._will = will
        self._taken = 0

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        port: int = writer.get_extra_info("peername")[1]
        try:
            await self._at(Step.CONNECT, port)
            while True:
                asked = await self._read(reader, writer, port)
                if not await self._answer(asked, writer, port):
                    return
        except (Gone, OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.transport.abort()

    async def _read(self, reader: StreamReader, writer: StreamWriter, port: int) -> _Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        path = head[0].split(" ")[1]
        await self._at(Step.HEAD, port, by=_Asked(path=path, headers=headers, body=b"").by)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(headers.get("content-length", "0"))
        if length > LARGEST:
            raise Gone
        return _Asked(path=path, headers=headers, body=await reader.readexactly(length))

    async def _answer(self, asked: _Asked, writer: StreamWriter, port: int) -> bool:
        by, to, key = asked.by, asked.to, asked.key
        about = {"by": by, "to": to, "id": key}
        await self._at(Step.DOT, port, **about)
        limit = self._will.limit() if by else None
        if limit is not None:
            self._book.keep(Taken(by=by, to=to, id=key, refused=429))
            return await _write(writer, asked, 429, {"error": "ratelimited"}, {"Retry-After": limit} if limit else {})
        status, said = self._take(asked, by, to, key)
        await self._at(Step.KEPT, port, **about)
        await self._will.think(to)
        goes_on = await _write(writer, asked, status, said, {})
        await self._at(Step.REPLIED, port, **about)
        return goes_on

    def _take(self, asked: _Asked, by: str, to: str, key: str) -> tuple[int, Mapping[str, Any] | None]:
        """Keep the effect, on disk, and what is answered."""
        if not by:
            return 404, {"error": "no such thing"}
        if asked.path.endswith("auth.test"):
            return 200, {"ok": True, "team": "Northwind", "user": "sentinel", "team_id": "T0", "user_id": "U0", "bot_id": "B0"}
        again = by == "keyed" and key in self._book.keys
        self._taken += 1
        subject = str(asked.said.get("subject") or asked.said.get("text") or asked.said.get("Body") or "")[:200]
        self._book.keep(Taken(by=by, to=to, id=key, subject=subject, again=again))
        match by:
            case "slack":
                return 200, {"ok": True, "channel": to.upper(), "ts": f"1.{self._taken:06d}", "message": {"text": subject}}
            case "sms":
                return 201, {"sid": f"SM{self._taken:032x}", "status": "queued"}
            case "hook":
                return 204, None
            case _:
                return 200, {"id": f"m-{key or self._taken}"}

    async def _at(self, step: Step, port: int, **about: str) -> None:
        by = about.get("by", "")
        lane = "" if not by else "staff" if by in ("slack", "hook") else "customers"
        moment = Moment(step=step, by=by, port=port, lane=lane, to=about.get("to", ""), id=about.get("id", ""))
        if await self._will.at(moment) == DROP:
            raise Gone


async def _write(
    writer: StreamWriter, asked: _Asked, status: int, said: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> bool:
    """Send the answer; whether the connection is kept."""
    body = b"" if said is None else json.dumps(said).encode()
    keep = asked.headers.get("connection", "").lower() != "close"
    lines = [f"HTTP/1.1 {status} {_STATUS[status]}", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += ["Connection: keep-alive" if keep else "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()
    return keep


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
