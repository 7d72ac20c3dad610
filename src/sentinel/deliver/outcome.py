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
class Limited(Down):
    """The provider limits our rate (429): all workers leave it alone for `after` seconds, and nobody's try is burned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken(Failed):
    """The destination as a whole says no for good (401, 403, 404, 410 of a hook; a revoked token): it wants a person.

    The channel is marked as broken, and nothing goes to it until it is mended or altered. The row waits for that; staff get
    theirs by another channel.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone(Failed):
    """The provider says that it knows no such recipient (550 5.1.1, a number that does not exist): one place, not the channel.

    The row is rejected. Said again on another day, the address is written to no more.
    """

    permanent: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits(Failed):
    """It may not go now, and no time is known at which it may: the row is held until what it waits for is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Poisoned(Failed):
    """The row cannot be made into a message, or making it broke us. It is tried a few times only, and stops nobody else."""


Outcome: TypeAlias = Accepted | Failed | Unknown | NotArmed
