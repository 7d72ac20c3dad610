"""The table of planted bugs: what plants each, in which aimed scene it is looked for, and as what it must be found.

Belongs here: the table. Does not belong here: the scenes (aimed/table.py), looking (prove.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bench.chaos.bugs import deciding, sending, watching


@dataclass(frozen=True, kw_only=True, slots=True)
class Bug:
    """`look`: an aimed scene. `found_as`: oracles of which at least one must speak."""

    plant: Callable[[], None]
    look: str
    found_as: tuple[str, ...]


PLANTED: Final[Mapping[str, Bug]] = {
    "mark-before-sending": Bug(plant=sending.mark_before_sending, look="struck by SMTP", found_as=("phantom",)),
    "two-commits": Bug(plant=deciding.two_commits, look="cut approval", found_as=("half",)),
    "forget-before-closing": Bug(plant=deciding.forget_before_closing, look="owed end", found_as=("not_closed",)),
    "limit-as-final": Bug(plant=sending.limit_as_final, look="refused for now", found_as=("unfounded",)),
    "ledger-in-memory": Bug(plant=sending.ledger_in_memory, look="struck by SMTP", found_as=("doubled",)),
    "own-exception-as-down": Bug(plant=watching.own_exception_as_down, look="own descriptors", found_as=("false_alarm",)),
    "resend-armed": Bug(plant=sending.resend_armed, look="struck by SMTP", found_as=("doubled",)),
    "random-key": Bug(plant=sending.random_key, look="struck by keys", found_as=("doubled",)),
    "approve-on-get": Bug(plant=deciding.approve_on_get, look="a link", found_as=("by_get",)),
    "check-then-resolve-again": Bug(plant=watching.check_then_resolve_again, look="rebound", found_as=("reached",)),
    "unbound-approval": Bug(plant=deciding.unbound_approval, look="unseen words", found_as=("unbound",)),
    "overdue-counts-downtime": Bug(plant=watching.overdue_counts_downtime, look="away", found_as=("false_alarm",)),
    "synchronous-off": Bug(plant=sending.synchronous_off, look="order of syncs", found_as=("unsynced",)),
    "send-twice": Bug(plant=sending.send_twice, look="struck by SMTP", found_as=("doubled",)),
    "no-gates": Bug(plant=sending.no_gates, look="under the hold", found_as=("ungated",)),
}
