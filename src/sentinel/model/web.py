"""Web addresses that people write: one parser for probes and channels alike, so that no two of us read one differently.

Does not belong here: which hosts may be reached (guard.py judges the address that a name has when it is connected to).
"""

import re
from urllib.parse import quote, urlsplit, urlunsplit

LONGEST = 8192
_LOGIN = re.compile(r"(?<=://)(?:[^\s/?#]*@|[^\s/?#@:]*:(?!\d{0,5}(?:[\s/?#]|$))\S*@)")
"""Name and password before the host; also where the password holds what must be encoded there."""


def without_login(text: str) -> str:
    """A text to be shown, without the names and passwords that stand in web addresses in it."""
    return _LOGIN.sub("***@", text)


def web_address(url: str) -> str:
    """An absolute http or https URL, its host in ASCII. ValueError says what is wrong with it, and never quotes it."""
    if len(url) > LONGEST:
        raise ValueError(f"a URL has at most {LONGEST} characters")
    if any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in url):
        raise ValueError("a URL holds no spaces, backslashes or control characters: encode them (%20)")
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("the URL must begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("keep name and password out of the URL: use headers with ${env:NAME}")
    if not parts.hostname or parts.port == 0:
        raise ValueError("the URL names no host, or port 0")
    host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    netloc = parts.netloc if parts.hostname.isascii() else host + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme.lower(), netloc, _ascii(parts.path or "/"), _ascii(parts.query), ""))


def _ascii(text: str) -> str:
    """As it goes over the wire: letters beyond ASCII encoded, all that is encoded already as it is. ValueError for half of a
    surrogate pair."""
    return text if text.isascii() else quote(text, safe="%/:=&?~+!$,;'@()*[]|")
