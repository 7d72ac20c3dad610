"""Own: a fault of our own while every target is well. The prober runs out of descriptors; nobody may hear of an incident (P8).

Belongs here: the fault and what must not follow. Does not belong here: other own faults (they have scenarios in tests/).
"""

import asyncio
import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.chaos.blast.ground import Ground, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import Watch
from bench.chaos.lena import Lena

SETTLED: Final = 4.0
"""Seconds until a prober has opened for good what it needs of its own."""
SECONDS: Final = 8.0
"""How long it lasts: twice what an outage takes to be confirmed in this world."""


async def out_of_descriptors(folder: Path, say: Callable[[str], None], *, plant: str = "") -> Scene:
    """Take the prober's descriptors away for a while (F45). Counts every incident as a false alarm."""
    scene = Scene(number=0, seed="own")
    try:
        async with Ground(folder, Shape(people=12, plant=plant)) as ground:
            watch = Watch(ground=ground, lena=Lena(ground), scene=scene, say=say)
            prober = await _prober_of(ground.members[0].pid)
            await asyncio.sleep(SETTLED)
            before = resource.prlimit(prober, resource.RLIMIT_NOFILE)
            resource.prlimit(prober, resource.RLIMIT_NOFILE, (_open_files(prober), before[1]))
            await asyncio.sleep(SECONDS)
            with suppress(ProcessLookupError):  # a prober that gave up was replaced by one that may open files again
                resource.prlimit(prober, resource.RLIMIT_NOFILE, before)
            found = await watch.look()
            scene.wrong("false_alarm", len(found.incidents), f"incidents {sorted(found.incidents)} while all was well")
    except COULD_NOT_GO_ON as why:
        scene.wrong("unrested", 1, f"{type(why).__name__} {why}")
    return scene


async def _prober_of(hub: int) -> int:
    """The hub's child. Raises TimeoutError if it has none."""
    async with asyncio.timeout(20.0):
        while not (children := _children_of(hub)):  # noqa: ASYNC110 - nobody tells us when a process gets a child
            await asyncio.sleep(0.1)
        return children[0]


def _children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _open_files(pid: int) -> int:
    """The least number that none of its files has: with that as the limit it may open no other."""
    return min(set(range(1024)) - {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()})
