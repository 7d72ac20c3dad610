"""What providers report over HTTP: proven by the channel's secret, read, and handed on to be stored.

Does not belong here: the signature and the format (exchange/callback.py), the queue (returns.py), what a report changes
(store/returns.py).
"""

from typing import Final

from sentinel.exchange import callback
from sentinel.exchange.callback import Posted, Unproven, Unreadable
from sentinel.model.returned import Unused
from sentinel.run.reads import Reads
from sentinel.run.returns import Overrun, Returns
from sentinel.serve.returns.port import Answer, Heard

_UNKNOWN: Final = Answer(heard=Heard.UNKNOWN, why="There is no such channel that is reported to.")
_BUSY: Final = Answer(heard=Heard.BUSY, why="More is reported than can be stored at this moment. Send it again.")


class CallbackViews(Reads):
    """Implements serve.returns.port.ReturnsPort."""

    @property
    def returns(self) -> Returns | None:
        """Where reports are stored; None for views that no process runs."""
        return None

    async def take_reports(self, channel: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        there, store = self.world.callbacks.get(channel), self.returns
        if there is None or store is None:
            return _UNKNOWN
        url = there.back(channel, self.installation.url) + (f"?{query}" if query else "")
        try:
            reports = callback.reports(Posted(url=url, headers=headers, body=body), there, channel, self.clock.now())
        except Unproven as why:
            store.pass_over(Unused.FORGED)
            return Answer(heard=Heard.UNPROVEN, why=f"Nothing was changed: {why}.")
        except Unreadable as why:
            store.pass_over(Unused.UNREADABLE)
            return Answer(heard=Heard.UNREADABLE, why=f"Nothing was changed: {why}.")
        if not reports:
            store.pass_over(Unused.OTHER)
            return Answer(heard=Heard.STORED)
        try:
            taken = await store.take(reports)
        except Overrun:
            return _BUSY
        return Answer(heard=Heard.STORED, reports=len(reports), unknown=taken.unknown)
