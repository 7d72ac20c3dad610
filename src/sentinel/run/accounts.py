"""The running hub's answers for accounts and tokens, and the commands that change them.

Belongs here: what an account may become, in the transaction that makes it so. Does not belong here: making or checking
passwords (serve/accounts/credentials.py), the lines of the audit (audit.py).
"""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.account import (
    INVITED,
    PASSWORD,
    Account,
    ApiToken,
    Right,
    Role,
    fault_of_email,
    fault_of_name,
    fault_of_rights,
    fault_of_roles,
    plain_email,
)
from sentinel.model.command import Done, MakeToken, Refused, Result, RevokeToken, SaveAccount
from sentinel.model.secret import Secret
from sentinel.run.audit import AuditViews, write_seen
from sentinel.run.firstrun import FirstRun
from sentinel.run.world import World
from sentinel.serve.accounts.port import Seen, Session, Sight
from sentinel.serve.session import ABSOLUTE, IDLE
from sentinel.store import accounts, sessions

SESSIONS_SHOWN = 100
_SHA256 = re.compile("[0-9a-f]{64}")


class AccountsViews(AuditViews, FirstRun):
    """Implements serve.accounts.port.AccountsPort."""

    async def accounts(self) -> tuple[Account, ...]:
        return tuple(await self._read(accounts.every))

    async def account(self, email: str) -> Account | None:
        plain = plain_email(email)
        return await self._read(lambda c: accounts.one(c, plain))

    async def tokens(self) -> tuple[ApiToken, ...]:
        return tuple(await self._read(accounts.tokens))

    async def find_token(self, token_hash: str) -> ApiToken | None:
        now = self.clock.now()
        found = await self._read(lambda c: accounts.token_of_hash(c, token_hash))
        if found is None or not found.is_alive(now):
            return None
        if found.used_at is None or now - found.used_at >= accounts.USED:
            await self._write(lambda c: accounts.note_use(c, found.id, now))
        return found

    async def set_password(self, email: str, *, was: str, digest: Secret) -> Result:
        now, plain = self.clock.now(), plain_email(email)

        def change(c: Connection) -> Result:
            there = accounts.one(c, plain)
            # What the caller checked must still be so: an invitation works once, and not after the account was shut out.
            if there is None or there.disabled_at is not None or not was or there.digest != was:
                return Refused(code="changed", why="This account was changed meanwhile. Begin again.")
            accounts.put(c, replace(there, digest=digest.reveal(), changed_at=now))
            sessions.revoke_all(c, plain)
            write_seen(c, Seen(do=Sight.PASSWORD_SET), there.name, plain, now)
            return Done(said="The new password holds from now on.")

        return await self._write_in_turn(change)

    async def sessions_of(self, email: str) -> tuple[Session, ...]:
        plain = plain_email(email)
        return tuple(Session(**row) for row in await self._read(lambda c: sessions.of(c, plain, SESSIONS_SHOWN)))

    async def end_sessions(self, email: str, *, but: str = "") -> None:
        plain = plain_email(email)
        await self._write(lambda c: sessions.revoke_all(c, plain, but))

    async def forget_dead_sessions(self) -> None:
        now = self.clock.now()
        await self._write(lambda c: sessions.prune(c, made_before=now - ABSOLUTE, seen_before=now - IDLE))


def save_account(c: Connection, world: World, command: SaveAccount, who: str, now: datetime) -> Result:
    """Make an account or change it. A change of password, roles or standing ends its sessions in the same transaction."""
    email, digest = plain_email(command.email), command.digest.reveal()
    why = fault_of_email(email) or fault_of_name(command.name) or fault_of_roles(command.roles)
    if why:
        return Refused(code="invalid", why=why)
    if digest and not digest.startswith((PASSWORD, INVITED)):
        return Refused(code="invalid", why="The password must come as a digest that this hub makes itself.")
    if any(plain_email(login.email) == email for login in world.installation.logins):
        return Refused(code="kept", why=f"The file sentinel.yaml keeps {email}: change it there.")
    was = accounts.one(c, email)
    roles = tuple(role for role in Role if role in command.roles)
    fresh = Account(
        email=email,
        name=command.name.strip(),
        roles=roles,
        digest=digest or (was.digest if was else ""),
        made_at=was.made_at if was else now,
        changed_at=now,
        disabled_at=None if not command.disabled else (was.disabled_at if was and was.disabled_at else now),
    )
    if was is not None and _is_admin(was) and not _is_admin(fresh) and not _other_admin(c, world, email):
        return Refused(code="last_admin", why=f"The last admin is {email}: make somebody else admin first.")
    accounts.put(c, fresh)
    if was is not None and (was.roles, was.digest, was.disabled_at) != (fresh.roles, fresh.digest, fresh.disabled_at):
        sessions.revoke_all(c, email)
    said = f"The account of {email} is {'made' if was is None else 'shut out' if fresh.disabled_at else 'changed'}."
    theirs = (
        sum(token.made_by == fresh.name and token.is_alive(now) for token in accounts.tokens(c)) if fresh.disabled_at else 0
    )
    # A key is the installation's, not its maker's, who knows it all the same: whoever shuts them out must hear of it.
    return Done(
        said=said
        + (f" Keys that {fresh.name} made still open, {theirs} of them: revoke those that must not." if theirs else "")
    )


def make_token(c: Connection, world: World, command: MakeToken, who: str, now: datetime) -> Result:
    """Keep the hash of a program's key."""
    why = fault_of_name(command.name) or fault_of_rights(command.rights)
    token_hash = command.token_hash.reveal()
    if not why and not _SHA256.fullmatch(token_hash):
        why = "The token must come as its SHA-256 in hex."
    if not why and command.expires_at is not None and command.expires_at <= now:
        why = "A token that has expired already is of no use: give a time to come."
    if why:
        return Refused(code="invalid", why=why)
    if accounts.token_of_hash(c, token_hash) is not None:
        return Refused(code="there_already", why="This token is there already. Make another.")
    rights = tuple(right for right in Right if right in command.rights)
    number = accounts.add_token(
        c, name=command.name.strip(), token_hash=token_hash, rights=rights, by=who, now=now, expires_at=command.expires_at
    )
    return Done(said=f"Token {number} is made.")


def revoke_token(c: Connection, world: World, command: RevokeToken, who: str, now: datetime) -> Result:
    """End a program's key. Twice does no harm."""
    if accounts.token(c, command.token) is None:
        return Refused(code="unknown", why=f"There is no token {command.token}.")
    accounts.revoke_token(c, command.token, now)
    return Done(said=f"Token {command.token} opens nothing any more.")


def _is_admin(account: Account) -> bool:
    return Role.ADMIN in account.roles and account.disabled_at is None


def _other_admin(c: Connection, world: World, email: str) -> bool:
    """Whether an admin remains without this account: somebody who can sign in now, not somebody who was only invited."""
    here = any(Role.ADMIN in login.roles for login in world.installation.logins)
    return here or any(Role.ADMIN in other.roles and other.may_sign_in for other in accounts.every(c) if other.email != email)
