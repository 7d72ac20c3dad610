"""The agent's line to its hub: one enrolment, then report after report. Outwards only; nothing listens.

Belongs here: the requests and what their answers mean. Does not belong here: what is reported (spool.py), when (agent.py).
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from sentinel.model.check import Check
from sentinel.model.web import split, without_login
from sentinel.probe.greeting import Hello, write_hello
from sentinel.probe.inbox import Inbox, Whole
from sentinel.probe.wire import Ack, Malformed
from sentinel.run.agent.credential import Credential

SECONDS: Final = 10.0


class Shut(Exception):
    """The hub does not let us in, and asking again changes nothing. The message is for people."""


class Away(Exception):
    """The hub cannot be reached, or takes nothing at this moment: to be tried again. The message is for the log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the hub said to a report. `taken`: the last batch that it has of `source`; `orders` None: as before."""

    source: str = ""
    """Empty where it has none of the one that was named."""
    taken: int = 0
    orders: tuple[Check, ...] | None = None
    allow: tuple[str, ...] = ()
    digest: str = ""


class Link:
    """To the hub at `url`. `trust`: a file of certificates to trust instead of the machine's."""

    def __init__(self, url: str, trust: Path | None = None) -> None:
        verify = ssl.create_default_context(cafile=None if trust is None else str(trust))
        # No proxy from the environment: it would be given the credential.
        self._client = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=SECONDS, verify=verify, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def enrol(self, token: str, credential: Credential, hello: Hello) -> int:
        """Our number. Raises Shut, Away."""
        said = {
            "token": token,
            "credential_hash": credential.token_hash,
            "place": credential.place,
            "host": hello.host,
            "version": hello.version,
        }
        answer = await self._post("/agents/enrol", json=said)
        if answer.status_code in (400, 401, 409):
            raise Shut(_why(answer))
        if answer.status_code != 200:
            raise Away(_why(answer))
        try:
            return int(answer.json()["agent"])
        except (ValueError, KeyError, TypeError):
            raise Away("what answers there is no hub of Sentinel") from None

    async def report(self, credential: Credential, hello: Hello, lines: Sequence[bytes]) -> Answer:
        """Greet, and hand over batches. Raises Shut, Away."""
        headers = {"authorization": f"Bearer {credential.token}", "content-type": "application/x-ndjson"}
        answer = await self._post("/agents/report", content=write_hello(hello) + b"".join(lines), headers=headers)
        if answer.status_code == 401:
            raise Shut(_why(answer))
        if answer.status_code != 200:
            raise Away(_why(answer))
        return await asyncio.to_thread(_read, answer.content, answer.headers.get("sentinel-orders", ""))

    async def _post(self, path: str, **what: Any) -> httpx.Response:
        try:
            async with asyncio.timeout(2 * SECONDS):
                return await self._client.post(path, **what)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Away(f"the hub does not answer: {error or type(error).__name__}") from error


def fault_of(url: str, *, without_tls: bool) -> str:
    """Why `url` cannot be the hub's; empty if it can."""
    try:
        parts = split(url)
    except ValueError as error:
        return f"{without_login(url)} is no web address: {error}"
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
        return f"{without_login(url)} is no web address of a hub: write it as https://sentinel.northwind.example"
    if parts.scheme == "http" and not (without_tls or _is_loopback(host)):
        return "the hub must be reached by https, or whoever listens has its credential and its checks"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(body: bytes, digest: str) -> Answer:
    source, taken, whole = "", 0, None
    for said in Inbox().read(body):
        match said:
            case Malformed(why=why):
                raise Away(f"the hub's answer is {why}")
            case Ack():
                source, taken = said.source, said.number
            case Whole():
                whole = said
    if whole is None:
        return Answer(source=source, taken=taken, digest=digest)
    return Answer(source=source, taken=taken, orders=whole.checks, allow=whole.allow, digest=digest)


def _why(answer: httpx.Response) -> str:
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"it answered with status {answer.status_code}"
    return detail[:500]
