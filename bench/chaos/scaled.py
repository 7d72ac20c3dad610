"""Scaled: leases of seconds instead of a minute, and rows written in smaller pieces, so that a run hits what takes long in
life.

Nothing else of the product is changed for a run. What is scaled are two constants, in the processes that the nursery forks.
"""

from datetime import timedelta
from typing import Final

PIECE: Final = 100
"""Ledger rows that one round writes, instead of thousands: an expansion is then killed in its middle."""


def scale_leases(seconds: float) -> None:
    """Of every sender made from now on in this process."""
    from sentinel.run import sender, wiring

    lease = timedelta(seconds=seconds)
    sender.LEASE = lease  # type: ignore[misc]
    wiring.LEASE_SHARED = lease  # type: ignore[misc]  # what is given where many share the store
    defaults = sender.Sender.__init__.__kwdefaults__
    assert defaults is not None
    defaults["lease"] = lease


def scale_expansion(piece: int = PIECE) -> None:
    """Of every round from now on in this process."""
    from sentinel.run import round as rounds

    rounds.EXPAND_AT_ONCE = piece
