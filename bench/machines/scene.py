"""One scene: messages leave from two machines, one of them loses a cable, the other goes on alone, and the cable comes back.

Belongs here: the order of things, what is measured. Does not belong here: networks, processes, the judgement.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any, Final

from bench.chaos import truth
from bench.chaos.blast.people import addresses
from bench.chaos.lena import GONE, Lena
from bench.chaos.truth import Truth
from bench.machines import network, verdict
from bench.machines.ground import MACHINES, Ground
from bench.machines.verdict import Counts
from sentinel.demo.lead import Turned
from sentinel.demo.patience import Waited, until
from sentinel.demo.stage import NotReady
from sentinel.run.wiring import CUSTOMER_CONNECTIONS

CUTS: Final[Mapping[str, tuple[str, ...]]] = {"everything": ("data", "world"), "store": ("data",), "world": ("world",)}
"""What machine `a` is cut off from → which cables are pulled. With the second it still reaches those it sends to."""
CONNECTIONS: Final = 2 * CUSTOMER_CONNECTIONS
"""Of one machine: its hub's and its worker's."""
PROCESSES: Final = 2 * len(MACHINES)
SERVICE: Final = "payments"
CUT_AT: Final = 0.25
"""Of the people, who have their message when the cable is pulled."""
WAIT: Final = 240.0
QUIET: Final = 3.0
COULD_NOT_GO_ON: Final = (Waited, NotReady, Turned, TimeoutError, RuntimeError, *GONE)


@dataclass(kw_only=True, slots=True)
class Scene:
    """What came of one. `took_over`: seconds from the cut until nothing but what `a` had armed was left. `by_cut`: what `a`
    brought to customers after its cut and before the cable was back. `back`: seconds until `a` was heard of again."""

    cut: str
    by: str
    people: int
    sent_at_cut: int = 0
    armed_at_cut: int = 0
    took_over: float = 0.0
    by_cut: int = 0
    doubts: int = 0
    doubts_at_end: int = 0
    back: float = 0.0
    closing_by_a: int = 0
    seconds: float = 0.0
    why: str = ""
    counts: Counts = field(default_factory=Counts)

    def as_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "counts"}
        rounded = {name: round(value, 1) if isinstance(value, float) else value for name, value in found.items()}
        return rounded | {"held": self.counts.held, "counts": self.counts.as_json()}


async def play(ground: Ground, cut: str, say: Callable[[str], None]) -> Scene:
    """Play it. What cannot go on is counted and said, never raised."""
    scene = Scene(cut=cut, by=ground.shape.by, people=ground.shape.people)
    began, lena = monotonic(), ground.lena("b")
    try:
        await _Player(ground, scene, lena, say).play()
    except COULD_NOT_GO_ON as why:
        scene.why = f"{type(why).__name__}: {why}\n{ground.log_end('a')}\n{ground.log_end('b')}"[:4000]
        scene.counts = Counts(unrested=1)
    finally:
        await lena.close()
    scene.seconds = monotonic() - began
    return scene


class _Player:
    def __init__(self, ground: Ground, scene: Scene, lena: Lena, say: Callable[[str], None]) -> None:
        self._ground, self._scene, self._lena, self._say = ground, scene, lena, say

    async def play(self) -> None:
        scene, ground = self._scene, self._ground
        await self._lena.sign_in()
        await self._all_heard()
        await self._approve()
        enough = int(CUT_AT * scene.people)
        found = await self._until("a quarter has its message", lambda each: each.counts["accepted"] >= enough, every=0.02)
        cut_at, began = time(), monotonic()
        for switch in CUTS[scene.cut]:
            await asyncio.to_thread(network.CABLES.pull, "a", switch)
        scene.sent_at_cut, scene.armed_at_cut = found.counts["accepted"], found.counts["armed"]
        self._say(f"  cut off from {scene.cut}: {_shown(found)}")
        found = await self._until("b has sent the rest", _is_done)
        scene.took_over, scene.doubts = monotonic() - began, found.counts["in_doubt"]
        self._say(f"  after {scene.took_over:.1f} s: {_shown(found)}")
        await asyncio.sleep(QUIET)  # nothing is to come, and that takes a while to see
        scene.by_cut = verdict.after(ground.taken("a"), cut_at)
        at_once = self._counts(await self._look(), at_rest=False)
        for switch in CUTS[scene.cut]:
            await asyncio.to_thread(network.CABLES.plug, "a", switch)
        back = monotonic()
        await self._all_heard()
        scene.back = monotonic() - back
        found = await self._rests("all is at rest with the cable back")
        self._say(f"  heard of again after {scene.back:.1f} s: {_shown(found)}")
        await self._close()
        found = await self._look()
        scene.doubts_at_end = found.counts["in_doubt"]
        ends = self._counts(found)
        scene.counts = Counts(**{name: max(at_once[name], ends[name]) for name in ends})

    def _counts(self, found: Truth, *, at_rest: bool = True) -> dict[str, int]:
        scene = self._scene
        taken = [each for machine in MACHINES for each in self._ground.taken(machine)]
        counts = verdict.judge(addresses(scene.people), found, taken, at_rest=at_rest)
        counts["too_many_doubts"] = max(0, scene.doubts - CONNECTIONS)
        counts["sent_unrecorded"] = max(0, scene.by_cut - CONNECTIONS) if "data" in CUTS[scene.cut] else 0
        return counts

    async def _approve(self) -> None:
        """Payments break, and the lead approves what customers read."""
        self._ground.far.order(**{"break": SERVICE, "how": "error"})
        page = await self._lena.incident_when(lambda page: SERVICE in page["incident"]["services"], WAIT)
        end = monotonic() + WAIT
        while not (await self._look()).is_approved:
            draft = await self._lena.draft_when(page["incident"]["id"], "opened", WAIT)
            try:
                await self._lena.approve(page["incident"]["id"], draft["notice"]["id"], desk_knows=True)
            except Turned:  # four processes on a busy machine may hold the guard for longer than a command waits
                if monotonic() > end:
                    raise

    async def _close(self) -> None:
        """Payments heal, and those who were told hear of it, from both machines."""
        before = len(verdict.effects(self._ground.taken("a")))
        self._ground.far.order(heal=SERVICE)
        owed = lambda each: any(row.step == "closed" for row in each.customers)  # noqa: E731 - named for what it asks
        await self._until("a closing is owed", owed)
        await self._rests("the closing is at rest")
        self._scene.closing_by_a = len(verdict.effects(self._ground.taken("a"))) - before

    async def _all_heard(self) -> None:
        """Every process of both machines says that it lives."""

        async def look() -> bool | None:
            there = (await self._lena.read("processes"))["processes"]
            return len(there) == PROCESSES or None

        await until(look, WAIT)

    async def _look(self) -> Truth:
        return await asyncio.to_thread(truth.read, self._ground.url)

    async def _until(self, what: str, is_so: Callable[[Truth], bool], *, every: float = 0.2) -> Truth:
        end = monotonic() + WAIT
        while not is_so(found := await self._look()):
            if monotonic() > end:
                raise Waited(f"{what}: {_shown(found)}")
            await asyncio.sleep(every)
        return found

    async def _rests(self, what: str) -> Truth:
        """Nothing under way, three looks long."""
        still = 0

        def rests(found: Truth) -> bool:
            nonlocal still
            still = still + 1 if found.is_at_rest else 0
            return still >= 3

        return await self._until(what, rests)


def _is_done(found: Truth) -> bool:
    """Everybody has a row, and nothing is left but what a connection of the cut one still waits for."""
    counts = found.counts
    waits = any(counts[state] for state in ("queued", "claimed", "retry"))
    return bool(counts) and not found.is_expanding and not waits and counts["armed"] <= CONNECTIONS


def _shown(found: Truth) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(found.counts.items()))
