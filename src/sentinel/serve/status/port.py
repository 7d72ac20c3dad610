"""What the hub is asked for by the status page: views, and the part of the port that gives them.

Everything here may be read by anybody: words that somebody approved and that have gone out, customers' names of services,
phases, impacts and instants. No internal name but the services' keys, which the faces never show; no host, no person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sentinel.model.incident import Phase
from sentinel.model.service import Impact
from sentinel.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A service that customers can feel something of. `impact` None: it works. `changed_at`: since when; None: always so."""

    name: str
    title: Words
    impact: Impact | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Approved words that have gone out. `texts`: language → the page form, slots filled. `phase`: of the incident, then."""

    notice: int
    at: datetime
    phase: Phase
    texts: Words
    stands: bool
    """Whether what they say is still so: void ones are history, and are not shown as the last word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disturbance:
    """One episode of one incident that was confirmed and that customers felt. `id` is stable: the same for ever.

    `components`: all that it touched, each with the worst that it was. `told` is oldest first. `eta` and `next_word_at`: what
    we have promised and not yet kept. `over_at`: when it was back for customers; `resolved_at`: when we said so.
    `phases`: when each phase began, oldest first.
    """

    id: str
    reference: str
    components: Mapping[str, Impact]
    phase: Phase
    began_at: datetime
    confirmed_at: datetime
    updated_at: datetime
    phases: tuple[tuple[Phase, datetime], ...]
    over_at: datetime | None = None
    resolved_at: datetime | None = None
    told: tuple[Told, ...] = ()
    eta: datetime | None = None
    next_word_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.phase.is_over

    @property
    def impact(self) -> Impact:
        """The worst of all."""
        return max(self.components.values(), key=lambda impact: impact.rank)

    @property
    def ended_at(self) -> datetime | None:
        """When it was back, as well as we know; None while it lasts."""
        return self.over_at or self.resolved_at if self.is_over else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Retracted:
    """There was no disturbance after all, and approved words said so. `id` is that of the disturbance it takes back."""

    id: str
    reference: str
    components: tuple[str, ...]
    at: datetime
    texts: Words


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicState:
    """Everything that the status page tells, as it stood `at`. `disturbances` of the last 90 days, newest first."""

    at: datetime
    components: tuple[Component, ...]
    disturbances: tuple[Disturbance, ...]
    retracted: tuple[Retracted, ...] = ()


class StatusPort(Protocol):
    """Part of serve.port.Hub."""

    async def public_state(self) -> PublicState: ...

    async def public_mark(self) -> str:
        """Changes whenever `public_state` would tell something else. One cheap query, asked at most once a second."""
        ...
