"""What the tests of channels by HTTP share: the providers' sink, gates, and one connection of each kind to it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from sentinel.demo.dialects import ACCOUNT, ROUTING_KEY, SIGNING, TOKEN
from sentinel.demo.mishap import Step
from sentinel.demo.provider import Provider
from sentinel.model.guard import Networks
from sentinel.model.message import Message
from sentinel.model.secret import Secret
from sentinel.run.kinds import FoundKinds
from sentinel.run.outlet import Connection
from tests.deliver.letters import NOW, SECRET, letter, note

HERE: Final[Networks] = (ip_network("127.0.0.0/8"),)
"""What a file would have under allow_private for the sinks on this machine."""
KINDS: Final = FoundKinds()
BODY: Final = {
    "to": "{address}",
    "name": "{name}",
    "subject": "{subject}",
    "text": "{text}",
    "html": "{html}",
    "meta": {"key": "{key}", "who": "{person}", "n": 7, "tags": ["outage", "{language}"]},
}


def options(kind: str, base: str, **more: object) -> Any:
    """The options of a kind, aimed at the sink at `base`."""
    written: Mapping[str, dict[str, object]] = {
        "http": {"url": f"{base}/v1/messages", "token": Secret(TOKEN), "body": BODY, "id_at": "message.id"},
        "sms": {"account": ACCOUNT, "token": Secret(TOKEN), "from": "+34600000001", "base_url": base},
        "webhook": {"url": f"{base}/hooks/crm", "secrets": (Secret(SIGNING),)},
        "pagerduty": {"routing_key": Secret(ROUTING_KEY), "base_url": base},
        "teams": {"url": Secret(f"{base}/workflows/abc?sig=s3cret")},
        "alertmanager": {"url": base, "labels": {"team": "billing"}},
        "slack": {"hook": Secret(f"{base}/services/T0/B0/s3cret")},
    }
    return KINDS.options("channel", kind).model_validate(
        {**{key: value for key, value in written[kind].items() if not (key == "from" and "from_" in more)}, **more}
    )


BY_HTTP: Final = ("http", "sms", "webhook", "pagerduty", "teams", "alertmanager", "slack")
"""Kinds that make their requests with post.py (slack: its webhook)."""
DIALECT: Final = {"http": "api", "slack": "slack-hook"}


def connect(
    kind: str, base: str, *, allow: Networks = HERE, now: Callable[[], datetime] = lambda: NOW, **more: object
) -> Connection:
    """One connection of a kind to the sink at `base`."""
    made: Connection = KINDS.module("channel", kind).connect(options(kind, base, **more), secret=SECRET, now=now, allow=allow)
    return made


def message(kind: str) -> Message:
    """What a kind is given to send."""
    if kind == "sms":
        return letter(address="+34600123456", short="Northwind: no puede pagar, {name}. Ref 17-A")
    return letter() if kind == "http" else note()


class Gate:
    """`arm`, which notes how far the sink had got when it was asked."""

    def __init__(self, sink: Provider, says: bool = True) -> None:
        self._sink = sink
        self._says = says
        self.asked: list[tuple[int, int]] = []

    async def __call__(self) -> bool:
        self.asked.append((self._sink.reached[Step.CONNECT], self._sink.reached[Step.ARRIVED]))
        return self._says


async def yes() -> bool:
    return True
