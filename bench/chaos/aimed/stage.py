"""Stage: a ground for one aimed scene, and the first steps that many share. Does not belong here: what is aimed at."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.chaos.blast.ground import Ground, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON, SERVICE
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import Watch
from bench.chaos.lena import Lena

PEOPLE: Final = 30
"""Fewer than a first batch, which a person would have to let go on."""


@asynccontextmanager
async def staged(
    folder: Path, scene: Scene, *, plant: str, people: int = PEOPLE, by: str = "smtp", ground: Callable[..., Ground] = Ground
) -> AsyncIterator[Watch]:
    """Everything runs inside it. A story that cannot go on is counted as `unrested` and ends it quietly."""
    try:
        async with ground(folder, Shape(people=people, plant=plant, by=by)) as made:
            lena = Lena(made)
            try:
                yield Watch(ground=made, lena=lena, scene=scene, say=_unheard)
            finally:
                await lena.close()
    except COULD_NOT_GO_ON as why:
        scene.wrong("unrested", 1, f"{type(why).__name__} {why}")


async def drafted(watch: Watch) -> int:
    """Payments break; the incident whose opening waits for consent."""
    watch.broken = True
    await watch.lena.sign_in()
    await watch.ground.breaks(SERVICE)
    incident = await watch.incident_of(SERVICE)
    await watch.waiting_draft(incident)
    return incident


async def queued(watch: Watch) -> int:
    """The incident whose opening is approved, with a row for everybody, all under the hold."""
    incident = await drafted(watch)
    await watch.hold()
    await watch.approve_until_taken(incident)
    people = watch.ground.shape.people
    await watch.until("everybody has a row", lambda found: len(found.customers) == people)
    return incident


def _unheard(_line: str) -> None:
    pass
