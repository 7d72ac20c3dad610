"""Reach: how a kind of the `loop` child gets to what it looks at: names looked up, addresses guarded, every phase timed.

One for each sample. What goes wrong is raised as trouble.Failed, in words and with whose fault it is. Belongs here: sockets,
TLS, threads. Does not belong here: what is said over a connection (kind/), the time limit over everything (looking.py).
"""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final, TypeVar

from sentinel.model.guard import Gate
from sentinel.model.observation import Fact
from sentinel.probe import certificate, trouble, uplink
from sentinel.probe.condition import Rules
from sentinel.probe.trouble import Failed, Trouble, Whose, ours, theirs
from sentinel.probe.trust import bundle

T = TypeVar("T")
READ_LIMIT: Final = 1024 * 1024
"""Bytes that one sample takes from a stream."""
LINE_LIMIT: Final = 64 * 1024
THREADS: Final = 32
"""Blocking work at a time, over all samples of this process: what hangs there keeps its thread."""

NAMES: Final = 128
"""Names that are looked up at a time: one that hangs must not hold up another."""

Servers = Callable[[], Sequence[tuple[str, int]]]


@dataclass(slots=True)
class Threads:
    """How many threads of this process do blocking work for samples, how many of these for samples that are over, and how
    many look up names."""

    busy: int = 0
    hanging: int = 0
    naming: int = 0


@dataclass(kw_only=True, slots=True)
class Reach:
    """What one sample may use. `seconds`: its whole time. `facts`: what is known so far; it survives a failure. `phase`: what
    it is busy with, in words that follow "timed out while".

    `gate`: the address guard. `resolvers`: those of this machine.
    """

    gate: Gate
    rules: Rules
    seconds: float
    resolvers: Servers = uplink.own_nameservers
    threads: Threads = field(default_factory=Threads)
    facts: dict[str, Fact] = field(default_factory=dict)
    phase: str = "beginning"
    began: float = field(default_factory=monotonic)
    secrets: list[str] = field(default_factory=list)
    """What must not be told, whatever a target says: taken out of reasons and evidence."""
    evidence: str = ""
    """What explains a bad verdict, as far as there is something to show."""
    naming: str = ""
    """The name that is being looked up."""

    @property
    def left(self) -> float:
        """Seconds that are left of the sample's time; never less than a millisecond."""
        return max(0.001, self.began + self.seconds - monotonic())

    @contextmanager
    def during(self, phase: str, fact: str = "") -> Iterator[None]:
        """What is done inside is `phase`; its length becomes `fact`, in milliseconds, also where it fails."""
        before, self.phase = self.phase, phase
        began = monotonic()
        try:
            yield
            self.phase = before
        finally:
            if fact:
                self.facts[fact] = round((monotonic() - began) * 1000, 1)

    # Names and addresses

    async def addresses(self, host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[tuple[int, str]]:
        """(family, numeric address) of a name, those that the guard lets through."""
        with self.during(trouble.LOOKING_UP, "dns_ms"):
            self.naming = host
            try:
                found = await self._looked_up(host, port, kind)
            except socket.gaierror as error:
                raise await self._unresolved(host, error) from None
            except UnicodeError:
                raise theirs(f"{host[:100]} is no name that can be looked up") from None
            self.naming = ""
        every = list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))
        let = [(family, address) for family, address in every if self.gate(address) is None]
        if not let:
            address = every[0][1]
            raise ours(f"it is at {address} ({self.gate(address)}), which probes may not reach: see allow_private")
        return let

    async def _looked_up(self, host: str, port: int, kind: socket.SocketKind) -> list[Any]:
        """In threads of our own: the event loop has a handful for all names together, and a dead resolver would take them."""
        asked = partial(socket.getaddrinfo, host, port, type=kind)
        if _is_numeric(host):
            return asked()
        if self.threads.naming >= NAMES:
            raise ours("too many names are being looked up: our own resolver is in doubt")
        self.threads.naming += 1
        running = asyncio.get_running_loop().run_in_executor(_naming(), asked)
        running.add_done_callback(self._one_name_less)
        return await asyncio.shield(running)

    def _one_name_less(self, done: "asyncio.Future[Any]") -> None:
        self.threads.naming -= 1
        if not done.cancelled():
            done.exception()

    async def late(self, reason: str) -> Trouble:
        """What it means that the time is over: while a name is looked up our own resolver may be at fault, which is asked."""
        if not self.naming:
            return Trouble(whose=Whose.THEIRS, reason=reason, late=True)
        return (await self._unresolved(self.naming, socket.gaierror())).trouble

    async def socket_to(self, host: str, port: int) -> socket.socket:
        """A connected socket that does not block, for libraries that take one."""
        several = await self.addresses(host, port)
        failure: Failed | None = None
        for number, (family, address) in enumerate(several, start=1):
            # Each but the last gets its share: a dead way to one of them must not use up the time of all.
            share = None if number == len(several) else self.left / (len(several) - number + 1)
            try:
                async with asyncio.timeout(share):
                    return await self._connected(family, address, port, host)
            except TimeoutError:
                failed = theirs("the connection attempt timed out")
            except Failed as error:
                failed = error
            # What one of them says of the target counts for more than that we have no way to another.
            if failure is None or failure.trouble.whose is not Whose.THEIRS:
                failure = failed
        assert failure is not None
        raise failure

    async def _connected(self, family: int, address: str, port: int, host: str) -> socket.socket:
        try:
            made = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise trouble.of_system(error, trouble.CONNECTING, host) from None
        made.setblocking(False)
        try:
            with self.during(trouble.CONNECTING, "connect_ms"):
                await asyncio.get_running_loop().sock_connect(made, (address, port))
        except OSError as error:
            made.close()
            failed = trouble.of_system(error, trouble.CONNECTING, host)
            if failed.trouble.whose is Whose.ROUTE:
                raise (theirs("no connection") if uplink.has_route(address) else ours(failed.trouble.reason)) from None
            raise failed from None
        except BaseException:
            made.close()
            raise
        self.facts["ip"] = address
        return made

    async def connect(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> tuple[StreamReader, StreamWriter]:
        """A stream; with `tls` inside of it, for a certificate of `name` (else of `host`)."""
        made = await self.socket_to(host, port)
        opened = None
        try:
            if tls is None:
                opened = await asyncio.open_connection(sock=made, limit=LINE_LIMIT)
            else:
                with self.during(trouble.HANDSHAKE, "tls_ms"):
                    opened = await asyncio.open_connection(sock=made, ssl=tls, server_hostname=name or host, limit=LINE_LIMIT)
        except (OSError, ValueError) as error:
            raise self.blamed(error, name or host) from None
        finally:
            if opened is None:
                made.close()
        return opened

    def blamed(self, error: BaseException, host: str) -> BaseException:
        """An error of a stream in our words; what is none is given back."""
        match error:
            case ssl.SSLCertVerificationError():
                return theirs(certificate.fault((), error.verify_code, error.verify_message, host))
            case ssl.SSLError():
                words = (error.reason or str(error)).replace("_", " ").lower()
                return theirs(f"no TLS connection: {words[:200]}")
            case asyncio.IncompleteReadError() | EOFError():
                return theirs(f"the connection was closed while {self.phase}")
            case asyncio.LimitOverrunError() | ValueError():
                return theirs(f"a line of more than {LINE_LIMIT // 1024} KiB came while {self.phase}")
            case TimeoutError():
                return error
            case OSError():
                return trouble.of_system(error, self.phase, host)
        return error

    async def resolves(self) -> bool:
        """Whether our own resolver answers for what every resolver knows."""
        return await self._asked_of_ours("localhost") is not uplink.Answer.RESOLVER_SILENT

    async def _unresolved(self, host: str, error: socket.gaierror) -> Failed:
        """Whether the name or our resolver is at fault, as uplink.py finds out."""
        reason = f"the name {host} was not found"
        if error.errno == socket.EAI_MEMORY:
            return ours("no memory left")
        answer = await self._asked_of_ours(host)
        return Failed(trouble.by_resolver(answer, Trouble(whose=Whose.RESOLVER, reason=reason, host=host)))

    async def _asked_of_ours(self, host: str) -> uplink.Answer:
        lookup = uplink.Lookup(host, self.resolvers(), monotonic())
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        for sock in lookup.sockets:
            loop.add_reader(sock.fileno(), _take, lookup, sock, heard)
        try:
            while (answer := lookup.answer(monotonic())) is None:
                heard.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.001, lookup.until - monotonic())):
                        await heard.wait()
        finally:
            for sock in lookup.sockets:
                loop.remove_reader(sock.fileno())
            lookup.close()
        return answer

    # Threads

    async def in_thread(self, work: Callable[[], T], stop: Callable[[], object] = lambda: None) -> T:
        """Blocking work. `stop` is called from this thread when the sample's time is over, and must make `work` end."""
        if self.threads.busy >= THREADS:
            raise ours("all threads of our own prober are busy with work that does not end")
        self.threads.busy += 1
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(None, work)
        running.add_done_callback(self._one_less)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with suppress(Exception):  # whatever it is, the sample is over
                stop()
            if not running.done():
                self.threads.hanging += 1
                running.add_done_callback(self._one_came_back)
            raise

    def _one_came_back(self, _: "asyncio.Future[Any]") -> None:
        self.threads.hanging -= 1

    def _one_less(self, done: "asyncio.Future[Any]") -> None:
        self.threads.busy -= 1
        if not done.cancelled():
            done.exception()  # looked at, so that nobody is told that nobody did


@cache
def _naming() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(NAMES, thread_name_prefix="naming")


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _take(lookup: uplink.Lookup, ready: socket.socket, heard: asyncio.Event) -> None:
    lookup.read(ready)
    heard.set()


@lru_cache(maxsize=256)
def tls_context(
    *, verify: bool = True, ca: str | None = None, certificate_file: str = "", key_file: str = ""
) -> ssl.SSLContext:
    """One context for all samples with the same wishes: making one costs milliseconds. Raises OSError and ssl.SSLError for
    files that cannot be read."""
    context = ssl.create_default_context(cafile=ca or bundle())
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate_file:
        context.load_cert_chain(certificate_file, key_file or None)
    return context
