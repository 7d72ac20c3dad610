"""One scene: a disturbance, an approval, and a word of its start and of its end to everybody, under strikes all along.

Belongs here: the order of things, and reaching each aim. Does not belong here: processes (ground.py), looking and judging
(watch.py), which aim is next (aims.py).
"""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from time import monotonic
from typing import Final

from bench.chaos.blast.aims import CHANCE, STARTING, Aim, next_aim
from bench.chaos.blast.ground import Member
from bench.chaos.blast.strike import Hits
from bench.chaos.blast.watch import WAIT, Budget, NeverCame, Watch
from bench.chaos.lena import GONE
from bench.chaos.steps import HTTP, SMTP
from bench.chaos.truth import Truth
from sentinel.demo.lead import Turned
from sentinel.demo.patience import Waited
from sentinel.demo.stage import NotReady

SERVICE: Final = "payments"
SPRING_SECONDS: Final = 5.0
"""How long a step is waited for; then the strike falls where it falls."""
COULD_NOT_GO_ON: Final = (NeverCame, NotReady, Turned, Waited, TimeoutError, RuntimeError, *GONE)


class Player:
    """Plays one scene. `hit` is what all scenes of this run have hit so far; `budget` what may still be struck."""

    def __init__(self, watch: Watch, hit: Hits, budget: Budget, draw: Random) -> None:
        self._watch = watch
        self._ground = watch.ground
        self._lena = watch.lena
        self._hit = hit
        self._budget = budget
        self._draw = draw
        self._start_seconds = 1.0
        self._phase = "opening"
        self._by = watch.ground.shape.by

    async def play(self) -> None:
        """The whole of it. Raises one of COULD_NOT_GO_ON where it cannot go on."""
        watch = self._watch
        await self._lena.sign_in()
        incident = await self._opening()
        await self._consent(incident)
        await self._sending(_rests)
        watch.judge(await watch.rest("the opening comes to rest"), at_end=False)
        await watch.settle_doubts()
        await self._closing(incident)
        await watch.rest("the closing comes to rest", _is_closed)
        await watch.settle_doubts()
        watch.judge(await watch.rest("everything comes to rest", _is_closed), at_end=True)

    async def _opening(self) -> int:
        """Payments break; the number of the incident. Struck once at a chance moment, results under way (F1)."""
        self._watch.broken = True
        await self._ground.breaks(SERVICE)
        if self._budget.take():
            await asyncio.sleep(self._draw.uniform(0.0, 4.0))
            await self._strike_and_start(Aim(name=CHANCE))
        incident = await self._watch.incident_of(SERVICE)
        await self._watch.staff_heard(incident)
        return incident

    async def _consent(self, incident: int) -> None:
        """Approve under a hold, struck at a form that has just left, at an approval that has just come to lie on disk, and when
        rows are there (F8)."""
        watch, self._phase = self._watch, "approving"
        await watch.hold()
        await watch.try_unseen_words(incident)
        await watch.follow_link(incident)
        for at_disk in (False, True):
            if self._budget.take():
                await self._struck_approving(incident, at_disk=at_disk)
        await watch.approve_until_taken(incident)
        self._phase = "expanding"
        await watch.until("rows are queued", lambda truth: bool(truth.customers))
        if self._budget.take():
            await self._strike_and_start(Aim(name="queued"))
        watch.check_hold(await watch.look())
        watch.check_silence()

    async def _struck_approving(self, incident: int, *, at_disk: bool) -> None:
        watch, lena = self._watch, self._lena
        if (await watch.look()).is_approved:
            return
        notice = await watch.waiting_draft(incident)
        lena.form_sent.clear()
        lena.answered.clear()
        form = asyncio.create_task(lena.try_to_approve(incident, notice))
        async with asyncio.timeout(WAIT):
            await lena.form_sent.wait()
        if at_disk:
            with suppress(NeverCame):
                await watch.until("the approval lies on disk", lambda truth: truth.is_approved, seconds=3.0, every=0.002)
        else:
            await asyncio.sleep(self._draw.uniform(0.0, 0.03))
        await self._strike_and_start(Aim(name="approved" if at_disk else "approving"))
        await form  # where workers are struck the hub lives on, and may answer after the strike
        found = await watch.look()
        watch.scene.wrong("forgotten", lena.answered.is_set() and not found.is_approved, "an approval that was answered")
        watch.check_hold(found)

    async def _closing(self, incident: int) -> None:
        """Payments heal; struck when the incident has just ended on disk, and all through the closing (F9)."""
        self._phase = "closing"
        self._watch.healed = True
        await self._ground.heals(SERVICE)
        if self._budget.take():
            if self._draw.random() < 0.5:
                await asyncio.sleep(self._draw.uniform(0.2, 2.0))
            else:
                await self._watch.until("the incident ends on disk", lambda truth: not truth.incidents[incident], every=0.01)
            await self._strike_and_start(Aim(name=CHANCE))
        await self._sending(lambda truth: _is_closed(truth) and _rests(truth))

    # The wave

    async def _sending(self, is_over: Callable[[Truth], bool]) -> None:
        """Let it go out, and strike again and again until it is through: anywhere in a batch to many, over all connections
        (F7).

        A snare is set before anybody is started again.
        """
        kept, until = 0, self._budget.until
        if self._phase != "closing":
            # The closing gets the other half of what is left, of strikes and of time.
            self._phase, kept, until = "sending", self._budget.left // 2, (monotonic() + self._budget.until) / 2
            await self._let_go()
        while self._budget.is_left and self._budget.left > kept and (self._budget.owed > 0 or monotonic() < until):
            aim = self._next_aim()
            snare = self._set(aim)
            await self._all_up(snare)
            truth = await self._watch.look()
            if is_over(truth):
                break
            if self._ground.members[0].is_at_work:
                await self._watch.go_on(truth)
            if not await self._reach(aim, snare, is_over):
                break
        self._ground.free()
        await self._all_up(0, late=True)

    def _next_aim(self) -> Aim:
        """Of many, at most half are stopped at the same time."""
        members = self._ground.members
        steps = SMTP if self._by == "smtp" else HTTP
        stops = 2 * (1 + sum(member.stopped for member in members)) <= len(members)
        return next_aim(self._hit, self._draw, start_seconds=self._start_seconds, stops=stops, steps=steps)

    async def _let_go(self) -> None:
        with suppress(*GONE):
            await self._lena.command(do="hold", on=False)

    def _set(self, aim: Aim) -> int:
        """Set the snare of an aim at a step; its number, 0 for an aim without one.

        Up to RCPT the row is claimed (F3), from DATA to the dot armed (F4), kept it has an effect and no reply (F5), and
        replied it has a reply and no commit (F6).
        """
        if aim.step is None:
            self._ground.free()
            return 0
        number = signal.SIGSTOP if aim.is_stop else signal.SIGKILL
        return self._ground.set_snare(
            step=aim.step, lane="customers", by=self._by, skip=aim.skip, then=aim.then, late=aim.late, number=number
        )

    async def _all_up(self, snare: int, *, late: bool = False) -> None:
        """Start whoever is down, and wake who has been stopped for long enough; `late`: everybody. A snare that is set may
        kill one before it is ready."""
        for member in self._ground.members:
            if member.stopped and (late or monotonic() >= member.wake_at):
                self._ground.wake(member)
            if not member.pid:
                try:
                    await self._start(member)
                except NotReady:
                    if not snare or self._ground.sprung.empty():
                        raise

    async def _reach(self, aim: Aim, snare: int, is_over: Callable[[Truth], bool]) -> bool:
        """Wait for the aim and strike; False if it was over before."""
        if aim.name == STARTING:
            return await self._reach_starting(aim)
        if aim.step is None:
            await asyncio.sleep(aim.delay)
            return await self._strike_if_not_over(aim, is_over)
        end = monotonic() + SPRING_SECONDS
        while monotonic() < end:
            said = await self._ground.next_sprung(0.4)
            if said is not None and said["sprung"] == snare:
                self._budget.take()
                await self._strike(aim, said)
                return True
            if said is None and is_over(await self._watch.look()):
                return False
        self._ground.free()
        self._watch.scene.missed[aim.name] += 1
        return await self._strike_if_not_over(Aim(name=CHANCE), is_over)

    async def _strike_if_not_over(self, aim: Aim, is_over: Callable[[Truth], bool]) -> bool:
        if is_over(await self._watch.look()):
            return False
        self._budget.take()
        await self._strike(aim)
        return True

    async def _reach_starting(self, aim: Aim) -> bool:
        """End the hub, begin to start it, and strike before it is ready."""
        hub = self._ground.members[0]
        self._budget.take()
        await self._watch.strike(Aim(name=CHANCE), hub, self._phase, self._hit)
        if self._budget.take():
            await self._ground.start(hub, wait=False)
            await asyncio.sleep(aim.delay)
            await self._watch.strike(aim, hub, "starting", self._hit)
        return True

    # Striking

    async def _strike(self, aim: Aim, sprung: Mapping[str, object] | None = None) -> Truth:
        """Strike one member (that which the snare caught) and look; what lay on disk. One that is stopped sleeps for up to
        nearly twice its lease, while others are struck, and is woken (F13)."""
        caught = None if sprung is None else self._ground.of(int(str(sprung["pid"])))
        members = self._ground.members
        member = caught or self._draw.choice([each for each in members if each.is_at_work] or members)
        sleeps = self._draw.uniform(0.2, 1.8 * self._ground.shape.lease) if aim.is_stop else 0.0
        return await self._watch.strike(aim, member, self._phase, self._hit, sprung, sleeps)

    async def _strike_and_start(self, aim: Aim) -> Truth:
        truth = await self._strike(aim)
        await self._all_up(0)
        return truth

    async def _start(self, member: Member) -> None:
        seconds = await self._ground.start(member)
        self._watch.scene.strikes[-1].start = seconds
        if member.is_hub:
            self._start_seconds = seconds


def _rests(truth: Truth) -> bool:
    return truth.is_at_rest


def _is_closed(truth: Truth) -> bool:
    """Whether the word of the end is there for everybody who is owed one; nobody is, where nobody was told of the start."""
    told = any(row.step == "opened" and row.state == "accepted" for row in truth.customers)
    return not told or any(row.step == "closed" for row in truth.customers)
