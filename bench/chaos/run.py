"""One run: a day on a stage of its own, in which the hub is killed at the points of a plan and started again.

Belongs here: the day's order and reaching each point. Does not belong here: a kill itself and what is written down of it
(day.py), what lay where (truth.py), what must be so (oracle.py).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from bench.chaos.day import Day, NeverCame, RunsOut
from bench.chaos.kills import Record
from bench.chaos.lena import GONE, Lena
from bench.chaos.plan import Plan
from bench.chaos.points import FIRST_CLOSING, WAVE, Point
from bench.chaos.stand import Stand
from bench.chaos.trap import Trap, Which, posts, to_customers, to_desk
from bench.chaos.truth import Truth, has_claimed_customers
from sentinel.demo.lead import Turned
from sentinel.demo.mishap import DROP, Step, nothing
from sentinel.demo.patience import Waited
from sentinel.demo.services import How
from sentinel.demo.stage import NotReady
from sentinel.demo.world import DESK

DESK_SENDER: Final = "sentinel@northwind.example"
DEADLINE: Final = 420.0
"""Seconds that a run may take at most."""
QUIET: Final = 2.0
"""Seconds in which nothing must come when nothing may come: two of the sender's looks at its queue."""
SLACK_POINTS: Final = {Point.OPENING_SLACK_ASKED: (Step.ARRIVED, DROP), Point.OPENING_SLACK_KEPT: (Step.TAKEN, None)}
DESK_POINTS: Final = {Point.OPENING_DESK_ASKED: (Step.ARRIVED, DROP), Point.OPENING_DESK_KEPT: (Step.TAKEN, None)}


async def play(
    number: int,
    plan: Plan,
    folder: Path,
    draw: Random,
    say: Callable[[str], None],
    *,
    plant: str = "",
    until: float | None = None,
) -> Record:
    """Play one day. What cannot go on is counted and said, never raised.

    `until`: the monotonic moment after which no more kills are begun.
    """
    record, began = Record(number=number), monotonic()
    try:
        async with asyncio.timeout(DEADLINE), Stand(folder, plant) as stand:
            lena = Lena(stand)
            day = Day(stand=stand, lena=lena, record=record, say=say, until_moment=until)
            sampler = asyncio.create_task(day.sample_books())
            try:
                await lena.sign_in()
                await _day(day, plan, draw)
            finally:
                sampler.cancel()
                await asyncio.gather(sampler, return_exceptions=True)
                await lena.close()
    except (NeverCame, NotReady, Turned, Waited, TimeoutError, *GONE) as why:
        record.counts.unrested += 1
        record.seen.append(f"the story could not go on: {type(why).__name__} {why}"[:1500])
    record.seconds = monotonic() - began
    return record


async def _day(day: Day, plan: Plan, draw: Random) -> None:
    incident = await _opening(day, plan, draw)
    await _consent(day, plan, draw, incident)
    await _wave(day, plan, draw)
    day.judge(await day.rest("the opening comes to rest"), at_end=False)
    if not plan.settles_late:
        await day.settle_doubts()
    await _closing(day, plan, draw, incident)
    await day.rest("the closing comes to rest", _is_closed)
    await day.settle_doubts()
    truth = await day.rest("everything comes to rest", _is_closed)
    day.judge(truth, at_end=True)
    day.judge_incident(incident)


# The opening


async def _opening(day: Day, plan: Plan, draw: Random) -> int:
    """Payments break; the number of the incident that opens."""
    day.breaks("payments", How.REFUSE)
    for point in plan.opening:
        with suppress(RunsOut):
            await _open_at(day, point, draw)
    incident = await day.incident_of("payments")
    await day.staff_heard(incident)
    return incident


async def _open_at(day: Day, point: Point, draw: Random) -> None:
    day.may_begin(point)
    if point is Point.OPENING_OFFSET:
        await asyncio.sleep(draw.uniform(0.2, 4.5))
        await day.kill(point)
    else:
        trap = _opening_trap(day, point)
        await day.spring(point, trap)
    await day.start()


def _opening_trap(day: Day, point: Point) -> Trap:
    if point in SLACK_POINTS:
        step, then = SLACK_POINTS[point]
        day.stand.slack.hook = trap = Trap(day.stand.strike, posts(step), then=then)
    else:
        step, then = DESK_POINTS[point]
        day.stand.mailroom.hook = trap = Trap(day.stand.strike, to_desk(step, DESK), then=then)
    return trap


# The approval, under a hold


async def _consent(day: Day, plan: Plan, draw: Random, incident: int) -> None:
    """Hold everything, approve through the kills, see that nothing left, and let go in `_wave`."""
    await day.hold()
    await day.try_unseen_words(incident)
    for point in plan.approving:
        with suppress(RunsOut):
            await _approve_at(day, point, draw, incident)
    await day.approve_until_taken(incident)
    await day.until("rows are queued", lambda truth: truth.lies("queued") or truth.lies("accepted"))
    for point in plan.queued:
        with suppress(RunsOut):
            day.may_begin(point)
            await day.kill(point)
            await day.start()
            day.check_hold(await day.look())
    await asyncio.sleep(QUIET)
    day.check_silence()


async def _approve_at(day: Day, point: Point, draw: Random, incident: int) -> None:
    """Kill around an approval. What was answered must be there afterwards; what was not is whole or absent."""
    day.may_begin(point)
    if (await day.look()).is_approved:
        day.record.missed.append(point)
        return
    notice = await day.waiting_draft(incident)
    lena = day.lena
    lena.form_sent.clear()
    lena.answered.clear()
    form = asyncio.create_task(lena.try_to_approve(incident, notice))
    if point is Point.APPROVING:
        async with asyncio.timeout(30.0):
            await lena.form_sent.wait()
        await asyncio.sleep(draw.uniform(0.0, 0.03))
    else:
        await day.until("the approval lies on disk", lambda truth: truth.is_approved, every=0.004)
    truth = await day.kill(point)
    await form
    await day.start()
    if lena.answered.is_set() and not truth.is_approved:
        day.wrong("forgotten", 1, "an approval that was answered")
    day.check_hold(await day.look())


# The wave


async def _wave(day: Day, plan: Plan, draw: Random) -> None:
    """The opening goes out, and the hub dies in the middle of it again and again. Each trap is set before a hub can send."""
    points = [point for point in plan.wave if day.has_time_for(point)]
    traps = [_wave_trap(day, point, draw) for point in points]
    day.stand.mailroom.hook = traps[0] if traps else nothing
    await day.let_go()
    await _through(day, points, traps)


def _wave_trap(day: Day, point: Point, draw: Random) -> Trap:
    step = WAVE[point]
    then = DROP if point is Point.ARRIVED else None
    if step is Step.CONNECT:
        which: Which = lambda moment: moment.step is step and has_claimed_customers(day.stand.store)  # noqa: E731
        return Trap(day.stand.strike, which, then=then)
    return Trap(day.stand.strike, to_customers(step, DESK, DESK_SENDER), skip=draw.randint(1, 9), then=then)


async def _through(day: Day, points: list[Point], traps: list[Trap]) -> None:
    """Spring one trap after the other. One that the wave never comes to is missed."""
    for index, (point, trap) in enumerate(zip(points, traps, strict=True)):
        try:
            await day.spring(point, trap, over=lambda truth: truth.is_at_rest)
        except NeverCame:
            day.record.missed.append(point)
            following = traps[index + 1] if index + 1 < len(traps) else nothing
            day.stand.mailroom.hook = following
            continue
        following = traps[index + 1] if index + 1 < len(traps) else nothing
        day.stand.mailroom.hook = following
        await day.start(following if isinstance(following, Trap) else None)


# The closing


async def _closing(day: Day, plan: Plan, draw: Random, incident: int) -> None:
    """Payments heal, and the hub dies on the way to the last mail."""
    points = [point for point in plan.closing if day.has_time_for(point)]
    trapped = [point for point in points if point in FIRST_CLOSING]
    others = [point for point in points if point not in FIRST_CLOSING]
    traps = [Trap(day.stand.strike, to_customers(FIRST_CLOSING[point], DESK, DESK_SENDER)) for point in trapped]
    first = traps[0] if traps else None
    day.stand.mailroom.hook = first if first is not None and not others else nothing
    day.heals("payments")
    for point in others:
        if point is Point.RECOVERING:
            await asyncio.sleep(draw.uniform(0.2, 2.0))
        else:
            await day.until("the incident ends on disk", lambda truth: not truth.incidents[incident], every=0.01)
        await day.kill(point)
        is_last = point is others[-1] and first is not None
        day.stand.mailroom.hook = first if is_last and first is not None else nothing
        await day.start(first if is_last else None)
    await _through(day, trapped, traps)


def _is_closed(truth: Truth) -> bool:
    """Whether the word of the end is there for everybody who is owed one; nobody is, where nobody was told of the start."""
    told = any(row.step == "opened" and row.state == "accepted" for row in truth.customers)
    return not told or any(row.step == "closed" for row in truth.customers)
