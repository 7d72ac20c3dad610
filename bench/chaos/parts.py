"""The parts of a run, and of which of them a quick, a short and a full one are made.

Belongs here: which, how much, for how long. Does not belong here: how each is played.
"""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from bench.chaos.blast.ground import Shape
from bench.chaos.blast.place import places
from bench.chaos.blast.run import Wish, blast
from bench.chaos.kills import Record, hits
from bench.chaos.own import out_of_descriptors
from bench.chaos.plan import next_plan
from bench.chaos.report import Part
from bench.chaos.run import play
from bench.chaos.syncs.order import trace_order
from bench.chaos.syncs.run import enumerate_syncs

Say = Callable[[str], None]
WORKERS: Final = 3
LEASE: Final = 3.0
"""Seconds, instead of a minute: what a dead worker held is taken over while the run lasts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much of each part; 0 strikes leave one out. `seconds`: after so many no strike of a part is begun."""

    sqlite: int = 0
    postgres: int = 0
    keyed: int = 0
    plain: int = 0
    days: int = 0
    syncs: int = 0
    order: bool = False
    own: bool = False
    people: int = 900
    in_a_scene: int = 62
    seconds: float = 3600.0
    whole: bool = False
    """Whether everything that can be hit must have been."""


SIZES: Final[Mapping[str, Size]] = {
    "quick": Size(sqlite=25, people=150, in_a_scene=25, seconds=20.0),
    "short": Size(sqlite=60, keyed=12, people=300, in_a_scene=60, seconds=45.0, order=True, own=True),
    "full": Size(sqlite=300, postgres=100, keyed=30, plain=30, days=24, syncs=60, order=True, own=True, whole=True),
}
"""`quick` ends within 50 seconds, `short` within three minutes, `full` within an hour."""


def run(size: Size, seed: int, say: Say, only: Sequence[str] = ()) -> list[Part]:
    """Every part of that size, one after the other; of `only` some."""
    parts = []
    for name, play_part in _PARTS.items():
        if only and name not in only:
            continue
        began = monotonic()
        part = play_part(size, seed, say)
        if part is None:
            continue
        part.seconds = monotonic() - began
        say(f"{part.name}: {'held' if part.held else 'did NOT hold'}, {part.kills} kills, {part.seconds:.0f} s")
        parts.append(part)
    return parts


def _wish(size: Size, seed: int, strikes: int, **shape: object) -> Wish:
    made = Shape(**{"people": size.people, **shape})  # type: ignore[arg-type]
    return Wish(strikes=strikes, in_a_scene=size.in_a_scene, seconds=size.seconds, seed=seed, shape=made)


def _sqlite(size: Size, seed: int, say: Say) -> Part | None:
    if not size.sqlite:
        return None
    scenes = asyncio.run(blast(_wish(size, seed, size.sqlite), say))
    return Part(name="SQLite, one hub, SMTP", scenes=scenes, wanted=size.whole, blasts=True)


def _postgres(size: Size, seed: int, say: Say) -> Part | None:
    if not size.postgres:
        return None
    with places() as place:
        wish = _wish(size, seed, size.postgres, workers=WORKERS, lease=LEASE)
        wish = Wish(**{name: getattr(wish, name) for name in Wish.__dataclass_fields__} | {"place": place})
        scenes = asyncio.run(blast(wish, say))
    return Part(name=f"PostgreSQL, a hub and {WORKERS} workers", scenes=scenes, blasts=True)


def _http(by: str, title: str) -> Callable[[Size, int, Say], Part | None]:
    def part(size: Size, seed: int, say: Say) -> Part | None:
        strikes = getattr(size, by)
        if not strikes:
            return None
        return Part(name=title, scenes=asyncio.run(blast(_wish(size, seed, strikes, by=by), say)), blasts=True)

    return part


def _day(size: Size, seed: int, say: Say) -> Part | None:
    """Runs of a whole day until there are enough kills, in every stratum."""
    if not size.days:
        return None
    records: list[Record] = []
    draw = Random(seed)
    while True:
        done = sum(len(record.kills) for record in records)
        plan = next_plan(len(records), done, size.days, hits(records), draw)
        if plan is None:
            return Part(name="a whole day, SQLite", days=records, wanted=True)
        say(f"day {len(records) + 1}")
        with tempfile.TemporaryDirectory(prefix="sentinel-chaos-") as folder:
            records.append(asyncio.run(play(len(records) + 1, plan, Path(folder), draw, say)))


def _syncs(size: Size, seed: int, say: Say) -> Part | None:
    if not size.syncs:
        return None
    with tempfile.TemporaryDirectory(prefix="sentinel-syncs-") as folder:
        points = asyncio.run(enumerate_syncs(Path(folder), say, most=size.syncs, until=monotonic() + size.seconds))
    return Part(name="every sync of each deed", points=points, note=points.why_not)


def _order(size: Size, seed: int, say: Say) -> Part | None:
    if not size.order:
        return None
    with tempfile.TemporaryDirectory(prefix="sentinel-order-") as folder:
        order, scene = asyncio.run(trace_order(Path(folder), say))
    return Part(name="synced before it leaves", scenes=[scene], order=order, note=order.why_not)


def _own(size: Size, seed: int, say: Say) -> Part | None:
    if not size.own:
        return None
    with tempfile.TemporaryDirectory(prefix="sentinel-own-") as folder:
        return Part(name="own fault: no descriptors", scenes=[asyncio.run(out_of_descriptors(Path(folder), say))])


_PARTS: Final[Mapping[str, Callable[[Size, int, Say], Part | None]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "keyed": _http("keyed", "SQLite, HTTP that honours keys"),
    "plain": _http("plain", "SQLite, HTTP that ignores keys"),
    "day": _day,
    "syncs": _syncs,
    "order": _order,
    "own": _own,
}
NAMES: Final = tuple(_PARTS)
