"""Verp: a return path for each mail, by which a bounce says which delivery it is about, whatever the server's words are.

"bounces@example.com" becomes "bounces+<number>-<piece><proof>@example.com". Servers may write a local part in any case, so the
token does not depend on it. The piece is of the delivery's key, since numbers are given again after a restore. The proof keeps
others from making bounces up: else anybody could have us stop writing to somebody.
"""

import hmac
from base64 import b32encode
from typing import Final

from sentinel.model.message import told_apart

_PROOF: Final = 16
"""Letters of the proof: 80 bits."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST: Final = 320
_PIECE: Final = 4
"""Letters of the key's piece."""
_NUMBER: Final = 10
"""Letters of the number at most; with a mailbox of 30 the local part has at most 62 of the 64 that are allowed."""


def make(delivery: int, key: str, secret: bytes) -> str:
    """The token of one delivery."""
    number, piece = _number(delivery), told_apart(key)[:_PIECE]
    return f"{number}-{piece}{_proof(number, piece, secret)}"


def address(mailbox: str, delivery: int, key: str, secret: bytes) -> str:
    """`mailbox` with the token of one delivery in it."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{make(delivery, key, secret)}@{domain}"


def read(address: str, secret: bytes) -> tuple[int, str] | None:
    """Which delivery an address was made for, and a piece of its key; None if it is none of ours. Compared in constant time."""
    local = address[:_LONGEST].strip().strip("<>").rpartition("@")[0].lower()
    number, dash, rest = local.rpartition("+")[2].partition("-")
    if not dash or not number or len(number) > _NUMBER or not set(number) <= set(_DIGITS):
        return None
    piece, proof = rest[:_PIECE], rest[_PIECE:]
    if not hmac.compare_digest(proof.encode(errors="replace"), _proof(number, piece, secret).encode()):
        return None
    return int(number, 36), piece


def _number(delivery: int) -> str:
    if delivery < 0:
        raise ValueError("a delivery's number is not negative")
    said = ""
    while delivery or not said:
        delivery, digit = divmod(delivery, 36)
        said = _DIGITS[digit] + said
    return said


def _proof(number: str, piece: str, secret: bytes) -> str:
    about = b"bounce " + number.encode() + b"-" + piece.encode(errors="replace")
    return b32encode(hmac.new(secret, about, "sha256").digest()).decode().lower()[:_PROOF]
