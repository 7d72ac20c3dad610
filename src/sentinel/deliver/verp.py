"""Verp: a return path for each mail, by which a bounce says which delivery it is about, whatever the server's words are.

"bounces@example.com" becomes "bounces+<number>-<proof>@example.com". Servers may write a local part in any case, so the token
does not depend on it. The proof keeps others from making bounces up: else anybody could have us stop writing to somebody.
"""

import hmac
from base64 import b32encode
from typing import Final

_PROOF: Final = 16
"""Letters of the proof: 80 bits."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST: Final = 320


def make(delivery: int, secret: bytes) -> str:
    """The token of one delivery."""
    number = _number(delivery)
    return f"{number}-{_proof(number, secret)}"


def address(mailbox: str, delivery: int, secret: bytes) -> str:
    """`mailbox` with the token of one delivery in it."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{make(delivery, secret)}@{domain}"


def read(address: str, secret: bytes) -> int | None:
    """Which delivery an address was made for; None if it is not one of ours. Compares in constant time."""
    local = address[:_LONGEST].strip().strip("<>").rpartition("@")[0].lower()
    number, dash, proof = local.rpartition("+")[2].partition("-")
    if not dash or not number or len(number) > 13 or not set(number) <= set(_DIGITS):
        return None
    if not hmac.compare_digest(proof.encode(errors="replace"), _proof(number, secret).encode()):
        return None
    return int(number, 36)


def _number(delivery: int) -> str:
    if delivery < 0:
        raise ValueError("a delivery's number is not negative")
    said = ""
    while delivery or not said:
        delivery, digit = divmod(delivery, 36)
        said = _DIGITS[digit] + said
    return said


def _proof(number: str, secret: bytes) -> str:
    return b32encode(hmac.new(secret, b"bounce" + number.encode(), "sha256").digest()).decode().lower()[:_PROOF]
