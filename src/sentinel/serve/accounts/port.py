"""What the hub is asked for by the pages of accounts, tokens and audit: views, and the part of the port that gives them.

Belongs here: who may sign in and how the store remembers it, and the lines of the audit. Changing an account or a token is a
command (SaveAccount, MakeToken, RevokeToken); here is only what asks for no right, because the asker is its owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from sentinel.model.account import Account, ApiToken, Right
from sentinel.model.command import Result
from sentinel.model.secret import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One sign-in. `token_hash` is the SHA-256 of the cookie's token in hex; the token itself is stored nowhere.

    `mark` changes with the person's password or roles, so that a change of either ends the session.
    """

    token_hash: str
    email: str
    mark: str
    made_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One line of the audit: a command with its answer, or something that was seen. `command` and `result` are JSON text in
    which secrets are dots and customers' addresses are shortened. `account`: an e-mail address, `token:<id>`, or empty."""

    id: int
    at: datetime
    who: str
    account: str
    command: str
    result: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPage:
    """Some lines, newest first. `next`: pass it as `before` for older ones; None at the end."""

    entries: tuple[AuditEntry, ...]
    next: int | None = None


class Sight(StrEnum):
    """What the audit holds beside commands."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    LOOKED_UP = "looked_up"
    """A page that names customers was asked for."""
    DENIED = "denied"
    """A command that the asker has no right to; it never reached the hub."""
    PASSWORD_SET = "password_set"  # noqa: S105 - a word, no password
    SESSIONS_ENDED = "sessions_ended"
    FIRST_RUN = "first_run"
    CONFIGURED = "configured"
    """Another configuration took effect. The files did that: who edited them is known where they are kept."""
    EXPORTED = "exported"
    """A file was taken out: a backup, the report."""
    READ_AUDIT = "read_audit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Something that somebody did which is no command. `about`: the page, the command's name or the network; no secret."""

    do: Sight
    about: str = ""


SEEN_BY: Final[Mapping[object, Sight]] = {Right.CUSTOMERS: Sight.LOOKED_UP, Right.AUDIT: Sight.READ_AUDIT}
"""The rights whose use is written down, though it changes nothing."""


class AccountsPort(Protocol):
    """Part of serve.port.Hub. E-mail addresses are compared without case."""

    async def accounts(self) -> tuple[Account, ...]:
        """Those of the store in the order of their addresses, shut out ones too; not the people of sentinel.yaml."""
        ...

    async def account(self, email: str) -> Account | None: ...

    async def tokens(self) -> tuple[ApiToken, ...]:
        """Newest first, dead ones too, at most the last 500."""
        ...

    async def find_token(self, token_hash: str) -> ApiToken | None:
        """The token with this SHA-256, if it is alive: neither revoked nor past its time. Its use is noted once a minute."""
        ...

    async def audit(self, *, before: int | None, limit: int, account: str = "", incident: int | None = None) -> AuditPage:
        """Lines with an id below `before`, at most `limit` (1 to 500), of one account or about one incident if asked."""
        ...

    async def note_in_audit(self, seen: Seen, who: str, account: str = "") -> None:
        """Write down something that is no command."""
        ...

    async def set_password(self, email: str, *, was: str, digest: Secret) -> Result:
        """Their own new password, in place of the digest `was`: refused if somebody changed the account meanwhile. Ends every
        session of the account."""
        ...

    async def sessions_of(self, email: str) -> tuple[Session, ...]:
        """Newest first, at most the last 100; ended ones may be among them."""
        ...

    async def end_sessions(self, email: str, *, but: str = "") -> None:
        """Forget all sessions of an account but the one with that hash."""
        ...

    async def first_run_is_open(self) -> bool:
        """Whether this hub waits for its first account."""
        ...

    async def first_run(self, token: str, *, email: str, name: str, digest: Secret) -> Result:
        """Make the first account, once, for whoever holds the token that lies beside the store."""
        ...
