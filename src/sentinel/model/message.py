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
