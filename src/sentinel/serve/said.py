"""The one sentence that a redirect carries to the page it leads to: what the hub said of the command just done.

It travels in a cookie signed with the session's token, never in the address: a link must not be able to put words into the
console's mouth.
"""

import hmac
from urllib.parse import quote, unquote

COOKIE = "sentinel-said"
LONGEST = 400


def sealed(sentence: str, token: str) -> str:
    """The cookie's value for one session."""
    text = quote(sentence[:LONGEST], safe="")
    return f"{_seal(text, token)}.{text}"


def opened(value: str, token: str) -> str | None:
    """The sentence; None when it is not ours or another session's."""
    seal, _, text = value.partition(".")
    if not text or not hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), _seal(text, token).encode()):
        return None
    return unquote(text)


def _seal(text: str, token: str) -> str:
    return hmac.digest(token.encode(), b"said " + text.encode("utf-8", "surrogatepass"), "sha256").hex()
