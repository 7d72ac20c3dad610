"""Lena: the demo's lead, whose hub dies under her hands, and who then looks and does it again.

Belongs here: what she does over the console and what an operator does over the API. Does not belong here: when.
"""

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

import httpx

from sentinel.demo.lead import Lead, Turned
from sentinel.demo.world import World

SEEN_NOTHING: Final = "0" * 64
"""The hash of words that nobody has seen."""
PATIENCE: Final = 120.0
"""Seconds that an answer is waited for: on a busy machine a hub is slow, and that is no fault."""
GONE: Final = (httpx.TransportError, OSError, ValueError, KeyError, httpx.HTTPStatusError)
"""What asking a hub may raise that is dead or not up yet."""


class Place(Protocol):
    """Where a hub is, and who may sign in to it."""

    world: World

    @property
    def url(self) -> str: ...

    @property
    def store(self) -> Path: ...


class Lena(Lead):
    """`form_sent` is set at the moment in which an approval leaves her browser, `answered` once the hub said yes to it."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.url, place.store, place.world.lead, place.world.password)
        self.form_sent = asyncio.Event()
        self.answered = asyncio.Event()
        self.turned = ""
        """Why the last approval was not taken."""
        self._browser.timeout = httpx.Timeout(PATIENCE)
        self._browser.event_hooks = {"request": [self._leaves], "response": [self._comes]}

    async def _leaves(self, request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path.endswith("/approve"):
            self.form_sent.set()

    async def _comes(self, response: httpx.Response) -> None:
        if response.request.method == "POST" and response.request.url.path.endswith("/approve") and response.is_redirect:
            self.answered.set()

    async def approve_unseen(self, incident: int, notice: int, count: int) -> bool:
        """Approve words that nobody has seen; whether that was taken."""
        try:
            await self.fill_in(
                f"/notices/{notice}/approve", f"/incidents/{incident}", hash=SEEN_NOTHING, count=str(count), desk_knows="yes"
            )
        except Turned:
            return False
        return True

    async def try_to_approve(self, incident: int, notice: int) -> None:
        """Approve as far as the hub lets her: it may die meanwhile, or the draft may have changed."""
        try:
            await self.approve(incident, notice, desk_knows=True)
        except (*GONE, Turned) as why:
            self.turned = f"{type(why).__name__} {why}"[:300]

    async def command(self, **command: Any) -> None:
        """One command over the operator's API; where the store is too busy for it, again as told. Raises httpx.HTTPError."""
        beside = await asyncio.to_thread(beside_store, self._store)
        headers, end = {"Authorization": f"Bearer {beside['token']}"}, monotonic() + PATIENCE
        async with httpx.AsyncClient(base_url=beside["url"], timeout=PATIENCE, trust_env=False) as client:
            while True:
                answer = await client.post("/api/v1/commands", json=command, headers=headers)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or monotonic() > end:
                    break
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()


def beside_store(store: Path) -> dict[str, str]:
    """The hub's address and operator token."""
    found: dict[str, str] = json.loads(Path(f"{store}.hub").read_text())
    return found
