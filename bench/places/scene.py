"""The scenes, one after the other on one ground: a place is cut off, a place lies, the insurer is down for real."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from bench.places import network
from bench.places.ground import FAR, Ground
from sentinel.demo.patience import Waited, until
from sentinel.demo.services import How

CHECK: Final = "payments.card-form"
WAIT: Final = 120.0
LATE_WITHIN: Final = 15.0
"""What lay in the spool of a place comes so soon after its cable."""
LIE: Final = 0.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """`cut_for`: seconds without a cable; None: until staff know. `lying_for`: of lies. `late`: samples to come late."""

    cut_for: float | None
    lying_for: float
    late: int
    left_out: str = ""


FULL: Final = Plan(cut_for=None, lying_for=90.0, late=30)
QUICK: Final = Plan(
    cut_for=6.0,
    lying_for=6.0,
    late=6,
    left_out="quick: a cable was out for 6 s; that staff are told of one that stays out (after 30 s) was not looked at",
)


@dataclass(kw_only=True, slots=True)
class Scene:
    """What came of one. `drafts` and `sent`: what customers may or did read of it. `told`: of how many troubles of ours."""

    name: str
    incidents: int = 0
    phases: tuple[str, ...] = ()
    drafts: int = 0
    sent: int = 0
    told: int = 0
    late: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"held": not self.wrong}


async def play(ground: Ground, plan: Plan, say: Callable[[str], None]) -> list[Scene]:
    """All of them."""
    await _until(ground, lambda seen: all(seen.get(name) == "up" for name in FAR))
    say("three places look, and all is up")
    played = []
    for name, scene in (("cut off", _cut), ("lying", _lying), ("down", _down)):
        before, began = _counts(ground), monotonic()
        made = Scene(name=name)
        await scene(ground, made, plan)
        after = _counts(ground)
        made.incidents, made.drafts = after["incidents"] - before["incidents"], after["drafts"] - before["drafts"]
        made.sent, made.told = after["sent"] - before["sent"], after["told"] - before["told"]
        board = await ground.ask("GET", "board")
        made.phases = tuple(one["incident"]["phase"] for one in board["open"])
        made.seconds = round(monotonic() - began, 1)
        _judge(made, plan)
        played.append(made)
        say(f"  {name}: {'held' if not made.wrong else '; '.join(made.wrong)} ({made.seconds} s)")
    return played


async def _cut(ground: Ground, scene: Scene, plan: Plan) -> None:
    """F23: until staff know, and back again until they know that too; or so briefly that nobody need know."""
    await asyncio.to_thread(network.pull, "madrid")
    if plan.cut_for is None:
        await _until(ground, lambda seen: seen.get("madrid") == "unknown")
        await _until_told(ground, "agent:madrid-1")
    else:
        await asyncio.sleep(plan.cut_for)
    stored = await _stored(ground, "madrid")
    await asyncio.to_thread(network.plug, "madrid")
    await _until(ground, lambda seen: seen.get("madrid") == "up")
    if plan.cut_for is None:
        await _until_told(ground, "agent:madrid-1", over=True)
    with suppress(Waited):  # then the count says so

        async def look() -> bool | None:
            scene.late = await _stored(ground, "madrid") - stored
            return scene.late >= plan.late or None

        await until(look, LATE_WITHIN)


async def _lying(ground: Ground, scene: Scene, plan: Plan) -> None:
    """Of what one place asks the insurer, 40 % is refused; the others get all of it."""
    before = ground.refused
    ground.lies[network.address("bilbao")] = LIE
    await asyncio.sleep(plan.lying_for)
    ground.lies.clear()
    if ground.refused == before:
        scene.wrong.append("nothing was refused: nobody lied")
    await _until(ground, lambda seen: seen.get("bilbao") == "up")


async def _down(ground: Ground, scene: Scene, _: Plan) -> None:
    """The control: without it, whoever opens nothing at all would pass."""
    drafts = _counts(ground)["drafts"]
    ground.company.break_("payments", How.ERROR)
    with suppress(Waited):  # then the count says so

        async def look() -> bool | None:
            return _counts(ground)["drafts"] > drafts or None

        await until(look, WAIT)


def _judge(scene: Scene, plan: Plan) -> None:
    wrong = scene.wrong
    if scene.name == "down":
        if "investigating" not in scene.phases or not scene.drafts:
            wrong.append("a real outage was not opened with a draft")
        return
    if scene.drafts or scene.sent:
        wrong.append(f"{scene.drafts} drafts to customers were made and {scene.sent} messages sent")
    if scene.name == "cut off":
        if scene.incidents:
            wrong.append(f"{scene.incidents} incidents were opened")
        if scene.told != (plan.cut_for is None):
            wrong.append(f"staff were told of {scene.told} troubles instead of {int(plan.cut_for is None)}")
        if scene.late < plan.late:
            wrong.append(f"only {scene.late} samples came late")
    elif any(phase not in ("suspected", "resolved") for phase in scene.phases):
        wrong.append(f"incidents are {', '.join(scene.phases)}")


def _ask(ground: Ground, query: str, *given: object) -> int:
    with closing(sqlite3.connect(f"file:{ground.folder / 'sentinel.db'}?mode=ro", uri=True)) as db:
        return int(db.execute(query, given).fetchone()[0])


def _counts(ground: Ground) -> dict[str, int]:
    return {
        "incidents": _ask(ground, "select count(*) from incident"),
        "drafts": _ask(ground, "select count(*) from notice where towards = 'customers'"),
        "sent": _ask(ground, "select count(*) from delivery where lane = 'customers'"),
        "told": _ask(ground, "select count(*) from trouble where told_at is not null"),
    }


async def _stored(ground: Ground, place: str) -> int:
    return _ask(ground, "select coalesce(sum(stored), 0) from cursor where place = ?", place)


async def _until(ground: Ground, is_so: Callable[[dict[str, str]], bool]) -> None:
    end = monotonic() + WAIT
    while not is_so(seen := await ground.verdicts(CHECK)):
        if monotonic() > end:
            raise TimeoutError(f"{CHECK} is {seen}")
        await asyncio.sleep(0.2)


async def _until_told(ground: Ground, trouble: str, *, over: bool = False) -> None:
    column = "end_told_at" if over else "told_at"
    end = monotonic() + WAIT
    while not _ask(ground, f"select count(*) from trouble where name = ? and {column} is not null", trouble):
        if monotonic() > end:
            raise TimeoutError(f"nobody was told of {trouble}{' being over' if over else ''}")
        await asyncio.sleep(0.2)
