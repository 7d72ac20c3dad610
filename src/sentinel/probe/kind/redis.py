"""redis: asks a Redis, or what speaks like one (Valkey, KeyDB), whether it is there, what it says of itself, and for one key.

Lives in the `loop` child. It speaks the protocol's handful of lines (RESP 2) itself, so that every byte that a server sends is
counted and no library opens sockets of its own. Belongs here: its options, the conversation, the facts. Does not belong here:
sockets (reach.py), what is good (condition.py).
"""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.model.secret import Secret
from sentinel.probe.answer import TEXT_KEPT, number_of
from sentinel.probe.assertion import Conditions
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Seen
from sentinel.probe.option import host_and_port
from sentinel.probe.reach import READ_LIMIT, Reach, tls_context
from sentinel.probe.trouble import Failed, ours, theirs

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "value": "number", "text": "text", "exists": "yes or no", "role": "text", "version": "text", "connected_clients": "number",
    "used_memory_bytes": "number", "uptime_s": "number", "replicas": "number", "link_up": "yes or no", "behind_s": "number",
    "saved": "yes or no", "ping_ms": "number", "ip": "text", "total_ms": "number", "dns_ms": "number", "connect_ms": "number",
    "tls_ms": "number",
}  # fmt: skip
_ABOUT: Final = {
    "role": "role", "redis_version": "version", "connected_clients": "connected_clients", "used_memory": "used_memory_bytes",
    "uptime_in_seconds": "uptime_s", "connected_slaves": "replicas", "master_last_io_seconds_ago": "behind_s",
}  # fmt: skip
"""What INFO says → the fact."""
_TRUTHS: Final = {"master_link_status": ("link_up", "up"), "rdb_last_bgsave_status": ("saved", "ok")}
"""What INFO says → the fact, and the word with which it is true."""
_SAID: Final = {
    "NOAUTH": "login refused: it asks for a password, and none is given",
    "WRONGPASS": "login refused: the user or the password is wrong",
    "LOADING": "it is still reading its data from disk",
    "MASTERDOWN": "it has lost its primary, and gives no stale answers",
    "BUSY": "it is busy with a script",
    "WRONGTYPE": "the key holds something of another type than `ask` is for",
    "DENIED": "it refuses us: it is in protected mode",
    "MAXCLIENTS": "it takes no more connections",
}
"""An error's first word → what we say."""


class Options(BaseModel):
    """Which Redis, as whom, and which key. `host:port` stands for both of these."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    host: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:-]+$")]
    """A name or an address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 6379
    """Its port."""
    user: Annotated[str, Field(max_length=128)] = ""
    """Whom to log in as; empty: the usual user."""
    password: Secret | None = None
    """A reference to the password."""
    db: Annotated[int, Field(ge=0, le=65535)] = 0
    """The number of the database that the key is in."""
    tls: bool = False
    """Whether the connection is encrypted."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    key: Annotated[str, Field(max_length=1024)] = ""
    """The key that is looked at; empty: none."""
    ask: Literal["GET", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN", "STRLEN", "TTL"] = "GET"
    """What is asked of the key."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return host_and_port(value, 6379)

    @model_validator(mode="after")
    def _fits_together(self) -> "Options":
        if self.user and self.password is None:
            raise ValueError("a `user` needs a `password`")
        return self


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: what answers is up."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One conversation."""
    if options.password is not None:
        reach.secrets.append(options.password.reveal())
    try:
        context = tls_context(verify=options.verify, ca=options.ca) if options.tls else None
    except (OSError, ssl.SSLError):
        raise ours("the certificate bundle cannot be read") from None
    reader, writer = await reach.connect(options.host, options.port, tls=context)
    try:
        return Seen(facts=await _facts(options, _Talk(reader, writer), reach))
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise reach.blamed(error, options.host) from None
    finally:
        writer.transport.abort()


async def _facts(options: Options, talk: "_Talk", reach: Reach) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if options.password is not None:
        with reach.during("logging in"):
            named = (options.user,) if options.user else ()
            _good(await talk.ask("AUTH", *named, options.password.reveal()))
    with reach.during("waiting for the answer to PING", "ping_ms"):
        pong = _good(await talk.ask("PING"))
    if pong != "PONG":
        raise theirs("the answer to PING is not PONG: this is no Redis")
    with reach.during("waiting for what it says of itself"):
        said = await talk.ask("INFO")
        if isinstance(said, str):  # an account may lack the right to it, and the rest is good without
            facts |= _about(said)
    if options.key:
        with reach.during("waiting for the key"):
            facts |= await _key(options, talk)
    return facts


def _about(said: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for line in said.splitlines()[:500]:
        name, _, value = line.partition(":")
        if name in _ABOUT:
            fact = _ABOUT[name]
            found = value[:100] if FACTS[fact] == "text" else number_of(value)
            if found is not None:
                facts[fact] = found
        elif name in _TRUTHS:
            fact, word = _TRUTHS[name]
            facts[fact] = value.strip() == word
    return facts


async def _key(options: Options, talk: "_Talk") -> dict[str, Fact]:
    if options.db:
        _good(await talk.ask("SELECT", str(options.db)))
    if not _good(await talk.ask("EXISTS", options.key)):
        empty: dict[str, Fact] = {} if options.ask in ("GET", "TTL") else {"value": 0}
        return {"exists": False, **empty}
    # Of a long text only its beginning is fetched.
    parts = ("GETRANGE", options.key, "0", str(4 * TEXT_KEPT)) if options.ask == "GET" else (options.ask, options.key)
    found = _good(await talk.ask(*parts))
    number = number_of(found)
    facts: dict[str, Fact] = {"exists": True, "text": str(found)[:TEXT_KEPT]}
    return facts if number is None else facts | {"value": number}


@dataclass(frozen=True, slots=True)
class _Refused:
    """An error that the server answered with."""

    words: str


def _good(answer: str | int | _Refused) -> str | int:
    if not isinstance(answer, _Refused):
        return answer
    first = answer.words.partition(" ")[0]
    if first == "NOPERM":
        raise theirs(f"its access rules do not allow it: {beginning(answer.words[7:], 160)}")
    if first == "ERR" and "max number of clients" in answer.words:
        first = "MAXCLIENTS"
    raise theirs(_SAID.get(first, f"it refused: {beginning(answer.words, 160)}"))


class _Talk:
    """Questions and answers on one connection, with an end to what is taken in."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._taken = 0

    async def ask(self, *parts: str) -> str | int | _Refused:
        """What it answers: text, a number, or its refusal."""
        said = [part.encode() for part in parts]
        self._writer.write(b"*%d\r\n" % len(said) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in said))
        await self._writer.drain()
        line = (await self._reader.readuntil(b"\r\n"))[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return _text(rest)
        if kind == b"-":
            return _Refused(_text(rest))
        if kind == b":" and _is_number(rest):
            return int(rest)
        if kind == b"$" and _is_number(rest):
            return await self._bulk(int(rest))
        raise _nonsense()

    async def _bulk(self, length: int) -> str:
        self._taken += max(0, length)
        if self._taken > READ_LIMIT:
            raise theirs("its answer is larger than 1 MiB")
        if length < 0:
            return ""
        data = await self._reader.readexactly(length + 2)
        if not data.endswith(b"\r\n"):
            raise _nonsense()
        return _text(data[:-2])


def _is_number(digits: bytes) -> bool:
    return len(digits) <= 20 and digits.removeprefix(b"-").isdigit()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _nonsense() -> Failed:
    return theirs("the answer is not proper Redis")
