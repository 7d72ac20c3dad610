"""Credentials: that a request was sent by whoever holds a secret: Standard Webhooks (https://www.standardwebhooks.com), a
bearer's token, a name and a password. Pure; all is compared in constant time, and nothing of a body is looked at before.

What refuses says why in words of our own and never quotes a secret, a signature or a body. Does not belong here: what a request
says (callback.py, hook/).
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

STALE: Final = timedelta(minutes=5)
"""How far a signed time may be from ours, either way."""
LONGEST: Final = 200
"""Letters of an id, and of a reason that is kept."""
_SIGNATURES_MOST: Final = 10
_CREDENTIAL_MOST: Final = 2048


class Unproven(Exception):
    """Not signed, wrongly signed, or too old: nothing of it counts."""


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether it bears a signature at all."""
    return all(headers.get(f"webhook-{name}") for name in ("id", "timestamp", "signature"))


def standard(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: datetime) -> str:
    """The id of a request that one of `keys` signed; headers by their names in small letters. Raises Unproven."""
    if not is_signed(headers):
        raise Unproven("it is not signed: webhook-id, webhook-timestamp and webhook-signature are wanted")
    number, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    given = headers["webhook-signature"].split(" ")[:_SIGNATURES_MOST]
    if len(number) > LONGEST or not number.isascii() or not number.isprintable():
        raise Unproven(f"its webhook-id is longer than {LONGEST} characters, or no plain text")
    signed = f"{number}.{stamp}.".encode() + body
    good = [f"v1,{b64encode(hmac.new(key, signed, 'sha256').digest()).decode()}" for key in keys]
    if not is_among(given, good):
        raise Unproven("its signature is not by a secret of this channel")
    if not (
        stamp.isascii() and stamp.isdecimal() and len(stamp) < 13 and abs(now.timestamp() - int(stamp)) <= STALE.total_seconds()
    ):
        raise Unproven(f"it was signed more than {STALE // timedelta(minutes=1)} minutes ago, or its clock is wrong")
    return number


def is_among(given: Sequence[str], good: Sequence[str]) -> bool:
    """Whether any that was given is good. Each is compared with each, in constant time."""
    found = False
    for each in given:
        for one in good:
            found |= hmac.compare_digest(each.encode(errors="replace"), one.encode(errors="replace"))
    return found


def bears(authorization: str, user: str, token: str) -> bool:
    """Whether an `Authorization` header bears the token: as a bearer, or as the password of `user`."""
    scheme, _, rest = authorization[:_CREDENTIAL_MOST].partition(" ")
    given = rest.strip()
    if scheme.lower() == "basic":
        try:
            said = b64decode(given, validate=True).decode()
        except (Error, ValueError):
            return False
        name, _, given = said.partition(":")
        is_theirs = is_among([name], [user])
        return is_among([given], [token]) and is_theirs and bool(user)
    return scheme.lower() == "bearer" and is_among([given], [token]) and not user
