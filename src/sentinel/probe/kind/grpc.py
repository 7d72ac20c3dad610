"""grpc: asks a gRPC server for its health, by the protocol that all of them share (grpc.health.v1).

Lives in the `loop` child; needs the extra `grpc`. Belongs here: its options, the question, what its codes mean. Does not belong
here: HTTP/2 (grpcio's), names and the address guard (reach.py), what is good (condition.py).

grpcio opens its connection itself, to the numeric addresses that the guard let through. What it says of a connection that
failed is meant for programmers, so then we connect once ourselves, and say what we see.
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.probe.assertion import Conditions, FactHolds
from sentinel.probe.compare import beginning
from sentinel.probe.condition import Seen
from sentinel.probe.option import HostOption, PortOption, host_and_port, needs_extra
from sentinel.probe.reach import Reach, tls_context
from sentinel.probe.trouble import ours, theirs
from sentinel.probe.trust import bundle

if TYPE_CHECKING:
    import grpc.aio

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "serving": "text", "grpc_code": "number", "grpc_status": "text", "ip": "text", "total_ms": "number", "dns_ms": "number",
    "answer_ms": "number",
}  # fmt: skip
LARGEST: Final = 64 * 1024
"""Bytes of a message or of metadata that are taken."""

_ITS_OWN: Final = (
    "failed to connect", "socket closed", "connection reset", "broken pipe", "recvmsg:", "sendmsg:", "stream removed",
    "goaway", "endpoint closing", "failed parsing", "ipv4:", "ipv6:",
)  # fmt: skip
"""How grpcio's own words about a connection begin, which come under the codes that servers send too."""


class Options(BaseModel):
    """Whom to ask, and for which service. `host:port` stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: HostOption
    """A name or an address."""
    port: PortOption
    """The port."""
    service: Annotated[str, Field(max_length=200)] = ""
    """The service whose health is asked for; empty: the server's."""
    tls: bool = False
    """Whether the connection is secured. Its certificate must then be valid for the name."""
    name: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")] = ""
    """The name that the server is asked for and its certificate must be for; empty: the host."""
    ca: str | None = None
    """Path of a certificate bundle of your own authority, instead of the usual one."""
    metadata: Annotated[Mapping[str, Annotated[str, Field(max_length=8192)]], Field(max_length=50)] = {}
    """Sent with the question, such as an `authorization`."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        needs_extra("grpc", "grpc_health", "grpc")
        return host_and_port(value)

    @field_validator("metadata")
    @classmethod
    def _sendable(cls, metadata: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in metadata.items():
            plain = name.replace("-", "").replace("_", "").replace(".", "")
            if not plain.isascii() or not plain.isalnum() or name != name.lower() or name.startswith("grpc-"):
                raise ValueError("a name in metadata is made of small letters, digits, hyphens and points")
            if name.endswith("-bin") or not value.isascii() or not value.isprintable():
                raise ValueError(f"metadata {name} must be plain text")
        return metadata


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """`up` with what goes without saying: it says that it serves, unless a condition names `serving`."""
    asked = dict(up.fact or {})
    if "serving" in asked:
        return up
    return up.model_copy(update={"fact": {"serving": FactHolds.model_validate("SERVING"), **asked}})


async def probe(options: Options, reach: Reach) -> Seen:
    """One question, over a connection of its own."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it writes what targets do into our log; read when it is first imported
    from grpc.aio import AioRpcError  # an extra
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    reach.secrets += [value for given in options.metadata.values() for value in (given, *given.split()[-1:])]
    channel = await _channel(options, reach)
    try:
        with reach.during("waiting for the answer", "answer_ms"):
            call = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=options.service), metadata=tuple(options.metadata.items())
            )
            answer = await call
    except AioRpcError as error:
        reach.facts |= _coded(error.code())
        raise await _in_words(error, options, reach) from None
    finally:
        await channel.close(None)
    status = health_pb2.HealthCheckResponse.ServingStatus
    known = answer.status in status.values()
    return Seen(facts=reach.facts | {"serving": status.Name(answer.status) if known else str(answer.status), **_coded(None)})


async def _channel(options: Options, reach: Reach) -> "grpc.aio.Channel":
    import grpc.aio

    found = await reach.addresses(options.host, options.port)
    family = found[0][0]
    addresses = [address for each, address in found if each == family]
    reach.facts["ip"] = addresses[0]
    scheme, quoted = ("ipv6", [f"[{address}]" for address in addresses]) if ":" in addresses[0] else ("ipv4", addresses)
    target = f"{scheme}:{','.join(f'{address}:{options.port}' for address in quoted)}"
    name = options.name or options.host
    settings: list[tuple[str, Any]] = [
        ("grpc.default_authority", f"[{name}]" if ":" in name else name),  # the certificate must be for it, too
        ("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0), ("grpc.service_config_disable_resolution", 1),
        ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", LARGEST),
        ("grpc.max_metadata_size", LARGEST),
        ("grpc.min_reconnect_backoff_ms", max(100, int(reach.left * 1000))),  # also how long it goes on connecting
    ]  # fmt: skip
    if not options.tls:
        return grpc.aio.insecure_channel(target, settings)
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(_authorities(options)), settings)


def _authorities(options: Options) -> bytes | None:
    path = options.ca or bundle()
    try:
        return Path(path).read_bytes() if path else None
    except OSError:
        raise ours(f"the certificate bundle {options.ca or 'of this machine'} cannot be read") from None


async def _in_words(error: "grpc.aio.AioRpcError", options: Options, reach: Reach) -> BaseException:
    """What a code other than OK means."""
    import grpc

    said = beginning(" ".join((error.details() or "").split()), 120)
    if said.lower().startswith(_ITS_OWN):
        return await _connected(said, options, reach)
    match error.code():
        case grpc.StatusCode.NOT_FOUND:
            return theirs(f"the server knows no service “{options.service}”")
        case grpc.StatusCode.UNIMPLEMENTED:
            return theirs("the server does not tell its health (it has no grpc.health.v1)")
        case grpc.StatusCode.UNAUTHENTICATED | grpc.StatusCode.PERMISSION_DENIED:
            return theirs(f"the server refuses us: {said or error.code().name}")
        case grpc.StatusCode.RESOURCE_EXHAUSTED if "larger than max" in said:
            return theirs("the answer is larger than 64 KiB")
    return theirs(f"the server answered {error.code().name}" + (f": {said}" if said else ""))


async def _connected(said: str, options: Options, reach: Reach) -> BaseException:
    """There was no answer: why, as an own connection sees it."""
    known: dict[str, Fact] = {name: reach.facts[name] for name in ("ip", "answer_ms") if name in reach.facts}
    tls = None
    if options.tls:
        try:
            tls = tls_context(ca=options.ca)
        except (OSError, ssl.SSLError):
            return ours("the certificate bundle cannot be read")
    _, writer = await reach.connect(options.host, options.port, tls=tls, name=options.name or options.host)
    writer.transport.abort()
    reach.facts.update(known)
    if "closed" in said.lower() or "reset" in said.lower() or "goaway" in said.lower():
        return theirs("the connection was closed without an answer")
    return theirs("the server does not answer as gRPC does")


def _coded(code: "grpc.StatusCode | None") -> dict[str, int | str]:
    """The code of an answer, 0 and OK for None."""
    return {"grpc_code": int(code.value[0]), "grpc_status": code.name} if code else {"grpc_code": 0, "grpc_status": "OK"}
