"""ping: asks a host to echo (ICMP), a few times: how many answers came, and how fast.

Lives in the `loop` child; needs the extra `icmp`, and a system that lets us. Belongs here: its options, the rounds, the facts.
Does not belong here: packets (icmplib's), names and the address guard (reach.py), what is good (condition.py).

icmplib's own `async_ping` takes whatever goes wrong, our own network too, for a lost packet; so the rounds are made here.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from statistics import fmean
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentinel.model.kinds import FactType
from sentinel.probe import uplink
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Seen
from sentinel.probe.option import HostOption, needs_extra
from sentinel.probe.reach import Reach
from sentinel.probe.trouble import ours, theirs

if TYPE_CHECKING:
    from icmplib import AsyncSocket

LIVES_IN: Final = "loop"
FACTS: Final[Mapping[str, FactType]] = {
    "sent": "number", "received": "number", "loss_percent": "number", "min_ms": "number", "avg_ms": "number",
    "max_ms": "number", "jitter_ms": "number", "ip": "text", "total_ms": "number", "dns_ms": "number",
}  # fmt: skip
KEPT_BACK: Final = 0.1
"""Share of the sample's time that is kept back, so that lost packets are counted before the time is over."""


class Options(BaseModel):
    """Whom to ask, and how often. A plain host stands for all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: HostOption
    """A name or an address."""
    count: Annotated[int, Field(ge=1, le=20)] = 3
    """How many packets one sample sends, one after the other's answer."""
    interval: Annotated[timedelta, Field(ge=timedelta(milliseconds=10), le=timedelta(seconds=5))] = timedelta(milliseconds=200)
    """The pause between them."""
    wait: Annotated[timedelta, Field(ge=timedelta(milliseconds=10), le=timedelta(seconds=10))] = timedelta(seconds=1)
    """How long an answer may take before its packet counts as lost; less where the time limit of the sample is near."""
    size: Annotated[int, Field(ge=0, le=1452)] = 56
    """Bytes of payload."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        needs_extra("ping", "icmplib", "icmp")
        return {"host": value} if isinstance(value, str) else value


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: a host of which no answer comes is down by itself, some loss is not."""
    return up


async def probe(options: Options, reach: Reach) -> Seen:
    """Up to `count` packets. A host that answers none of them is down, if there is a way to it at all."""
    (_, address), *_ = await reach.addresses(options.host, 0, socket.SOCK_DGRAM)
    reach.facts["ip"] = address
    took: list[float] = []
    sent = 0
    unreachable = False
    with _opened(address) as sock, reach.during("waiting for an answer"):
        until = monotonic() + reach.left * (1 - KEPT_BACK)
        for turn in range(options.count):
            if turn:
                await asyncio.sleep(min(options.interval.total_seconds(), max(0.0, until - monotonic())))
            room = (until - monotonic()) / (options.count - turn)
            if turn and room <= 0.001:
                break
            answer = await _once(sock, address, turn, options.size, min(options.wait.total_seconds(), max(0.001, room)))
            sent += 1
            unreachable |= answer is _UNREACHABLE
            if answer is not None and answer is not _UNREACHABLE:
                took.append(answer)
            reach.facts.update(_counted(sent, took))
    if not took:
        if not uplink.has_route(address):
            raise ours(f"no route to the network of {options.host}")
        raise theirs("the network says that the host cannot be reached" if unreachable else f"no answer to {_packets(sent)}")
    return Seen(facts=reach.facts)


def _opened(address: str) -> "AsyncSocket":
    """A socket for ICMP: the kind that any user may have where the system lets them, else the one of the privileged."""
    from icmplib import AsyncSocket, ICMPSocketError, ICMPv4Socket, ICMPv6Socket, SocketPermissionError  # an extra

    made = ICMPv6Socket if ":" in address else ICMPv4Socket
    for privileged in (False, True):
        try:
            return AsyncSocket(made(privileged=privileged))
        except SocketPermissionError:
            continue
        except ICMPSocketError:
            raise ours("our own system gives us no socket for pings") from None
    raise ours("this machine does not let us ping: allow it with the sysctl net.ipv4.ping_group_range, or grant CAP_NET_RAW")


_UNREACHABLE: Final = -1.0


async def _once(sock: "AsyncSocket", address: str, turn: int, size: int, wait: float) -> float | None:
    """Milliseconds until the answer, None where none came in time, _UNREACHABLE where somebody else answered so."""
    from icmplib import ICMPError, ICMPRequest, ICMPSocketError, SocketBroadcastError, TimeoutExceeded

    request = ICMPRequest(destination=address, id=int.from_bytes(os.urandom(2)), sequence=turn, payload_size=size)
    began = monotonic()
    try:
        sock.send(request)
    except SocketBroadcastError:
        raise ours("our own system forbids the ping") from None
    except ICMPSocketError as error:
        number = getattr(error.__context__, "errno", 0)
        if number in (errno.EHOSTUNREACH, errno.ECONNREFUSED):
            return _UNREACHABLE
        raise ours(f"our own system does not send the ping ({os.strerror(number)})" if number else str(error)) from None
    try:
        reply = await sock.receive(request, wait)
        took = (monotonic() - began) * 1000
        reply.raise_for_status()
    except TimeoutExceeded:
        return None
    except (ICMPError, ICMPSocketError):
        return _UNREACHABLE
    return took


def _counted(sent: int, took: list[float]) -> dict[str, float | int]:
    facts: dict[str, float | int] = {
        "sent": sent, "received": len(took), "loss_percent": round(100 * (sent - len(took)) / sent, 1)
    }  # fmt: skip
    if took:
        apart = [abs(after - before) for before, after in pairwise(took)]
        facts |= {"min_ms": round(min(took), 3), "avg_ms": round(fmean(took), 3), "max_ms": round(max(took), 3)}
        facts["jitter_ms"] = round(fmean(apart), 3) if apart else 0.0
    return facts


def _packets(sent: int) -> str:
    return "a ping" if sent == 1 else f"{sent} pings"
