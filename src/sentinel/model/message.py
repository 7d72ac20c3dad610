"""Message: what a channel is given to send. The wording is done; how it is laid out is the channel's business."""

from dataclasses import dataclass
from typing import TypeAlias

from sentinel.model.notice import Brief


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


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffNote:
    """A brief to one staff channel."""

    key: str
    brief: Brief


Message: TypeAlias = Letter | StaffNote
