"""Truth: what lies in the hub's database file, read without the hub and without changing it.

Belongs here: reading the file and the questions that a kill asks of it. Does not belong here: what should lie there
(oracle.py). It reads plain SQL and none of the product's own code, which is what is being judged.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

AT_WORK: Final = ("queued", "claimed", "armed", "retry")
PATIENCE: Final = 5.0
"""Seconds that a look at the file waits for a lock."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One delivery."""

    id: int
    lane: str
    step: str
    state: str
    subject: str
    episode: int
    person: str
    address: str

    @property
    def key(self) -> str:
        return f"{self.subject}/{self.episode}/{self.step}/{self.person}"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeRow:
    """One notice, and how many approvals and timeline entries of its approval there are."""

    id: int
    step: str
    towards: str
    state: str
    is_void: bool
    expanded: bool
    approvals: int
    entries: int

    @property
    def is_half(self) -> bool:
        """Whether its approval is there in part: the state, the consent and the entry belong together."""
        approved = self.state == "approved"
        return self.towards == "customers" and len({approved, self.approvals == 1, self.entries == 1}) > 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """The file at one moment. `broken`, `healed`: what the harness had done to the service by then."""

    deliveries: tuple[Row, ...]
    notices: tuple[NoticeRow, ...]
    incidents: Mapping[int, bool]
    """Number → whether it is open."""
    on_hold: bool
    broken: bool = False
    healed: bool = False

    @property
    def customers(self) -> tuple[Row, ...]:
        return tuple(row for row in self.deliveries if row.lane == "customers")

    @property
    def counts(self) -> Counter[str]:
        """Customers' rows by state."""
        return Counter(row.state for row in self.customers)

    def lies(self, state: str) -> bool:
        """Whether any customer's row is in that state."""
        return any(row.state == state for row in self.customers)

    def state_of(self, address: str) -> str:
        """The state of the newest row of an address; "" if there is none."""
        mine = [row for row in self.customers if row.address.lower() == address.lower()]
        return mine[-1].state if mine else ""

    @property
    def is_approved(self) -> bool:
        """Whether an opening to customers has been approved and stands."""
        return any(
            n.step == "opened" and n.towards == "customers" and n.state == "approved" and not n.is_void for n in self.notices
        )

    @property
    def doubts(self) -> tuple[Row, ...]:
        return tuple(row for row in self.customers if row.state == "in_doubt")

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is under way, on any lane, and no approved notice owes rows."""
        owed = any(n.state == "approved" and not n.is_void and not n.expanded for n in self.notices)
        return not owed and not any(row.state in AT_WORK for row in self.deliveries)

    @property
    def is_opening(self) -> bool:
        """Broken, and the staff have not all been told yet: the incident is being made, or has just been."""
        staff = [row for row in self.deliveries if row.lane == "staff"]
        first = {row.step for row in staff[:1]}
        told = bool(staff) and all(row.state == "accepted" for row in staff if row.step in first)
        return self.broken and not self.healed and not told and not self.customers

    @property
    def is_approving(self) -> bool:
        """A draft waits or has just been approved, and nothing of it has been begun."""
        opened = [n for n in self.notices if n.step == "opened" and not n.is_void]
        return bool(opened) and all(row.state in ("queued", "suppressed") for row in self.customers)

    @property
    def is_closing(self) -> bool:
        """The service is well again, and not everybody has been told."""
        rows = [row for row in self.customers if row.step == "closed"]
        told = bool(rows) and not any(row.state in AT_WORK for row in rows)
        return self.healed and not told

    @property
    def half_approvals(self) -> tuple[int, ...]:
        """Notices whose approval is neither whole nor absent."""
        return tuple(notice.id for notice in self.notices if notice.is_half)


_DELIVERIES: Final = "SELECT id, lane, step, state, subject, episode, person, address FROM delivery ORDER BY id"
_NOTICES: Final = """
SELECT id, step, towards, state, void_at IS NOT NULL, expanded,
  (SELECT count(*) FROM approval WHERE approval.notice = notice.id),
  (SELECT count(*) FROM entry WHERE entry.incident = notice.incident
     AND json_extract(said, '$.kind') = 'notice_approved' AND json_extract(said, '$.notice') = notice.id)
FROM notice ORDER BY id
"""


def read(store: Path, *, broken: bool = False, healed: bool = False) -> Truth:
    """The file as it lies there now, in one transaction. Safe beside a hub that writes it, and after one that was killed."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=PATIENCE)) as file:
        file.execute("BEGIN")
        deliveries = tuple(
            Row(id=i, lane=lane, step=step, state=state, subject=subject, episode=episode, person=person, address=address)
            for i, lane, step, state, subject, episode, person, address in file.execute(_DELIVERIES)
        )
        notices = tuple(
            NoticeRow(id=i, step=step, towards=to, state=state, is_void=bool(v), expanded=bool(e), approvals=a, entries=n)
            for i, step, to, state, v, e, a, n in file.execute(_NOTICES)
        )
        incidents = {number: bool(is_open) for number, is_open in file.execute("SELECT id, open FROM incident ORDER BY id")}
        on_hold = bool(file.execute("SELECT hold FROM installation").fetchone()[0])
    return Truth(deliveries=deliveries, notices=notices, incidents=incidents, on_hold=on_hold, broken=broken, healed=healed)


def has_claimed_customers(store: Path) -> bool:
    """Whether any customer's row is claimed: a cheap look for use inside a conversation."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=PATIENCE)) as file:
        asked = "SELECT 1 FROM delivery WHERE lane = 'customers' AND state = 'claimed' LIMIT 1"
        return file.execute(asked).fetchone() is not None
