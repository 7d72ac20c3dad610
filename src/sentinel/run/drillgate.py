"""The last gate of a drill: a message to anybody whom the drill may not reach is refused before it can be armed.

Belongs here: asking the list once more, at the connection, whatever lies in the ledger. Does not belong here: the list
(model/limits.py), leaving people out when they are admitted (directory/admit.py).
"""

from collections.abc import Awaitable, Callable

from sentinel.deliver.outcome import Outcome
from sentinel.model.delivery import Failed
from sentinel.model.limits import Drill
from sentinel.model.message import Letter, Message
from sentinel.run.outlet import Connection

REFUSED = "a drill is on, and it may not reach this address"
REHEARSAL = "rehearsal:"
"""Begins the key of what somebody of the house sends to themselves."""


class DrillGate:
    """A connection through which only those of the drill can be reached. Notes to staff pass: they are marked as a drill."""

    def __init__(self, inner: Connection, drill: Drill) -> None:
        self._inner = inner
        self._drill = drill

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        is_out = isinstance(message, Letter) and not self._drill.reaches(message.address)
        if is_out and not message.key.startswith(REHEARSAL):
            return Failed(reason=REFUSED, permanent=True)
        return await self._inner.send(message, arm)

    async def close(self) -> None:
        await self._inner.close()
