"""A provider's side of a callback: the request as it would send it, signed by our own reading of the specifications."""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode


def standard(
    body: bytes, keys: Sequence[bytes], at: datetime, *, number: str = "evt_1", stamp: str | None = None
) -> dict[str, str]:
    """The three headers of the Standard Webhooks."""
    stamp = str(int(at.timestamp())) if stamp is None else stamp
    signed = [hmac.digest(key, b".".join((number.encode(), stamp.encode(), body)), "sha256") for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join("v1," + b64encode(each).decode() for each in signed),
    }


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": f"message.{kind}", "data": data}


def as_json(said: object) -> bytes:
    return json.dumps(said).encode()


def twilio(url: str, form: Mapping[str, str], token: bytes) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a status callback."""
    text = url + "".join(name + form[name] for name in sorted(form))
    signed = b64encode(hmac.digest(token, text.encode(), "sha1")).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signed}
    return headers, urlencode(form).encode()
