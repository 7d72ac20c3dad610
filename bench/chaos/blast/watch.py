"""Watch: looking at the store and at what the world saw, striking, settling doubts, and writing down what was wrong.

Belongs here: single acts. Does not belong here: their order (scene.py), what must be so (verdict.py).
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from bench.chaos import oracle, truth
from bench.chaos.blast import verdict
from bench.chaos.blast.aims import Aim
from bench.chaos.blast.ground import Ground, Member
from bench.chaos.blast.people import addresses
from bench.chaos.blast.strike import Hits, Scene, Strike
from bench.chaos.lena import GONE, Lena
from bench.chaos.truth import Truth
from sentinel.demo.lead import Turned
from sentinel.demo.patience import Waited
from sentinel.run.wiring import CUSTOMER_CONNECTIONS

DOMAIN: Final = "northwind.example"
"""Of the sender of customers' mail, which its Message-IDs end in."""
WAIT: Final = 150.0
QUIET: Final = 1.2
"""Seconds in which nothing must come when nothing may come: one of the sender's looks at its queue."""
AT_A_TIME: Final = 8
LAPSED_BY: Final = 40.0
"""Seconds after which what a dead worker held has certainly been taken back, its lease being a few."""
SETTLINGS: Final = 4


class NeverCame(Exception):
    """What was waited for did not happen."""


@dataclass(slots=True)
class Budget:
    """How many strikes are left in this scene, and until what moment; `owed` of them, without which nothing is proved, until a
    later one."""

    left: int
    until: float
    owed: int = 0
    latest: float = 0.0

    @property
    def is_left(self) -> bool:
        return self.left > 0 and monotonic() < (self.latest if self.owed > 0 else self.until)

    def take(self) -> bool:
        """Take one, if one may be taken."""
        if not self.is_left:
            return False
        self.left -= 1
        self.owed -= 1
        return True


@dataclass(slots=True)
class Watch:
    """What a scene is played with."""

    ground: Ground
    lena: Lena
    scene: Scene
    say: Callable[[str], None]
    broken: bool = False
    healed: bool = False
    settling: int = 0
    """The delivery in doubt of which somebody says what became of it."""
    began: float = field(default_factory=monotonic)
    _known: set[tuple[str, str]] = field(default_factory=set)

    # Looking

    async def look(self) -> Truth:
        """The store as it lies there now; its books are asked for at the same time (P10)."""
        where = self.ground.shape.database or self.ground.store
        found = await asyncio.to_thread(truth.read, where, broken=self.broken, healed=self.healed)
        self.scene.looks += 1
        self.scene.wrong("unbalanced", len(found.unbalanced), f"notices {found.unbalanced} on disk")
        return found

    async def until(self, what: str, is_so: Callable[[Truth], bool], *, seconds: float = WAIT, every: float = 0.25) -> Truth:
        """The first look in which something is so. Raises NeverCame."""
        end = monotonic() + seconds
        while not is_so(found := await self.look()):
            if monotonic() > end:
                counts = dict(verdict.states(found))
                raise NeverCame(f"{what}: waited {seconds:.0f} s in vain, {counts}\n{self.ground.log_end(12)}")
            await self.go_on(found)
            await asyncio.sleep(every)
        return found

    async def rest(self, what: str, also: Callable[[Truth], bool] = lambda _: True) -> Truth:
        """Wait until nothing is under way, three looks long."""
        still = 0

        def is_still(found: Truth) -> bool:
            nonlocal still
            still = still + 1 if found.is_at_rest and also(found) else 0
            return still >= 3

        found = await self.until(what, is_still, every=0.3)
        self.say(f"  {monotonic() - self.began:6.1f} s  {what}")
        return found

    async def sample_books(self) -> None:
        """Ask the hub for its books again and again, for as long as it lives, until cancelled."""
        while True:
            with suppress(*GONE):
                books = await self.lena.read("books")
                self.scene.samples += 1
                wrong = [each for each in books if not each["balanced"]]
                self.scene.wrong("unbalanced", bool(wrong), wrong)
            await asyncio.sleep(0.5)

    # Striking

    async def strike(
        self, aim: Aim, member: Member, phase: str, hit: Hits, sprung: Mapping[str, object] | None = None, sleeps: float = 0.0
    ) -> Truth:
        """kill -9 or SIGSTOP now (or know that the snare did), and write down what lay on disk. `sleeps`: seconds stopped."""
        made = Strike(aim=aim.name, phase=phase, at=monotonic() - self.began, member=member.name, is_stop=aim.is_stop)
        if aim.is_stop:
            self.ground.stop(member, sleeps)
        else:
            made.code = await self.ground.kill(member)
        found = await self.look()
        made.states = verdict.states(found)
        if sprung is not None:
            made.step = str(sprung["step"])
            made.row = found.state_of(str(sprung["to"])) if sprung["to"] else ""
        self.scene.strikes.append(made)
        hit.add(made)
        self.scene.wrong("half", len(found.half_approvals), found.half_approvals)
        connections = CUSTOMER_CONNECTIONS * self._holders(made.at)
        self.scene.wrong("too_many_doubts", made.states["armed"] > connections, made.as_json())
        shown = ", ".join(f"{count} {state}" for state, count in sorted(made.states.items()) if state != "suppressed")
        act = "stop" if aim.is_stop else "kill"
        self.say(f"  {made.at:6.1f} s  {act} {len(self.scene.strikes)} {member.name} {phase}/{aim.name}: {shown}")
        return found

    def _holders(self, at: float) -> int:
        """How many senders' rows may lie armed: those that run, and on PostgreSQL those whose leases may not have run out."""
        if not self.ground.shape.database:
            return 1
        lately = [strike for strike in self.scene.strikes if at - strike.at < LAPSED_BY]
        return len(self.ground.members) + len(lately)

    # Staff

    async def incident_of(self, service: str) -> int:
        """The number of the open incident of a service. Counts a lost incident and raises NeverCame if there is none."""
        try:
            page = await self.lena.incident_when(lambda page: service in page["incident"]["services"], WAIT)
        except Waited as why:
            self.scene.wrong("lost_incident", 1, "it is on no board")
            raise NeverCame(f"an incident opens\n{self.ground.log_end(12)}") from why
        return int(page["incident"]["id"])

    async def staff_heard(self, incident: int) -> None:
        """Wait until some channel of the staff's has something (P1)."""
        end = monotonic() + WAIT
        silent = True
        while silent and monotonic() < end:
            await self.look()
            await asyncio.sleep(0.25)
            silent = not verdict.world(self.ground.seen()).staff
        self.scene.wrong("lost_incident", silent, f"nobody of the staff heard of incident {incident}")

    async def waiting_draft(self, incident: int) -> int:
        view = await self.lena.draft_when(incident, "opened", WAIT)
        return int(view["notice"]["id"])

    async def try_unseen_words(self, incident: int) -> None:
        """The wrong hash must be refused (P4)."""
        view = await self.lena.draft_when(incident, "opened", WAIT)
        taken = await self.lena.approve_unseen(incident, view["notice"]["id"], view["audience"]["sending"])
        self.scene.wrong("unbound", taken, "an approval of words that nobody saw was taken")

    async def follow_link(self, incident: int) -> None:
        """Following a link, even one that holds all that an approval needs, approves nothing (T8)."""
        view = await self.lena.draft_when(incident, "opened", WAIT)
        asked = f"hash={view['draft']['hash']}&count={view['audience']['sending']}"
        with suppress(*GONE, Turned):
            await self.lena.page(f"/notices/{view['notice']['id']}/approve?{asked}")
        self.scene.wrong("by_get", (await self.look()).is_approved, "an approval by following a link")

    async def approve_until_taken(self, incident: int) -> None:
        """Approve, and again with whatever draft is there then, until an approval lies on disk."""
        end = monotonic() + WAIT
        while not (await self.look()).is_approved:
            if monotonic() > end:
                raise NeverCame(f"an approval is taken; the last was not: {self.lena.turned}")
            await self.lena.try_to_approve(incident, await self.waiting_draft(incident))

    async def hold(self) -> None:
        """The kill switch, answered."""
        await self.lena.command(do="hold", on=True, why="chaos")

    async def go_on(self, found: Truth) -> None:
        """A first batch that went badly under the strikes stands still until a person lets it go on: let it."""
        for notice in found.notices:
            if notice.paused and not notice.is_void:
                with suppress(*GONE):
                    await self.lena.command(do="go_on", notice=notice.id, count=notice.people - notice.rows)

    def check_hold(self, found: Truth) -> None:
        """A kill switch that was answered stays on over a restart (F8)."""
        self.scene.wrong("forgotten", not found.on_hold, "the hold")

    def check_silence(self) -> None:
        """Nothing has reached a customer: nothing was approved, and then the hold was on (P4, P5)."""
        self.scene.wrong("ungated", len(verdict.world(self.ground.seen()).inbox), "mail before the hold was lifted")

    async def settle_doubts(self) -> None:
        """Look into the inbox of everybody in doubt, say what is there, and wait until what was sent again is through."""
        for _ in range(SETTLINGS):
            doubts = (await self.look()).doubts
            if not doubts:
                return
            inbox = frozenset(self._shown(mail) for mail in verdict.world(self.ground.seen()).inbox)
            for start in range(0, len(doubts), AT_A_TIME):
                await asyncio.gather(*(self._settle(row, inbox) for row in doubts[start : start + AT_A_TIME]))
            await self.rest("what was sent again comes to rest")

    def _shown(self, mail: oracle.Mail) -> tuple[str, str]:
        """What is told apart in an inbox: mails by their own identity, and what has none by what it says."""
        return mail.address, mail.message_id if self.ground.shape.by == "smtp" else mail.occasion

    async def _settle(self, row: truth.Row, inbox: frozenset[tuple[str, str]]) -> None:
        by_mail = self.ground.shape.by == "smtp"
        sought = oracle.message_id_of(row, DOMAIN) if by_mail else row.step.partition("#")[0]
        arrived = (row.address.lower(), sought) in inbox
        await self.lena.command(do="settle", delivery=row.id, arrived=arrived, why="looked")
        self.scene.settled += 1

    # Judging

    def forget(self) -> None:
        """A store from before is put in place: what was wrong with it is new again."""
        self._known.clear()

    def judge(self, found: Truth, *, at_end: bool) -> None:
        """Ask every oracle, at rest; each thing that is wrong is counted once."""
        seen = verdict.world(self.ground.seen())
        audience = addresses(self.ground.shape.people)
        finding = verdict.judge(audience, found, seen, DOMAIN, at_end=at_end)
        wrongs: dict[str, Any] = {
            name: getattr(finding, name)
            for name in ("lost", "doubled", "phantom", "silent", "not_closed", "closed_to_strangers")
        }
        wrongs["unfounded"] = verdict.unfounded(found, seen)
        if self.ground.shape.by != "smtp":  # there the identity is the key, and what a provider knew already is no effect
            wrongs["silent"] = wrongs["phantom"] = ()
        for what, names in wrongs.items():
            new = [name for name in names if (what, name) not in self._known]
            self._known.update((what, name) for name in new)
            self.scene.wrong(what, len(new), new[:4])
            if new:
                self.say(f"           WRONG {what}: {new[:4]}")
        if not at_end:
            self.scene.doubts += len(found.doubts)
            bound = CUSTOMER_CONNECTIONS * max(len(self.scene.strikes), 0)
            self.scene.wrong("too_many_doubts", len(found.doubts) > bound, f"{len(found.doubts)} of at most {bound}")
        self.scene.mails, self.scene.refused = len(seen.inbox), seen.refused
        self.scene.people = len(audience)
