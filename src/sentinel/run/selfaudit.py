"""The self-audit: takes the hub's pulse every half minute, and knows whether it passes.

Belongs here: measuring. Does not belong here: the limits and the words (detect/audit.py), the questions in SQL
(store/pulse.py), who is told (trouble.py, deadman.py, /readyz, metrics).

It is never sure of itself: an audit that could not be made in time counts as failed, by its age.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final, Protocol

from sqlalchemy import Connection

from sentinel.detect.audit import Pulse, audit
from sentinel.model.delivery import Lane
from sentinel.model.installation import AuditPolicy
from sentinel.run import timeline
from sentinel.run.clock import Clock
from sentinel.run.world import World
from sentinel.store import pulse
from sentinel.store.database import Store

AGAIN: Final = 3.0
"""Seconds after which a pulse that is not well is taken once more: only what is so twice is so."""
READ_WITHIN: Final = 10.0
TICK: Final = 0.5

log = logging.getLogger(__name__)


class Body(Protocol):
    """The hub, as far as its pulse is taken."""

    @property
    def world(self) -> World: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def last_round_age(self) -> float | None: ...

    @property
    def prober_age(self) -> float | None:
        """Seconds since the prober's last word; None when nothing is probed from here."""
        ...

    def sends_to_customers(self) -> bool:
        """False while our own trouble holds customers' lane: then it waits with a reason."""
        ...


class SelfAudit:
    """`problems`: what the last audit found late; `canary_age`: seconds that the canary under way has been waited for."""

    def __init__(self, body: Body) -> None:
        self.problems: tuple[str, ...] = ()
        self.waiting: dict[Lane, float] = {}
        self.canary_age = 0.0
        self.lag = 0.0
        self.count = 0
        self._body = body
        self._began = monotonic()
        self._made_at: float | None = None
        self._canary: tuple[int, float] | None = None

    @property
    def policy(self) -> AuditPolicy:
        return self._body.world.installation.audit

    @property
    def age(self) -> float:
        """Seconds since the last audit was made; since the start, before the first one."""
        return monotonic() - (self._began if self._made_at is None else self._made_at)

    @property
    def stands(self) -> bool:
        """Whether an audit of late found nothing: without one there is nothing to go by."""
        return self._made_at is not None and not self.problems and not self.is_stale

    @property
    def is_stale(self) -> bool:
        every = self.policy.every.total_seconds()
        return self.age > 2 * every + READ_WITHIN + AGAIN

    def reasons(self) -> tuple[str, ...]:
        """For /readyz: why not. None before the first audit: a hub that has just begun is not ill."""
        return (*self.problems, *(("the self-audit itself does not run",) if self.is_stale else ()))

    async def run(self) -> None:
        """Audit at each interval, until cancelled."""
        lag = asyncio.create_task(self._watch_lag(), name="loop lag")
        try:
            while True:
                await asyncio.sleep(self._pause())
                await self.examine()
        finally:
            lag.cancel()

    def _pause(self) -> float:
        """The first one soon: once the loops have begun."""
        every = self.policy.every.total_seconds()
        return every if self._made_at is not None else min(every, 5.0)

    async def examine(self) -> None:
        """One audit. What is late must be so at two looks: between them a round may just have been under way."""
        found = await self._look()
        if found:
            await asyncio.sleep(min(AGAIN, self.policy.every.total_seconds() / 4))
            again = await self._look()
            found = tuple(why for why in again if why in found)
        if found != self.problems:
            for why in found:
                log.error("the self-audit fails: %s", why)
            if not found:
                log.info("the self-audit passes again")
        self.problems = found
        self._made_at = monotonic()
        self.count += 1

    async def _look(self) -> tuple[str, ...]:
        late = self.policy.late_after
        taken = await self._take(late)
        self.lag = 0.0
        return audit(taken, late.total_seconds())

    async def _take(self, late: timedelta) -> Pulse:
        body = self._body
        known = Pulse(
            read=False, round_age=body.last_round_age, prober_age=body.prober_age, lag=self.lag, canary=self.canary_age
        )
        try:
            async with asyncio.timeout(READ_WITHIN):
                stored = await asyncio.to_thread(body.store.read, lambda c: self._stored(c, late))
        except Exception as error:  # noqa: BLE001 - whatever keeps the store from answering is what is to be found out
            log.warning("the self-audit cannot ask the store: %s", type(error).__name__)
            return known
        self.waiting = stored.waiting
        self.canary_age = self._since(stored.canary)
        return replace(
            known,
            read=True,
            waiting=tuple((lane.value, age) for lane, age in stored.waiting.items()),
            canary=self.canary_age,
            untold_incidents=stored.untold,
            unsettled_promises=stored.unsettled,
            unexpanded_notices=stored.unexpanded,
            lapsed_leases=stored.lapsed,
        )

    def _since(self, canary: int | None) -> float:
        """For how long this canary has been waited for, by our own clock: the wall's may have been set meanwhile."""
        if canary is None:
            self._canary = None
            return 0.0
        if self._canary is None or self._canary[0] != canary:
            self._canary = (canary, monotonic())
        return monotonic() - self._canary[1]

    def _stored(self, c: Connection, late: timedelta) -> "_Stored":
        body, now = self._body, self._body.clock.now()
        lanes = [lane for lane in Lane if lane is not Lane.CUSTOMERS or body.sends_to_customers()]
        due = {lane: pulse.waiting_since(c, lane, now, late, body.store.epoch) for lane in lanes}
        return _Stored(
            waiting={lane: (now - at).total_seconds() for lane, at in due.items() if at is not None},
            canary=pulse.canary_under_way(c),
            untold=pulse.untold_incidents(c, now - late),
            unsettled=sum(_lapsed(c, number) for number in pulse.past_promises(c, now - late)),
            unexpanded=pulse.unexpanded_notices(c, now, late, body.world.installation.guards),
            lapsed=pulse.lapsed_leases(c, now, late),
        )

    async def _watch_lag(self) -> None:
        """By how much the loop is late at most, between two audits."""
        while True:
            began = monotonic()
            await asyncio.sleep(TICK)
            self.lag = max(self.lag, monotonic() - began - TICK)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """What the store says of itself."""

    waiting: dict[Lane, float]
    canary: int | None
    untold: int
    unsettled: int
    unexpanded: int
    lapsed: int


def _lapsed(c: Connection, incident: int) -> bool:
    """Whether its open promise is overdue: while a recovery is held, nothing is settled on its word."""
    return timeline.fold_of(c, incident).recovered_at is None
