"""Blast: a disturbance, an approval, and one word to everybody; what that took, and whether the books and the inboxes agree.

Belongs here: the order of things and the judgement. Does not belong here: processes (place.py), counting syncs (syncs.py).
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any, Final

from bench.fanout import cost, syncs
from bench.fanout.place import Place, Shape
from bench.fanout.staff import Staff, worst

SERVICE: Final = "payments"
PATIENCE: Final = 900.0


class Wrong(Exception):
    """The books do not balance, or somebody did not get exactly one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What it took to tell `people`. `cpu`: seconds of all the product's processes, from the approval on. `rate`: messages a
    second, from the first to the last. `peak`: bytes. `staff`: median and 99th percentile, in seconds. `syncs`: per message,
    None where nobody could count them."""

    people: int
    octets: int
    seconds: float
    rate: float
    cpu: float
    peak: int
    staff: tuple[float, float]
    syncs: float | None = None

    @property
    def cpu_per_1000(self) -> float:
        return self.cpu / self.people * 1000


async def opening(place: Place) -> int:
    """Payments break; the number of the notice, once it is approved. Everything is told as soon as this returns."""
    await place.breaks(SERVICE)
    page = await place.lead.incident_when(lambda page: SERVICE in str(page["incident"]["services"]), PATIENCE)
    incident = int(page["incident"]["id"])
    view = await place.lead.draft_when(incident, "opened", PATIENCE)
    await place.lead.approve(incident, int(view["notice"]["id"]), desk_knows=True)
    return int(view["notice"]["id"])


async def books(place: Place, notice: int) -> Any:
    """The books of the notice."""
    kept = await place.lead.read("books")
    return next((each for each in kept if each["books"]["notice"] == notice), None)


async def until(look: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Wait until it is so. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.2)


async def tell(place: Place) -> Told:
    """Tell everybody. Raises Wrong."""
    people = place.shape.people
    kind = "mails" if place.shape.by == "smtp" else "posts"
    staff = Staff(place)
    notice = await opening(place)
    before, began, at = cost.of_tree(place.hub), monotonic(), time()
    await staff.begin()

    async def has_all() -> bool:
        return int((await place.seen())[kind]["taken"]) >= people

    try:
        await until(has_all)
        used, seconds = cost.of_tree(place.hub).since(before), monotonic() - began
    finally:
        late = await staff.end()

    async def rests() -> bool:
        found = await books(place, notice)
        return found is not None and int(found["books"]["counts"].get("accepted", 0)) == people

    await until(rests, 30.0)
    await judge(place, notice, kind)
    seen = await place.seen()
    return Told(
        people=people,
        octets=seen["octets"] // max(1, seen[kind]["taken"]),
        seconds=seconds,
        rate=people / max(1e-9, seen["ended"] - seen["began"]),
        cpu=used.cpu,
        peak=used.peak,
        staff=(worst(late, 0.5), worst(late, 0.99)),
        syncs=syncs.count(place.trace, at, seen["ended"]) / people if place.shape.traced else None,
    )


async def judge(place: Place, notice: int, kind: str) -> None:
    """Everybody has exactly one, and the books say so. Raises Wrong."""
    people, seen, found = place.shape.people, await place.seen(), await books(place, notice)
    counted = seen[kind]
    if counted != {"taken": people, "people": people, "twice": 0}:
        raise Wrong(f"of {people} people {counted['people']} have it, and {counted['twice']} came twice")
    if kind == "posts" and seen["keys"] != people:
        raise Wrong(f"{people} messages bore {seen['keys']} keys")
    if not found["balanced"]:
        raise Wrong(f"the books do not balance: {found['books']}")


async def blast(shape: Shape) -> Told:
    """On a fresh installation."""
    with tempfile.TemporaryDirectory(prefix="sentinel-fanout-") as folder:
        async with Place(Path(folder), shape) as place:
            try:
                return await tell(place)
            except Exception as error:
                error.add_note(place.log_end())
                raise
