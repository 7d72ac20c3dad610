"""The running hub's answers to agents of other places, and the commands by which people let them in and shut them out.

Belongs here: who may enrol and report, which checks each gets, the one transaction of a report. Does not belong here: what a
sample means (intake.py), which places are deaf (placed.py), the agent's own side (agent/).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from sentinel.model.agent import ENROL_WITHIN, Agent
from sentinel.model.check import Check
from sentinel.model.command import Done, MakeAgent, Refused, Result, RevokeAgent
from sentinel.model.process import share_of
from sentinel.probe.greeting import Hello, agreed, read_hello, why_not
from sentinel.probe.wire import Ack, Alive, Batch, Malformed, read_from_prober, write_ack, write_orders
from sentinel.run import intake, sight
from sentinel.run.agentlines import AgentLines, is_there
from sentinel.run.placed import LOST
from sentinel.run.world import World
from sentinel.serve.agents.port import Enrolling, Reply
from sentinel.store import agents, watching

TOUCH: Final = timedelta(seconds=2)
"""How often it is written down that an agent lives which has nothing to tell."""
BATCHES_MOST: Final = 200
BATCHES_AT_ONCE: Final = 20
"""In one transaction: rounds and commands come in between."""
_SHA256 = re.compile("[0-9a-f]{64}")
_UNKNOWN: Final = Reply(
    status=401, code="token", why="This agent is not known here, or was revoked. Let it enrol with another token."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Orders:
    """The checks of one agent, written down. `key`: all that they depend on."""

    key: object
    digest: str
    lines: bytes


class AgentViews(AgentLines):
    """Implements serve.agents.port.AgentsPort."""

    _written: dict[int, _Orders]

    def heard_of_agents(self) -> None:
        """Something came that the next round should look at."""

    async def agents(self) -> tuple[Agent, ...]:
        return tuple(await self._read(agents.every))

    async def enrol(self, asked: Enrolling) -> Agent | Reply:
        now = self.clock.now()
        return await self._write_in_turn(lambda c: _enrol(c, self.world, asked, now))

    async def reporting(self, token_hash: str) -> Agent | None:
        agent = await self._read(lambda c: agents.of_credential(c, token_hash))
        return agent if agent is not None and agent.is_at_work else None

    async def take_report(self, agent: Agent, body: bytes) -> Reply:
        now = self.clock.now()
        first, *rest = body.split(b"\n", BATCHES_MOST + 1) if body else [b""]
        hello = read_hello(first)
        if isinstance(hello, Malformed):
            return Reply(status=400, code="invalid", why=f"This is no report: {hello.why}.")
        version = agreed(hello)
        if version is None:
            return Reply(status=426, code="version", why=why_not(hello), headers={"upgrade": "sentinel"})
        if agent.place not in self.installation.places:
            why = f"There is no place {agent.place} in sentinel.yaml: write it under `places:`, or revoke this agent."
            return Reply(status=409, code="place", why=why)
        batches = _batches(agent, hello, rest)
        if isinstance(batches, Malformed):
            return Reply(status=400, code="invalid", why=f"This is no report: {batches.why}.")
        is_known = (agent.host, agent.version, agent.kinds) == (hello.host, hello.version, hello.kinds)
        is_quiet = not batches and is_known and agent.seen_at is not None and now - agent.seen_at < TOUCH
        if not is_quiet:
            for at in range(0, len(batches) or 1, BATCHES_AT_ONCE):
                piece = batches[at : at + BATCHES_AT_ONCE]
                work = partial(_take, world=self.world, number=agent.id, hello=hello, batches=piece, now=now)
                found = await self._write_in_turn(work)
                if found is None:
                    return _UNKNOWN
                taken, late = found
                self.late[agent.id] += late
        else:
            taken = await self._read(lambda c: watching.cursor_of(c, hello.source))
        if batches:
            self.heard_of_agents()
        orders = await self._read(lambda c: self._orders(c, agent, hello, version, now))
        ack = write_ack(Ack(source=hello.source, number=taken), version) if taken else b""
        lines = ack + (b"" if orders.digest == hello.orders else orders.lines)
        return Reply(status=200, lines=lines, headers={"sentinel-protocol": str(version), "sentinel-orders": orders.digest})

    def _orders(self, c: Connection, agent: Agent, hello: Hello, version: int, now: datetime) -> _Orders:
        """What the agent is to look at, made anew only where something of it has changed."""
        kept = self.__dict__.setdefault("_written", {})
        there = [one for one in agents.at_work(c, agent.place) if is_there(one, now)]
        beside = {f"{one.id}": frozenset(one.kinds) for one in there} | {f"{agent.id}": frozenset(hello.kinds)}
        key = (self.generation, version, sorted((name, sorted(kinds)) for name, kinds in beside.items()))
        known: _Orders | None = kept.get(agent.id)
        if known is not None and known.key == key:
            return known
        far = self.installation.places[agent.place]
        canaries = (one for one in self.world.canaries_at(agent.place).values() if one.kind in hello.kinds)
        checks = (*canaries, *_share(self.world, agent, beside))
        lines = b"".join(write_orders(agent.place, far.allow, checks, version))
        made = _Orders(key=key, digest=sha256(lines).hexdigest(), lines=lines)
        kept[agent.id] = made
        return made


def _share(world: World, agent: Agent, beside: dict[str, frozenset[str]]) -> list[Check]:
    """Those checks of its place that are this agent's: of each, among the agents who know its kind."""
    of_kind: defaultdict[str, dict[str, Check]] = defaultdict(dict)
    for check in world.probed_at(agent.place):
        of_kind[check.kind][check.id] = check
    mine: list[Check] = []
    for kind, checks in of_kind.items():
        able = {name for name, kinds in beside.items() if kind in kinds}
        if f"{agent.id}" in able:
            mine += [checks[name] for name in share_of(f"{agent.id}", able, checks)]
    return sorted(mine, key=lambda check: check.id)


def _batches(agent: Agent, hello: Hello, lines: Sequence[bytes]) -> tuple[Batch, ...] | Malformed:
    """The batches of a report; each must be of the source that the agent names, and that source its own."""
    mine = rf"{re.escape(agent.place)}/{agent.id}-[0-9a-f]{{1,12}}"
    if hello.source and not re.fullmatch(mine, hello.source):
        return Malformed(why="its source is another's")
    found: list[Batch] = []
    for line in lines:
        if not line:
            continue
        said = read_from_prober(line + b"\n")
        if isinstance(said, Malformed):
            return said
        if isinstance(said, Alive):
            continue
        if said.source != hello.source or not hello.source:
            return Malformed(why="its batch is another's")
        found.append(said)
    return tuple(found) if len(found) <= BATCHES_MOST else Malformed(why="too many batches")


def _take(
    c: Connection, world: World, number: int, hello: Hello, batches: Sequence[Batch], now: datetime
) -> tuple[int, int] | None:
    """Take in what an agent sent; the last batch of it that we have, and how many samples came late. None if it was revoked
    meanwhile."""
    agent = agents.one(c, number)
    if agent is None or not agent.is_at_work:
        return None
    heard = agents.heard_of(c).get(agent.place)
    if heard is None or now - heard > LOST:
        # What it saw before it was cut off and what it sees now are not one run, whether a round has noticed it or not.
        sight.forget_runs(c, world, agent.place)
    late = sum(_late(world, batch) for batch in batches if not intake.take(c, world, batch, now, agent.place))
    agents.heard(c, number, host=hello.host, version=hello.version, kinds=hello.kinds, now=now)
    return (watching.cursor_of(c, hello.source) if hello.source else 0), late


def _late(world: World, batch: Batch) -> int:
    """How many of its samples come so late that they are history alone."""
    aged = ((world.installation.checks.get(row.check), timedelta(milliseconds=row.age_ms)) for row in batch.rows)
    return sum(check is not None and age > intake.LATE + check.timeout for check, age in aged)


def _enrol(c: Connection, world: World, asked: Enrolling, now: datetime) -> Agent | Reply:
    agent = agents.to_enrol(c, asked.enrol_hash)
    if agent is None or agent.revoked_at is not None or not _SHA256.fullmatch(asked.token_hash):
        return Reply(status=401, code="token", why="This token is not known here. Make another: sentinel place add NAME.")
    if agent.place != asked.place:
        return Reply(status=409, code="place", why=f"This token is for an agent of {agent.place}, not of {asked.place}.")
    if agent.enrolled_at is not None:
        if agent.token_hash == asked.token_hash:
            return agent
        return Reply(status=401, code="used", why="This token was used already. Make another: sentinel place add NAME.")
    if now >= agent.expires_at:
        return Reply(status=401, code="expired", why="This token has expired. Make another: sentinel place add NAME.")
    if agents.of_credential(c, asked.token_hash) is not None:
        return Reply(status=409, code="credential", why="Another agent has this credential. Give each a folder of its own.")
    agents.enrol(c, agent.id, token_hash=asked.token_hash, host=asked.host, version=asked.version, now=now)
    return agents.one(c, agent.id) or agent


# What people ask


def make_agent(c: Connection, world: World, command: MakeAgent, who: str, now: datetime) -> Result:
    """Keep the hash of an enrolment token."""
    enrol_hash = command.enrol_hash.reveal()
    if command.place not in world.installation.places:
        known = ", ".join(world.installation.places) or "none yet"
        return Refused(code="invalid", why=f"Name a place of `places:` in sentinel.yaml ({known}), not {command.place!r:.80}.")
    if not _SHA256.fullmatch(enrol_hash):
        return Refused(code="invalid", why="The token must come as its SHA-256 in hex.")
    if agents.to_enrol(c, enrol_hash) is not None:
        return Refused(code="there_already", why="This token is there already. Make another.")
    number = agents.add(c, place=command.place, enrol_hash=enrol_hash, by=who, now=now, expires_at=now + ENROL_WITHIN)
    return Done(said=f"Agent {number} of {command.place} may enrol.")


def revoke_agent(c: Connection, world: World, command: RevokeAgent, who: str, now: datetime) -> Result:
    """Shut an agent out. Twice does no harm."""
    if agents.one(c, command.agent) is None:
        return Refused(code="unknown", why=f"There is no agent {command.agent}.")
    agents.revoke(c, command.agent, now)
    return Done(said=f"Agent {command.agent} is shut out.")
