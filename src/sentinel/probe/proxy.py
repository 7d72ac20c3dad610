"""Proxy: what its failing means. A proxy is a part of our own way out, so its own trouble is ours; only what it reports of the
target is the target's.

Pure: codes and numbers in, words out. Does not belong here: telling libcurl of it (request.py).
"""

from typing import Final
from urllib.parse import urlsplit

from sentinel.model.web import split
from sentinel.probe import curlcode
from sentinel.probe.trouble import CONNECTING, HANDSHAKE, Failure, Trouble, Whose

SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_SOCKS_OF_THE_TARGET: Final = {
    19: "the proxy could not connect to it: connection refused",
    21: "the proxy could not connect to it: no route to the host",
    22: "the proxy could not connect to it: no route to its network",
    24: "the proxy could not connect to it: too far away",
}
"""libcurl's CURLPX numbers for what a SOCKS5 proxy says of the target (RFC 1928, 6)."""
_SOCKS_NAME: Final = 27
_SOCKS_LOGIN: Final = frozenset({12, 33})


def proxy_address(text: str) -> str:
    """A proxy as people write it, checked. ValueError says what is wrong, and never quotes it."""
    parts = split(text)
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in text) or parts.scheme not in SCHEMES:
        raise ValueError("a proxy begins with http://, https://, socks5:// or socks5h://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("keep name and password out of the proxy's URL: use `proxy_user` and `proxy_password`")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("a proxy is a host and a port, such as http://proxy.example:3128")
    if not parts.port:
        raise ValueError("say the proxy's port, such as http://proxy.example:3128")
    return text


def fault(proxy: str, failure: Failure, connect_status: int, error: int, wrong: Trouble) -> Trouble:
    """Whose trouble it is that a transfer through a proxy failed. `connect_status`: its answer to CONNECT, 0 if it gave none;
    `error`: libcurl's number for what a SOCKS proxy said; `wrong`: what it would be without a proxy."""
    code, phase = failure.code, failure.phase
    parts = urlsplit(proxy)
    who = f"our proxy {parts.hostname}"
    if code == curlcode.COULDNT_RESOLVE_PROXY:
        return Trouble(whose=Whose.OURS, reason=f"the name of {who} was not found")
    if code == curlcode.PROXY:
        return _by_socks(who, failure.host, error)
    if connect_status >= 500:
        return Trouble(whose=Whose.THEIRS, reason=f"the proxy could not connect to it: status {connect_status}")
    if connect_status == 407:
        return Trouble(whose=Whose.OURS, reason=f"{who} refuses our name and password")
    if connect_status >= 300:
        return Trouble(whose=Whose.OURS, reason=f"{who} refuses to connect: status {connect_status}")
    never_through = connect_status == 0 and phase == HANDSHAKE
    if code == curlcode.COULDNT_CONNECT or phase == CONNECTING or never_through:
        return Trouble(whose=Whose.OURS, reason=f"{who}: {wrong.reason}", late=wrong.late)
    return wrong


def _by_socks(who: str, host: str, error: int) -> Trouble:
    if error in _SOCKS_OF_THE_TARGET:
        return Trouble(whose=Whose.THEIRS, reason=_SOCKS_OF_THE_TARGET[error])
    if error == _SOCKS_NAME:
        return Trouble(whose=Whose.RESOLVER, reason=f"the name {host} was not found", host=host)
    said = "refuses our name and password" if error in _SOCKS_LOGIN else "could not connect, and does not say why"
    return Trouble(whose=Whose.OURS, reason=f"{who} {said}")
