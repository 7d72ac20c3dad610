"""Message: what a channel is given to send. The wording is done; how it is laid out is the channel's business."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from sentinel.model.notice import Brief

NAME: Final = "{name}"
"""The one slot of a wording that is still open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """A customer notice in one language and one time zone: every slot filled but `{name}`, which stands as written.

    One wording serves everybody of that language and zone, so a channel prepares its bytes once. `thread` is the same for all
    notices of one incident's episode; `first` says that this one begins the thread.
    """

    notice: int
    language: str
    zone: str
    subject: str
    short: str
    text: str
    html: str
    thread: str
    first: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A wording to one customer. `key` is the delivery's, the same on every attempt."""

    key: str
    person: str
    name: str
    address: str
    wording: Wording
    delivery: int = 0
    """The row's number: what comes back by mail (a bounce) names it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffNote:
    """A brief to one staff channel."""

    key: str
    brief: Brief

    @property
    def thread(self) -> str:
        """The same for all notes of one disturbance and episode, and for no other ("incident:17/1")."""
        return "/".join(self.key.split("/")[:2])


Message: TypeAlias = Letter | StaffNote


def told_apart(key: str) -> str:
    """A delivery's key as a provider may have it: the same on every attempt, and it names nobody."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()[:40]


_SHOWN: Final = 16


def handed_over(delivery: int, key: str) -> str:
    """What a provider is given to name a delivery by when it reports on it: the row's number, and a piece of its key, since
    numbers are given again after a restore."""
    return f"{delivery}-{told_apart(key)[:_SHOWN]}"


def handed_back(said: str) -> tuple[int, str] | None:
    """The number and the piece of the key; None where `said` is not what we hand over."""
    number, dash, piece = said.partition("-")
    is_ours = dash and number.isascii() and number.isdecimal() and len(number) < 19
    return (int(number), piece) if is_ours and len(piece) == _SHOWN and set(piece) <= set("0123456789abcdef") else None
