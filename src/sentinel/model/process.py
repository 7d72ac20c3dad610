"""Process: a hub or a worker that shares the store, and how those of one place divide its checks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

KINDS: Final = ("serve", "worker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One process as it says of itself. `kind`: `serve` or `worker`. `place`: where its prober probes from, empty for a worker.

    `lanes`: those that it sends on. `seen_at`: when it last said that it lives, by the clock that leases go by.
    """

    id: str
    kind: str
    host: str
    pid: int
    version: str
    schema: int
    place: str
    lanes: tuple[str, ...]
    started_at: datetime
    seen_at: datetime


def share_of(mine: str, there: Collection[str], checks: Iterable[str]) -> frozenset[str]:
    """Which of `checks` the process `mine` probes, of the processes `there` (with or without it) that share a place.

    Rendezvous hashing: each check goes to the process with the highest draw for it, so that one that comes or goes moves no
    check but its own. Whoever sees the same processes says the same; whoever does not, probes one twice rather than not at all.
    """
    all_of_them = {*there, mine}
    return frozenset(check for check in checks if holder_of(all_of_them, check) == mine)


def holder_of(there: Collection[str], check: str) -> str:
    """Which of the processes `there`, of which there is one at least, probes `check`."""
    return max(there, key=lambda each: (_draw(each, check), each))


def _draw(process: str, check: str) -> bytes:
    return sha256(f"{process}/{check}".encode()).digest()
