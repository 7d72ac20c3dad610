"""What the database itself refuses: changing the audit's lines, or taking one out from the middle.

Belongs here: the DDL for both databases. A line may be sealed once; its text may be replaced where `erased_at` is set (a
person's data was erased), and its idempotency key forgotten; the oldest may go once the anchor `audit_first` has passed them.
Whoever may alter the tables can take these away: then the chain tells (audit.py). A migration that makes the table `audit`
anew calls `put`.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

SEALING: Final = """old.seal = '' and new.command = old.command and new.result = old.result and new.who = old.who
    and new.account = old.account and new.at = old.at and new.id = old.id"""
FORGETTING_KEYS: Final = """new.seal = old.seal and new.digest = old.digest and new.seq = old.seq and new.salt = old.salt
    and new.command = old.command and new.result = old.result and new.who = old.who and new.account = old.account
    and new.at = old.at and new.id = old.id and new.key is null
    and coalesce(new.erased_at, 0) = coalesce(old.erased_at, 0)"""
ERASING: Final = """new.erased_at is not null and new.seal = old.seal and new.digest = old.digest and new.seq = old.seq
    and new.at = old.at and new.id = old.id"""
_MAY_CHANGE: Final = f"({SEALING}) or ({FORGETTING_KEYS}) or ({ERASING})"
_MAY_GO: Final = "old.seq > 0 and old.seq <= coalesce((select seq from anchor where name = 'audit_first'), 0)"
_NO: Final = "the audit is append-only"

SQLITE: Final = (
    "drop trigger if exists audit_changed",
    "drop trigger if exists audit_deleted",
    f"create trigger audit_changed before update on audit when not ({_MAY_CHANGE}) begin select raise(abort, '{_NO}'); end",
    f"create trigger audit_deleted before delete on audit when not ({_MAY_GO}) begin select raise(abort, '{_NO}'); end",
)
POSTGRESQL: Final = (
    f"""create or replace function audit_kept() returns trigger language plpgsql as $$ begin
    if tg_op = 'UPDATE' then
        if {_MAY_CHANGE} then return new; end if;
    elsif tg_op = 'DELETE' then
        if {_MAY_GO} then return old; end if;
    end if;
    raise exception '{_NO}';
end $$""",
    "drop trigger if exists audit_kept on audit",
    "drop trigger if exists audit_not_emptied on audit",
    "create trigger audit_kept before update or delete on audit for each row execute function audit_kept()",
    "create trigger audit_not_emptied before truncate on audit for each statement execute function audit_kept()",
)
_DDL: Final[Mapping[str, tuple[str, ...]]] = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def put(c: Connection) -> None:
    """Make the triggers, or make them anew. In the caller's transaction."""
    for statement in _DDL[c.dialect.name]:
        c.execute(text(statement))


def take(c: Connection) -> None:
    """Take them away: a store is filled from a backup. In the caller's transaction, which puts them back."""
    for statement in _DDL[c.dialect.name]:
        if statement.startswith("drop"):
            c.execute(text(statement))
