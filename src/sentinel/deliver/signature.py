"""Signature: a webhook's proof of who sent it, as the Standard Webhooks have it (https://www.standardwebhooks.com).

HMAC-SHA256 over "id.timestamp.body", in base64, one signature for each secret, so that a secret can be changed while both are
good. The id is the same on every attempt: by it the receiver knows a repeat.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from sentinel.model.webhook import PREFIX as PREFIX
from sentinel.model.webhook import key as key


def headers(keys: Sequence[bytes], number: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The three headers of one attempt."""
    stamp = str(int(at.timestamp()))
    signed = [hmac.new(each, f"{number}.{stamp}.".encode() + body, "sha256").digest() for each in keys]
    return {
        "webhook-id": number,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{b64encode(each).decode()}" for each in signed),
    }
