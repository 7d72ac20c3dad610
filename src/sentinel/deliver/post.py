"""Post: one HTTP request of a channel and its reply, by libcurl on a kept connection, with the address guard at the socket.

Belongs here: the exchange, its limits, the moment of arming, and what is known when it breaks. Does not belong here: what a
provider's reply means (reply.py, each channel), what is posted.

The row is armed when libcurl, connected and agreed on TLS, asks for the first byte of the body: until then nothing can have had
an effect. Libcurl would send a request a second time by itself when a kept connection breaks before the reply; it cannot here,
since the body cannot be wound back: such a break is an Unknown, and whether it is tried again is the ledger's to say.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from socket import AF_INET, AF_INET6, SocketType
from typing import Any, Final

import certifi
import pycurl

from sentinel.deliver.call import REPLY_LIMIT, Arm, Call, Reply
from sentinel.deliver.outcome import Down, NotArmed
from sentinel.model.delivery import Failed, Unknown
from sentinel.model.guard import Gate, Networks, gate

HEADERS_MOST: Final = 100
CONNECT_WITHIN: Final = timedelta(seconds=10)
IDLE_SECONDS: Final = 50
"""A connection that was idle for longer is not used again: most servers hang up after a minute."""


@dataclass(slots=True)
class _Exchange:
    """What has happened in the request under way."""

    body: bytes
    armed: bool = False
    opened: bool = False
    """Whether a connection was made for it."""
    sent: int = 0
    """Bytes of the body that libcurl has been given."""
    code: int | None = None
    """libcurl's, when all is over."""
    why: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    reply: bytearray = field(default_factory=bytearray)
    refused: str = ""


class Post:
    """One kept connection. `allow`: private networks that it may reach. `resolve`: libcurl's own "name:port:address" lines."""

    def __init__(
        self, *, timeout: timedelta, allow: Networks = (), ca_file: str | None = None, resolve: Sequence[str] = ()
    ) -> None:
        self._gate: Gate = gate(allow)
        self._under_way: _Exchange | None = None
        self._loop: asyncio.AbstractEventLoop
        """The one that we are used in. It is asked for once a request: asking for it is a system call on CPython 3.11."""
        self._asks = asyncio.Event()
        """Set when libcurl asks for the body, and when all is over."""
        self._easy = self._handle(timeout, ca_file, resolve)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, 1)
        self._due: float | None = None
        """When libcurl wants to be called, on the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._wanted: dict[int, int] = {}
        """Socket → what libcurl wants to hear of it."""
        self._watched: dict[int, int] = {}
        """Socket → what the loop looks for on it."""
        self._aimed: tuple[str, str] | None = None

    async def send(self, call: Call, arm: Arm) -> Reply | Failed | Unknown | NotArmed:
        """Make one request. `arm` is asked when the connection stands, before the first byte of the body. No redirect is
        followed. Any reply is a Reply; Down: nothing of the body has left; Unknown: some of it has, and no reply came.

        A kept connection may have been hung up on since: then once more on a fresh one, if nothing was armed.
        """
        came, kept = await self._once(call, arm)
        return (await self._once(call, arm))[0] if kept and isinstance(came, Down) else came

    async def _once(self, call: Call, arm: Arm) -> tuple[Reply | Failed | Unknown | NotArmed, bool]:
        """What came, and whether it went by a kept connection and was not armed."""
        under_way = self._under_way = _Exchange(call.body)
        self._loop = asyncio.get_running_loop()
        self._asks.clear()
        self._aim(call)
        self._multi.add_handle(self._easy)
        try:
            self._act(pycurl.SOCKET_TIMEOUT, 0)
            await self._asks.wait()
            if under_way.code is None:
                self._asks.clear()
                if not await arm():
                    return NotArmed(), False
                under_way.armed = True
                if under_way.code is None:
                    self._easy.pause(pycurl.PAUSE_CONT)
                    self._act(pycurl.SOCKET_TIMEOUT, 0)
                    if under_way.code is None:
                        await self._asks.wait()
            was_cut = under_way.code in _CUT and not under_way.opened
            return self._judged(under_way), was_cut and not under_way.armed
        finally:
            self._multi.remove_handle(self._easy)  # cuts the connection where the exchange is not over
            self._under_way = None

    async def close(self) -> None:
        """Cut the connection."""
        for fd in tuple(self._watched):
            self._look_at(fd, 0)
        self._multi.close()
        self._easy.close()
        self._due = None
        if self._timer is not None:
            self._timer.cancel()

    def _judged(self, ended: _Exchange) -> Reply | Failed | Unknown:
        status = self._easy.getinfo(pycurl.RESPONSE_CODE)
        if status >= 200 and (ended.code == 0 or len(ended.reply) >= REPLY_LIMIT):
            return Reply(status=status, headers=ended.headers, body=bytes(ended.reply[:REPLY_LIMIT]))
        reason = self._reason(ended)
        if ended.sent or (ended.armed and not ended.body):
            return Unknown(reason=reason)
        return Down(reason=reason)

    def _reason(self, ended: _Exchange) -> str:
        if ended.refused:
            return f"{ended.refused}, which Sentinel may not reach: see allow_private"
        if ended.code == pycurl.E_OPERATION_TIMEDOUT:
            return "no reply in time" if ended.sent else "no connection in time"
        said = "".join(letter if letter.isprintable() else " " for letter in ended.why)[:120]
        if ended.code == pycurl.E_PEER_FAILED_VERIFICATION:
            return f"its certificate is not to be trusted ({said})"
        return _REASONS.get(ended.code or 0) or f"the connection broke ({said})"

    # libcurl's handle

    def _handle(self, timeout: timedelta, ca_file: str | None, resolve: Sequence[str]) -> pycurl.Curl:
        easy = pycurl.Curl()
        put = easy.setopt
        put(pycurl.NOSIGNAL, 1)
        put(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        put(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        put(pycurl.FOLLOWLOCATION, 0)
        put(pycurl.PROXY, "")  # through one, the guard would see its address and not the target's
        put(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_WITHIN.total_seconds() * 1000))
        put(pycurl.TIMEOUT_MS, max(1, int(timeout.total_seconds() * 1000)))
        put(pycurl.MAXAGE_CONN, IDLE_SECONDS)
        put(pycurl.TCP_KEEPALIVE, 1)
        put(pycurl.CAINFO, ca_file or _bundle())
        if resolve:
            put(pycurl.RESOLVE, list(resolve))
        put(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        put(pycurl.HEADERFUNCTION, self._head)
        put(pycurl.WRITEFUNCTION, self._write)
        put(pycurl.READFUNCTION, self._read)  # and no SEEKFUNCTION: see above
        put(pycurl.POST, 1)
        return easy

    def _aim(self, call: Call) -> None:
        put = self._easy.setopt
        if self._aimed != (call.url, call.method):
            put(pycurl.URL, call.url)
            put(pycurl.CUSTOMREQUEST, call.method)
            self._aimed = call.url, call.method
        put(pycurl.POSTFIELDSIZE, len(call.body))
        lines = [f"{name}: {value}" for name, value in call.headers.items()]
        put(pycurl.HTTPHEADER, [line.encode() for line in (*lines, "User-Agent: Sentinel/1", "Expect:")])

    def _open_socket(self, _purpose: int, address: Any) -> int:
        """The guard: asked by libcurl with the very address that it is about to connect to."""
        under_way = self._under_way
        if address.family not in (AF_INET, AF_INET6) or under_way is None:
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        ip = address.addr[0]
        why = self._gate(ip)
        if why is not None:
            under_way.refused = f"it is at {ip} ({why})"
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        try:
            opened = SocketType(address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD  # type: ignore[no-any-return]
        under_way.refused, under_way.opened = "", True
        return opened.detach()

    def _read(self, size: int) -> bytes | int:
        under_way = self._under_way
        if under_way is None:
            return pycurl.READFUNC_ABORT  # type: ignore[no-any-return]
        if not under_way.armed:
            self._asks.set()
            return pycurl.READFUNC_PAUSE  # type: ignore[no-any-return]
        chunk = under_way.body[under_way.sent : under_way.sent + size]
        under_way.sent += len(chunk)
        return chunk

    def _head(self, line: bytes) -> None:
        under_way = self._under_way
        if under_way is None:
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            under_way.headers.clear()
        elif colon and len(under_way.headers) < HEADERS_MOST:
            under_way.headers[name.strip().lower()] = value.strip()[:2000]

    def _write(self, chunk: bytes) -> int | None:
        under_way = self._under_way
        if under_way is None:
            return 0
        under_way.reply += chunk[: REPLY_LIMIT - len(under_way.reply)]
        return 0 if len(under_way.reply) >= REPLY_LIMIT else None

    # libcurl in our loop

    def _watch(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        """Libcurl changes its mind about a socket several times in one call: but for one that it is about to close, the loop
        is told when it returns."""
        self._wanted[fd] = what if what in (pycurl.POLL_IN, pycurl.POLL_OUT, pycurl.POLL_INOUT) else 0
        if not self._wanted[fd]:
            self._look_at(fd, self._wanted.pop(fd))

    def _look_at(self, fd: int, wanted: int) -> None:
        had, loop = self._watched.pop(fd, 0), self._loop
        if had & ~wanted & pycurl.POLL_IN:
            loop.remove_reader(fd)
        if had & ~wanted & pycurl.POLL_OUT:
            loop.remove_writer(fd)
        if wanted & ~had & pycurl.POLL_IN:
            loop.add_reader(fd, self._act, fd, pycurl.CSELECT_IN)
        if wanted & ~had & pycurl.POLL_OUT:
            loop.add_writer(fd, self._act, fd, pycurl.CSELECT_OUT)
        if wanted:
            self._watched[fd] = wanted

    def _set_timer(self, ms: int) -> None:
        self._due = None if ms < 0 else self._loop.time() + ms / 1000

    def _act(self, fd: int, mask: int) -> None:
        _, running = self._multi.socket_action(fd, mask)
        under_way = self._under_way
        if under_way is not None and not running:
            _, well, badly = self._multi.info_read()
            if well:
                under_way.code = 0
            for _, code, why in badly:
                under_way.code, under_way.why = code, why
            if under_way.code is not None:
                self._asks.set()
        for socket, wanted in self._wanted.items():
            if self._watched.get(socket) != wanted:
                self._look_at(socket, wanted)
        self._see_to_timer()

    def _see_to_timer(self) -> None:
        """A timer that rings before it is due stays: libcurl sets its own several times in each exchange."""
        if self._due is not None and (self._timer is None or self._timer.when() > self._due):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due is not None and self._loop.time() >= self._due:
            self._due = None
            self._act(pycurl.SOCKET_TIMEOUT, 0)
        else:
            self._see_to_timer()


@cache
def _bundle() -> str:
    """The authorities to trust: the environment's or the system's, else those that httpx brings."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


_CUT: Final = frozenset({pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_GOT_NOTHING, pycurl.E_SEND_FAIL_REWIND})
_REASONS: Final[Mapping[int, str]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "its name cannot be resolved",
    pycurl.E_COULDNT_CONNECT: "it takes no connection",
    pycurl.E_SSL_CONNECT_ERROR: "no TLS could be agreed on",
    pycurl.E_SEND_FAIL_REWIND: "the connection broke before a reply came",
    pycurl.E_GOT_NOTHING: "the connection broke before a reply came",
    pycurl.E_RECV_ERROR: "the connection broke before a reply came",
    pycurl.E_SEND_ERROR: "the connection broke while it was sent",
    pycurl.E_PARTIAL_FILE: "the reply broke off",
}
"""libcurl's codes in words; what libcurl says itself is rarely plain."""
