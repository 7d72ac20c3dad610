"""The stand-in's part of the port for agents: one that has enrolled, by a credential that is right."""

from datetime import UTC, datetime, timedelta

from sentinel.model.agent import Agent
from sentinel.serve.accounts.credentials import sha256
from sentinel.serve.agents.port import Enrolling, Reply

CREDENTIAL = "sntl_the-credential-of-the-agent"
TOKEN = "sntl_the-token-to-enrol-with"
_NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class AgentsStandIn:
    """`agents_reported` keeps the bodies that were taken. `store_is_gone`: nothing can be stored;
    `credentials_are_gone`: nor can it be read who has which."""

    store_is_gone = False
    credentials_are_gone = False

    def __init__(self) -> None:
        super().__init__()
        self.agents_reported: list[bytes] = []
        self.there = [
            Agent(
                id=1,
                place="madrid",
                enrol_hash=sha256(TOKEN),
                token_hash=sha256(CREDENTIAL),
                made_by="Amir Roth",
                made_at=_NOW,
                expires_at=_NOW + timedelta(days=7),
                enrolled_at=_NOW,
                seen_at=_NOW,
                host="machine-7",
                version="0.1.0",
                kinds=("http", "tcp"),
            )
        ]

    async def agents(self) -> tuple[Agent, ...]:
        return tuple(self.there)

    async def enrol(self, asked: Enrolling) -> Agent | Reply:
        if asked.enrol_hash != sha256(TOKEN):
            return Reply(status=401, code="token", why="This token is not known here.")
        return self.there[0]

    async def reporting(self, token_hash: str) -> Agent | None:
        if self.credentials_are_gone:
            raise RuntimeError("planted: the store is gone, password hunter2")
        return self.there[0] if token_hash == sha256(CREDENTIAL) else None

    async def take_report(self, agent: Agent, body: bytes) -> Reply:
        if self.store_is_gone:
            raise RuntimeError("planted: the store is gone, password hunter2")
        self.agents_reported.append(body)
        return Reply(status=200, headers={"sentinel-protocol": "2", "sentinel-orders": "d"})
