"""Guard: which addresses we may open a socket to on a user's word. Pure: it judges addresses as they are about to be connected
to, so that a name that resolves to something else the second time (rebinding) gains nothing.

The deny list is our own: the standard library's `is_global` calls NAT64 and 6to4 forms of loopback global on some versions.
Does not belong here: resolving names, opening sockets.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Networks: TypeAlias = tuple[Network, ...]
Gate: TypeAlias = Callable[[str], str | None]
"""Says why an address is refused, None when it is let through."""

_V4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(text), word)
    for text, word in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared (carrier NAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(text), word)
    for text, word in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_GLOBAL = IPv6Network("2000::/3")
_ISATAP = (0x00005EFE, 0x02005EFE)


def networks(texts: tuple[str, ...]) -> Networks:
    """The allow list of the file, parsed. ValueError names the first that is no network."""
    return tuple(ip_network(text, strict=False) for text in texts)


def gate(allow: Networks) -> Gate:
    """`refusal` with this allow list, remembering the addresses it has judged: it is asked at every connection."""
    return lru_cache(maxsize=4096)(lambda address: refusal(address, allow))


def refusal(address: str, allow: Networks = ()) -> str | None:
    """Why a probe must not connect to `address` ("loopback", "private", ...), or None when it may.

    `address` is numeric, as the socket is given it. A form that carries an IPv4 address (mapped, NAT64, 6to4, ISATAP) is
    judged by what it carries. `allow` opens the networks it names: a mapped address counts as the IPv4 one that it is, any
    other carrying form must be named in its own IPv6 network.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an address"
    if isinstance(parsed, IPv6Address) and parsed in _MAPPED:
        parsed = _low_bits(parsed)
    if any(parsed in network for network in allow if network.version == parsed.version):
        return None
    return _denied_v4(parsed) if isinstance(parsed, IPv4Address) else _denied_v6(parsed)


def _denied_v4(address: IPv4Address) -> str | None:
    return next((word for network, word in _V4 if address in network), None)


def _denied_v6(address: IPv6Address) -> str | None:
    word = next((word for network, word in _V6 if address in network), None)
    if word is not None:
        return word
    if address in _NAT64:
        return _denied_v4(_low_bits(address))
    if address in _COMPATIBLE or address in _TRANSLATED:
        return _denied_v4(_low_bits(address)) or "reserved"
    if address not in _GLOBAL:
        return "reserved"
    if address in _SIX_TO_FOUR:
        return _denied_v4(IPv4Address((int(address) >> 80) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return _denied_v4(_low_bits(address))
    return None


def _low_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
