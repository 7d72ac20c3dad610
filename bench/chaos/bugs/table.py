"""The table of planted bugs: what plants each, how it is looked for, and as what it must be found.

Belongs here: the table, and those that cannot be planted yet, with the reason. Does not belong here: looking (prove.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bench.chaos.bugs import deciding, sending

BLAST, ORDER, OWN, KEYED, LIMITED = "blast", "order", "own", "keyed", "limited"
"""Ways to look: a scene with kills; strace's record; an own fault while all is well; a provider that knows keys, with kills; a
provider that limits us."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bug:
    """`found_as`: oracles of which at least one must speak."""

    plant: Callable[[], None]
    look: str
    found_as: tuple[str, ...]


PLANTED: Final[Mapping[str, Bug]] = {
    "mark-before-sending": Bug(plant=sending.mark_before_sending, look=BLAST, found_as=("phantom",)),
    "two-commits": Bug(plant=deciding.two_commits, look=BLAST, found_as=("half", "forgotten")),
    "forget-before-closing": Bug(plant=deciding.forget_before_closing, look=BLAST, found_as=("not_closed",)),
    "limit-as-final": Bug(plant=sending.limit_as_final, look=BLAST, found_as=("unfounded",)),
    "ledger-in-memory": Bug(plant=sending.ledger_in_memory, look=BLAST, found_as=("doubled",)),
    "own-exception-as-down": Bug(plant=deciding.own_exception_as_down, look=OWN, found_as=("false_alarm",)),
    "resend-armed": Bug(plant=sending.resend_armed, look=BLAST, found_as=("doubled",)),
    "random-key": Bug(plant=sending.random_key, look=KEYED, found_as=("doubled", "silent", "phantom")),
    "approve-on-get": Bug(plant=deciding.approve_on_get, look=BLAST, found_as=("by_get",)),
    "unbound-approval": Bug(plant=deciding.unbound_approval, look=BLAST, found_as=("unbound",)),
    "synchronous-off": Bug(plant=sending.synchronous_off, look=ORDER, found_as=("unsynced",)),
    "send-twice": Bug(plant=sending.send_twice, look=BLAST, found_as=("doubled",)),
    "no-gates": Bug(plant=sending.no_gates, look=BLAST, found_as=("ungated",)),
}

ELSEWHERE: Final[Mapping[str, str]] = {
    "check-then-resolve-again": "a name that resolves to another address at its second look: tests/deliver/test_ssrf.py",
    "overdue-counts-downtime": "the hub's own downtime counted against heartbeats (F25): tests/detect/test_silence.py",
}
"""Bugs that no kill shows: planted, or excluded by a property, in a test of their own."""
