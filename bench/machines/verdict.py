"""Verdict: what the world took from each machine, against the ledger. Pure.

Belongs here: counting. Does not belong here: looking (scene.py), the bars for single kills (bench/chaos).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from bench.chaos.ledgerd.keep import Taken
from bench.chaos.ledgerd.smtp import STAFF
from bench.chaos.oracle import occasion_of
from bench.chaos.truth import Truth

CUSTOMERS: Final = ("smtp", "keyed", "plain")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """All are 0 in a run that held."""

    twice: int = 0
    """People who got the same word twice."""
    lost: int = 0
    """In the approved audience, and neither accepted nor reported as anything else."""
    phantom: int = 0
    """The ledger says accepted, the world took nothing."""
    silent: int = 0
    """The world took it, the ledger says neither accepted nor in doubt."""
    too_many_doubts: int = 0
    """Doubts beyond the open connections of the machine that was cut off."""
    sent_unrecorded: int = 0
    """What the machine that was cut off from the database sent afterwards, beyond what its connections had armed before."""
    false_alarm: int = 0
    """Incidents although nothing was broken but a cable."""
    unrested: int = 0
    """Waits that were in vain."""

    @property
    def held(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self))

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def effects(taken: Iterable[Taken]) -> list[Taken]:
    """What reached customers: neither refused, nor known to the provider already, nor for staff."""
    return [
        each
        for each in taken
        if each.by in CUSTOMERS and not each.refused and not each.again and not each.sender.startswith(STAFF)
    ]


def judge(audience: Collection[str], truth: Truth, taken: Iterable[Taken], *, at_rest: bool = True) -> dict[str, int]:
    """The world against the ledger, by address and occasion. Until all is `at_rest` a row may be armed: its connection waits
    for the reply still, and the ledger knows that the message may be there."""
    known = ("accepted", "in_doubt") if at_rest else ("accepted", "in_doubt", "armed")
    got = Counter((each.to.lower(), occasion_of(each.subject)) for each in effects(taken))
    rows: Mapping[tuple[str, str], str] = {(row.address.lower(), row.step.split("#")[0]): row.state for row in truth.customers}
    told = {address for address, step in rows if step == "opened"}
    return {
        "twice": sum(count > 1 for count in got.values()),
        "lost": sum(address not in told for address in audience),
        "phantom": sum(state == "accepted" and not got[key] for key, state in rows.items()),
        "silent": sum(rows.get(key) not in known for key in got),
        "false_alarm": max(0, len(truth.incidents) - 1),
    }


def after(taken: Iterable[Taken], moment: float) -> int:
    """How many of them reached customers after a moment."""
    return sum(each.at > moment for each in effects(taken))


def as_line(found: Mapping[str, Any]) -> str:
    """A scene's counts as one line: what is wrong, or that nothing is."""
    wrong = {name: count for name, count in found.items() if count}
    return "nothing wrong" if not wrong else ", ".join(f"{count} {name}" for name, count in wrong.items())
