"""Staff: something for them to hear every second while customers are told, and how long each word took.

Belongs here: handing in, and matching what came to what was handed in. Does not belong here: what staff are told (notify/).
"""

import asyncio
from contextlib import suppress
from itertools import cycle
from time import time
from typing import Any, Final

from bench.fanout.place import Place

EVERY: Final = 1.0
SERVICE: Final = "quoting"
_PHASES: Final = ("identified", "investigating")


class Staff:
    """A disturbance of their own, whose phase changes every second. `late`: seconds from handing in to each receipt."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._handed: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Declare it, and begin to change it."""
        await self._place.command(do="declare", service=SERVICE, statement=f"{SERVICE}.cannot_quote", why="bench")
        page = await self._place.lead.incident_when(lambda page: SERVICE in str(page["incident"]["services"]), 60.0)
        self._incident = int(page["incident"]["id"])
        self._task = asyncio.create_task(self._change())

    async def end(self) -> list[float]:
        """Stop, and say how long each word took: from handing in to the first receipt after it that says it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.sleep(3.0)
        came = sorted((await self._place.seen(whole=True))["staff"].values())
        return [next((at - handed for at in came if at >= handed), float("inf")) for handed in self._handed]

    async def _change(self) -> None:
        for phase in cycle(_PHASES):
            handed = time()
            await self._place.command(do="set_phase", incident=self._incident, phase=phase, why="bench")
            self._handed.append(handed)
            await asyncio.sleep(max(0.0, handed + EVERY - time()))


def worst(late: list[float], share: float) -> float:
    """The value below which so large a share lies."""
    ranked = sorted(late)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else float("nan")


Said = dict[str, Any]
