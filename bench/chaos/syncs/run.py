"""Running the deeds: a store is put in place, a hub started, strace attached, the deed begun; at its N-th sync the hub dies.

Belongs here: preparing the stores, one point, all points. Does not belong here: what a deed is (deeds.py).
"""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.chaos.blast.ground import Ground, Shape
from bench.chaos.blast.scene import COULD_NOT_GO_ON, SERVICE
from bench.chaos.blast.strike import Scene
from bench.chaos.blast.watch import NeverCame, Watch
from bench.chaos.ledgerd.keep import Taken
from bench.chaos.lena import GONE, Lena
from bench.chaos.steps import Step
from bench.chaos.syncs.deeds import APPROVED, CALM, DEEDS, DOUBTED, DRAFTED, TOLD, Deed
from bench.chaos.syncs.keeping import enumerate_keeping
from bench.chaos.syncs.tracer import Tracer, is_there, kill_at

PEOPLE: Final = 12
MOST: Final = 60
"""Syncs of one deed that are killed at, at most."""
DEED_SECONDS: Final = 25.0


@dataclass(kw_only=True, slots=True)
class Points:
    """What was killed where: deed → how many of its syncs, and what was wrong."""

    killed: dict[str, int] = field(default_factory=dict)
    scene: Scene = field(default_factory=lambda: Scene(number=0, seed="syncs"))
    why_not: str = ""
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        return self.scene.counts.held

    def as_json(self) -> dict[str, Any]:
        return {
            "killed_at_syncs_of": self.killed,
            "points": sum(self.killed.values()),
            "why_not": self.why_not,
            "held": self.held,
            "seconds": round(self.seconds, 1),
            "counts": self.scene.counts.as_json(),
            "seen": self.scene.seen,
        }


@dataclass(frozen=True, slots=True)
class _Kept:
    """A store to begin from, and what the world had seen by then."""

    folder: Path
    seen: tuple[Taken, ...]


async def enumerate_syncs(
    folder: Path, say: Callable[[str], None], *, most: int = MOST, until: float = float("inf"), plant: str = ""
) -> Points:
    """Every deed, killed at its first sync, its second, ... until it is through: opening (F2), approving, cancelling and
    holding (F8), sending, settling, erasing, reloading (F35), resolving (F9); then backing up, putting back and migrating
    (F10). What cannot go on is counted, never raised.
    """
    points, began = Points(), monotonic()
    if not is_there():
        points.why_not = "strace is not installed (apt-get install strace)"
        return points
    try:
        async with Ground(folder, Shape(people=PEOPLE, plant=plant)) as ground:
            watch = Watch(ground=ground, lena=Lena(ground), scene=points.scene, say=say)
            kept = await _prepare(watch, folder / "kept")
            for deed in DEEDS:
                points.killed[deed.name] = 0
                for number in range(1, most + 1):
                    if monotonic() > until or not await _killed_at(number, deed, kept[deed.begins], watch):
                        break
                    points.killed[deed.name] += 1
                for beside, number in _beside(deed, ground):
                    if monotonic() < until and await _killed_at(number, deed, kept[deed.begins], watch, beside):
                        points.killed[f"{deed.name}, at {_called(beside, ground)} {number}"] = 1
                say(f"  {deed.name}: killed at {points.killed[deed.name]} syncs")
            await ground.kill(ground.members[0])
            points.killed |= await enumerate_keeping(kept[TOLD].folder, ground, points.scene, say, most=most, until=until)
    except COULD_NOT_GO_ON as why:
        points.scene.wrong("unrested", 1, f"{type(why).__name__} {why}")
    points.seconds = monotonic() - began
    return points


async def _prepare(watch: Watch, folder: Path) -> dict[str, _Kept]:
    """Play a day without a kill, and keep its store at four moments."""
    hub, lena, kept = watch.ground.members[0], watch.lena, {}

    async def keep(name: str) -> None:
        await watch.ground.kill(hub)
        shutil.copytree(
            watch.ground.folder, folder / name, ignore=lambda _, names: [n for n in names if "sentinel.db" not in n]
        )
        kept[name] = _Kept(folder / name, tuple(watch.ground.seen()))
        await watch.ground.start(hub)

    await keep(CALM)
    await lena.sign_in()
    await watch.ground.breaks(SERVICE)
    incident = await watch.incident_of(SERVICE)
    await watch.waiting_draft(incident)
    await watch.rest("the staff are told")
    await keep(DRAFTED)
    await watch.hold()
    await watch.approve_until_taken(incident)
    await watch.until("everybody has a row", lambda found: len(found.customers) == PEOPLE)
    await keep(APPROVED)
    await _doubt(watch)
    await keep(DOUBTED)
    await watch.settle_doubts()
    await watch.rest("the opening comes to rest")
    await keep(TOLD)
    return kept


async def _doubt(watch: Watch) -> None:
    """Let it go out, and kill the hub once, when the relay has kept a mail and not answered."""
    watch.ground.set_snare(step=Step.KEPT, lane="customers", by="smtp", skip=1)
    await watch.lena.command(do="hold", on=False)
    if await watch.ground.next_sprung(DEED_SECONDS) is None:
        raise NeverCame("a mail to a customer is kept")
    await watch.ground.kill(watch.ground.members[0])
    watch.ground.free()
    await watch.ground.start(watch.ground.members[0])
    await watch.rest("some are in doubt", lambda found: bool(found.doubts))


def _beside(deed: Deed, ground: Ground) -> tuple[tuple[Path, int], ...]:
    """What else is synced than by the store's one writer, and how often: strace counts for each thread by itself. An approval
    moves the epoch, which lies in a file beside the store; an erasure leaves a mark and a list there, and empties the log."""
    store, folder = ground.folder / "sentinel.db", ground.folder
    if deed.name.startswith("approve"):
        return ((folder / "sentinel.db.epoch.new", 1), (folder, 1))
    if deed.name.startswith("erase"):
        return ((folder, 1), (folder / "sentinel.db.erased.new", 1), (folder, 2), (store, 1), (store, 2))
    return ()


def _called(path: Path, ground: Ground) -> str:
    return "its folder" if path == ground.folder else path.name


async def _killed_at(number: int, deed: Deed, begin: _Kept, watch: Watch, path: Path | None = None) -> bool:
    """One point; False: the deed was through before its `number`-th sync (of `path`, if given)."""
    ground, hub = watch.ground, watch.ground.members[0]
    await _put_in_place(begin, watch, broken=deed.begins != CALM)
    await ground.start(hub)
    out = ground.folder / "strace.out"
    async with Tracer(hub.pid, kill_at(number, path), out):
        answered = await deed.do(watch)
        died = await _until_dead(deed, watch)
    if died:
        await _look_back(number, deed, watch, answered=answered)
    return died


async def _put_in_place(begin: _Kept, watch: Watch, *, broken: bool) -> None:
    ground = watch.ground
    await ground.kill(ground.members[0])
    for old in ground.folder.glob("sentinel.db*"):
        old.unlink()
    for each in begin.folder.iterdir():
        shutil.copy2(each, ground.folder / each.name)
    ground.remember(begin.seen)
    watch.forget()
    await (ground.breaks(SERVICE) if broken else ground.heals(SERVICE))


async def _until_dead(deed: Deed, watch: Watch) -> bool:
    """Whether it died before the deed was through."""
    end = monotonic() + DEED_SECONDS
    while monotonic() < end:
        if await watch.ground.is_gone(watch.ground.members[0]):
            return True
        found = await watch.look()
        if deed.done(found) and (deed.kept is None or deed.kept(found, watch)):
            return False
        await asyncio.sleep(0.05)
    return False


async def _look_back(number: int, deed: Deed, watch: Watch, *, answered: bool) -> None:
    """What lay on disk must be whole; what was answered must be there; and the day goes on to its end."""
    found, scene = await watch.look(), watch.scene
    scene.wrong("half", len(found.half_approvals), f"{deed.name}, sync {number}: {found.half_approvals}")
    wordless = [number for number in found.incidents if number not in found.incidents_with_word]
    scene.wrong("half", len(wordless), f"{deed.name}, sync {number}: incidents {wordless} without a word to staff")
    is_kept = deed.done(found) if deed.kept is None else deed.kept(found, watch)
    scene.wrong("forgotten", answered and not is_kept, f"{deed.name}, answered before sync {number}")
    await watch.ground.start(watch.ground.members[0])
    if deed.begins == CALM and deed.do is DEEDS[0].do:
        await watch.until("the staff are told", deed.done)
        scene.wrong("doubled", (await watch.look()).open_incidents > 1, f"{deed.name}, sync {number}: two incidents")
    if deed.after is not None:
        what = await deed.after(watch)
        scene.wrong("half", bool(what), f"{deed.name}, sync {number}: {what}")
    if deed.told:
        await _go_on(deed, watch, number)


async def _go_on(deed: Deed, watch: Watch, number: int) -> None:
    with suppress(*GONE):
        await watch.lena.command(do="hold", on=False)
    watch.say(f"  {deed.name}, sync {number}")
    await watch.until("everything comes to rest", deed.done)
    await watch.settle_doubts()
    watch.judge(await watch.until("everything comes to rest", deed.done), at_end=deed.ends)
