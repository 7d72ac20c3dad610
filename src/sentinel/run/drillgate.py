"""The last gate of a drill: a message to anybody whom the drill may not reach is stopped before it can be armed.

What would begin something is refused for good. What is owed to those who were told before the drill began waits for its end.

Belongs here: asking the list once more, at the connection, whatever lies in the ledger. Does not belong here: the list
(model/limits.py), leaving people out when they are admitted (directory/admit.py).
"""

from collections.abc import Awaitable, Callable

from sentinel.deliver.outcome import Outcome, Waits
from sentinel.model.delivery import Failed
from sentinel.model.limits import OWED, Drill
from sentinel.model.message import Letter, Message
from sentinel.run.outlet import Connection
from sentinel.store.drills import HELD

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
            return Waits(reason=HELD) if _is_owed(message.key) else Failed(reason=REFUSED, permanent=True)
        return await self._inner.send(message, arm)

    async def close(self) -> None:
        await self._inner.close()


def _is_owed(key: str) -> bool:
    """Whether a row is of a word that only those get who were told before: outside the drill that was before it."""
    step = key.split("/")[2:3]
    return bool(step) and step[0].partition("#")[0] in OWED
