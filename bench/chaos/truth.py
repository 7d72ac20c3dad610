"""Truth: what lies in the hub's database file, read without the hub and without changing it.

Belongs here: reading the file and the questions that a kill asks of it. Does not belong here: what should lie there
(oracle.py). It reads plain SQL and none of the product's own code, which is what is being judged.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

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
    incident: int = 0
    people: int = 0
    """In its snapshot."""
    rows: int = 0
    """Of its step in the ledger, for people of its snapshot."""
    paused: bool = False

    @property
    def is_unbalanced(self) -> bool:
        """Whether somebody of its snapshot has no row though all should, or there are rows for more than everybody (P10)."""
        return self.people > 0 and (self.rows > self.people or (self.expanded and self.rows != self.people))

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
    def is_expanding(self) -> bool:
        """Whether an approved notice still owes rows to some of its people."""
        return any(
            n.state == "approved" and not n.is_void and not n.expanded and n.towards == "customers" for n in self.notices
        )

    @property
    def open_incidents(self) -> int:
        return sum(self.incidents.values())

    @property
    def incidents_with_word(self) -> frozenset[int]:
        """Incidents of which at least one notice to staff lies beside them."""
        return frozenset(notice.incident for notice in self.notices if notice.towards == "staff")

    @property
    def unbalanced(self) -> tuple[int, ...]:
        """Notices whose books do not balance."""
        return tuple(notice.id for notice in self.notices if notice.is_unbalanced)

    @property
    def half_approvals(self) -> tuple[int, ...]:
        """Notices whose approval is neither whole nor absent."""
        return tuple(notice.id for notice in self.notices if notice.is_half)


_DELIVERIES: Final = "SELECT id, lane, step, state, subject, episode, person, address FROM delivery ORDER BY id"
_NOTICES: Final = """
SELECT id, step, towards, state, void_at IS NOT NULL, expanded,
  (SELECT count(*) FROM approval WHERE approval.notice = notice.id),
  (SELECT count(*) FROM entry WHERE entry.incident = notice.incident
     AND {kind} = 'notice_approved' AND {about} = notice.id),
  CASE WHEN snapshot IS NULL THEN 0 ELSE (SELECT count(*) FROM snapshot_person p WHERE p.snapshot = notice.snapshot) END,
  CASE WHEN snapshot IS NULL THEN 0 ELSE (SELECT count(*) FROM delivery d JOIN snapshot_person p
     ON p.snapshot = notice.snapshot AND p.person = d.person
     WHERE d.subject = notice.subject AND d.episode = notice.episode AND d.step = notice.step) END,
  paused_at IS NOT NULL, incident
FROM notice ORDER BY id
"""
_ON_SQLITE: Final = {"kind": "json_extract(said, '$.kind')", "about": "json_extract(said, '$.notice')"}
_ON_POSTGRESQL: Final = {"kind": "said::json ->> 'kind'", "about": "(said::json ->> 'notice')::bigint"}
_PLACE: Final = re.compile(r"postgresql(\+\w+)?://")


def read(store: Path | str, *, broken: bool = False, healed: bool = False) -> Truth:
    """The store as it lies there now, in one transaction: a SQLite file, or a PostgreSQL by its URL.

    Safe beside a hub that writes it, and after one that was killed.
    """
    if isinstance(store, Path):
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=PATIENCE)) as file:
            file.execute("BEGIN")
            return _read(lambda asked: file.execute(asked).fetchall(), _ON_SQLITE, broken, healed)
    with psycopg.connect(_PLACE.sub("postgresql://", store)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _read(lambda asked: connection.execute(asked).fetchall(), _ON_POSTGRESQL, broken, healed)


def _read(ask: Callable[[Any], list[Any]], dialect: Mapping[str, str], broken: bool, healed: bool) -> Truth:
    deliveries = tuple(
        Row(id=i, lane=lane, step=step, state=state, subject=subject, episode=episode, person=person, address=address)
        for i, lane, step, state, subject, episode, person, address in ask(_DELIVERIES)
    )
    found = ask(_NOTICES.format(**dialect))
    notices = tuple(
        NoticeRow(
            id=i, step=step, towards=to, state=state, is_void=bool(void), expanded=bool(expanded),
            approvals=approvals, entries=entries, people=people, rows=rows, paused=bool(paused), incident=incident,
        )
        for i, step, to, state, void, expanded, approvals, entries, people, rows, paused, incident in found
    )  # fmt: skip
    incidents = {number: bool(is_open) for number, is_open in ask("SELECT id, open FROM incident ORDER BY id")}
    on_hold = bool(ask("SELECT hold FROM installation")[0][0])
    return Truth(deliveries=deliveries, notices=notices, incidents=incidents, on_hold=on_hold, broken=broken, healed=healed)


def has_claimed_customers(store: Path) -> bool:
    """Whether any customer's row is claimed: a cheap look for use inside a conversation."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=PATIENCE)) as file:
        asked = "SELECT 1 FROM delivery WHERE lane = 'customers' AND state = 'claimed' LIMIT 1"
        return file.execute(asked).fetchone() is not None
