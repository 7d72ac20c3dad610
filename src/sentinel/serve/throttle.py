"""Throttles: of failed sign-ins per account and per network, and of pings per token. In memory, bounded, the clock passed in.

A network that an account has signed in from before is counted apart from the rest of the world for that account, so that
strangers who guess at the lead's password cannot lock the lead out in the middle of an incident.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_NETWORK = 20
KEPT = 10_000
PINGS_AT_ONCE = 30
PING_EVERY = timedelta(seconds=1)
"""A heartbeat may be pinged so often on the whole, and so many times at once: fifty machines whose cron strikes together."""


def network_of(address: str) -> str:
    """The network that an address is counted in: /24 for IPv4, /56 for IPv6; what is no address is one network of its own."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 56}", strict=False))


class Throttle:
    """Counts failures over `WINDOW`. What is oldest is forgotten first when there are more than `KEPT` keys."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, account: str, address: str, now: datetime) -> timedelta:
        """How long until another attempt is let through; zero when one may be made now."""
        network = network_of(address)
        return max(
            self._wait(self._account_key(account, network), PER_ACCOUNT, now),
            self._wait(f"network {network}", PER_NETWORK, now),
        )

    def failed(self, account: str, address: str, now: datetime) -> None:
        network = network_of(address)
        for key in (self._account_key(account, network), f"network {network}"):
            times = self._failed.setdefault(key, deque(maxlen=PER_NETWORK))
            times.append(now)
            self._failed.move_to_end(key)
        while len(self._failed) > KEPT:
            self._failed.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """The attempt that was counted before it was checked was none: of a whole office behind one address, all get in."""
        network = network_of(address)
        if counted := self._failed.get(f"network {network}"):
            counted.pop()
        self._failed.pop(self._account_key(account, network), None)
        self._known[account, network] = None
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _account_key(self, account: str, network: str) -> str:
        where = network if (account, network) in self._known else "elsewhere"
        return f"account {account} {where}"

    def _wait(self, key: str, limit: int, now: datetime) -> timedelta:
        recent = [at for at in self._failed.get(key, ()) if now - at < WINDOW]
        return WINDOW - (now - recent[-limit]) if len(recent) >= limit else timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bucket:
    """What was left at an instant; since then it has filled again by one each interval."""

    left: float
    at: datetime


class PingThrottle:
    """A bucket for each token that was pinged lately: one that is flooded takes nothing from any other."""

    def __init__(self, at_once: int = PINGS_AT_ONCE, every: timedelta = PING_EVERY) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._at_once = at_once
        self._every = every

    def take(self, token: str, now: datetime) -> timedelta:
        """Zero if the ping is let through, and counted; else how long until the next one is."""
        bucket = self._buckets.get(token)
        # A clock that was set back fills nothing, and empties nothing.
        since = timedelta(0) if bucket is None else max(timedelta(0), now - bucket.at)
        left = self._at_once if bucket is None else min(self._at_once, bucket.left + since / self._every)
        if left < 1:
            return self._every * (1 - left)
        self._buckets[token] = _Bucket(left=left - 1, at=now)
        self._buckets.move_to_end(token)
        while len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        return timedelta(0)

    def forget(self, token: str) -> None:
        """It was nobody's: whoever makes tokens up pushes no real one out."""
        self._buckets.pop(token, None)
