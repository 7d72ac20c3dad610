"""The throttle of failed sign-ins, per account and per network. In memory, bounded, and the clock is passed in.

A network that an account has signed in from before is counted apart from the rest of the world for that account, so that
strangers who guess at the lead's password cannot lock the lead out in the middle of an incident.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_NETWORK = 20
KEPT = 10_000


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
