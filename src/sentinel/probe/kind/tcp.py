"""tcp: connects to a port and hangs up: whether anybody answers there, and how fast.

Lives in the `curl` child. Belongs here: its options and the facts that it gives. Does not belong here: the exchange on
libcurl's handle (exchange.py), when to probe (schedule.py), what is good (condition.py).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from sentinel.model.guard import Gate
from sentinel.model.kinds import FactType
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Rules
from sentinel.probe.option import HostOption, PortOption, host_and_port

if TYPE_CHECKING:
    from sentinel.probe.exchange import Exchange

LIVES_IN: Final = "curl"
FACTS: Final[Mapping[str, FactType]] = {"ip": "text", "total_ms": "number", "dns_ms": "number", "connect_ms": "number"}


class Options(BaseModel):
    """Where to connect to. `host:port` stands for both."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    host: HostOption
    """A name or an address."""
    port: PortOption
    """The port."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return host_and_port(value)


def host(options: Options) -> str:
    """What the per-host limit counts by."""
    return options.host


def assumed(up: Conditions) -> Conditions:
    """Nothing goes without saying: whoever takes the connection is up."""
    return up


def exchange(options: Options, gate: Gate, rules: Rules) -> "Exchange":
    """What makes the samples of one check."""
    from sentinel.probe.exchange import Exchange  # and libcurl with it, of which a hub that only reads Options has no use
    from sentinel.probe.request import Request

    named = f"[{options.host}]" if ":" in options.host else options.host
    return Exchange(Request(url=f"http://{named}:{options.port}/", follow_redirects=0, connect_only=True), gate, rules)
