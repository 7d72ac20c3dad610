"""One sample of a kind, in this process: `await sample("dns", {...})` of an asyncio child, `sampled(...)` of any."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sentinel.model.check import Check
from sentinel.model.guard import gate, networks
from sentinel.probe.looking import Came, look
from sentinel.probe.reach import Reach
from sentinel.probe.task import Task, ready
from sentinel.probe.uplink import own_nameservers
from sentinel.run.kinds import FoundKinds
from tests.probe.probing import probe

LOOPBACK = ("127.0.0.0/8", "::1/128")
SOON = timedelta(seconds=0.1)
"""So that a `curl` kind's first sample is not waited for: it begins somewhere within."""
SECRET = "s3cret-of-theirs-42"


def task(kind: str, options: Any, *, timeout: float = 5.0, **blocks: Any) -> Task:
    """As the child makes it: from plain data, as it comes over the pipe."""
    kinds = FoundKinds()
    plain = (
        kinds.options("probe", kind).model_validate(options).model_dump(mode="json", by_alias=True, context={"reveal": True})
    )
    check = Check(id="a.check", service="a", kind=kind, options=plain, every=SOON, timeout=timedelta(seconds=timeout), **blocks)
    return ready(check, kinds.lives_in(kind))


async def sample(
    kind: str, options: Any, *, allow: Sequence[str] = LOOPBACK, resolvers: Sequence[tuple[str, int]] = (), **more: Any
) -> Came:
    """What one sample comes to. `more`: `timeout` in seconds, and the blocks `up`, `healthy`, `calm`."""
    made = task(kind, options, **more)
    assert not made.fault, made.fault
    servers = (lambda: tuple(resolvers)) if resolvers else own_nameservers
    reach = Reach(gate=gate(networks(tuple(allow))), rules=made.rules, seconds=made.timeout, resolvers=servers)
    return await look(made, reach)


def sampled(kind: str, options: Any, *, allow: Sequence[str] = LOOPBACK, timeout: float = 5.0, **blocks: Any) -> Came:
    """The same of whatever child, for servers that run in threads."""
    made = task(kind, options, timeout=timeout, **blocks)
    if FoundKinds().lives_in(kind) != "curl":
        return asyncio.run(sample(kind, options, allow=allow, timeout=timeout, **blocks))
    said = probe(made.check, allow=tuple(allow))
    return Came(said.facts, said.verdict, said.reason)
