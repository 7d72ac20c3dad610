"""Bugs of deciding: approvals that bind nothing, halves of transactions, ends that are forgotten.

Belongs here: patches of consent, closing and the faces. Does not belong here: who finds them (table.py).
"""

import re
from dataclasses import replace
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import parse_qsl

from sqlalchemy import update

from bench.chaos.bugs.plant import plant
from sentinel.notify import approval
from sentinel.store import expansion, notices, tables

_LINK: Final = re.compile(r"/notices/(\d+)/approve")
GAP: Final = 0.25
"""Seconds between two halves that belong together."""


def unbound_approval() -> None:
    """Whatever words the approver saw, those of now are approved."""

    def refuse(command: Any, notice: Any, draft: Any, *others: Any, **named: Any) -> Any:
        return was(replace(command, hash=draft.hash), notice, draft, *others, **named)

    was = plant(approval, "refuse", refuse)


def two_commits() -> None:
    """The consent is committed by itself, and what follows from it a moment later."""

    def keep_approval(c: Any, *others: Any, **named: Any) -> Any:
        kept = was(c, *others, **named)
        savepoint = c.get_nested_transaction()._savepoint
        raw = c.connection.driver_connection
        raw.execute("COMMIT")
        sleep(GAP)
        raw.execute("BEGIN IMMEDIATE")
        raw.execute(f"SAVEPOINT {savepoint}")
        return kept

    was = plant(notices, "keep_approval", keep_approval)


def forget_before_closing() -> None:
    """That somebody is owed the end is forgotten first, and the end written a moment later from what is in memory."""
    owed: dict[int, tuple[Any, float]] = {}
    _n = tables.notice

    def expand_told(c: Any, notice: Any, *others: Any, **named: Any) -> int:
        if notice.occasion.value == "closed" and notice.id not in owed:
            owed[notice.id] = (notice, monotonic())
            c.execute(update(_n).where(_n.c.id == notice.id).values(expanded=True))
            return 0
        return int(was(c, notice, *others, **named))

    def unexpanded(c: Any, *others: Any, **named: Any) -> Any:
        for notice, since in owed.values():
            if monotonic() - since > 3.0:
                c.execute(update(_n).where(_n.c.id == notice.id).values(expanded=False))
        return found(c, *others, **named)

    was = plant(expansion, "expand_told", expand_told)
    found = plant(notices, "unexpanded", unexpanded)


def approve_on_get() -> None:
    """Following a link approves."""
    from sentinel.model.command import Approve
    from sentinel.run import serve

    def make_app(hub: Any, *others: Any, **named: Any) -> Any:
        app = was(hub, *others, **named)

        async def follow(scope: Any, receive: Any, send: Any) -> None:
            link = _LINK.fullmatch(scope.get("path", ""))
            if scope["type"] != "http" or scope["method"] != "GET" or link is None:
                await app(scope, receive, send)
                return
            asked = dict(parse_qsl(scope["query_string"].decode()))
            command = Approve(notice=int(link.group(1)), hash=asked["hash"], count=int(asked["count"]), desk_knows=True)
            result = await hub.submit(command, "a link")
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": str(result).encode()})

        return follow

    was = plant(serve, "make_app", make_app)
