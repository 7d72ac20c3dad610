"""Accounts of people, tokens of programs, and the audit. What must stay secret is made here, shown once, and kept as a digest.

Belongs here: the operations whose command holds a secret that this face makes. (Revoking a token needs none: writes.py.)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from sentinel.model.account import Account, ApiToken, Right, Role
from sentinel.model.command import MakeToken, SaveAccount
from sentinel.serve.accounts.credentials import Invitation, invite, invited_until, new_key
from sentinel.serve.accounts.port import AuditPage
from sentinel.serve.api.asking import record_in, submit
from sentinel.serve.api.body import read_json
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import ProblemError
from sentinel.serve.api.reads import STORABLE, Fewer, Older, found, linked, operation
from sentinel.serve.api.route import ApiRoute


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountView:
    """Somebody who may sign in. `invited_until`: they have yet to choose a password, and have until then."""

    email: str
    name: str
    roles: tuple[Role, ...]
    made_at: datetime
    changed_at: datetime
    disabled_at: datetime | None
    invited_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonOfFile:
    """Somebody whom sentinel.yaml names. They are changed there."""

    email: str
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountsView:
    accounts: tuple[AccountView, ...]
    in_file: tuple[PersonOfFile, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    email: str
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """What is left out stays as it is."""

    name: str | None = None
    roles: tuple[Role, ...] | None = None
    disabled: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """`code` lets its holder choose the account's password, once, until then. It is shown here and never again."""

    account: AccountView
    code: str | None
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenView:
    """A program's token, without what opens anything."""

    id: int
    name: str
    rights: tuple[Right, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokensView:
    """Newest first, dead ones too, at most the last 500."""

    tokens: tuple[TokenView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewToken:
    """`rights` are its scopes. `expires_at` left out: it lasts until it is revoked."""

    name: str
    rights: tuple[Right, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenMade:
    """`token` is shown here and never again; null where the same Idempotency-Key had made it before."""

    made: TokenView | None
    token: str | None


_Account = Annotated[str, Query(max_length=320, pattern=STORABLE, description="Of one account: an address, or `token:ID`.")]


def routes(hub: ApiHub, door: Door) -> list[ApiRoute]:
    return [*_of_accounts(hub, door), *_of_tokens(hub, door), _audit(hub, door)]


def _of_accounts(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_accounts() -> AccountsView:
        """List the accounts, and the people of sentinel.yaml."""
        there = hub.installation.logins
        in_file = tuple(PersonOfFile(email=one.email, name=one.name, roles=tuple(one.roles)) for one in there)
        return AccountsView(accounts=tuple(_account(one) for one in await hub.accounts()), in_file=in_file)

    async def make_account(request: Request) -> Invited:
        """Make an account and invite its owner to choose a password. Asked again, it answers that the account is there."""
        asked = record_in(NewAccount, await read_json(request))
        if await hub.account(asked.email) is not None:
            raise ProblemError(409, "there_already", "There is an account with this address already: change that one.")
        return await _invite(hub, door, request, asked)

    async def invite_account(request: Request, email: str) -> Invited:
        """Invite an account's owner to choose a new password. The old one opens nothing any more."""
        record_in(Empty, await read_json(request))
        there = found(await hub.account(email))
        if there.disabled_at is not None:
            raise ProblemError(409, "shut_out", "Somebody who is shut out cannot be invited: let them in first.")
        return await _invite(hub, door, request, NewAccount(email=there.email, name=there.name, roles=there.roles))

    async def change_account(request: Request, email: str) -> AccountView:
        """Change an account's name or roles, or shut it out."""
        asked = record_in(AccountChange, await read_json(request))
        there = found(await hub.account(email))
        disabled = there.disabled_at is not None if asked.disabled is None else asked.disabled
        roles = there.roles if asked.roles is None else asked.roles
        name = there.name if asked.name is None else asked.name
        await submit(hub, request, SaveAccount(email=there.email, name=name, roles=_words(roles), disabled=disabled))
        return _account(found(await hub.account(email)))

    admin = Right.ADMIN
    return [
        operation(door, "/accounts", admin, list_accounts, "accounts"),
        operation(door, "/accounts", admin, make_account, "accounts", method="POST"),
        operation(door, "/accounts/{email}", admin, change_account, "accounts", method="PATCH"),
        operation(door, "/accounts/{email}/invitation", admin, invite_account, "accounts", method="POST"),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Empty:
    """A body with nothing to say."""


async def _invite(hub: ApiHub, door: Door, request: Request, asked: NewAccount) -> Invited:
    made: Invitation = invite(door.now())
    command = SaveAccount(email=asked.email, name=asked.name, roles=_words(asked.roles), digest=made.digest)
    await submit(hub, request, command)
    kept = found(await hub.account(asked.email))
    is_new = kept.digest == made.digest.reveal()
    return Invited(account=_account(kept), code=made.code.reveal() if is_new else None, until=made.until if is_new else None)


def _of_tokens(hub: ApiHub, door: Door) -> list[ApiRoute]:
    async def list_tokens() -> TokensView:
        """List the tokens of programs."""
        return TokensView(tokens=tuple(_token(one) for one in await hub.tokens()))

    async def make_token(request: Request) -> TokenMade:
        """Make a token for a program. It is shown in this answer and never again."""
        asked, key = record_in(NewToken, await read_json(request)), new_key()
        command = MakeToken(
            name=asked.name, token_hash=key.token_hash, rights=_words(asked.rights), expires_at=asked.expires_at
        )
        await submit(hub, request, command)
        kept = [one for one in await hub.tokens() if one.token_hash == key.token_hash.reveal()]
        return TokenMade(made=_token(kept[0]), token=key.token.reveal()) if kept else TokenMade(made=None, token=None)

    return [
        operation(door, "/tokens", Right.ADMIN, list_tokens, "accounts"),
        operation(door, "/tokens", Right.ADMIN, make_token, "accounts", method="POST"),
    ]


def _audit(hub: ApiHub, door: Door) -> ApiRoute:
    async def list_audit(
        request: Request,
        response: Response,
        account: _Account = "",
        incident: Older = None,
        after: Older = None,
        limit: Fewer = 50,
    ) -> AuditPage:
        """List who asked for what and what came of it, newest first."""
        page = await hub.audit(before=after, limit=limit, account=account, incident=incident)
        return linked(request, response, page)

    return operation(door, "/audit", Right.AUDIT, list_audit, "accounts")


def _words(given: tuple[Role, ...] | tuple[Right, ...]) -> tuple[str, ...]:
    return tuple(one.value for one in given)


def _account(one: Account) -> AccountView:
    return AccountView(
        email=one.email,
        name=one.name,
        roles=one.roles,
        made_at=one.made_at,
        changed_at=one.changed_at,
        disabled_at=one.disabled_at,
        invited_until=invited_until(one.digest),
    )


def _token(one: ApiToken) -> TokenView:
    return TokenView(
        id=one.id,
        name=one.name,
        rights=one.rights,
        made_by=one.made_by,
        made_at=one.made_at,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        used_at=one.used_at,
    )
