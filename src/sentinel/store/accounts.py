"""Accounts of people, tokens of programs, and the audit. Whether a change is allowed is decided in run/accounts.py."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, or_, select, update

from sentinel.model.account import Account, ApiToken, Right, Role
from sentinel.store import audit, tables

TOKENS_SHOWN: Final = 500
NOTICES_ASKED: Final = 200
USED: Final = timedelta(minutes=1)
"""A token's `used_at` is written at most this often."""

_a, _t, _l = tables.account, tables.token, tables.audit


def every(c: Connection) -> list[Account]:
    """All accounts in the order of their addresses."""
    return [_account(row) for row in c.execute(select(_a).order_by(_a.c.email))]


def one(c: Connection, email: str) -> Account | None:
    """The account of a plainly spelt address."""
    row = c.execute(select(_a).where(_a.c.email == email)).one_or_none()
    return None if row is None else _account(row)


def put(c: Connection, account: Account) -> None:
    """Make it, or change the one that is there."""
    values = {
        "name": account.name,
        "roles": json.dumps(account.roles),
        "digest": account.digest,
        "made_at": account.made_at,
        "changed_at": account.changed_at,
        "disabled_at": account.disabled_at,
    }
    if c.execute(update(_a).where(_a.c.email == account.email).values(**values)).rowcount == 0:
        c.execute(insert(_a).values(email=account.email, **values))


def tokens(c: Connection) -> list[ApiToken]:
    """Newest first."""
    return [_token(row) for row in c.execute(select(_t).order_by(_t.c.id.desc()).limit(TOKENS_SHOWN))]


def token(c: Connection, number: int) -> ApiToken | None:
    row = c.execute(select(_t).where(_t.c.id == number)).one_or_none()
    return None if row is None else _token(row)


def token_of_hash(c: Connection, token_hash: str) -> ApiToken | None:
    row = c.execute(select(_t).where(_t.c.token_hash == token_hash)).one_or_none()
    return None if row is None else _token(row)


def add_token(c: Connection, *, name: str, token_hash: str, rights: Sequence[Right], by: str, now: datetime,
              expires_at: datetime | None) -> int:  # fmt: skip
    """The number of the new token."""
    row = insert(_t).values(
        name=name, token_hash=token_hash, rights=json.dumps(rights), made_by=by, made_at=now, expires_at=expires_at
    )
    key = c.execute(row).inserted_primary_key
    if key is None:
        raise AssertionError("the database gave a new row no number")
    number: int = key[0]
    return number


def revoke_token(c: Connection, number: int, now: datetime) -> None:
    c.execute(update(_t).where(_t.c.id == number, _t.c.revoked_at.is_(None)).values(revoked_at=now))


def note_use(c: Connection, number: int, now: datetime) -> None:
    c.execute(update(_t).where(_t.c.id == number).values(used_at=now))


def write_line(c: Connection, *, at: datetime, who: str, account: str, command: str, result: str) -> None:
    """One line of the audit for what is no command. (Commands write theirs in run/orders.py, with what they change.)"""
    audit.write(c, at=at, who=who, account=account, key=None, command=command, result=result)


def lines(c: Connection, *, before: int | None, limit: int, account: str, incident: int | None) -> list[Row[Any]]:
    """Rows of the audit, newest first."""
    query = select(_l.c.id, _l.c.at, _l.c.who, _l.c.account, _l.c.command, _l.c.result)
    if before is not None:
        query = query.where(_l.c.id < before)
    if account:
        query = query.where(_l.c.account == account)
    if incident is not None:
        query = query.where(or_(*(column.contains(part, autoescape=True)
                                  for part in _names(c, incident) for column in (_l.c.command, _l.c.result))))  # fmt: skip
    return list(c.execute(query.order_by(_l.c.id.desc()).limit(limit)))


def _names(c: Connection, incident: int) -> list[str]:
    """How a line's JSON names an incident or one of its notices. A person's words cannot: their quotes are escaped there."""
    notices = select(tables.notice.c.id).where(tables.notice.c.incident == incident).order_by(tables.notice.c.id.desc())
    about = [("incident", incident), *(("notice", number) for number in c.scalars(notices.limit(NOTICES_ASKED)))]
    return [f'"{what}":{number}{end}' for what, number in about for end in ",}"]


def _account(row: Row[Any]) -> Account:
    return Account(
        email=row.email,
        name=row.name,
        roles=tuple(Role(role) for role in json.loads(row.roles)),
        digest=row.digest,
        made_at=row.made_at,
        changed_at=row.changed_at,
        disabled_at=row.disabled_at,
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        token_hash=row.token_hash,
        rights=tuple(Right(right) for right in json.loads(row.rights)),
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
