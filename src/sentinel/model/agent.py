"""Agent: a prober process at a place of its own, which reports to the hub; and what sentinel.yaml says of such a place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

ENROL_WITHIN: Final = timedelta(days=7)
"""How long an enrolment token may wait for its agent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Far:
    """A place of `places:`. `canaries` None: those of the installation. `allow`: private networks that its probes may reach."""

    name: str
    canaries: tuple[str, ...] | None = None
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One agent, from the making of its enrolment token on. The hashes are SHA-256 in hex of what is stored nowhere.

    `enrol_hash` opens one enrolment, until `expires_at`; `token_hash` is that of the agent's own credential, empty before it
    has enrolled. `seen_at`: its last report. `host`, `version`, `kinds`: as it says of itself.
    """

    id: int
    place: str
    enrol_hash: str
    token_hash: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    enrolled_at: datetime | None = None
    revoked_at: datetime | None = None
    seen_at: datetime | None = None
    host: str = ""
    version: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def is_at_work(self) -> bool:
        """Whether it is to report: enrolled, and not revoked."""
        return self.enrolled_at is not None and self.revoked_at is None

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.place}-{self.id}"
