"""What a hub knows of itself, put together: its troubles, self-audit and dead man's switch, and the gate of customers' lane.

Belongs here: which of them asks which. Does not belong here: any of their work.
"""

import socket
from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from sentinel.model.delivery import Lane
from sentinel.model.hook import Became, Refused
from sentinel.run.clock import Clock
from sentinel.run.crew import Loop
from sentinel.run.deadman import DeadMan
from sentinel.run.probers import Probers
from sentinel.run.reload import Files
from sentinel.run.returns import Returns
from sentinel.run.selfaudit import SelfAudit
from sentinel.run.sender import Sender
from sentinel.run.trouble import Troubles
from sentinel.run.world import World
from sentinel.serve.port import OwnFigures, TroubleLine
from sentinel.store.database import Store


class Looked(Protocol):
    """The hub, as far as it is looked at from here."""

    @property
    def world(self) -> World: ...

    @property
    def store(self) -> Store: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def last_round_age(self) -> float | None: ...

    @property
    def returns(self) -> Returns: ...

    @property
    def hook_figures(self) -> tuple[Mapping[Became, int], Mapping[Refused, int]]: ...

    @property
    def returns_why(self) -> str: ...


class Own:
    """Looks at `hub` from within."""

    def __init__(self, hub: Looked, prober: Probers, senders: Mapping[Lane, Sender], files: Files) -> None:
        self._hub = hub
        self._prober = prober
        self._senders = senders
        self._began = monotonic()
        self.audit = SelfAudit(self)
        where = socket.gethostname() if hub.store.shared else ""
        self.troubles = Troubles(self, files.connect, where, looked=self._gate)
        self.dead_man = DeadMan(lambda: hub.world.installation, lambda: self.audit.stands)

    @property
    def loops(self) -> dict[str, Loop]:
        return {"own trouble": self.troubles.run, "self-audit": self.audit.run, "dead man's switch": self.dead_man.run}

    # What the self-audit and the troubles ask of the hub

    @property
    def world(self) -> World:
        return self._hub.world

    @property
    def store(self) -> Store:
        return self._hub.store

    @property
    def clock(self) -> Clock:
        return self._hub.clock

    @property
    def last_round_age(self) -> float | None:
        return self._hub.last_round_age

    @property
    def prober_age(self) -> float | None:
        if not self._hub.world.probed:
            return None
        heard_at = self._prober.heard_at
        return monotonic() - (self._began if heard_at is None else heard_at)

    @property
    def returns_why(self) -> str:
        return self._hub.returns_why

    @property
    def audit_problems(self) -> tuple[str, ...]:
        return self.audit.problems

    def sends_to_customers(self) -> bool:
        return not self.troubles.holds_customers

    def _gate(self) -> None:
        """Close customers' lane while nothing could be recorded, and open it again. What is armed is still waited for."""
        sender = self._senders.get(Lane.CUSTOMERS)
        if sender is not None:
            sender.shut(self.troubles.holds_customers)

    # What is shown

    def lines(self) -> tuple[TroubleLine, ...]:
        return tuple(
            TroubleLine(name=one.name, since=one.since_at, detail=one.detail, told=one.told) for one in self.troubles.standing
        )

    def reasons(self) -> tuple[str, ...]:
        """Why we are not ready, for anybody to read: no names."""
        return self.audit.reasons()

    def figures(self) -> OwnFigures:
        signs = self.troubles.signs
        counted: dict[str, int] = {}
        for one in self.troubles.standing:
            counted[one.kind.value] = counted.get(one.kind.value, 0) + 1
        return OwnFigures(
            audit_ok=self.audit.stands,
            audit_age=self.audit.age,
            canary_age=self.audit.canary_age,
            troubles=counted,
            canaries=signs.sight.canaries,
            canaries_failing=len(signs.sight.failing),
            free=signs.free,
            loop_lag=self.audit.lag,
            returned=self._hub.returns.counted,
            returns_unused=self._hub.returns.passed_over,
            hook_alerts=self._hub.hook_figures[0],
            hooks_refused=self._hub.hook_figures[1],
            pinged_age=None if self.dead_man.pinged_at is None else monotonic() - self.dead_man.pinged_at,
        )
