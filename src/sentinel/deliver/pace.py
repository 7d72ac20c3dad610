"""Pace: how many messages may leave now, so that a provider's limit holds whoever sends. Pure; the row is store/rates.py's.

The generic cell rate algorithm (ITU-T I.371): one instant a key, the *arrival* at which the next message would be on time. A
message is early by as much as the burst allows, and each moves the arrival on by one interval.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sentinel.model.delivery import Rate


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What one key has left at `at`: `most` messages now; none: after `wait`. `arrival` is where the next one counts from."""

    at: datetime
    arrival: datetime
    most: int
    wait: timedelta = timedelta(0)


def interval(rate: Rate) -> timedelta:
    """From one message to the next, rounded up: never faster than the rate."""
    return -(-rate.per // rate.count)


def burst(rate: Rate) -> int:
    """How many may leave at once after a rest: what one second allows, and at least one."""
    return max(1, int(timedelta(seconds=1) / interval(rate)))


def budget(rate: Rate, arrival: datetime | None, at: datetime) -> Budget:
    """What may leave at `at`. `arrival` None: nothing has left yet."""
    step, start = interval(rate), at if arrival is None else max(arrival, at)
    room = at + step * burst(rate) - start
    most = max(0, room // step)
    return Budget(at=at, arrival=start, most=most, wait=timedelta(0) if most else step - room)


def spent(rate: Rate, left: Budget, count: int) -> datetime:
    """The arrival after `count` messages of what was left."""
    return left.arrival + interval(rate) * count
