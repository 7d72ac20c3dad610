"""Signature: a webhook's proof of who sent it, as the Standard Webhooks have it (https://www.standardwebhooks.com).

HMAC-SHA256 over "id.timestamp.body", in base64, one signature for each secret, so that a secret can be changed while both are
good. The id is the same on every attempt: by it the receiver knows a repeat.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
_LEAST: Final = 16
"""Bytes of a secret; the specification asks for 24 to 64."""


def key(secret: str) -> bytes:
    """The bytes of a secret as people write it: whsec_ and base64. ValueError where it is none; never quotes it."""
    try:
        made = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (Error, ValueError):
        made = b""
    if not secret.startswith(PREFIX) or len(made) < _LEAST:
        raise ValueError(f"a signing secret is {PREFIX} and at least {_LEAST} random bytes in base64")
    return made


def headers(keys: Sequence[bytes], number: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The three headers of one attempt."""
    stamp = str(int(at.timestamp()))
    signed = [hmac.new(each, f"{number}.{stamp}.".encode() + body, "sha256").digest() for each in keys]
    return {
        "webhook-id": number,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{b64encode(each).decode()}" for each in signed),
    }
