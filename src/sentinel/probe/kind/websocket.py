"""websocket: opens a WebSocket as a customer's page would, says something if wished, and waits for the answer.

Lives in the `loop` child; needs the extra `ws`. Belongs here: its options, the conversation, the facts. Does not belong here:
the protocol (the library websockets), sockets (reach.py), what is good (condition.py).
"""

import logging
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.secret import Secret
from sentinel.model.web import split
from sentinel.probe import peer
from sentinel.probe.assertion import Conditions
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Seen
from sentinel.probe.option import needs_extra, sendable
from sentinel.probe.reach import READ_LIMIT, Reach, tls_context
from sentinel.probe.trouble import ours, theirs

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "status": "number", "subprotocol": "text", "message": "text", "messages": "number", "close_code": "number", **peer.FACTS,
    "ip": "text", "total_ms": "number", "dns_ms": "number", "connect_ms": "number", "open_ms": "number", "answer_ms": "number",
    "body": "text", "headers": "text",
}  # fmt: skip
"""`body` is the message that was waited for, `headers` those of the opening; they are judged here and do not travel."""
GOODBYE: Final = 1.0
"""Seconds that the other side has to answer that we close."""
TOO_BIG: Final = 1009
"""The code with which we close on a message that is too big."""
MESSAGE_KEPT: Final = 500
"""Characters of a message that become a fact."""
_OURS_TO_SET: Final = frozenset({"host", "connection", "upgrade", "transfer-encoding", "content-length"})
_NO_SECRETS: Final = frozenset({"accept", "accept-language", "content-type", "origin", "user-agent"})
_SILENT: Final = logging.Logger("sentinel.probe.kind.websocket", logging.CRITICAL + 1)
"""The library logs what targets send."""
_PIECES: Final = re.compile(r"[^\s\"':,;{}\[\]]{8,}")

Text = Annotated[str, Field(max_length=65536)]


class Options(BaseModel):
    """What to open, and what to say there. A plain address stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    url: Annotated[str, Field(max_length=8192)]
    """wss:// or ws://, without name and password."""
    headers: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """Sent with the opening."""
    subprotocol: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]*$")] = ""
    """The subprotocol that is asked for; a server that does not take it is down."""
    login: Secret | None = None
    """A reference to a text that is sent first and never told, such as one with a token."""
    send: Text | None = None
    """A text that is sent, after `login`."""
    wait_for: Text | None = None
    """A text that some message must contain; what comes before it is passed over. Empty: any message. Left out: none."""
    verify: bool = True
    """Whether the certificate must be valid for the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        needs_extra("websocket", "websockets", "ws")
        return {"url": value} if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        parts = split(url)
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
        if not usable or not url.isprintable() or " " in url:
            raise ValueError("an address reads like wss://live.northwind.example/quotes")
        if parts.username is not None:
            raise ValueError("name and password do not belong into an address")
        return url

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        wrong = sendable(headers)
        for name in headers:
            if name.lower() in _OURS_TO_SET or name.lower().startswith("sec-websocket-"):
                wrong = wrong or f"header {name} is set by the probe itself"
        if wrong:
            raise ValueError(wrong)
        return headers


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return urlsplit(options.url).hostname or ""


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a server that does not open, or does not answer what is waited for, is down by itself."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """One connection: opened, talked over, closed."""
    reach.secrets += _kept(options)
    at = urlsplit(options.url)
    secure = at.scheme == "wss"
    made = await reach.socket_to(at.hostname or "", at.port or (443 if secure else 80))
    connection: ClientConnection | None = None
    try:
        connection = await _open(options, reach, made)
        if secure:
            reach.facts.update(peer.connection(connection.transport.get_extra_info("ssl_object"), datetime.now(UTC)))
        body = await _talk(options, reach, connection)
        await connection.close()
        return _seen(connection, reach, body)
    finally:
        if connection is not None:
            reach.facts.setdefault("close_code", connection.close_code or None)
            connection.transport.abort()
        made.close()


async def _open(options: Options, reach: Reach, made: Any) -> "ClientConnection":
    from websockets.asyncio.client import connect  # an extra
    from websockets.exceptions import WebSocketException

    secure = options.url.startswith("wss:")
    try:
        tls: Any = {"ssl": tls_context(verify=options.verify, ca=options.ca)} if secure else {}
    except (OSError, ssl.SSLError):
        raise ours(f"the certificate bundle {options.ca or 'of this machine'} cannot be read") from None
    wanted: Any = [options.subprotocol] if options.subprotocol else None
    opening = connect(
        options.url, sock=made, subprotocols=wanted, additional_headers=dict(options.headers), user_agent_header="sentinel",
        open_timeout=None, close_timeout=min(GOODBYE, reach.left / 4), ping_interval=None, max_size=READ_LIMIT, max_queue=4,
        logger=_SILENT, **tls,
    )  # fmt: skip
    with reach.during("opening the WebSocket", "open_ms"):
        try:
            return await opening
        except AssertionError:  # the library's, where a server says or ends something before it is asked
            raise theirs("the server did not open a WebSocket: it spoke, or hung up, before it was asked") from None
        except (WebSocketException, EOFError, OSError, ValueError) as error:
            raise _not_opened(error, reach, host(options)) from None


def _not_opened(error: Exception, reach: Reach, name: str) -> BaseException:
    """What came instead of an opened WebSocket. A redirect, which is not followed, is hidden behind a ValueError."""
    from websockets.exceptions import InvalidMessage, InvalidStatus, WebSocketException

    refused = error if isinstance(error, InvalidStatus) else error.__cause__
    if isinstance(refused, InvalidStatus):
        reach.facts["status"] = refused.response.status_code
        reach.evidence = (refused.response.body or b"").decode("utf-8", "replace")
        return theirs(f"the server did not open a WebSocket: status {refused.response.status_code}")
    if not isinstance(error, WebSocketException):
        return reach.blamed(error, name)
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, EOFError | ConnectionError):
        return theirs("the connection was closed while opening the WebSocket")
    why = "the answer is not proper HTTP" if isinstance(error, InvalidMessage) else beginning(" ".join(str(error).split()), 120)
    return theirs(f"the server did not open a WebSocket: {why}")


async def _talk(options: Options, reach: Reach, connection: "ClientConnection") -> str:
    """The message that was waited for, "" if none was."""
    from websockets.exceptions import ConnectionClosed

    if options.subprotocol and connection.subprotocol != options.subprotocol:
        raise theirs(f"the server does not speak the subprotocol {options.subprotocol}")
    try:
        with reach.during("sending"):
            for text in (options.login.reveal() if options.login else None, options.send):
                if text is not None:
                    await connection.send(text)
        if options.wait_for is None:
            return ""
        awaited = f"a message that contains “{options.wait_for[:60]}”" if options.wait_for else "a message"
        with reach.during(f"waiting for {awaited}", "answer_ms"):
            return await _awaited(options.wait_for, reach, connection)
    except ConnectionClosed as closed:
        reach.facts["close_code"] = connection.close_code
        why = f" “{beginning(connection.close_reason, 100)}”" if connection.close_reason else ""
        if closed.sent is not None and not closed.rcvd_then_sent:
            what = "a message of more than a MiB" if closed.sent.code == TOO_BIG else "no proper message"
            raise theirs(f"{what} came while {reach.phase}") from None
        code = f" with code {connection.close_code}{why}" if closed.rcvd else ""
        raise theirs(f"the server closed the connection{code} while {reach.phase}") from None


async def _awaited(wanted: str, reach: Reach, connection: "ClientConnection") -> str:
    """Messages are read until one of them holds `wanted`, no more than a MiB in all."""
    read = count = 0
    while read < READ_LIMIT:
        said = await connection.recv()
        text = said if isinstance(said, str) else said.decode("utf-8", "replace")
        read, count = read + len(said), count + 1
        reach.facts |= {"messages": count, "message": text[:MESSAGE_KEPT]}
        if wanted in text:
            return text
        reach.evidence = text
    raise theirs(f"a MiB of messages came, and none of them contains “{wanted[:60]}”")


def _seen(connection: "ClientConnection", reach: Reach, body: str) -> Seen:
    answer = connection.response
    reach.facts |= {
        "status": answer.status_code if answer else None,
        "subprotocol": connection.subprotocol or "",
        "close_code": connection.close_code,
    }
    return Seen(facts=reach.facts, body=body.encode(), headers=tuple(answer.headers.raw_items()) if answer else ())


def _kept(options: Options) -> list[str]:
    """What must not be told: headers, and the text of the login in whole and in its pieces, as an answer may repeat them."""
    secrets = [value for name, value in options.headers.items() if name.lower() not in _NO_SECRETS]
    secrets += [value.split()[-1] for value in secrets if value.split()]
    if options.login is not None:
        secrets += [options.login.reveal(), *_PIECES.findall(options.login.reveal())]
    return sorted(dict.fromkeys(secrets), key=len, reverse=True)
