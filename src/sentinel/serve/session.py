"""Who is asking: sign-ins over both sources of people, session tokens, cookies and the token in forms.

A session's token lives in the cookie alone; the store keeps its SHA-256. The token in forms is an HMAC of the session's, so it
needs no storing and dies with it. How a password becomes a digest: accounts/credentials.py.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from anyio import CapacityLimiter, to_thread

from sentinel.model.account import Account, Role, plain_email
from sentinel.model.installation import Login
from sentinel.model.secret import Secret
from sentinel.serve.accounts import credentials
from sentinel.serve.accounts.credentials import SCRYPT_COST as SCRYPT_COST
from sentinel.serve.accounts.credentials import sha256
from sentinel.serve.port import Hub, Session

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
TOUCH = timedelta(minutes=1)
"""A session's `seen_at` is written at most this often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Somebody of sentinel.yaml (`in_file`) or with an account. `email` is spelt plainly; `mark` see Session."""

    name: str
    email: str
    roles: tuple[Role, ...]
    in_file: bool
    mark: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Slow:
    """What a password of sentinel.yaml came to, so that it is worked out once. A reload may have brought another."""

    password: str = field(repr=False)
    made: bytes = field(repr=False)


class Logins:
    """Everybody who may sign in: the people of sentinel.yaml as it is now, and the accounts of the store.

    Whoever is in both counts by the file alone. Passwords are worked on off the event loop, one at a time.
    """

    def __init__(self, hub: Hub, cost: int = SCRYPT_COST) -> None:
        self._hub = hub
        self._cost = cost
        self._slow: dict[str, _Slow] = {}
        self._one_at_a_time = CapacityLimiter(1)
        self._anywhere = secrets.token_bytes(16)

    async def sign_in(self, email: str, password: str) -> SignedIn | None:
        """Whoever has this address and password. Takes one scrypt of CPU, for an address that nobody has too."""
        plain = plain_email(email)
        login, account = self._in_file(plain), await self._hub.account(plain)
        if login is not None:
            made = await self._scrypt(password, _salt(plain))
            if not _same(password, login.password.reveal()):
                return None
            self._slow[plain] = _Slow(password=password, made=made)
            return _of_login(login, made)
        if account is not None and account.may_sign_in:
            fits = await to_thread.run_sync(credentials.matches, password, account.digest, limiter=self._one_at_a_time)
            return _of_account(account) if fits else None
        await self._scrypt(password, self._anywhere)
        return None

    async def of_session(self, session: Session) -> SignedIn | None:
        """Whose session it is; None once their password or roles have changed, or they may not sign in any more."""
        plain = plain_email(session.email)
        login = self._in_file(plain)
        if login is not None:
            found = _of_login(login, await self._made_of(plain, login.password.reveal()))
        else:
            account = await self._hub.account(plain)
            if account is None or not account.may_sign_in:
                return None
            found = _of_account(account)
        return found if hmac.compare_digest(found.mark, session.mark) else None

    def new_session(self, who: SignedIn, now: datetime) -> tuple[str, Session]:
        """A fresh token of 256 bits, and what the store keeps of it."""
        token = secrets.token_urlsafe(32)
        return token, Session(token_hash=token_hash(token), email=who.email, mark=who.mark, made_at=now, seen_at=now)

    def of_account(self, account: Account) -> SignedIn:
        return _of_account(account)

    async def digest_of(self, password: str) -> Secret:
        """What the store keeps of a new password."""
        return await to_thread.run_sync(credentials.digest_of, password, self._cost, limiter=self._one_at_a_time)

    async def knows(self, account: Account, password: str) -> bool:
        """Whether it is that account's password."""
        return await to_thread.run_sync(credentials.matches, password, account.digest, limiter=self._one_at_a_time)

    def _in_file(self, plain: str) -> Login | None:
        return next((login for login in self._hub.installation.logins if plain_email(login.email) == plain), None)

    async def _made_of(self, plain: str, password: str) -> bytes:
        """What the mark of a person in the file is made from: worked out once for each password that they ever had."""
        kept = self._slow.get(plain)
        if kept is None or not _same(kept.password, password):
            kept = self._slow[plain] = _Slow(password=password, made=await self._scrypt(password, _salt(plain)))
        return kept.made

    async def _scrypt(self, password: str, salt: bytes) -> bytes:
        return await to_thread.run_sync(credentials.scrypt, password, salt, self._cost, limiter=self._one_at_a_time)


def _salt(plain: str) -> bytes:
    """The mark must be the same after a restart, so its salt is not random; it is as slow to guess from as a digest."""
    return f"sentinel session {plain}".encode()


def _same(one: str, other: str) -> bool:
    """Digested first: a comparison of texts takes longer where their lengths agree."""
    first, second = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (one, other))
    return hmac.compare_digest(first, second)


def _of_login(login: Login, made: bytes) -> SignedIn:
    mark = _mark(made, login.roles)
    return SignedIn(name=login.name, email=plain_email(login.email), roles=login.roles, in_file=True, mark=mark)


def _of_account(account: Account) -> SignedIn:
    mark = _mark(account.digest.encode(), account.roles)
    return SignedIn(name=account.name, email=account.email, roles=account.roles, in_file=False, mark=mark)


def _mark(secret: bytes, roles: tuple[Role, ...]) -> str:
    return hmac.digest(secret, f"session of {','.join(sorted(roles))}".encode(), "sha256").hex()


def token_hash(token: str) -> str:
    """What is kept of a session's token."""
    return sha256(token)


def is_alive(session: Session, now: datetime) -> bool:
    """Seen less than 12 hours ago, and made less than 7 days ago."""
    return now - session.seen_at < IDLE and now - session.made_at < ABSOLUTE


def form_token(token: str) -> str:
    """What every form of a session carries."""
    return hmac.digest(token.encode(), b"sentinel form", "sha256").hex()


def form_token_matches(token: str, sent: str) -> bool:
    return hmac.compare_digest(form_token(token).encode(), sent.encode("utf-8", "surrogatepass"))


def cookie_name(https: bool) -> str:
    """`__Host-` binds it to this host, path / and TLS; a browser refuses that name over plain HTTP."""
    return "__Host-sentinel" if https else "sentinel"
