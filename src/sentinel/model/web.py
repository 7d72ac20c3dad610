"""Web addresses that people write: one parser for probes and channels alike, so that no two of us read one differently.

Does not belong here: which hosts may be reached (guard.py judges the address that a name has when it is connected to).
"""

import re
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

LONGEST = 8192
UNTOLD: Final = "a name and a password before the host cannot be told from it"
_BEHIND_PORT = "behind a port, an @ in the path is written %40, and / stands before ? or #"
ENCODE: Final = f"write / ? # and @ in them as %2F %3F %23 %40; {_BEHIND_PORT}"
_KEEP_OUT = "keep name and password out of the URL: use headers with ${env:NAME}"
_ADDRESS = re.compile(r"(?<=://)\S+")
_PORT = re.compile(r"[0-9]{0,5}")


def without_login(text: str) -> str:
    """A text to be shown, without the names and passwords that stand in web addresses in it."""
    return _ADDRESS.sub(lambda found: _shown(found[0]), text)


def _shown(address: str) -> str:
    """What stands behind `://` up to the next blank, each address in it without a login; where that cannot be told from the
    host, without all that it may be."""
    shown = ""
    while True:
        login, at, _ = _host(address).rpartition("@")
        rest = address[len(login) + len(at) :]
        if _hides_login(rest):
            return f"{shown}***@{rest.rpartition('@')[2]}"
        before, another, address = rest.partition("://")
        shown += f"{'***@' if at else ''}{before}{another}"
        if not another:
            return shown


def _host(address: str) -> str:
    return re.split("[/?#]", address, maxsplit=1)[0]


def hides_login(url: str) -> bool:
    """Whether it reads like `https://name:p/ss@host`: the host seems to end within the password, `name` is taken for it, and
    what follows the colon for its port."""
    return _hides_login(url.partition("://")[2])


def _hides_login(address: str) -> bool:
    host = _host(address)
    rest = address[len(host) :]
    _, colon, port = host.rpartition(":")
    if not colon or "]" in port or "@" in host or "@" not in rest:
        return False
    # Behind a true port an @ begins a part of a path (`/@news`), or stands in a query behind one. In `https://h:8443?x=a@b` it
    # cannot be told from a password: `8443?x=a` may be one.
    return not _PORT.fullmatch(port) or rest[0] != "/" or bool(re.match(r"[^?#]*[^/?#]@", rest))


def split(url: str) -> SplitResult:
    """The parts of an address that people wrote. ValueError says what is wrong with it, and never quotes it."""
    if hides_login(url):
        raise ValueError(f"{UNTOLD}: {ENCODE}")
    return _split(url)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("the host or the port of this address cannot be read") from None
    return parts


def web_address(url: str) -> str:
    """As `wire_address`, for what people write: what may be a login by mistake is refused, too."""
    if hides_login(url):
        raise ValueError(f"{_KEEP_OUT}; {_BEHIND_PORT}")
    return wire_address(url)


def wire_address(url: str) -> str:
    """An absolute http or https URL, its host in ASCII. ValueError says what is wrong with it, and never quotes it."""
    if len(url) > LONGEST:
        raise ValueError(f"a URL has at most {LONGEST} characters")
    if any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in url):
        raise ValueError("a URL holds no spaces, backslashes or control characters: encode them (%20)")
    parts = _split(url)
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("the URL must begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError(_KEEP_OUT)
    if not parts.hostname or parts.port == 0:
        raise ValueError("the URL names no host, or port 0")
    host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    netloc = parts.netloc if parts.hostname.isascii() else host + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme.lower(), netloc, _ascii(parts.path or "/"), _ascii(parts.query), ""))


def _ascii(text: str) -> str:
    """As it goes over the wire: letters beyond ASCII encoded, all that is encoded already as it is. ValueError for half of a
    surrogate pair."""
    return text if text.isascii() else quote(text, safe="%/:=&?~+!$,;'@()*[]|")
