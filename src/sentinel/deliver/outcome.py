"""Outcome: what a channel may answer beside the model's Accepted, Failed and Unknown. What follows from it is ledger.py's."""

from dataclasses import dataclass
from typing import TypeAlias

from sentinel.model.delivery import Accepted, Failed, Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class NotArmed:
    """The gate said no between the claim and the point of no return. Nothing was sent, and nothing is to be marked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Down(Failed):
    """The channel as a whole cannot be used now (unreachable, logged out, rate limited): nobody's message was at fault.

    The row that met it is retried as after any failure; the rest of the queue is not thrown after it.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Poisoned(Failed):
    """The row cannot be made into a message, or making it broke us. It is tried a few times only, and stops nobody else."""


Outcome: TypeAlias = Accepted | Failed | Unknown | NotArmed
