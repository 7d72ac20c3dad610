"""The opaque token by which a customer says "no more of these" without logging in (RFC 8058).

A token names one person and shows nothing of them. It is a synthetic-IV cipher made of HMAC-SHA256 (the construction of RFC
5297, with HMAC in the place of CMAC): the person's id under a key stream, which starts from a keyed hash of that id. So it is
the same for the same person every time, cannot be made or altered without the secret, and needs no table to be read back.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from functools import lru_cache
from typing import Final

_IV: Final = 16
_LONGEST: Final = 1024


def token(secret: bytes, person: str) -> str:
    """The token of `person`, of characters that stand in a URL as they are."""
    plain = person.encode()
    start = _start(secret, plain)
    return urlsafe_b64encode(start + _sealed(secret, start, plain)).rstrip(b"=").decode()


def person_of(secret: bytes, token: str) -> str | None:
    """Whose token it is; None if it is not one of ours. Compares in constant time."""
    try:
        whole = urlsafe_b64decode(token[:_LONGEST].encode("ascii") + b"==")
    except (UnicodeEncodeError, Error, ValueError):
        return None
    start, sealed = whole[:_IV], whole[_IV:]
    plain = _sealed(secret, start, sealed)
    if not hmac.compare_digest(start, _start(secret, plain)):
        return None
    return plain.decode(errors="replace")


def _start(secret: bytes, plain: bytes) -> bytes:
    return _mac(secret, b"who" + plain)[:_IV]


def _sealed(secret: bytes, start: bytes, text: bytes) -> bytes:
    """`text` under the key stream that begins at `start`; its own inverse."""
    blocks = (len(text) + 31) // 32
    stream = b"".join(_mac(secret, b"hide" + start + bytes([n])) for n in range(blocks))
    size = len(text)
    return (int.from_bytes(text) ^ int.from_bytes(stream[:size])).to_bytes(size)


def _mac(secret: bytes, text: bytes) -> bytes:
    # Not hmac.digest, which lets go of the interpreter's lock for each of these few bytes.
    made = _keyed(secret).copy()
    made.update(text)
    return made.digest()


@lru_cache(maxsize=8)
def _keyed(secret: bytes) -> hmac.HMAC:
    """Begun with the key: that is most of the work for a short text, and the same for a million of them."""
    return hmac.new(secret, digestmod="sha256")
