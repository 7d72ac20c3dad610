"""The stand-in's part of the port for other tools: one hook, `alertmanager`, with a bearer's token; and one by its body."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from sentinel.model.hook import Became, Format, Refused
from sentinel.serve.hooks.port import Greeting, Heard

TOKEN = "the tool's own"
BAD = b"{"
MANY = b"[]"


class HooksStandIn:
    """`alerts` keeps the bodies that were taken, `away` what was refused; `store_is_away` says that nothing can be stored,
    `note` what comes of a note for staff: it is in `whole`, or it "hangs", or "fails"."""

    store_is_away = False
    note = ""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[bytes] = []
        self.whole: list[str] = []
        self.away: Counter[Refused] = Counter()

    def greet_tool(self, hook: str, headers: Mapping[str, str]) -> Greeting:
        if hook == "pagerduty":
            return Greeting.BY_BODY
        is_theirs = hook == "alertmanager" and headers.get("authorization") == f"Bearer {TOKEN}"
        return Greeting.PROVEN if is_theirs else Greeting.STRANGER

    def turned_away(self, why: Refused) -> None:
        self.away[why] += 1

    async def too_large(self, hook: str) -> None:
        if self.note == "hangs":
            await asyncio.Event().wait()
        if self.note == "fails":
            raise RuntimeError("planted: the store is gone")
        self.whole.append(hook)

    async def take_alerts(self, hook: str, headers: Mapping[str, str], body: bytes) -> Heard:
        kind = Format.PAGERDUTY if hook == "pagerduty" else Format.ALERTMANAGER
        if self.store_is_away:
            raise RuntimeError("planted: the store is gone, password hunter2")
        if kind is Format.PAGERDUTY and TOKEN.encode() not in body:
            return Heard(format=kind, refused=Refused.UNPROVEN, why="its routing_key is not this hook's")
        if body == BAD or not body:
            return Heard(format=kind, refused=Refused.UNREADABLE, why="the body is no JSON")
        if body == MANY:
            return Heard(format=kind, refused=Refused.UNREADABLE, why="it holds 501 events", too_large=True)
        self.alerts.append(body)
        return Heard(format=kind, became={Became.RAISED: 1}, key="k")
