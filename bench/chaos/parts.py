"""The parts of a run, and of which of them a quick, a short and a full one are made.

Belongs here: which, how much, for how long, and two at a time. Does not belong here: how each is played.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from bench.chaos.blast.ground import Shape
from bench.chaos.blast.place import places
from bench.chaos.blast.run import ORDINARY, SLOW, Wish, blast
from bench.chaos.blast.strike import Scene
from bench.chaos.kills import Record, hits
from bench.chaos.own import FAULTS
from bench.chaos.plan import next_plan
from bench.chaos.report import Part
from bench.chaos.run import play
from bench.chaos.syncs.order import trace_order
from bench.chaos.syncs.run import enumerate_syncs

Say = Callable[[str], None]
WORKERS: Final = 3
LEASE: Final = 5.0
"""Seconds, instead of 20: what a dead worker held is taken over while the run lasts."""
AT_A_TIME: Final = 2
"""Parts that are played beside one another, each by a process of its own: most of a part is waiting."""
MEMORY: Final = Path("/dev/shm")
ROOMY: Final = 2 * 1024**3


@dataclass(frozen=True, kw_only=True, slots=True)
class Much:
    """How much of one part. `strikes` at most, of which `least` are needed, and of them `kills` kills: fewer prove nothing.
    `seconds`: after so many no strike is begun, however busy the machine is, unless there were not even the least; then after
    five minutes more."""

    strikes: int = 0
    least: int = 0
    kills: int = 0
    seconds: float = 3600.0
    people: int = 900
    in_a_scene: int = 62


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much of each part, by its name; a part that is not named is left out. `whole`: whether everything that can be hit
    must have been."""

    parts: Mapping[str, Much]
    whole: bool = False


SIZES: Final[Mapping[str, Size]] = {
    "quick": Size(parts={"sqlite": Much(strikes=25, least=8, seconds=25.0, people=150, in_a_scene=25)}),
    "short": Size(
        parts={
            "sqlite": Much(strikes=60, least=14, seconds=55.0, people=300, in_a_scene=60),
            "postgres": Much(strikes=24, least=8, seconds=45.0, people=300, in_a_scene=24),
            "keyed": Much(strikes=10, least=7, seconds=15.0, people=150, in_a_scene=10),
            "order": Much(),
            "own": Much(),
        }
    ),
    "full": Size(
        parts={
            "sqlite": Much(strikes=300, least=300),
            "postgres": Much(strikes=144, least=140, kills=100, people=990, in_a_scene=36),
            "day": Much(strikes=24, least=24),
            "keyed": Much(strikes=30, least=30, people=400),
            "plain": Much(strikes=30, least=30, people=400),
            "syncs": Much(strikes=60),
            "order": Much(),
            "own": Much(),
        },
        whole=True,
    ),
}
"""On two idle cores `quick` took 37 seconds and `short` 101."""


def with_kills(size: Size, kills: int, names: Sequence[str]) -> Size:
    """With so many kills in those parts, where they have any."""
    many = {
        name: replace(much, strikes=kills, least=kills, kills=0)
        for name, much in size.parts.items()
        if name in names and much.strikes
    }
    return replace(size, parts={**size.parts, **many})


def run(size: Size, seed: int, say: Say, only: Sequence[str] = ()) -> list[Part]:
    """Every part of that size; of `only` some. More than one are played two at a time."""
    names = [name for name in NAMES if name in size.parts and (not only or name in only)]
    if len(names) < AT_A_TIME:
        return [_play(name, size, seed, say) for name in names]
    with ProcessPoolExecutor(AT_A_TIME, get_context("spawn")) as pool:
        begun = [pool.submit(_play, name, size, seed, _Named(name)) for name in names]
        return [each.result() for each in begun]


@dataclass(frozen=True, slots=True)
class _Named:
    """Says a line on standard error, with the part's name before it."""

    name: str

    def __call__(self, line: str) -> None:
        print(f"{self.name:<9}{line}", file=sys.stderr, flush=True)


def _play(name: str, size: Size, seed: int, say: Say) -> Part:
    """One part, with its files in memory where there is some: what kill -9 leaves is what the system has been given."""
    began, before = monotonic(), tempfile.tempdir
    if _is_roomy(MEMORY):
        tempfile.tempdir = str(MEMORY)
    try:
        part = _PARTS[name](size, seed, say)
    finally:
        tempfile.tempdir = before
    part.least, part.kills_least, part.seconds = size.parts[name].least, size.parts[name].kills, monotonic() - began
    say(f"{part.name}: {'held' if part.held else 'did NOT hold'}, {part.kills} kills, {part.seconds:.0f} s")
    return part


def _is_roomy(place: Path) -> bool:
    if not place.is_dir() or not os.access(place, os.W_OK):
        return False
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize > ROOMY


def _wish(much: Much, seed: int, **shape: object) -> Wish:
    made = Shape(**{"people": much.people, **shape})  # type: ignore[arg-type]
    return Wish(strikes=much.strikes, least=much.least, in_a_scene=much.in_a_scene, seconds=much.seconds, seed=seed, shape=made)


def _sqlite(size: Size, seed: int, say: Say) -> Part:
    scenes = asyncio.run(blast(_wish(size.parts["sqlite"], seed), say))
    return Part(name="SQLite, one hub, SMTP", scenes=scenes, wanted=size.whole)


def _postgres(size: Size, seed: int, say: Say) -> Part:
    with places() as place:
        wish = _wish(size.parts["postgres"], seed, workers=WORKERS, lease=LEASE)
        wish = replace(wish, place=place, mood=SLOW if size.whole else ORDINARY)
        scenes = asyncio.run(blast(wish, say))
    return Part(name=f"PostgreSQL, a hub and {WORKERS} workers", scenes=scenes, wanted=size.whole)


def _http(by: str, title: str) -> Callable[[Size, int, Say], Part]:
    def part(size: Size, seed: int, say: Say) -> Part:
        return Part(name=title, scenes=asyncio.run(blast(_wish(size.parts[by], seed, by=by), say)))

    return part


def _day(size: Size, seed: int, say: Say) -> Part:
    """Runs of a whole day until there are enough kills, in every stratum."""
    records: list[Record] = []
    draw, most = Random(seed), size.parts["day"].strikes
    while True:
        done = sum(len(record.kills) for record in records)
        plan = next_plan(len(records), done, most, hits(records), draw)
        if plan is None:
            return Part(name="a whole day, SQLite", days=records, wanted=True)
        say(f"day {len(records) + 1}")
        with tempfile.TemporaryDirectory(prefix="sentinel-chaos-") as folder:
            records.append(asyncio.run(play(len(records) + 1, plan, Path(folder), draw, say)))


def _syncs(size: Size, seed: int, say: Say) -> Part:
    much = size.parts["syncs"]
    with tempfile.TemporaryDirectory(prefix="sentinel-syncs-") as folder:
        points = asyncio.run(enumerate_syncs(Path(folder), say, most=much.strikes, until=monotonic() + much.seconds))
    return Part(name="every sync of each deed", points=points, note=points.why_not)


def _order(size: Size, seed: int, say: Say) -> Part:
    with tempfile.TemporaryDirectory(prefix="sentinel-order-") as folder:
        order, scene = asyncio.run(trace_order(Path(folder), say))
    return Part(name="synced before it leaves", scenes=[scene], order=order, note=order.why_not)


def _own(size: Size, seed: int, say: Say) -> Part:
    scenes: list[Scene] = []
    for name, play_fault in FAULTS.items() if size.whole else list(FAULTS.items())[:1]:
        with tempfile.TemporaryDirectory(prefix="sentinel-own-") as folder:
            scenes.append(asyncio.run(play_fault(Path(folder), say)))
        say(f"  {name}: {'held' if scenes[-1].held else f'did NOT hold: {scenes[-1].seen[:3]}'}")
    return Part(name="own faults", scenes=scenes)


_PARTS: Final[Mapping[str, Callable[[Size, int, Say], Part]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "day": _day,
    "keyed": _http("keyed", "SQLite, HTTP that honours keys"),
    "plain": _http("plain", "SQLite, HTTP that ignores keys"),
    "syncs": _syncs,
    "order": _order,
    "own": _own,
}
NAMES: Final = tuple(_PARTS)
