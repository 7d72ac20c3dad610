"""The self-audit: does every step of ours happen when it should? Asked of a pulse, which somebody else has taken.

"The process runs" is not "the work is done": each line here is a promise that a stuck part would break in silence (F44).
Belongs here: the limits and the words. The reasons are shown to anybody at /readyz, so they hold no name and no address. Does
not belong here: taking the pulse (run/selfaudit.py), what follows from a failure (/readyz, metrics, the dead man's switch).
"""

from dataclasses import dataclass

ROUNDS, PROBER = 10.0, 30.0
"""Seconds: the age of the last round, and of the prober's last word."""
LAG = 5.0
"""Seconds by which the hub's own loop may be late."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulse:
    """What was measured; lengths in seconds. None: there is nothing to measure (no prober wanted, no canary sent yet).

    `waiting`: lane → for how long the oldest message has been able to go while nobody had any of its kind in hand.
    `canary`: since the last canary notice was made that has not arrived, or 0. `read`: whether the store could be asked.
    """

    read: bool
    round_age: float | None = None
    prober_age: float | None = None
    lag: float = 0.0
    waiting: tuple[tuple[str, float], ...] = ()
    canary: float = 0.0
    untold_incidents: int = 0
    unsettled_promises: int = 0
    unexpanded_notices: int = 0
    lapsed_leases: int = 0
    silent_processes: int = 0


def audit(pulse: Pulse, late: float) -> tuple[str, ...]:
    """What is late by more than `late` seconds (rounds and the prober have limits of their own); nothing: it passes."""
    found: list[str] = []
    if not pulse.read:
        found.append("the store does not answer")
    if pulse.round_age is None or pulse.round_age > max(ROUNDS, late / 6):
        found.append("no round has run for a while")
    if pulse.prober_age is not None and pulse.prober_age > max(PROBER, late / 2):
        found.append("the prober says nothing")
    if pulse.lag > LAG:
        found.append("this process is held up")
    found += [f"a message of the lane {lane} waits, and nobody takes it" for lane, age in pulse.waiting if age > late]
    if pulse.canary > late:
        found.append("the canary notice did not arrive")
    counted = {
        "an incident has no notice to staff": pulse.untold_incidents,
        "a promise has passed and is not settled": pulse.unsettled_promises,
        "an approved notice has no deliveries": pulse.unexpanded_notices,
        "a lease has lapsed and was not taken back": pulse.lapsed_leases,
        "a hub or worker is not heard of": pulse.silent_processes,
    }
    return (*found, *(why for why, count in counted.items() if count))
