"""Reply: what an HTTP provider's refusal means, where the provider says nothing of its own that is plainer.

Belongs here: statuses, Retry-After, what is quoted of a reply. Does not belong here: codes of one provider (its channel).
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sentinel.deliver import retryafter
from sentinel.deliver.outcome import Broken, Down, Limited
from sentinel.deliver.post import Reply
from sentinel.model.delivery import Failed, Unknown

QUOTED: Final = 160
_GONE: Final = frozenset({401, 403, 404, 405, 407, 410})
_MEANING: Final = {
    401: "it does not know our key",
    403: "our key may not send there",
    404: "there is nothing at that address",
    405: "it takes no such request",
    407: "a proxy wants a login",
    410: "the address is gone",
}


def refusal(reply: Reply, now: datetime, secrets: Iterable[str] = (), *, may_repeat: bool) -> Failed | Unknown:
    """What follows from a reply that is no yes.

    `may_repeat`: a message sent twice does no harm (staff). To customers it does, and a gateway that answers for somebody else
    (502, 504) leaves it unknown whether the message was taken. Where the provider knows our key, the ledger sends it again for
    as long as that lasts.
    """
    said = quote(reply, secrets)
    if reply.status == 429:
        return Limited(reason=f"it limits our rate{said}", after=retryafter.of(reply.headers, now))
    if reply.status in _GONE:
        return Broken(reason=f"{reply.status}: {_MEANING[reply.status]}{said}")
    if 300 <= reply.status < 400:
        return Broken(reason=f"{reply.status}: it sends us elsewhere, and no redirect is followed: write the address it names")
    if reply.status in (502, 504) and not may_repeat:
        return Unknown(reason=f"{reply.status}: a gateway answered for it{said}")
    if reply.status >= 500 or reply.status in (408, 425):
        return Down(reason=f"it answered {reply.status}{said}", after=retryafter.of(reply.headers, now))
    return Failed(reason=f"it answered {reply.status}{said}", permanent=True)


def quote(reply: Reply, secrets: Iterable[str] = ()) -> str:
    """ " (its words)", on one line and without what is secret; "" where it said nothing that can be read."""
    said = said_in(parsed(reply))
    if not said:
        kind = reply.headers.get("content-type", "")
        said = reply.body[:1000].decode("utf-8", "replace") if kind.startswith("text/plain") else ""
    for secret in secrets:
        said = said.replace(secret, "•••") if len(secret) >= 4 else said
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
    return f" ({plain[:QUOTED]})" if plain else ""


def parsed(reply: Reply) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def said_in(body: Any) -> str:
    """The words of a JSON error, wherever the usual APIs put them."""
    if not isinstance(body, dict):
        return ""
    for key in ("message", "detail", "error_description", "error", "title", "errors"):
        found = body.get(key)
        if isinstance(found, dict):
            found = found.get("message")
        if isinstance(found, list):
            found = "; ".join(each for each in found if isinstance(each, str))
        if isinstance(found, str) and found:
            return found[:1000]
    return ""


def found_at(body: Any, path: str) -> str:
    """The text or number at a path of plain keys ("message.id", "0.id"); "" where there is none."""
    for key in path.split("."):
        if isinstance(body, dict):
            body = body.get(key)
        elif isinstance(body, list) and key.isdecimal() and len(key) < 6 and int(key) < len(body):
            body = body[int(key)]
        else:
            return ""
    return str(body)[:200] if isinstance(body, str | int) and not isinstance(body, bool) else ""
