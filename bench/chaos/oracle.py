"""The oracles: what must be so between everybody's inbox and the ledger, whatever was killed. Pure.

Belongs here: counting what is wrong. Does not belong here: how the inbox and the file were read (run.py, truth.py).
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

from bench.chaos.truth import Row, Truth
from sentinel.deliver.mime import message_id

_SAYS: Final = {
    "holding": re.compile(r"still not back to normal|sigue sin normalizarse", re.IGNORECASE),
    "closed": re.compile(r"back to normal since|de vuelta a la normalidad", re.IGNORECASE),
    "delayed": re.compile(r"now expected by|new time yet|ahora lo prevemos|dar otra hora", re.IGNORECASE),
    "widened": re.compile(r"^(now worse|ahora es peor)", re.IGNORECASE),
    "again": re.compile(r"^(again|otra vez):", re.IGNORECASE),
    "retraction": re.compile(r"last message was wrong|mensaje no era correcto", re.IGNORECASE),
}
"""Occasion → what its subject says, in the templates of the demo. Whatever is none of these is an opening."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """One mail in a customer's inbox. `occasion` is what its subject says that it is, `message_id` its own identity."""

    address: str
    message_id: str
    occasion: str


@dataclass(kw_only=True, slots=True)
class Counts:
    """How often each promise was broken. All are 0 in a run that held."""

    lost_incident: int = 0
    """The service broke, and no incident was on the board or no staff channel heard of it."""
    lost: int = 0
    """In the approved audience, and neither accepted nor reported as anything else."""
    doubled: int = 0
    """One inbox got the same step twice."""
    phantom: int = 0
    """The ledger says accepted, the inbox has nothing."""
    silent: int = 0
    """The inbox has it, the ledger says neither accepted nor in doubt."""
    unbalanced: int = 0
    """Samples of the books in which they did not balance."""
    too_many_doubts: int = 0
    """Kills after which more rows were in doubt than there were connections to customers."""
    unbound: int = 0
    """Approvals of words that nobody had seen, which were taken."""
    half: int = 0
    """Approvals that were there in part."""
    forgotten: int = 0
    """Commands that were answered and that a restart did not know of."""
    ungated: int = 0
    """Mails that left while the hold was on, or before anybody had approved."""
    unfounded: int = 0
    """Rows given up although no provider refused them for good."""
    unsynced: int = 0
    """Messages that left before anything was synced that armed them."""
    by_get: int = 0
    """Things that merely following a link changed."""
    reached: int = 0
    """Connections to addresses that we may not connect to."""
    false_alarm: int = 0
    """Incidents although nothing was broken but ourselves."""
    not_closed: int = 0
    """Told of the start and not of the end."""
    closed_to_strangers: int = 0
    """Told of the end and not of the start."""
    unrested: int = 0
    """Waits for the ledger to come to rest, or for the story to go on, that were in vain."""

    def add(self, other: "Counts") -> None:
        """Count in what another run found."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def held(self) -> bool:
        """Whether nothing at all was wrong."""
        return not any(getattr(self, each.name) for each in fields(self))

    def as_json(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What the comparison found, with names for whoever looks into it."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    phantom: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    not_closed: tuple[str, ...] = ()
    closed_to_strangers: tuple[str, ...] = ()
    reported: Counter[str] = field(default_factory=Counter)
    """Where those of the audience are who were not told, by the state that the ledger reports."""


def occasion_of(subject: str) -> str:
    """The occasion that a reader takes a mail for."""
    return next((occasion for occasion, says in _SAYS.items() if says.search(subject)), "opened")


def message_id_of(row: Row, domain: str) -> str:
    """The identity of the mail that a row of the ledger stands for."""
    return message_id(row.key, domain).decode()


def same_mail(row: Row, mail: Mail, domain: str) -> bool:
    """Whether a mail is what a row of the ledger stands for."""
    return mail.address == row.address.lower() and mail.message_id == message_id_of(row, domain)


def arrived(row: Row, inbox: Sequence[Mail], domain: str) -> bool:
    """What a lead finds who looks into the inbox of somebody in doubt."""
    return any(same_mail(row, mail, domain) for mail in inbox)


def compare(audience: Collection[str], truth: Truth, inbox: Sequence[Mail], domain: str, *, at_end: bool) -> Finding:
    """The inboxes against the ledger, at rest. `audience`: the addresses that were approved, in small letters.

    `at_end`: the closing has been sent too, so who was told of the start must have been told of the end.
    """
    rows = truth.customers
    by_id = {(row.address.lower(), message_id_of(row, domain)): row for row in rows}
    found = Counter((mail.address, mail.message_id) for mail in inbox)
    told = {row.address.lower(): row.state for row in rows if row.step == "opened"}
    opened = {mail.address for mail in inbox if mail.occasion == "opened"}
    closed = {mail.address for mail in inbox if mail.occasion == "closed"}
    return Finding(
        lost=tuple(sorted(address for address in audience if address not in told)),
        doubled=_doubled(inbox),
        phantom=tuple(sorted(f"{row.address} {row.step}" for key, row in by_id.items() if _is_phantom(row, found[key]))),
        silent=tuple(sorted(f"{key[0]} {key[1]}" for key in found if not _is_known(by_id.get(key)))),
        not_closed=tuple(sorted(opened - closed)) if at_end else (),
        closed_to_strangers=tuple(sorted(closed - opened)) if at_end else (),
        reported=Counter(told[address] for address in audience if told.get(address, "accepted") != "accepted"),
    )


def _doubled(inbox: Sequence[Mail]) -> tuple[str, ...]:
    """Counted in two ways, since a bug may change either: by the mail's own identity, and by what its subject says."""
    by_id = Counter((mail.address, mail.message_id) for mail in inbox)
    by_occasion = Counter((mail.address, mail.occasion) for mail in inbox)
    twice = {key[0] for counted in (by_id, by_occasion) for key, count in counted.items() if count > 1}
    return tuple(sorted(twice))


def _is_phantom(row: Row, copies: int) -> bool:
    return row.state == "accepted" and not copies


def _is_known(row: Row | None) -> bool:
    return row is not None and row.state in ("accepted", "in_doubt")
