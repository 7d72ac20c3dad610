"""Proving: every planted bug must be found by an oracle. A story that merely stops has found nothing.

Belongs here: looking for each bug in its own way. Does not belong here: the bugs (bugs/).
"""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.chaos.blast.ground import Shape
from bench.chaos.blast.run import Wish, blast
from bench.chaos.bugs.table import BLAST, KEYED, ORDER, OWN, PLANTED
from bench.chaos.oracle import Counts
from bench.chaos.own import out_of_descriptors
from bench.chaos.syncs.order import trace_order

PEOPLE: Final = 80
STRIKES: Final = 14
TRIES: Final = 2
"""Scenes that a bug may take to show itself."""


def look_for(name: str, seed: int, say: Callable[[str], None]) -> Counts:
    """Run with one bug planted; what the oracles counted."""
    return asyncio.run(_look_for(name, seed, say))


async def _look_for(name: str, seed: int, say: Callable[[str], None]) -> Counts:
    bug = PLANTED[name]
    found = Counts()
    with tempfile.TemporaryDirectory(prefix="sentinel-planted-") as folder:
        if bug.look == ORDER:
            found.add((await trace_order(Path(folder), say, plant=name))[1].counts)
        elif bug.look == OWN:
            found.add((await out_of_descriptors(Path(folder), say, plant=name)).counts)
    for again in range(TRIES if bug.look in (BLAST, KEYED) else 0):
        by = "keyed" if bug.look == KEYED else "smtp"
        wish = Wish(strikes=STRIKES, in_a_scene=STRIKES, seed=seed + again, shape=Shape(people=PEOPLE, plant=name, by=by))
        for scene in await blast(wish, say, scenes_most=1):
            found.add(scene.counts)
        if is_found(name, found):
            break
    return found


def is_found(name: str, counts: Counts) -> bool:
    """Whether an oracle that is there for it spoke."""
    return any(getattr(counts, what) for what in PLANTED[name].found_as)


def prove(seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every bug in turn: as what it was found."""
    result = {}
    for name in PLANTED:
        say(f"planted: {name}")
        counts = look_for(name, seed, lambda line: None)
        spoke = [what for what, count in counts.as_json().items() if count and what != "unrested"]
        result[name] = {"found": is_found(name, counts), "as": spoke}
        say(f"  {'found as ' + ', '.join(spoke) if result[name]['found'] else f'NOT FOUND {spoke}'}")
    return result
