"""Agents of other places: which there are, and the token by which one comes in, which is made here and shown once.

(Revoking one needs no secret: writes.py.)
"""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from sentinel.model.account import Right
from sentinel.model.agent import Agent
from sentinel.model.command import MakeAgent
from sentinel.serve.accounts.credentials import new_key
from sentinel.serve.api.asking import record_in, submit
from sentinel.serve.api.body import read_json
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.reads import operation
from sentinel.serve.api.route import ApiRoute


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentView:
    """An agent, without what opens anything. `enrolled_at` null: it has until `expires_at`. `seen_at`: its last report."""

    id: int
    place: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    enrolled_at: datetime | None
    revoked_at: datetime | None
    seen_at: datetime | None
    host: str
    version: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentsView:
    """Newest first, revoked ones too, at most the last 500."""

    agents: tuple[AgentView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAgent:
    """An agent is to come to this place, which must be one of `places:`."""

    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentMade:
    """`token` lets one agent enrol, once. It is shown here and never again; null where the same Idempotency-Key had made it."""

    made: AgentView | None
    token: str | None


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_agents() -> AgentsView:
        """List the agents of other places."""
        return AgentsView(agents=tuple(_view(one) for one in await hub.agents()))

    async def make_agent(request: Request) -> AgentMade:
        """Make the token by which an agent enrols. It is shown in this answer and never again."""
        asked, key = record_in(NewAgent, await read_json(request)), new_key()
        await submit(hub, request, MakeAgent(place=asked.place, enrol_hash=key.token_hash))
        kept = [one for one in await hub.agents() if one.enrol_hash == key.token_hash.reveal()]
        return AgentMade(made=_view(kept[0]), token=key.token.reveal()) if kept else AgentMade(made=None, token=None)

    return [
        operation(door, "/agents", Right.WORK, list_agents, "services"),
        operation(door, "/agents", Right.ADMIN, make_agent, "services", method="POST"),
    ]


def _view(one: Agent) -> AgentView:
    return AgentView(
        id=one.id,
        place=one.place,
        made_by=one.made_by,
        made_at=one.made_at,
        expires_at=one.expires_at,
        enrolled_at=one.enrolled_at,
        revoked_at=one.revoked_at,
        seen_at=one.seen_at,
        host=one.host,
        version=one.version,
        kinds=one.kinds,
    )
