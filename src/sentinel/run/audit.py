"""The audit as it is shown, and what is written into it beside commands.

Belongs here: laying out a line for readers: secrets are dots already, customers' addresses are shortened here. Does not belong
here: the lines of commands, which run/orders.py writes with what they change.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection

from sentinel.model.account import plain_email
from sentinel.run.reads import Reads
from sentinel.serve.accounts.port import AuditEntry, AuditPage, Seen, Sight
from sentinel.store import accounts

STAFF = frozenset({"save_account", "make_token"})
"""Commands whose names and addresses are colleagues' and programs', shown whole."""
PLAIN = frozenset({"state", "after", "before", "limit", "page"})
"""Parameters of a page's address that name nobody."""

# Percent-encoded too: the addresses of pages are noted as they were asked for.
_EMAIL = re.compile(r"([^\s@\"'<>(),;:=&?/\\%])[^\s@\"'<>(),;:=&?/\\]{0,63}(@|%40)([^\s@\"'<>(),;&?/\\]{1,253})", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\w)(?:(?:\+|%2B|00)\d(?:[ ().-]{0,2}\d){6,17}|\d{9,15})(?!\w)", re.IGNORECASE)


class AuditViews(Reads):
    """The audit's part of the port."""

    async def audit(self, *, before: int | None, limit: int, account: str = "", incident: int | None = None) -> AuditPage:
        plain = plain_email(account)
        rows = await self._read(lambda c: accounts.lines(c, before=before, limit=limit + 1, account=plain, incident=incident))
        entries = tuple(
            AuditEntry(
                id=row.id,
                at=row.at,
                who=row.who,
                account=row.account,
                command=shortened(row.command),
                result=shortened(row.result),
            )
            for row in rows[:limit]
        )
        return AuditPage(entries=entries, next=entries[-1].id if len(rows) > limit else None)

    async def note_in_audit(self, seen: Seen, who: str, account: str = "") -> None:
        now = self.clock.now()
        await self._write(lambda c: write_seen(c, seen, who, account, now))


def write_seen(c: Connection, seen: Seen, who: str, account: str, now: datetime) -> None:
    """The same within a transaction of the caller's."""
    # What was searched for is a customer's name or address: it is not kept, not only not shown.
    about = _page_only(seen.about) if seen.do in (Sight.LOOKED_UP, Sight.READ_AUDIT) else seen.about
    write_line(c, seen.do, about, who, account, now)


def write_line(c: Connection, do: Sight, about: str, who: str, account: str, now: datetime, **more: str) -> None:
    """A line of what is no command. `more`: what it holds beside."""
    command = json.dumps({"do": do, "about": about[:500], **more}, ensure_ascii=False, separators=(",", ":"))
    accounts.write_line(c, at=now, who=who[:200], account=plain_email(account)[:320], command=command, result="{}")


def shortened(text: str) -> str:
    """The JSON of a line with customers' addresses shortened, wherever in it they stand: ann@example.com → a***@example.com."""
    try:
        line = json.loads(text)
    except ValueError:
        return _without_addresses(text)
    if isinstance(line, dict) and line.get("do") in STAFF:
        return text
    return json.dumps(_shorten(line), ensure_ascii=False, separators=(",", ":"))


def _page_only(about: str) -> str:
    """The page that was looked at; what was searched for there is a customer, whoever reads this need not know which."""
    path, _, query = about.partition("?")
    asked = [(name, text if name in PLAIN else f"{text[:1]}***") for name, text in parse_qsl(query)]
    return path + "".join(f"{' ?' if n == 0 else ' '}{name}={text}" for n, (name, text) in enumerate(asked))


def _shorten(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {each: _shorten(held, each) for each, held in value.items()}
    if isinstance(value, list):
        return [_shorten(each, key) for each in value]
    if not isinstance(value, str):
        return value
    if key in ("name", "person"):
        return f"{value[:1]}***" if value else ""
    if key == "address" and "@" not in value:
        return f"***{value[-2:]}" if len(value) > 4 else "***"
    return _without_addresses(value) if key not in ("hash", "token_hash") else value


def _without_addresses(text: str) -> str:
    return _PHONE.sub(lambda found: f"***{found[0][-2:]}", _EMAIL.sub(r"\1***\2\3", text))
