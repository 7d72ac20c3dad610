"""Who is asking: passwords, session tokens, cookies and the token in forms. Reads nothing but what it is given.

A session's token lives in the cookie alone; the store keeps its SHA-256. The token in forms is an HMAC of the session's, so it
needs no storing and dies with it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentinel.model.installation import Login
from sentinel.serve.port import Session

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
TOUCH = timedelta(minutes=1)
"""A session's `seen_at` is written at most this often."""
SCRYPT_COST = 2**15


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    login: Login
    digest: bytes
    mark: str


class Logins:
    """The accounts of the installation, their passwords kept as scrypt digests (N = `cost`, r = 8, p = 3)."""

    def __init__(self, logins: Iterable[Login], cost: int = SCRYPT_COST) -> None:
        self._cost = cost
        self._salt = secrets.token_bytes(16)
        self._kept = {login.email.casefold(): self._keep(login) for login in logins}
        self._nobody = self._digest(secrets.token_urlsafe(32), self._salt)

    def sign_in(self, email: str, password: str) -> Login | None:
        """The login whose password this is. Takes a quarter of a second or so of CPU, for an unknown account too."""
        kept = self._kept.get(email.strip().casefold())
        digest = self._digest(password, self._salt)
        matches = hmac.compare_digest(digest, kept.digest if kept else self._nobody)
        return kept.login if kept and matches else None

    def of_session(self, session: Session) -> Login | None:
        """The login of a session; None once its password or role has changed, or the account is gone."""
        kept = self._kept.get(session.email.casefold())
        return kept.login if kept and hmac.compare_digest(kept.mark, session.mark) else None

    def new_session(self, login: Login, now: datetime) -> tuple[str, Session]:
        """A fresh token of 256 bits, and what the store keeps of it."""
        token = secrets.token_urlsafe(32)
        mark = self._kept[login.email.casefold()].mark
        return token, Session(token_hash=token_hash(token), email=login.email, mark=mark, made_at=now, seen_at=now)

    def _keep(self, login: Login) -> _Kept:
        password = login.password.reveal()
        # The mark must be the same after a restart, so its salt is not random; it is as slow to guess from as the digest.
        slow = self._digest(password, f"sentinel session {login.email.casefold()}".encode())
        mark = hmac.digest(slow, f"session of {login.role}".encode(), "sha256").hex()
        return _Kept(login=login, digest=self._digest(password, self._salt), mark=mark)

    def _digest(self, password: str, salt: bytes) -> bytes:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"), salt=salt, n=self._cost, r=8, p=3, maxmem=256 * self._cost * 8
        )


def token_hash(token: str) -> str:
    """SHA-256 in hex: a token of 256 random bits needs no slower one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


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
