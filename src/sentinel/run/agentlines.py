"""Agents as people and machines look at them: whether each is heard of, what it holds, and what it has told.

Belongs here: the lines of the places page and of /metrics. Does not belong here: who may report and what it gets (agents.py),
when a place has no voice (placed.py).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from sentinel.model.agent import Agent
from sentinel.model.process import holder_of
from sentinel.run import listening, placed
from sentinel.run.clock import Clock
from sentinel.run.reads import Reads
from sentinel.run.world import World
from sentinel.serve.agents.port import AgentLine, AgentState
from sentinel.store import agents
from sentinel.store.database import Store

DEAD_AFTER: Final = timedelta(seconds=15)
"""An agent that has said nothing for so long leaves its checks to the others of its place."""
SHOWN: Final = timedelta(days=7)
"""For how long one is shown that was shut out, or that did not come in time."""


class AgentLines(Reads):
    """What several views of a hub say of agents."""

    def __init__(self, world: World, store: Store, clock: Clock) -> None:
        super().__init__(world, store, clock)
        self._shares = Shares()
        self.late: Counter[int] = Counter()
        """Agent → its samples that came so late that they are history alone, since this hub began."""

    def agent_lines(self, c: Connection, now: datetime) -> tuple[AgentLine, ...]:
        """Of the places of the files, by place and number."""
        world = self.world
        there = [one for one in agents.shown(c, now - SHOWN) if one.place in world.installation.places]
        stored = agents.stored(c, [one.id for one in there])
        held = self._shares.of(world, [one for one in there if is_there(one, now)])
        since = listening.since(c, now)
        lines = (_line(one, since, now, held.get(one.id, 0), stored.get(one.id, 0), self.late[one.id]) for one in there)
        return tuple(sorted(lines, key=lambda line: (line.place, line.id)))


class Shares:
    """How many checks each agent holds; counted anew only where something that they depend on has changed."""

    def __init__(self) -> None:
        self._world: World | None = None
        self._key: object = None
        self._held: Mapping[int, int] = {}

    def of(self, world: World, there: Sequence[Agent]) -> Mapping[int, int]:
        """`there`: those that are heard of."""
        key = sorted((one.id, one.place, one.kinds) for one in there)
        if world is not self._world or key != self._key:
            self._world, self._key, self._held = world, key, _counted(world, there)
        return self._held


def is_there(agent: Agent, now: datetime) -> bool:
    """Whether it takes checks now."""
    return agent.is_at_work and agent.seen_at is not None and now - agent.seen_at <= DEAD_AFTER


def _counted(world: World, there: Iterable[Agent]) -> Mapping[int, int]:
    at: defaultdict[str, list[Agent]] = defaultdict(list)
    for one in there:
        at[one.place].append(one)
    held: Counter[str] = Counter()
    for place, theirs in at.items():
        able: dict[str, list[str]] = {}
        for check in world.probed_at(place):
            if check.kind not in able:
                able[check.kind] = [f"{one.id}" for one in theirs if check.kind in one.kinds]
            if able[check.kind]:
                held[holder_of(able[check.kind], check.id)] += 1
    return {int(name): count for name, count in held.items()}


def _line(agent: Agent, since: datetime | None, now: datetime, checks: int, stored: int, late: int) -> AgentLine:
    silent = placed.silence(agent, since, now)
    return AgentLine(
        id=agent.id,
        place=agent.place,
        name=agent.label,
        version=agent.version,
        state=_state(agent, silent, now),
        seen_at=agent.seen_at,
        silent_for=silent if silent is not None else now - (since or now),
        expires_at=None if agent.enrolled_at is not None else agent.expires_at,
        checks=checks,
        stored=stored,
        late=late,
    )


def _state(agent: Agent, silent: timedelta | None, now: datetime) -> AgentState:
    if agent.revoked_at is not None:
        return AgentState.SHUT_OUT
    if agent.enrolled_at is None:
        return AgentState.EXPIRED if now >= agent.expires_at else AgentState.WAITING
    if silent is None:
        return AgentState.AWAITED
    return AgentState.LOST if silent > placed.LOST else AgentState.AT_WORK
