"""What the hub is asked for by agents, and by people about agents.

Belongs here: the records of an answer and the part of the port that gives them. Does not belong here: who may enrol and what a
report does (run/agents.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from sentinel.model.agent import Agent


class AgentState(StrEnum):
    """How an agent stands. `waiting`: its token has yet to be used; `expired`: it was not, in time; `lost`: it is silent;
    `awaited`: nobody can say yet, as no hub was there to hear it, or has not been for long."""

    AT_WORK = "at_work"
    LOST = "lost"
    AWAITED = "awaited"
    WAITING = "waiting"
    EXPIRED = "expired"
    SHUT_OUT = "shut_out"


REPORTING: Final = (AgentState.AT_WORK, AgentState.LOST, AgentState.AWAITED)
"""Those that have enrolled and are to report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentLine:
    """One agent, as those see it who may read. `checks`: how many of its place's it holds now; `stored`: its samples, ever.

    `silent_for`: for how long it has said nothing while a hub was there to hear it. `expires_at`: until when it may enrol, null
    once it has. `late`: its samples that came so late that they are history alone, since the hub began.
    """

    id: int
    place: str
    name: str
    version: str
    state: AgentState
    seen_at: datetime | None
    silent_for: timedelta
    expires_at: datetime | None
    checks: int
    stored: int
    late: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolling:
    """An agent asks to be let in. `enrol_hash`: of the token that it was given; `token_hash`: of the credential it made."""

    enrol_hash: str
    token_hash: str
    place: str
    host: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What an agent is answered. `why` and `code` where it is refused; `lines` of the protocol where it is not."""

    status: int
    lines: bytes = b""
    code: str = ""
    why: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class AgentsPort(Protocol):
    """Part of serve.port.Hub."""

    async def agents(self) -> tuple[Agent, ...]:
        """Newest first, at most the last 500."""
        ...

    async def enrol(self, asked: Enrolling) -> Agent | Reply:
        """The agent, once it is on disk; or why not. Asking again with the same credential does no harm."""
        ...

    async def reporting(self, token_hash: str) -> Agent | None:
        """The agent with this credential, if it is to report."""
        ...

    async def take_report(self, agent: Agent, body: bytes) -> Reply:
        """One report of an agent: a greeting, then batches. 200 means that they are on disk (P2)."""
        ...
