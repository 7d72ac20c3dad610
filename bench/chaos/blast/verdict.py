"""Verdict: the oracles of a blast, over what the world saw (ledgerd's file) and what the store says. Pure.

Belongs here: counting what is wrong. Does not belong here: what single mails are compared by (oracle.py), looking (scene.py).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from bench.chaos import oracle
from bench.chaos.ledgerd.keep import Taken
from bench.chaos.ledgerd.smtp import STAFF
from bench.chaos.oracle import Finding, Mail
from bench.chaos.truth import Truth

FOR_GOOD: Final = 500
"""Codes from here on are a provider's last word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the world saw: mails to customers that were taken, and addresses that were refused for good."""

    inbox: tuple[Mail, ...]
    dead: frozenset[str]
    staff: int
    """Mails to the desk and posts to its channel."""
    refused: int


def world(seen: Sequence[Taken]) -> World:
    """Sorted by who got it."""
    mails, dead, staff, refused = [], set(), 0, 0
    for each in seen:
        if each.refused:
            refused += 1
            if each.refused >= FOR_GOOD:
                dead.add(each.to)
        elif each.by in ("slack", "hook") or each.sender.startswith(STAFF):
            staff += 1
        elif not each.again:
            occasion = oracle.occasion_of(each.subject)
            mails.append(Mail(address=each.to.lower(), message_id=each.id, occasion=occasion))
    return World(inbox=tuple(mails), dead=frozenset(dead), staff=staff, refused=refused)


def judge(audience: Collection[str], truth: Truth, seen: World, domain: str, *, at_end: bool) -> Finding:
    """The world against the ledger, at rest. Mailboxes that refuse for good are told of neither start nor end."""
    return oracle.compare(audience, truth, seen.inbox, domain, at_end=at_end)


def unfounded(truth: Truth, seen: World) -> tuple[str, ...]:
    """Rows that the ledger gave up although no provider ever refused them for good."""
    given_up = (row for row in truth.customers if row.state in ("rejected", "dead"))
    return tuple(sorted(f"{row.address} {row.step} {row.state}" for row in given_up if row.address.lower() not in seen.dead))


def states(truth: Truth) -> Counter[str]:
    """Customers' rows by state, and `expanding` where an approved notice owes rows."""
    found = Counter(truth.counts)
    if truth.is_expanding:
        found["expanding"] += 1
    return found
