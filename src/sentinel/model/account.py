"""Who may do what: roles, rights and the table between them; accounts of people and tokens of programs.

Belongs here: the published matrix and the records, and what makes one acceptable. Does not belong here: making or checking
passwords, sessions, routes (serve/).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sentinel.model import command as ask
from sentinel.model.command import Command


class Role(StrEnum):
    """What somebody is to the installation. Somebody may be several."""

    VIEWER = "viewer"
    DESK = "desk"
    LEAD = "lead"
    OWNER = "owner"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Right(StrEnum):
    """What a route, a command or a token's scope asks for."""

    READ = "read"
    """Board, incidents, services, report; numbers of people, no customer's name."""
    CUSTOMERS = "customers"
    """What one customer got, by name and address."""
    TALK = "talk"
    """The desk's page: count callers, add somebody who was told by phone."""
    DECLARE = "declare"
    """ "Our callers say it is broken"; acknowledge, note."""
    WORK = "work"
    """Phase, time of return, answers, resolve, dismiss, reopen."""
    APPROVE = "approve"
    """Edit, approve, take back; settle what is in doubt; release a restored store."""
    HOLD = "hold"
    """The kill switch, on and off."""
    AUDIT = "audit"
    """Who asked for what."""
    PROBE = "probe"
    """Have a target looked at now, by a module (`/probe`)."""
    ERASE = "erase"
    """Take a person's data out of the store for good."""
    ADMIN = "admin"
    """Accounts and tokens."""


GIVES: Mapping[Role, str] = {
    Role.VIEWER: "Reads the board, incidents, services and the report. Sees no customer's name.",
    Role.DESK: "Sees what a customer got, counts callers, adds who was told by phone, declares incidents.",
    Role.LEAD: "What the desk may do; works incidents, approves what customers read, holds messages.",
    Role.OWNER: "Declares and works incidents, holds messages, reads the audit, erases people. Sees no customer's name.",
    Role.ENGINEER: "Declares and works incidents, holds messages. Sees no customer's name.",
    Role.ADMIN: "Accounts, tokens, the audit, erasing people, and the hold. Approves nothing and sees no customer's name.",
}
"""A line for whoever gives a role to somebody."""

OPENS: Mapping[Right, str] = {
    Right.READ: "Board, incidents, services, report: numbers of people, no customer's name.",
    Right.CUSTOMERS: "What one customer got, by name and address. Each look stands in the audit.",
    Right.TALK: "The desk's page: count a caller, add somebody who was told by phone.",
    Right.DECLARE: "Declare an incident, acknowledge it, write a note.",
    Right.WORK: "Phase, time of return, answers to promises, resolve, dismiss, reopen.",
    Right.APPROVE: "Edit, approve and take back what customers read; settle what is in doubt; release a restored store.",
    Right.HOLD: "The kill switch of messages to customers, on and off.",
    Right.AUDIT: "Who asked for what, and when.",
    Right.PROBE: "Have any target that probes may reach looked at now, by a module of `modules` (`/probe`, for scrapers).",
    Right.ERASE: "Take a person's name and addresses out of the store, for good.",
    Right.ADMIN: "Accounts and tokens.",
}
"""A line for whoever gives a right to a program."""

_DESK = frozenset({Right.READ, Right.CUSTOMERS, Right.TALK, Right.DECLARE})
RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.DESK: _DESK,
    Role.LEAD: _DESK | {Right.WORK, Right.APPROVE, Right.HOLD},
    Role.OWNER: frozenset({Right.READ, Right.DECLARE, Right.WORK, Right.HOLD, Right.AUDIT, Right.ERASE}),
    Role.ENGINEER: frozenset({Right.READ, Right.DECLARE, Right.WORK, Right.HOLD, Right.PROBE}),
    Role.ADMIN: frozenset({Right.READ, Right.HOLD, Right.AUDIT, Right.ERASE, Right.ADMIN}),
}
"""The matrix. Who is not named may not: customers' words are for leads alone, customers' names for desk and leads."""

RIGHT_OF: Mapping[type, Right] = {
    ask.Declare: Right.DECLARE,
    ask.Acknowledge: Right.DECLARE,
    ask.Note: Right.DECLARE,
    ask.SetPhase: Right.WORK,
    ask.SetEta: Right.WORK,
    ask.Answer: Right.WORK,
    ask.Resolve: Right.WORK,
    ask.Dismiss: Right.WORK,
    ask.Reopen: Right.WORK,
    ask.EditDraft: Right.APPROVE,
    ask.Approve: Right.APPROVE,
    ask.GoOn: Right.APPROVE,
    ask.Cancel: Right.APPROVE,
    ask.Rehearse: Right.APPROVE,
    ask.Settle: Right.APPROVE,
    ask.Revive: Right.APPROVE,
    ask.ReviveAll: Right.APPROVE,
    ask.Mend: Right.HOLD,
    ask.CountCaller: Right.TALK,
    ask.CountContacts: Right.TALK,
    ask.AddTold: Right.TALK,
    ask.Subscribe: Right.TALK,
    ask.Unsubscribe: Right.TALK,
    ask.Hold: Right.HOLD,
    ask.Release: Right.APPROVE,
    ask.Erase: Right.ERASE,
    ask.SaveAccount: Right.ADMIN,
    ask.MakeToken: Right.ADMIN,
    ask.RevokeToken: Right.ADMIN,
    ask.MakeAgent: Right.ADMIN,
    ask.RevokeAgent: Right.ADMIN,
}
"""The right that each command asks for, whichever face it comes through. A test holds that no command is missing."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    return frozenset().union(*(RIGHTS[role] for role in roles))


def may(rights: frozenset[Right], command: Command) -> bool:
    """Whether these rights cover a command. A command that the table does not name is nobody's."""
    return RIGHT_OF.get(type(command)) in rights


PASSWORD, INVITED = "$scrypt$", "$invited$"
"""How the two kinds of a digest begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody who may sign in, kept in the store (people of sentinel.yaml are `Login`s). `disabled_at`: since when they may
    not sign in at all.

    `digest` is the password's scrypt text, or an invitation to choose one (the SHA-256 of its code, and until when it holds);
    empty: neither. See serve/accounts/credentials.py.
    """

    email: str
    name: str
    roles: tuple[Role, ...]
    digest: str
    made_at: datetime
    changed_at: datetime
    disabled_at: datetime | None = None

    @property
    def may_sign_in(self) -> bool:
        return self.disabled_at is None and self.digest.startswith(PASSWORD)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """A program's key to the API. `token_hash` is the SHA-256 in hex of what the program holds; that is stored nowhere."""

    id: int
    name: str
    token_hash: str
    rights: tuple[Right, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


LONGEST_NAME, LONGEST_EMAIL = 100, 254
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"/?#%]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?")


def plain_email(email: str) -> str:
    """The one spelling of an address that accounts are kept under."""
    return email.strip().casefold()


def fault_of_email(email: str) -> str:
    """Why `email`, spelt plainly, cannot name an account; empty if it can."""
    fits = len(email) <= LONGEST_EMAIL and email.isprintable() and _EMAIL.fullmatch(email)
    return "" if fits else "That is not an e-mail address: write it as lena@example.com."


def fault_of_name(name: str) -> str:
    """Why `name` cannot stand in a timeline or a list; empty if it can."""
    if not name.strip():
        return "A name is missing."
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"The name may have {LONGEST_NAME} characters at most, on one line."
    return ""


def fault_of_roles(roles: tuple[str, ...]) -> str:
    """Why these words are no roles; empty if they are."""
    unknown = [role for role in roles if role not in set(Role)]
    if unknown:
        return f"There is no role {unknown[0]!r}: the roles are {', '.join(Role)}."
    return "" if roles else "Choose at least one role."


def fault_of_rights(rights: tuple[str, ...]) -> str:
    """Why these words are no scopes of a token; empty if they are."""
    unknown = [right for right in rights if right not in set(Right)]
    if unknown:
        return f"There is no right {unknown[0]!r}: the rights are {', '.join(Right)}."
    return "" if rights else "A token needs at least one right."
