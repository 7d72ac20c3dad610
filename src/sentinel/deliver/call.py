"""Call: one HTTP request of a channel and its reply, as values. Does not belong here: making it (post.py)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

REPLY_LIMIT: Final = 64 * 1024
"""Bytes of a reply's body that are read."""
Arm: TypeAlias = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What to send. Header values hold no line breaks (fit_header)."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The whole reply. Names of headers are in small letters; of a body longer than `REPLY_LIMIT` it is the beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fit_header(name: str, value: str) -> None:
    """ValueError where a header cannot be sent as it stands; never quotes the value."""
    if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError("a header's name is made of letters, digits and hyphens")
    if any(ord(letter) < 32 or 126 < ord(letter) < 160 for letter in value) or "\u2028" in value or "\u2029" in value:
        raise ValueError(f"header {name} holds a line break or a control character")
    if name.lower() in ("content-length", "transfer-encoding", "connection", "expect", "upgrade", "host"):
        raise ValueError(f"header {name} is set by Sentinel itself")
