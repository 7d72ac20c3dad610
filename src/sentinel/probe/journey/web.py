"""The web of a journey: requests by httpx over connections that Reach opens, with cookies and redirects, everything bounded.

Belongs here: what httpx and httpcore are told, and their errors in our words. Does not belong here: what is asked (step.py),
what is good (condition.py).
"""

import asyncio
import ssl
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final

import httpcore
import httpx

from sentinel.model.observation import Fact
from sentinel.model.web import wire_address
from sentinel.probe import trouble
from sentinel.probe.condition import Seen
from sentinel.probe.exchange import BODY_LIMIT
from sentinel.probe.journey.fill import Values, address, filled
from sentinel.probe.journey.step import Step
from sentinel.probe.reach import LINE_LIMIT, Reach
from sentinel.probe.request import origin
from sentinel.probe.trouble import theirs

REDIRECTS: Final = 10
_OURS: Final = {"User-Agent": "Sentinel-Probe/1", "Accept": "*/*", "Accept-Encoding": "identity"}


class Web:
    """One customer's browser, so to say: its cookies live as long as it is open."""

    def __init__(self, reach: Reach, tls: ssl.SSLContext, site: str) -> None:
        self._reach = reach
        self._site = site
        # The time limit is the sample's; httpx's own would say less of what was waited for.
        self._client = httpx.AsyncClient(transport=_Transport(reach, tls), trust_env=False, timeout=None, headers=_OURS)  # noqa: S113

    async def __aenter__(self) -> "Web":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def cookie(self, name: str) -> str | None:
        """The value of a cookie that has been set, the last where several paths have one."""
        values = [each.value for each in self._client.cookies.jar if each.name == name]
        return values[-1] if values else None

    async def ask(self, step: Step, values: Values) -> Seen:
        """One request and its answer, redirects followed."""
        request = self._request(step, values)
        own = set(request.headers) - {name.lower() for name in _OURS} - {"host", "cookie"}
        for _ in range(REDIRECTS + 1):
            response = await self._send(request)
            try:
                following = response.next_request if step.follow_redirects else None
                if following is None:
                    return await self._read(response)
            finally:
                await response.aclose()
            request = self._followed(request, following, own)
        raise theirs(f"redirected more than {REDIRECTS} times")

    def _request(self, step: Step, values: Values) -> httpx.Request:
        url = address(step.url or "", values)
        headers = filled(step.headers, values)
        if any(ord(letter) < 32 or ord(letter) == 127 for value in headers.values() for letter in value):
            raise theirs("what was kept and is to be sent in a header holds a line break")
        try:
            url = wire_address(self._site.rstrip("/") + url if url.startswith("/") else url)
            content = filled(step.body, values).encode() if step.body is not None else None
            form, data = filled(step.form, values), filled(step.json_, values)
            return self._client.build_request(step.sends, url, headers=headers, content=content, data=form, json=data)
        except (ValueError, httpx.InvalidURL):
            raise theirs("what was kept makes no address that can be asked for") from None

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            with self._reach.during(trouble.FIRST_BYTE):
                return await self._client.send(request, stream=True, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _improper(error) from None

    async def _read(self, response: httpx.Response) -> Seen:
        body = bytearray()
        with self._reach.during(trouble.BODY):
            try:
                async for piece in response.aiter_raw():
                    body += piece[: BODY_LIMIT - len(body)]
                    if len(body) >= BODY_LIMIT:
                        break
            except httpx.HTTPError as error:
                raise _improper(error) from None
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        charset = response.charset_encoding or "utf-8"
        facts: dict[str, Fact] = {"status": response.status_code, "truncated": len(body) >= BODY_LIMIT}
        return Seen(facts=facts, body=body, charset=charset, headers=headers)

    def _followed(self, request: httpx.Request, following: httpx.Request, own: Iterable[str]) -> httpx.Request:
        try:
            target = wire_address(str(following.url))
        except ValueError:
            raise theirs("redirected to an address that is not a plain http or https one") from None
        if origin(target) != origin(str(request.url)):
            if following.method not in ("GET", "HEAD", "OPTIONS"):
                raise theirs("redirected to another site, where what was to be sent is not sent")
            for name in own:
                following.headers.pop(name, None)
        return following


class _Transport(httpx.AsyncBaseTransport):
    """httpx's own one takes no backend, so this is it with ours. Each request has a connection of its own: one that is kept may
    be closed by the other side just when the next step begins, which says nothing of the service."""

    def __init__(self, reach: Reach, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, network_backend=_Backend(reach), max_connections=4, max_keepalive_connections=0
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        asked = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        try:
            answer = await self._pool.handle_async_request(asked)
        except (httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise httpx.RemoteProtocolError(str(error)) from None
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    async def __aexit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, where: TracebackType | None = None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> Any:
        try:
            async for piece in self._answer.aiter_stream():
                yield piece
        except (httpcore.ProtocolError, httpcore.NetworkError) as error:
            raise httpx.RemoteProtocolError(str(error)) from None

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens no socket that Reach does not open."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own, as below
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        return _Line(self._reach, host, await self._reach.socket_to(host, port))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Line(httpcore.AsyncNetworkStream):
    """One connection. It becomes a stream when it is known whether it is to be an encrypted one."""

    def __init__(self, reach: Reach, host: str, connected: Any) -> None:
        self._reach = reach
        self._host = host
        self._socket = connected
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        reader, _ = await self._open()
        try:
            return await reader.read(max_bytes)
        except (OSError, ValueError, EOFError) as error:
            raise self._reach.blamed(error, self._host) from None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        _, writer = await self._open()
        try:
            writer.write(buffer)
            await writer.drain()
        except (OSError, ValueError) as error:
            raise self._reach.blamed(error, self._host) from None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        with self._reach.during(trouble.HANDSHAKE):
            await self._open(ssl_context, server_hostname or self._host)
        return self

    async def aclose(self) -> None:
        if self._streams is None:
            self._socket.close()
        else:
            self._streams[1].transport.abort()

    def get_extra_info(self, info: str) -> Any:
        return self._streams[1].get_extra_info(info) if self._streams is not None else None

    async def _open(
        self, tls: ssl.SSLContext | None = None, name: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(
                    sock=self._socket, ssl=tls, server_hostname=name if tls else None, limit=LINE_LIMIT
                )
            except (OSError, ValueError) as error:
                self._socket.close()
                raise self._reach.blamed(error, self._host) from None
            except BaseException:
                self._socket.close()
                raise
        return self._streams


def _improper(error: Exception) -> BaseException:
    """What httpx says, in our words: how a connection broke has been said before it comes to this."""
    said = " ".join(str(error).split())
    if "disconnected" in said or "incomplete" in said or "closed" in said:
        return theirs("the connection was closed without a whole answer")
    return theirs("the answer is not proper HTTP")
