"""Proving: every planted bug must be found by an oracle that is there for it, in a scene that holds without it.

Belongs here: looking for each bug, and the scenes without one. Does not belong here: the bugs (bugs/), the scenes (aimed/). A
story that merely stops has found nothing, nor has one that runs out of its time.
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.chaos.aimed.table import play
from bench.chaos.bugs.table import PLANTED
from bench.chaos.oracle import Counts

AT_ONCE: Final = 2
"""Scenes at a time: they mostly wait."""
TRIES: Final = 2
"""Times that a bug is looked for at most: a kill may fall beside what it was aimed at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One scene that was played. `bug` "": none was planted, and nothing may be counted."""

    scene: str
    bug: str
    counts: Counts
    seen: Sequence[str]
    seconds: float

    @property
    def spoke(self) -> list[str]:
        """The oracles that counted something."""
        return [what for what, count in self.counts.as_json().items() if count and (what != "unrested" or not self.bug)]

    @property
    def is_right(self) -> bool:
        """Found, where a bug was planted; nothing wrong, where none was."""
        return is_found(self.bug, self.counts) if self.bug else self.counts.held

    def as_json(self) -> dict[str, Any]:
        said = {"scene": self.scene, "right": self.is_right, "as": self.spoke, "seconds": round(self.seconds, 1)}
        return said | ({} if self.is_right else {"seen": list(self.seen[:4])})


def look_for(name: str) -> Look:
    """Play the scene of one bug with the bug planted."""
    return asyncio.run(_look(PLANTED[name].look, name))


def is_found(name: str, counts: Counts) -> bool:
    """Whether an oracle that is there for it spoke."""
    return any(getattr(counts, what) for what in PLANTED[name].found_as)


def prove(say: Callable[[str], None], names: Sequence[str] = ()) -> dict[str, Any]:
    """Every scene without a bug, then every bug in turn: as what it was found, and in how long. `names`: some bugs only."""
    return asyncio.run(_prove(say, names or tuple(PLANTED)))


async def _prove(say: Callable[[str], None], names: Sequence[str]) -> dict[str, Any]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def take(scene: str, bug: str) -> Look:
        async with turns:
            look = await _look(scene, bug)
            say(_line(look))
            return look

    scenes = dict.fromkeys(PLANTED[name].look for name in names)
    wanted = [(scene, "") for scene in scenes] + [(PLANTED[name].look, name) for name in names]
    looks = await asyncio.gather(*(take(scene, bug) for scene, bug in wanted))
    return {look.bug or f"none, {look.scene}": look.as_json() for look in looks}


async def _look(scene: str, bug: str) -> Look:
    began = monotonic()
    for _ in range(TRIES if bug else 1):
        with tempfile.TemporaryDirectory(prefix="sentinel-planted-") as folder:
            played = await play(scene, Path(folder), _unheard, plant=bug)
        look = Look(scene=scene, bug=bug, counts=played.counts, seen=tuple(played.seen), seconds=monotonic() - began)
        if look.is_right:
            break
    return look


def _line(look: Look) -> str:
    what = f"{look.bug or 'no bug'} ({look.scene})"
    found = f"found as {', '.join(look.spoke)}" if look.bug else "held"
    wrong = f"NOT FOUND {[each[:300] for each in look.seen[:3]]}" if look.bug else f"did NOT hold: {look.seen[:3]}"
    return f"{what:<50} {look.seconds:5.1f} s  {found if look.is_right else wrong}"


def _unheard(_line: str) -> None:
    pass
