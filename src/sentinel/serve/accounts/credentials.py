"""Passwords, invitations and programs' keys: made here, checked here, and kept only as digests.

Belongs here: the text of a digest, and which passwords are refused. Does not belong here: whose they are (the store), sessions
(serve/session.py). Nothing is logged.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sentinel.model.account import INVITED, PASSWORD, plain_email
from sentinel.model.secret import Secret

SCRYPT_COST = 2**15
BLOCK, LANES = 8, 3
SHORTEST, LONGEST = 12, 1024
INVITATION_LASTS = timedelta(hours=24)
TOKEN_BEGINS, CODE_BEGINS = "sntl_", "inv_"
"""What a key and an invitation begin with, so that a scanner of repositories knows one when it sees it."""


def digest_of(password: str, cost: int = SCRYPT_COST) -> Secret:
    """The scrypt text of a password under a salt of its own: `$scrypt$n=32768,r=8,p=3$salt$digest`. A quarter of a second."""
    salt = secrets.token_bytes(16)
    made = scrypt(password, salt, cost)
    return Secret(f"{PASSWORD}n={cost},r={BLOCK},p={LANES}${_text(salt)}${_text(made)}")


def matches(password: str, digest: str) -> bool:
    """Whether `digest` was made of `password`. As slow as making it; False at once for a digest that is no password's."""
    try:
        rules, salt, made = digest.removeprefix(PASSWORD).split("$")
        cost, block, lanes = (int(rule.partition("=")[2]) for rule in rules.split(","))
        kept = _bytes(made)
        found = scrypt(password, _bytes(salt), cost, block, lanes)
    except (ValueError, binascii.Error):
        return False
    return digest.startswith(PASSWORD) and hmac.compare_digest(found, kept)


def scrypt(password: str, salt: bytes, cost: int, block: int = BLOCK, lanes: int = LANES) -> bytes:
    """64 bytes. Uses 128 × `cost` × `block` bytes of memory."""
    typed = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=cost, r=block, p=lanes, maxmem=256 * cost * block)


def fault_of_password(password: str, email: str, name: str) -> str:
    """Why a password is refused; empty if it is not. Length counts, composition does not."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters: four words that do not belong together do well."
    if len(password) > LONGEST:
        return f"A password has {LONGEST} characters at most."
    same = plain_email(password)
    if same in (plain_email(email), plain_email(email).partition("@")[0], name.strip().casefold()):
        return "The password must not be the name or the e-mail address."
    if len(set(password)) < 4:
        return "The password must not be a few characters over and over."
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """`code` is shown once to whoever invites; `digest` is what the account keeps in place of a password's."""

    code: Secret
    digest: Secret
    until: datetime


def invite(now: datetime) -> Invitation:
    """Lets its holder choose the account's password, once, until it runs out. Any change of the password ends it."""
    code, until = CODE_BEGINS + secrets.token_urlsafe(24), now + INVITATION_LASTS
    return Invitation(code=Secret(code), digest=Secret(f"{INVITED}{sha256(code)}${int(until.timestamp())}"), until=until)


def invited_until(digest: str) -> datetime | None:
    """Until when an invitation holds; None for a digest that is none."""
    until = digest.removeprefix(INVITED).partition("$")[2]
    return datetime.fromtimestamp(int(until), UTC) if digest.startswith(INVITED) and until.isdecimal() else None


def is_invited_by(code: str, digest: str, now: datetime) -> bool:
    """Whether `digest` is the invitation of `code`, and it still holds."""
    until = invited_until(digest)
    same = hmac.compare_digest(sha256(code.strip()), digest.removeprefix(INVITED).partition("$")[0])
    return until is not None and now < until and same


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A program's key: `token` is shown once, `token_hash` kept."""

    token: Secret
    token_hash: Secret


def new_key() -> Key:
    token = TOKEN_BEGINS + secrets.token_urlsafe(32)
    return Key(token=Secret(token), token_hash=Secret(sha256(token)))


def sha256(token: str) -> str:
    """In hex: a token of 192 random bits or more needs no slower one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
