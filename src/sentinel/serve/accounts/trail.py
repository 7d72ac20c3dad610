"""The audit as a page: who asked for what, when, and what came of it. Reading it changes nothing.

The lines come with secrets as dots and customers' addresses shortened; here they are only laid out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentinel.model.account import Right, plain_email
from sentinel.serve.accounts.port import AuditEntry, Sight
from sentinel.serve.accounts.sheet import Sheet
from sentinel.serve.gate import LARGEST_ID, Gate, Visitor

LINES = 100
LONGEST = 400
EITHER = {"on": "off", "arrived": "did not arrive"}
"""What says something where it is not so, too."""
WORDS: Mapping[str, str] = {
    Sight.SIGNED_IN: "signed in",
    Sight.SIGN_IN_FAILED: "failed to sign in",
    Sight.SIGNED_OUT: "signed out",
    Sight.LOOKED_UP: "looked at customers",
    Sight.DENIED: "was denied",
    Sight.PASSWORD_SET: "chose a password",
    Sight.SESSIONS_ENDED: "ended sign-ins",
    Sight.FIRST_RUN: "made the first account",
    Sight.CONFIGURED: "took effect",
    Sight.EXPORTED: "took out a file",
    Sight.READ_AUDIT: "read the audit",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the page. `about` and `answer` are plain text, cut where they are long."""

    id: int
    at: datetime
    who: str
    account: str
    did: str
    about: str
    answer: str
    refused: bool


class Trail:
    """Its page. `routes` declares it with what it needs."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hub = sheet.hub

    def routes(self, gate: Gate) -> list[Route]:
        return [gate.route("GET", "/audit", Right.AUDIT, self.page)]

    async def page(self, request: Request, visitor: Visitor) -> Response:
        asked = request.query_params
        account, incident = plain_email(asked.get("account", ""))[:320], _number(asked.get("incident", ""))
        page = await self._hub.audit(before=_number(asked.get("before", "")), limit=LINES, account=account, incident=incident)
        lines = [line_of(entry) for entry in page.entries]
        return await self._sheet.frame.page(
            request, visitor, "audit.html", lines=lines, older=page.next, account=account, incident=incident
        )


def line_of(entry: AuditEntry) -> Line:
    """A line laid out for a reader."""
    command, result = _read(entry.command), _read(entry.result)
    did = str(command.pop("do", "?"))
    return Line(
        id=entry.id,
        at=entry.at,
        who=entry.who,
        account=entry.account,
        did=WORDS.get(did, did.replace("_", " ")),
        about=_cut(_fields(command)),
        answer=_cut(str(result.get("why") if "why" in result else result.get("said") or "")),
        refused="code" in result or did in (Sight.DENIED, Sight.SIGN_IN_FAILED),
    )


def _fields(command: Mapping[str, Any]) -> str:
    """What a command holds, without what is empty and without what is only a machine's."""
    empty: tuple[object, ...] = (None, "", [], {})
    machines = ("hash", "digest", "token_hash")
    shown = {name: held for name, held in command.items() if held not in empty and name not in machines}
    shown = {name: held for name, held in shown.items() if held is not False or name in EITHER}
    first = [str(shown.pop("about"))] if "about" in shown else []
    return "; ".join([*first, *(_field(name.replace("_", " "), held) for name, held in shown.items())])


def _field(name: str, held: Any) -> str:
    if isinstance(held, bool):
        return name if held else EITHER[name]
    return f"{name} {_plain(held)}"


def _plain(held: Any) -> str:
    if isinstance(held, dict):
        return ", ".join(f"{name}: {_plain(each)}" for name, each in held.items())
    if isinstance(held, list):
        return ", ".join(_plain(each) for each in held)
    return ("yes" if held else "no") if isinstance(held, bool) else str(held)


def _read(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"do": "?", "text": text}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _number(text: str) -> int | None:
    """A number in the address of the page; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID else None
