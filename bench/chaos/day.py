"""Day: the hands of a run. Killing, starting, waiting for what lies on disk, settling doubts, and writing down what was wrong.

Belongs here: single acts. Does not belong here: their order (run.py).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import httpx

from bench.chaos import oracle, points, truth
from bench.chaos.kills import Kill, Record
from bench.chaos.lena import GONE, Lena
from bench.chaos.oracle import Mail
from bench.chaos.points import Point
from bench.chaos.stand import Stand
from bench.chaos.trap import Trap
from bench.chaos.truth import Truth
from sentinel.demo.mishap import nothing
from sentinel.demo.patience import Waited, until_true
from sentinel.demo.post import of_segments
from sentinel.demo.received import Received
from sentinel.demo.services import How
from sentinel.demo.stage import NotReady
from sentinel.demo.world import CHANNEL, DESK
from sentinel.run.wiring import CUSTOMER_CONNECTIONS

DOMAIN: Final = "northwind.example"
"""Of the sender of customers' mail, which its Message-IDs end in."""
WAIT: Final = 90.0
EVERY: Final = 0.1
SETTLINGS: Final = 4
"""Rounds of looking into doubts: settling one sends a mail, which may be in doubt again only if the hub dies again."""


class NeverCame(Exception):
    """What was waited for did not happen, or cannot happen any more."""


class RunsOut(Exception):
    """No time is left for another kill."""


@dataclass(slots=True)
class Day:
    """What a run is played with. `until_moment`: the monotonic moment after which no more kills are begun."""

    stand: Stand
    lena: Lena
    record: Record
    say: Callable[[str], None]
    until_moment: float | None = None
    began: float = field(default_factory=monotonic)
    broken: bool = False
    healed: bool = False
    _last: Kill | None = None
    _before: int = 0
    _mails: list[Mail] = field(default_factory=list)
    _read: int = 0
    _known: set[tuple[str, str]] = field(default_factory=set)

    # Looking

    async def look(self) -> Truth:
        """The file as it lies there now."""
        return await asyncio.to_thread(truth.read, self.stand.store, broken=self.broken, healed=self.healed)

    async def until(self, what: str, is_so: Callable[[Truth], bool], *, seconds: float = WAIT, every: float = EVERY) -> Truth:
        """The first look at the file in which something is so. Raises NeverCame."""
        end = monotonic() + seconds
        while True:
            found = await self.look()
            if is_so(found):
                return found
            if monotonic() > end:
                raise NeverCame(f"{what}: waited {seconds:.0f} s in vain, {dict(found.counts)}\n{self.stand.log_end(12)}")
            await asyncio.sleep(every)

    async def rest(self, what: str, also: Callable[[Truth], bool] = lambda _: True) -> Truth:
        """Wait until nothing is under way and nothing new comes for two rounds of the hub."""
        still = 0

        def is_still(found: Truth) -> bool:
            nonlocal still
            still = still + 1 if found.is_at_rest and also(found) else 0
            return still >= 3

        return await self.until(what, is_still, every=0.3)

    def inbox(self) -> list[Mail]:
        """Every mail to customers."""
        new = self.stand.mailroom.received[self._read :]
        self._read += len(new)
        self._mails.extend(_as_mail(mail) for mail in new if DESK not in mail.recipients)
        return self._mails

    async def sample_books(self) -> None:
        """Ask the hub for its books again and again, for as long as it lives, until cancelled."""
        while True:
            try:
                books = await self.lena.read("books")
            except GONE:
                books = None
            if books is not None:
                self.record.samples += 1
                wrong = [each for each in books if not each["balanced"]]
                self.wrong("unbalanced", bool(wrong), str(wrong)[:300])
            await asyncio.sleep(0.25)

    def wrong(self, what: str, times: int, seen: object) -> None:
        """Count something that must not be, if it is."""
        if times:
            counts = self.record.counts
            setattr(counts, what, getattr(counts, what) + int(times))
            self.record.seen.append(f"{what}: {seen}")
            self.say(f"           WRONG {what}: {str(seen)[:200]}")

    # Killing and starting

    def has_time_for(self, point: Point) -> bool:
        """Whether another kill may be begun; one that may not is written down as skipped."""
        if self.until_moment is None or monotonic() < self.until_moment:
            return True
        self.record.skipped.append(point)
        return False

    def may_begin(self, point: Point) -> None:
        """Raises RunsOut."""
        if not self.has_time_for(point):
            raise RunsOut

    async def kill(self, point: Point, trap: Trap | None = None) -> Truth:
        """kill -9 now (or know that the trap did), and write down what lay on disk."""
        await self.stand.kill_hub()
        found = await self.look()
        recipient = trap.moment.about.get("recipient", "") if trap is not None and trap.moment is not None else ""
        kill = Kill(
            point=point,
            at=monotonic() - self.began,
            states=found.counts,
            row=found.state_of(recipient) if recipient else "",
            strata=points.hit(point, recipient, found),
            exit_code=self.stand.exits[-1],
            incident=bool(found.incidents),
        )
        self.record.kills.append(kill)
        self._last, self._before = kill, len(found.doubts)
        self.wrong("half", len(found.half_approvals), found.half_approvals)
        strata = ", ".join(sorted(kill.strata)) or "none"
        self.say(f"  {kill.at:7.1f} s  kill {len(self.record.kills)}: {point.value} [{strata}] {_shown(found)}")
        return found

    async def spring(self, point: Point, trap: Trap, over: Callable[[Truth], bool] = lambda _: False) -> Truth:
        """Wait until the trap has killed the hub. Raises NeverCame once `over` is so, or after a while."""
        end, idle = monotonic() + WAIT, 0
        while not trap.sprung.is_set():
            idle = idle + 1 if over(await self.look()) else 0
            if idle >= 10 or monotonic() > end:
                raise NeverCame(point.value)
            try:
                async with asyncio.timeout(0.3):
                    await trap.sprung.wait()
            except TimeoutError:
                continue
        return await self.kill(point, trap)

    async def start(self, trap: Trap | None = None) -> None:
        """Start the hub again, and see how many rows its kill left in doubt. A trap that is set may kill it at once."""
        try:
            await self.stand.start_hub()
        except NotReady:
            if trap is None or not trap.sprung.is_set():
                raise
        if self._last is not None:
            self._last.doubts = len((await self.look()).doubts) - self._before
            self.wrong("too_many_doubts", self._last.doubts > CUSTOMER_CONNECTIONS, self._last.as_json())

    # The company and its staff

    def breaks(self, service: str, how: How) -> None:
        self.stand.company.break_(service, how)
        self.broken = True

    def heals(self, service: str) -> None:
        self.stand.company.heal(service)
        self.healed = True

    async def incident_of(self, service: str) -> int:
        """The number of the open incident of a service. Counts a lost incident and raises NeverCame if there is none."""
        try:
            page = await self.lena.incident_when(lambda page: service in page["incident"]["services"], WAIT)
        except Waited as why:
            self.wrong("lost_incident", 1, "it is on no board")
            raise NeverCame("an incident opens") from why
        return int(page["incident"]["id"])

    async def staff_heard(self, incident: int) -> None:
        """Wait until some channel of the staff's has something."""
        with suppress(Waited):
            await until_true(lambda: bool(self._staff_mail()), WAIT)
        self.judge_incident(incident)

    def _staff_mail(self) -> int:
        return len(self.stand.slack.channel(CHANNEL)) + len(self.stand.mailroom.inbox(DESK))

    def judge_incident(self, incident: int) -> None:
        """Customer service has heard of the incident on some channel (P1)."""
        self.wrong("lost_incident", not self._staff_mail(), f"nobody of the staff heard of incident {incident}")

    # The lead

    async def waiting_draft(self, incident: int) -> int:
        view = await self.lena.draft_when(incident, "opened", WAIT)
        return int(view["notice"]["id"])

    async def try_unseen_words(self, incident: int) -> None:
        """The wrong hash must be refused (P4)."""
        view = await self.lena.draft_when(incident, "opened", WAIT)
        taken = await self.lena.approve_unseen(incident, view["notice"]["id"], view["audience"]["sending"])
        self.wrong("unbound", taken, "an approval of words that nobody saw was taken")

    async def approve_until_taken(self, incident: int) -> None:
        """Approve, and again with whatever draft is there then, until an approval lies on disk."""
        end = monotonic() + WAIT
        while not (await self.look()).is_approved:
            if monotonic() > end:
                raise NeverCame("an approval is taken")
            notice = await self.waiting_draft(incident)
            await self.lena.try_to_approve(incident, notice)

    async def hold(self) -> None:
        """The kill switch, answered."""
        await self.lena.command(do="hold", on=True, why="chaos")

    def check_hold(self, found: Truth) -> None:
        """A kill switch that was answered stays on over a restart (F8)."""
        self.wrong("forgotten", not found.on_hold, "the hold")

    def check_silence(self) -> None:
        """Nothing has reached a customer: nothing was approved, and then the hold was on (P4, P5)."""
        self.wrong("ungated", len(self.inbox()), "mail before the hold was lifted")

    async def let_go(self) -> None:
        """The kill switch off. A trap may kill the hub before it can answer."""
        try:
            await self.lena.command(do="hold", on=False)
        except httpx.TransportError:
            return

    async def settle_doubts(self) -> None:
        """Look into the inbox of everybody in doubt, say what is there, and wait until what was sent again is through."""
        for _ in range(SETTLINGS):
            doubts = (await self.look()).doubts
            if not doubts:
                return
            inbox = self.inbox()
            for row in doubts:
                arrived = oracle.arrived(row, inbox, DOMAIN)
                await self.lena.command(do="settle", delivery=row.id, arrived=arrived, why="looked")
                self.record.settled += 1
            await self.rest("what was sent again comes to rest")

    # Judging

    def judge(self, found: Truth, *, at_end: bool) -> None:
        """Compare the inboxes with the ledger, at rest."""
        audience = {person.email.lower() for person in of_segments("payers")}
        finding = oracle.compare(audience, found, self.inbox(), DOMAIN, at_end=at_end)
        wrongs = ("lost", "doubled", "phantom", "silent", "not_closed", "closed_to_strangers")
        for what in wrongs:
            names: tuple[str, ...] = getattr(finding, what)
            new = [name for name in names if (what, name) not in self._known]
            self._known.update((what, name) for name in new)
            self.wrong(what, len(new), new[:4])
        if at_end:
            self.record.reported = finding.reported
            self.record.mails = len(self.inbox())
        self.stand.mailroom.hook = self.stand.slack.hook = nothing


def _as_mail(mail: Received) -> Mail:
    return Mail(
        address=mail.recipients[0].lower(),
        message_id=mail.header("Message-ID").strip(),
        occasion=oracle.occasion_of(mail.subject),
    )


def _shown(found: Truth) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(found.counts.items()) if state != "suppressed")
