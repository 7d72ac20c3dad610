"""What the hub answers to other tools: who may report, and that it is on disk.

Does not belong here: proof and formats (exchange/), the transaction (hooked.py), the addresses (serve/hooks/).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sentinel.exchange import credential
from sentinel.exchange.credential import Unproven
from sentinel.exchange.hook import mapping, pagerduty
from sentinel.exchange.hook.reading import TooMany, Unreadable
from sentinel.model.hook import Became, Format, Hook, Refused
from sentinel.run import hooked
from sentinel.run.reads import Reads
from sentinel.serve.hooks.port import Greeting, Heard

_NOBODY: Final = Heard(format=Format.GENERIC, refused=Refused.UNPROVEN)


class HookViews(Reads):
    """Implements serve.hooks.port.HooksPort."""

    def heard_of_tools(self) -> None:
        """Something came that the next round should look at."""

    @property
    def hook_figures(self) -> tuple[Mapping[Became, int], Mapping[Refused, int]]:
        """What became of alerts, and why requests were refused, since the process began."""
        return self._counts()

    def _counts(self) -> tuple[Counter[Became], Counter[Refused]]:
        kept: tuple[Counter[Became], Counter[Refused]] = self.__dict__.setdefault("_hooked", (Counter(), Counter()))
        return kept

    def turned_away(self, why: Refused) -> None:
        self._counts()[1][why] += 1

    def greet_tool(self, hook: str, headers: Mapping[str, str]) -> Greeting:
        there = self.installation.hooks.get(hook)
        if there is None:
            return Greeting.STRANGER
        if there.keys:
            return Greeting.BY_BODY if credential.is_signed(headers) else Greeting.STRANGER
        if there.format is Format.PAGERDUTY:
            return Greeting.BY_BODY
        is_theirs = there.token is not None and credential.bears(
            headers.get("authorization", ""), there.user, there.token.reveal()
        )
        return Greeting.PROVEN if is_theirs else Greeting.STRANGER

    async def take_alerts(self, hook: str, headers: Mapping[str, str], body: bytes) -> Heard:
        world, now = self.world, self.clock.now()
        there = world.installation.hooks.get(hook)
        if there is None:
            return _NOBODY
        try:
            self._prove(there, headers, body)
            read = mapping.read(there, body, headers)
        except Unproven as why:
            return Heard(format=there.format, refused=Refused.UNPROVEN, why=str(why))
        except (Unreadable, TooMany) as why:
            self.turned_away(Refused.UNREADABLE)
            return Heard(format=there.format, refused=Refused.UNREADABLE, why=str(why), too_large=isinstance(why, TooMany))
        became = await self._write_in_turn(lambda c: hooked.take(c, world, there, read, now))
        self._counts()[0].update(became)
        if became.keys() & {Became.RAISED, Became.CLEARED, Became.REFRESHED}:
            self.heard_of_tools()
        return Heard(format=there.format, became=became, truncated=read.truncated, key=read.key)

    async def too_large(self, hook: str) -> None:
        there, now = self.world.installation.hooks.get(hook), self.clock.now()
        if there is not None:
            await self._write_in_turn(lambda c: hooked.refuse(c, there, now))

    def _prove(self, hook: Hook, headers: Mapping[str, str], body: bytes) -> None:
        """What `greet_tool` could not tell before the body was there; the rest once more, the files may have changed since."""
        if hook.keys:
            credential.standard(headers, body, hook.keys, self.clock.now())
        elif hook.format is Format.PAGERDUTY:
            given = pagerduty.routing_key(body)
            if hook.token is None or not credential.is_among([given], [hook.token.reveal()]):
                raise Unproven("its routing_key is not this hook's")
        elif self.greet_tool(hook.name, headers) is not Greeting.PROVEN:
            raise Unproven("its credential is not this hook's")
