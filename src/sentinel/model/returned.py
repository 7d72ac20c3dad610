"""Returned: what a provider, or another mail server, reports of one delivery after it was sent.

Belongs here: the report in our own words, whichever way it came, and the ways in for mail. Does not belong here: how it is read
from a mail or a callback (exchange/), what it changes (store/returns.py).
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sentinel.model.secret import Secret


class Fate(StrEnum):
    """What became of a message that had been taken."""

    TAKEN = "taken"
    """The provider has it."""
    DELIVERED = "delivered"
    DELAYED = "delayed"
    """Not yet; it is still being tried."""
    BOUNCED = "bounced"
    """It came back."""
    COMPLAINED = "complained"
    """It arrived, and its reader called it spam."""


class Unused(StrEnum):
    """Why something that came in by a way for reports changed nothing."""

    REPEATED = "repeated"
    """The same report had come before."""
    UNKNOWN = "unknown"
    """No delivery of ours is meant."""
    MOOT = "moot"
    """The delivery has come further already, or never went out."""
    FORGED = "forged"
    """It is addressed to nobody that we wrote for: no token of ours, or no valid signature."""
    OTHER = "other"
    """No report at all: an answer, an absence notice, spam."""
    UNREADABLE = "unreadable"
    """Too long, too deep, or not to be made out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """One report about one delivery. (`provider`, `event`) is once: `event` is the provider's own id of the report.

    The delivery is the one with the number `delivery`, and then `key` is a piece of its key as `told_apart` shows it, since
    numbers are given again after a restore; or the one with our whole `key`; or the last to which `channel` gave the id `ref`.
    Where `channel` is given it must be the delivery's: one provider's word counts for no other. `status`: an enhanced status
    code (5.1.1) or the provider's own. `hard`: there is no such recipient, and never will be.
    """

    provider: str
    event: str
    fate: Fate
    delivery: int | None = None
    key: str = ""
    ref: str = ""
    channel: str = ""
    status: str = ""
    why: str = ""
    hard: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """A mailbox that bounces come to, read over IMAP each `every`.

    `is_tls`: from the start; else STARTTLS is insisted on, unless `may_be_clear`.
    """

    host: str
    port: int
    user: str
    password: Secret
    is_tls: bool = True
    may_be_clear: bool = False
    ca_file: str | None = None
    folder: str = "INBOX"
    every: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """The ways in for mail that came back: a mailbox that is read, and an address (host:port) where we take it by LMTP."""

    mailbox: Mailbox | None = None
    lmtp: str = ""
