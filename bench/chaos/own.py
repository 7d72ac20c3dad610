"""Own: faults of our own, while every target is well or while messages leave. Nobody hears of an incident that is none (P8),
and nothing is lost or sent twice for it.

Belongs here: taking descriptors and memory away, asking to stop, and what must not follow. Does not belong here: other own
faults (they have scenarios in tests/).
"""

import asyncio
import os
import resource
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.chaos.blast.ground import Ground, Member, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON, SERVICE
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import Watch
from bench.chaos.lena import Lena
from bench.chaos.steps import Step

SETTLED: Final = 4.0
"""Seconds until a prober has opened for good what it needs of its own."""
SECONDS: Final = 8.0
"""How long it lasts: twice what an outage takes to be confirmed in this world."""
PEOPLE: Final = 12
ASKED: Final = 5
"""Times that a hub is asked to stop in the middle of a sending."""
STOPS_WITHIN: Final = 15.0
"""Ten seconds and what a busy machine adds."""
SLOWLY: Final = (0.2, 0.4)
Say = Callable[[str], None]


async def out_of_descriptors(folder: Path, say: Say, *, plant: str = "") -> Scene:
    """Take the prober's descriptors away for a while (F45). Counts every incident as a false alarm."""

    def take(prober: int) -> None:
        _limit(prober, resource.RLIMIT_NOFILE, _open_files(prober))

    return await _while_all_is_well(folder, say, resource.RLIMIT_NOFILE, take, plant)


async def out_of_memory(folder: Path, say: Say) -> Scene:
    """Leave the prober no memory that it has not got already, until it dies or does without (F14): it dies alone."""

    def take(prober: int) -> None:
        _limit(prober, resource.RLIMIT_AS, _bytes_mapped(prober))

    return await _while_all_is_well(folder, say, resource.RLIMIT_AS, take, "")


async def hub_out_of_descriptors(folder: Path, say: Say) -> Scene:
    """The hub itself may open nothing more for a while, in the middle of a sending (F45): it goes on by itself."""

    async def befalls(watch: Watch) -> None:
        hub = watch.ground.members[0].pid
        before = resource.prlimit(hub, resource.RLIMIT_NOFILE)
        _limit(hub, resource.RLIMIT_NOFILE, _open_files(hub))
        await asyncio.sleep(SECONDS)
        resource.prlimit(hub, resource.RLIMIT_NOFILE, before)

    return await _while_sending(folder, say, befalls)


async def asked_to_stop(folder: Path, say: Say) -> Scene:
    """SIGTERM with mails in the middle of the conversation, again and again (F12): it ends in time, with the code 0; no more
    doubts than connections, nobody twice.
    """

    async def befalls(watch: Watch) -> None:
        hub = watch.ground.members[0]
        for number in range(ASKED):
            watch.ground.set_snare(step=Step.DATA, lane="customers", by="smtp", number=signal.SIGTERM)
            if number and not hub.pid:
                await watch.ground.start(hub)
            if await watch.ground.next_sprung(10.0) is None:
                break  # everybody has been told already
            await _gone(watch.ground, hub)
            watch.scene.wrong("unrested", bool(hub.pid), f"asked to stop, it had not after {STOPS_WITHIN:.0f} s")
            watch.scene.wrong("unrested", not hub.pid and hub.code != 0, f"asked to stop, it ended with {hub.code}")
        watch.ground.free()
        if not hub.pid:
            await watch.ground.start(hub)

    return await _while_sending(folder, say, befalls)


FAULTS: Final[Mapping[str, Callable[[Path, Say], Coroutine[Any, Any, Scene]]]] = {
    "the prober has no descriptors": out_of_descriptors,
    "the prober has no memory": out_of_memory,
    "the hub has no descriptors": hub_out_of_descriptors,
    "the hub is asked to stop": asked_to_stop,
}
"""In words → what plays it."""


async def _while_all_is_well(folder: Path, say: Say, what: int, take: Callable[[int], None], plant: str) -> Scene:
    scene = Scene(number=0, seed="own")
    try:
        async with Ground(folder, Shape(people=PEOPLE, plant=plant)) as ground:
            watch = Watch(ground=ground, lena=Lena(ground), scene=scene, say=say)
            prober = await _prober_of(ground.members[0].pid)
            await asyncio.sleep(SETTLED)
            before = resource.prlimit(prober, what)
            take(prober)
            await asyncio.sleep(SECONDS)
            with suppress(ProcessLookupError):  # a prober that gave up was replaced by one that has what it needs
                resource.prlimit(prober, what, before)
            found = await watch.look()
            scene.wrong("false_alarm", len(found.incidents), f"incidents {sorted(found.incidents)} while all was well")
            scene.wrong("unrested", await ground.is_gone(ground.members[0]), "the hub ended")
    except COULD_NOT_GO_ON as why:
        scene.wrong("unrested", 1, f"{type(why).__name__} {why}")
    return scene


async def _while_sending(folder: Path, say: Say, befalls: Callable[[Watch], Awaitable[None]]) -> Scene:
    scene = Scene(number=0, seed="own")
    try:
        async with Ground(folder, Shape(people=3 * PEOPLE)) as ground:
            watch = Watch(ground=ground, lena=Lena(ground), scene=scene, say=say)
            ground.mood(reply=SLOWLY)
            await watch.lena.sign_in()
            await ground.breaks(SERVICE)
            incident = await watch.incident_of(SERVICE)
            await watch.waiting_draft(incident)
            await watch.hold()
            await watch.approve_until_taken(incident)
            await watch.until("everybody has a row", lambda found: len(found.customers) == 3 * PEOPLE)
            await watch.lena.command(do="hold", on=False)
            await befalls(watch)
            found = await watch.rest("the opening comes to rest")
            scene.wrong("false_alarm", len(found.incidents) > 1, f"incidents {sorted(found.incidents)}, and one is real")
            await watch.settle_doubts()
            watch.judge(await watch.rest("everything comes to rest"), at_end=False)
    except COULD_NOT_GO_ON as why:
        scene.wrong("unrested", 1, f"{type(why).__name__} {why}")
    return scene


def _limit(pid: int, what: int, soft: int) -> None:
    resource.prlimit(pid, what, (soft, resource.prlimit(pid, what)[1]))


async def _gone(ground: Ground, hub: Member) -> None:
    """Wait until it has ended, or has had its time."""
    end = monotonic() + STOPS_WITHIN
    while not await ground.is_gone(hub) and monotonic() < end:  # noqa: ASYNC110 - nobody tells us of its end
        await asyncio.sleep(0.05)


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
    return min(set(range(4096)) - {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()})


def _bytes_mapped(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
