"""Signing: who somebody is who approves, whether they (still) may, and how many there are who may.

Belongs here: what the store and the files know of the people behind a consent. Does not belong here: how many are needed
(notify/approval.py), writing the consent (consent.py).
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from sentinel.model.account import ApiToken, Right, plain_email, rights_of
from sentinel.model.notice import Draft, Notice
from sentinel.run.world import World
from sentinel.store import accounts, signatures
from sentinel.store.signatures import Signature

RULE = "rule:"
"""Begins the account of a written rule that stands in for a person."""
_TOKEN = "token:"  # noqa: S105 - begins the account of a program


def account_of(account: str, who: str) -> str:
    """The one spelling that a signature is kept under."""
    return (account if account.startswith((_TOKEN, RULE)) else plain_email(account)) or f"name:{who}"


def persons(c: Connection, world: World, account: str) -> frozenset[str]:
    """Who may stand behind an account. A program's key is its maker's hand: their consent and its are one person's."""
    if not account.startswith(_TOKEN):
        return frozenset({account})
    token = _token(c, account)
    if token is None:
        return frozenset({account})
    return frozenset({account, f"name:{token.made_by}", *_called(c, world, token.made_by)})


def may_approve(c: Connection, world: World, account: str, now: datetime) -> bool:
    """Whether this account may approve at this moment: it is there, not shut out, and has the right."""
    if account.startswith(_TOKEN):
        token = _token(c, account)
        return token is not None and token.is_alive(now) and Right.APPROVE in token.rights
    if account.startswith("name:"):
        return True  # whoever holds the store in hand: no account stands behind it
    if account.startswith(RULE):
        return account.removeprefix(RULE) in {each.name for each in world.installation.standing}
    return account in approvers(c, world)


def approvers(c: Connection, world: World) -> frozenset[str]:
    """The people who may approve: those of sentinel.yaml, and the accounts of the hub's own."""
    files = {plain_email(login.email) for login in world.installation.logins if Right.APPROVE in rights_of(login.roles)}
    own = {one.email for one in accounts.every(c) if one.may_sign_in and Right.APPROVE in rights_of(one.roles)}
    return frozenset(files | own)


def standing(c: Connection, world: World, notice: Notice, draft: Draft, now: datetime) -> list[Signature]:
    """The signatures that hold: under these words and this audience, by people who still may, each person once."""
    held: list[Signature] = []
    known: frozenset[str] = frozenset()
    for each in signatures.of_draft(c, notice.id, draft.hash):
        hands = persons(c, world, each.account)
        if each.snapshot == notice.snapshot and may_approve(c, world, each.account, now) and not hands & known:
            held.append(each)
            known |= hands
    return held


def lapsed(c: Connection, world: World, notice: Notice, draft_hash: str, now: datetime) -> str:
    """Who of those who signed what is approved may not approve any more; empty where all still may."""
    gone = (each for each in signatures.of_draft(c, notice.id, draft_hash) if not may_approve(c, world, each.account, now))
    return next((each.who for each in gone), "")


def _called(c: Connection, world: World, name: str) -> Iterator[str]:
    yield from (plain_email(login.email) for login in world.installation.logins if login.name == name)
    yield from (one.email for one in accounts.every(c) if one.name == name)


def _token(c: Connection, account: str) -> ApiToken | None:
    number = account.removeprefix(_TOKEN)
    return accounts.token(c, int(number)) if number.isdecimal() and len(number) < 18 else None
