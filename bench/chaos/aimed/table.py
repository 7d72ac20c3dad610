"""The table of aimed scenes: by name, what plays each. Nothing else belongs here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from bench.chaos.aimed import deciding, sending
from bench.chaos.aimed.downtime import Heard, away
from bench.chaos.aimed.rebind import rebound
from bench.chaos.aimed.stage import staged
from bench.chaos.blast.ground import Ground
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import Watch
from bench.chaos.own import out_of_descriptors
from bench.chaos.syncs.order import trace_order

WITHIN: Final = 240.0
"""Seconds that a scene may take on a busy machine; what runs out of them has found nothing."""
Say = Callable[[str], None]


class Aimed(Protocol):
    """Plays one scene in an empty folder, with a bug planted or none."""

    async def __call__(self, folder: Path, say: Say, *, plant: str = "") -> Scene: ...


def _on_stage(play: Callable[[Watch], Awaitable[None]], *, by: str = "smtp", ground: Callable[..., Ground] = Ground) -> Aimed:
    async def aimed(folder: Path, say: Say, *, plant: str = "") -> Scene:
        scene = Scene(number=0, seed=getattr(play, "__name__", ""))
        async with staged(folder, scene, plant=plant, by=by, ground=ground) as watch:
            await play(watch)
        return scene

    return aimed


async def _in_order(folder: Path, say: Say, *, plant: str = "") -> Scene:
    return (await trace_order(folder, say, plant=plant))[1]


AIMED: Final[Mapping[str, Aimed]] = {
    "unseen words": _on_stage(deciding.unseen_words),
    "a link": _on_stage(deciding.a_link),
    "cut approval": _on_stage(deciding.cut_approval),
    "under the hold": _on_stage(deciding.under_the_hold),
    "owed end": _on_stage(deciding.owed_end),
    "struck by SMTP": _on_stage(sending.struck_by_smtp),
    "struck by keys": _on_stage(sending.struck_by_keys, by="keyed"),
    "refused for now": _on_stage(sending.refused_for_now),
    "away": _on_stage(away, ground=Heard),
    "rebound": rebound,
    "own descriptors": out_of_descriptors,
    "order of syncs": _in_order,
}


async def play(name: str, folder: Path, say: Say, *, plant: str = "") -> Scene:
    """One scene within its time. What runs out of it is counted as `unrested`, which finds no bug."""
    try:
        async with asyncio.timeout(WITHIN):
            return await AIMED[name](folder, say, plant=plant)
    except TimeoutError:
        scene = Scene(number=0, seed=name)
        scene.wrong("unrested", 1, f"not through within {WITHIN:.0f} s")
        return scene
