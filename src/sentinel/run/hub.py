"""The running hub: a crew with probers and faces, one process of the any number that may share a store.

Belongs here: what serve asks of the process, and which loops run. Does not belong here: what every process does (crew.py), any
decision (rounds ask the pure rooms), any SQL (store/), any page (serve/).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Final

from sqlalchemy import Connection

from sentinel.model.command import Command, Refused, Result
from sentinel.model.delivery import Lane
from sentinel.probe.wire import Batch
from sentinel.run import erasing, keeping, orders, unwatched
from sentinel.run.accounts import AccountsViews
from sentinel.run.agents import AgentViews
from sentinel.run.asking import Asking
from sentinel.run.callbacks import CallbackViews
from sentinel.run.clock import Clock
from sentinel.run.crew import Crew, run_all
from sentinel.run.desk import DeskViews
from sentinel.run.engine.port import Engine
from sentinel.run.failureview import FailureViews
from sentinel.run.hooks import HookViews
from sentinel.run.inlet import Inlet
from sentinel.run.lists import ListViews
from sentinel.run.live import LiveViews
from sentinel.run.lmtp import Receiver
from sentinel.run.mailbox import Reader
from sentinel.run.own import Own
from sentinel.run.presence import Presence
from sentinel.run.probers import Probers
from sentinel.run.processes import ProcessViews
from sentinel.run.received import ReceivedViews
from sentinel.run.reload import Files
from sentinel.run.returns import Returns
from sentinel.run.scorecard import ScorecardViews
from sentinel.run.scraped import ScrapedViews
from sentinel.run.sender import Sender
from sentinel.run.services import ServicesViews
from sentinel.run.standin import stand_in
from sentinel.run.status import StatusViews
from sentinel.run.views import Views
from sentinel.run.world import World
from sentinel.serve.port import Health
from sentinel.store.database import Store
from sentinel.store.trouble import StoreBusy, StoreTrouble

HOUSEKEEPING_SECONDS: Final = 3600.0
HEALTH_SECONDS: Final = 3.0
"""How long the store may take to answer for this hub to count as ready."""
BUSY: Final = Refused(code="busy", why="Others held the store for too long. Nothing was carried out: ask again.")


class Hub(
    Views,
    DeskViews,
    ServicesViews,
    StatusViews,
    AccountsViews,
    LiveViews,
    ListViews,
    ReceivedViews,
    ProcessViews,
    FailureViews,
    ScorecardViews,
    CallbackViews,
    HookViews,
    ScrapedViews,
    AgentViews,
):
    """Holds what runs: the crew and the children that probe. It is serve's port."""

    def __init__(
        self,
        world: World,
        store: Store,
        clock: Clock,
        engine: Engine,
        prober: Probers,
        senders: Mapping[Lane, Sender],
        files: Files,
        presence: Presence,
    ) -> None:
        super().__init__(world, store, clock)
        self._prober = prober
        self._presence = presence
        self._senders = senders
        self._crew = Crew(
            self,
            engine,
            senders,
            files,
            presence,
            stored=lambda batch: prober.ack(batch.source, batch.number),
            renewed=self.probe,
        )
        self._own = Own(self, prober, senders, files)
        self._returns = Returns(self)
        self._asking = Asking()
        inlet = Inlet(self, self._returns)
        self._mailbox, self._lmtp = Reader(inlet), Receiver(inlet)

    # What serve asks

    async def submit(self, command: Command, who: str, *, account: str = "", key: str = "") -> Result:
        """Carry out one command in a transaction together with all that follows from it."""
        asked = orders.Asked(command=command, who=who, account=account, key=key)
        try:
            done = await self._crew.insist(lambda c: self._carry_out(c, asked))
        except StoreBusy:  # nothing of it was written: not to be taken for a command that may have been carried out
            return BUSY
        if done.epoch is not None:
            await asyncio.to_thread(self.store.seal_epoch, done.epoch)
        return await asyncio.to_thread(erasing.finish, self.store, done.erased, done.result)

    def _carry_out(self, c: Connection, asked: orders.Asked) -> orders.Carried:
        done = orders.carry_out(c, self.world, self.store, asked, self.clock.now())
        # What a command releases or revives is no new row, so that every lane has a look.
        self._crew.wake(c, done.outcome, self._senders)
        return done

    @property
    def returns(self) -> Returns:
        return self._returns

    @property
    def asking(self) -> Asking:
        return self._asking

    @property
    def returns_why(self) -> str:
        """Why what comes back by mail cannot reach us now."""
        return "; ".join(each for each in (self._mailbox.why, self._lmtp.why) if each)

    @property
    def prober_restarts(self) -> int:
        return self._prober.restarts

    @property
    def left_out(self) -> Mapping[str, int]:
        return self._prober.counts

    @property
    def last_round_age(self) -> float | None:
        return None if self._crew.last_round is None else monotonic() - self._crew.last_round

    @property
    def own(self) -> Own:
        return self._own

    @property
    def config_problems(self) -> tuple[str, ...]:
        return self._crew.reloads.problems

    async def health(self) -> Health:
        """A store that does not answer leaves this hub alive, and not ready."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                return await super().health()
        except Exception as error:  # noqa: BLE001 - whatever keeps the store from answering, the answer is the same
            slow = isinstance(error, TimeoutError)
            return Health(ready=False, reasons=(f"the store {'takes too long to answer' if slow else 'cannot be read'}",))

    # The configuration

    def reload(self) -> None:
        """Read the files again now. They are looked at every other second anyway."""
        self._crew.reloads.ask()

    async def put_in_force(self, world: World) -> None:
        """Replace the world in one step, with all that follows from it; raises, and changes nothing, if the store cannot."""
        await self._crew.put_in_force(world)

    # What runs

    async def run(self) -> None:
        """Everything at once, until cancelled."""
        loops = {
            **self._crew.loops,
            "prober": self._prober.run,
            "housekeeping": self._housekeeping,
            **({"what nobody watches": self._forget_unwatched} if self.store.shared else {}),
            "rules that approve": stand_in(self),
            "reports of what came back": self._returns.run,
            "mailbox of bounces": self._mailbox.run,
            "bounces by LMTP": self._lmtp.run,
            "samples for scrapers": self._asking.run,
            **self._own.loops,
        }
        await run_all(loops)

    def take(self, batch: Batch) -> None:
        """A batch has come from our prober: the next round stores it."""
        self._crew.spool.add(batch, self.clock.now())
        self._crew.nudge()

    def heard_of_agents(self) -> None:
        self._crew.nudge()

    def heard_of_tools(self) -> None:
        self._crew.nudge()

    def probe(self) -> None:
        """Have our prober look at our share of what is to be probed here, and at every canary: whether *we* can see."""
        world = self.world
        own = world.installation.place
        shared = self._presence.share(world.probed_at(own))
        self._prober.reload((*world.canaries_at(own).values(), *shared), world.installation.guard)

    async def _forget_unwatched(self) -> None:
        """What only other hubs knew of is looked at again: they may have taken it out too."""
        while True:
            await asyncio.sleep(unwatched.AGAIN_SECONDS)
            with suppress(StoreTrouble):
                unwatched.report(await self._write_in_turn(lambda c: self._crew.forget(c, self.world)))

    async def _housekeeping(self) -> None:
        """What nobody can use any more is forgotten."""
        while True:
            await self.forget_dead_sessions()
            kept = await asyncio.to_thread(keeping.keep_house, self)
            # A backlog, as after a long stop, is gone on with at once: its pieces leave room for rounds.
            if not kept.unfinished:
                await asyncio.sleep(HOUSEKEEPING_SECONDS)
