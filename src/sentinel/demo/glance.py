"""Glance: what the hub says of itself, by its operator's API, as the guide's facts.

Belongs here: asking and picking out. Does not belong here: what to make of it (guide.py). A hub that does not answer is a fact.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from sentinel.demo.guide import Facts, Round
from sentinel.demo.services import How

DEADLINE: Final = 3.0
OVER: Final = ("resolved", "dismissed", "reviewed")


class Glance:
    """`store` is the hub's; beside it lie its address and its token, new ones at each start."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._client = httpx.AsyncClient(timeout=DEADLINE, trust_env=False)  # a proxy would be given the token

    async def close(self) -> None:
        await self._client.aclose()

    async def facts(self, seen: Mapping[str, How]) -> Facts:
        """As things are now. `seen`: service → how its customers find it."""
        try:
            board = await self._read("board")
            lines = [*board["open"], *board["recent"]]
            newest = max((line["incident"]["id"] for line in lines), default=0)
            page = await self._read(f"incidents/{newest}") if newest else None
        except (httpx.HTTPError, OSError, ValueError):
            return Facts(seen=seen, answers=False)
        checks = [check for service in board["services"] for check in service["checks"]]
        return Facts(
            seen=seen,
            titles={service["name"]: service["title"] for service in board["services"]},
            says={check["id"]: (check["shown"], check["reason"]) for check in checks},
            round=None if page is None else round_of(page),
        )

    async def _read(self, path: str) -> Any:
        beside = json.loads(await asyncio.to_thread(Path(f"{self._store}.hub").read_text))
        answer = await self._client.get(
            f"{beside['url']}/api/v1/{path}", headers={"Authorization": f"Bearer {beside['token']}"}
        )
        answer.raise_for_status()
        return answer.json()


def round_of(page: Any) -> Round:
    """The newest episode of an incident's page."""
    incident = page["incident"]
    views = [view for view in page["notices"] if view["notice"]["episode"] == incident["episode"]]
    opened = next(
        (view for view in views if view["notice"]["occasion"] in ("opened", "again", "correction") and view["approval"]), None
    )
    closed = next((view for view in views if view["notice"]["occasion"] == "closed"), None)
    draft = next((view for view in views if _waits(view)), None)
    since = _at(incident["began_at"])
    return Round(
        incident=incident["id"],
        reference=page["reference"],
        headline=page["headline"],
        services=tuple(incident["services"]),
        is_over=incident["phase"] in OVER,
        staff_told=any(brief["state"] == "accepted" and _at(brief["at"]) >= since for brief in page["briefs"]),
        waiting=draft["notice"]["occasion"] if draft else "",
        count=draft["audience"]["sending"] if draft else 0,
        asked=bool(page["asked"]),
        approved_by=opened["approval"]["by"] if opened else "",
        sending=opened["audience"]["sending"] if opened and opened["audience"] else 0,
        told=_accepted(opened),
        told_again=_accepted(closed),
    )


def _waits(view: Any) -> bool:
    return view["notice"]["state"] == "draft" and view["audience"] is not None and bool(view["audience"]["complete"])


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def _accepted(view: Any) -> int:
    """How many have it, by the ledger."""
    return int(view["books"]["counts"].get("accepted", 0)) if view and view["books"] else 0
