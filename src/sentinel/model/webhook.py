"""Webhooks: the secrets of the Standard Webhooks (https://www.standardwebhooks.com) as people write them.

Does not belong here: signing (deliver/signature.py), proving (exchange/credential.py).
"""

from base64 import b64decode
from binascii import Error
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
