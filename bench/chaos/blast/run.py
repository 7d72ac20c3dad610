"""Runs: scene after scene until there have been enough strikes, each on a ground of its own.

Belongs here: how many, for how long, with what seed. Does not belong here: what happens in one (scene.py).
"""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, Final

from bench.chaos.blast.ground import Ground, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON, Player
from bench.chaos.blast.strike import Hits, Scene
from bench.chaos.blast.watch import Budget, Watch
from bench.chaos.lena import Lena

ORDINARY: Final[Mapping[str, Any]] = {"reply": (0.01, 0.05), "dead": 0.01, "busy": 0.05, "hang_up": 0.001}
"""A relay on an ordinary day: a few dead mailboxes, some that are busy, now and then a 421."""
SLOW: Final[Mapping[str, Any]] = {**ORDINARY, "reply": (0.1, 0.4)}
"""The same, thinking over each message: many senders are then not through before they were struck often enough."""
OVERTIME: Final = 300.0
"""Seconds more, where a busy machine has not let us strike as often as is needed to prove anything."""
LEAST_LEFT: Final = 15.0
"""Seconds without which no further scene is begun: it would end before it was struck."""
DEADLINE: Final = 1200.0
"""Seconds that one scene may take at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """How much of it. `in_a_scene`: strikes of one scene at most. `seconds`: no strike is begun afterwards, unless there were
    not even `least`; then none after `OVERTIME` more."""

    strikes: int = 300
    least: int = 0
    in_a_scene: int = 40
    seconds: float = 3600.0
    seed: int = 1
    shape: Shape = field(default_factory=Shape)
    place: Callable[[], AbstractContextManager[str]] = lambda: nullcontext("")
    """Makes an empty database for a scene and gives its URL; "" is SQLite."""
    mood: Mapping[str, Any] = field(default_factory=lambda: ORDINARY)


async def blast(wish: Wish, say: Callable[[str], None], hit: Hits | None = None, scenes_most: int = 1000) -> list[Scene]:
    """Scenes until there have been enough strikes, or no time is left."""
    scenes: list[Scene] = []
    hit, began = hit or Hits(), monotonic()
    until, latest = began + wish.seconds, began + wish.seconds + OVERTIME
    while len(scenes) < scenes_most:
        done = sum(len(scene.strikes) for scene in scenes)
        left, owed = wish.strikes - done, wish.least - done
        if left <= 0 or (scenes and monotonic() + LEAST_LEFT > (latest if owed > 0 else until)):
            break
        number = len(scenes) + 1
        scene = Scene(number=number, seed=f"{wish.seed}/{number}")
        say(f"scene {number}")
        with wish.place() as database, tempfile.TemporaryDirectory(prefix="sentinel-blast-") as folder:
            budget = Budget(min(left, wish.in_a_scene), until, owed, latest)
            await _scene(scene, replace(wish.shape, database=database), Path(folder), budget, hit, wish.mood, say)
            until = budget.until
        scenes.append(scene)
        say(f"scene {number}: {'held' if scene.held else f'did NOT hold: {scene.seen[:6]}'} ({scene.seconds:.0f} s)")
        if not scene.strikes:
            break
    return scenes


async def _scene(
    scene: Scene,
    shape: Shape,
    folder: Path,
    budget: Budget,
    hit: Hits,
    mood: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    """Play one. What cannot go on is counted and said, never raised."""
    began, draw = monotonic(), Random(scene.seed)
    scene.database = "postgresql" if shape.database else "sqlite"
    try:
        async with asyncio.timeout(DEADLINE), Ground(folder, shape) as ground:
            if scene.number == 1:
                budget.until += monotonic() - began  # the time that it takes to set the stage is not counted
            ground.mood(**mood, seed=draw.randrange(2**30))
            lena = Lena(ground)
            watch = Watch(ground=ground, lena=lena, scene=scene, say=say)
            sampler = asyncio.create_task(watch.sample_books())
            try:
                await Player(watch, hit, budget, draw).play()
            finally:
                sampler.cancel()
                await asyncio.gather(sampler, return_exceptions=True)
                await lena.close()
    except COULD_NOT_GO_ON as why:
        scene.counts.unrested += 1
        asked = getattr(why, "_request", None)  # of httpx: what was asked for in vain
        scene.seen.append(f"the story could not go on: {type(why).__name__} {asked or ''} {why}"[:1500])
    scene.seconds = monotonic() - began
