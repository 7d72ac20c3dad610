"""Reply: what an HTTP provider's refusal means, where the provider says nothing of its own that is plainer.

Belongs here: statuses, Retry-After, what is quoted of a reply. Does not belong here: codes of one provider (its channel).
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sentinel.deliver import retryafter
from sentinel.deliver.call import Reply
from sentinel.deliver.outcome import Broken, Down, Limited
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
_UNDONE: Final = frozenset({501, 505, 511})
"""Not of what became of the message: no such method, no such HTTP, a network that wants a login first."""


def refusal(
    reply: Reply, now: datetime, secrets: Iterable[str] = (), *, may_repeat: bool, not_taken: Collection[int] = ()
) -> Failed | Unknown:
    """What follows from a reply that is no yes.

    `may_repeat`: a message sent twice does no harm (staff). To customers it does, and the whole message had left: "nothing was
    taken" needs the provider's word for it (`says_untaken`), all other 5xx are a doubt. Where the provider knows our key, the
    ledger sends it again for as long as that lasts. `not_taken`: statuses that this provider's manual says it of.
    """
    said, after = quote(reply, secrets), retryafter.of(reply.headers, now)
    if reply.status == 429:
        return Limited(reason=f"it limits our rate{said}", after=after)
    if reply.status in _GONE:
        return Broken(reason=f"{reply.status}: {_MEANING[reply.status]}{said}")
    if reply.status == 303 and not may_repeat:
        return Unknown(reason="303: it may have taken the message, and answers at another address, which is not followed")
    if 300 <= reply.status < 400:
        return Broken(reason=f"{reply.status}: it sends us elsewhere, and no redirect is followed: write the address it names")
    if 400 <= reply.status < 500 and reply.status not in (408, 425):
        return Failed(reason=f"it answered {reply.status}{said}", permanent=True)
    if may_repeat or reply.status in not_taken or says_untaken(reply.status, after):
        return Down(reason=f"it answered {reply.status}{said}", after=after)
    if reply.status in (502, 504):
        return Unknown(reason=f"{reply.status}: a gateway answered for it{said}")
    return Unknown(reason=f"it answered {reply.status} and did not say whether it took the message{said}")


def says_untaken(status: int, after: float | None) -> bool:
    """Whether a reply that is neither yes nor a refusal says by itself that nothing was taken (RFC 9110, sections 15.5, 15.6).

    408: the request did not come in whole. 425: it was not looked at. 503 that names a time to come back (`after`): overload or
    maintenance, announced by whoever would have taken it. A bare 503 is also what a proxy says when the server behind it hung
    up on a request that it had, and 500 is what a server says that failed somewhere on its way.
    """
    return status in (408, 425) or status in _UNDONE or (status == 503 and after is not None)


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
