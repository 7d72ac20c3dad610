"""Trap: a hook in a sink that kills the hub at one exact step of a conversation, once.

Belongs here: waiting for the step inside the sink and killing there and then. Does not belong here: what happens next.
"""

import asyncio
from collections.abc import Callable

from sentinel.demo.mishap import Answer, Moment, Step

Which = Callable[[Moment], bool]


class Trap:
    """A sink's `hook`. It lets `skip` fitting moments pass, then calls `kill` before anything else happens, and gives `then`.

    `sprung` is set from that moment on; `moment` is where it was. Other conversations go on as a real relay's would.
    """

    def __init__(self, kill: Callable[[], None], which: Which, *, skip: int = 0, then: Answer = None) -> None:
        self.sprung = asyncio.Event()
        self.moment: Moment | None = None
        self._kill = kill
        self._which = which
        self._left = skip
        self._then = then

    async def __call__(self, moment: Moment) -> Answer:
        if self.sprung.is_set() or not self._which(moment):
            return None
        if self._left:
            self._left -= 1
            return None
        self._kill()
        self.moment = moment
        self.sprung.set()
        return self._then


def to_customers(step: Step, desk: str, desk_sender: str) -> Which:
    """Moments at `step` of mail that is not the desk's. At MAIL nobody has been named yet, so the sender tells them apart."""

    def which(moment: Moment) -> bool:
        is_desk = moment.about.get("recipient", "") == desk or moment.about.get("sender", "") == desk_sender
        return moment.step is step and not is_desk

    return which


def to_desk(step: Step, desk: str) -> Which:
    """Moments at `step` of the desk's mail."""
    return lambda moment: moment.step is step and moment.about.get("recipient", "") == desk


def posts(step: Step) -> Which:
    """Moments at `step` of a post to Slack."""
    return lambda moment: moment.step is step and moment.about.get("method", "") == "chat.postMessage"
