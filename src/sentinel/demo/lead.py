"""Lead: Lena Hart at her browser. She signs in to the console, reads, and fills in its forms, as any lead would.

What she reads in figures comes over the operator's API; what she does goes through the pages, their tokens and their refusals.
"""

import asyncio
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from sentinel.demo.patience import until

TOKEN = re.compile(r'name="token" value="([^"]+)"')
REFUSED = re.compile(r'<p class="refused"[^>]*>(.*?)</p>', re.DOTALL)
DEADLINE = 20.0


class Turned(Exception):
    """The console refused. The message is what it said."""


class Lead:
    """An async context. `config` is the installation's sentinel.yaml; the hub's address and token lie beside its store."""

    def __init__(self, url: str, store: Path, email: str, password: str) -> None:
        self._url = url
        self._store = store
        self._email, self._password = email, password
        self._browser = httpx.AsyncClient(
            base_url=url, follow_redirects=True, timeout=10.0, headers={"Origin": url}, trust_env=False
        )

        # Made once: a new client reads all the authorities that it could trust, and stories ask ten times a second.
        self._api = httpx.AsyncClient(timeout=10.0, trust_env=False)

    async def close(self) -> None:
        await self._browser.aclose()
        await self._api.aclose()

    async def sign_in(self) -> None:
        """Through the form. Raises Turned."""
        page = await self._browser.post("/sign-in", data={"email": self._email, "password": self._password, "next": "/"})
        _refuse(page)

    async def read(self, path: str) -> Any:
        """One answer of the operator's API, parsed."""
        beside = await asyncio.to_thread(_beside, self._store)
        told = {"Authorization": f"Bearer {beside['token']}"}
        answer = await self._api.get(f"{beside['url']}/api/v1/{path}", headers=told)
        answer.raise_for_status()
        return answer.json()

    async def send(self, path: str, body: Any) -> None:
        """One write of the operator's API, as another system of the company would send it. Raises Turned."""
        beside = await asyncio.to_thread(_beside, self._store)
        told = {"Authorization": f"Bearer {beside['token']}"}
        answer = await self._api.post(f"{beside['url']}/api/v1/{path}", headers=told, json=body)
        if answer.is_error:
            raise Turned(answer.text)

    async def page(self, path: str) -> str:
        """One page of the console as it comes."""
        answer = await self._browser.get(path)
        _refuse(answer)
        return answer.text

    async def fill_in(self, path: str, there: str, **fields: str) -> None:
        """Send the form at `path` that stands on the page `there`. Raises Turned with the console's words."""
        found = TOKEN.search(await self.page(there))
        if found is None:
            raise Turned(f"no form on {there}: not signed in?")
        _refuse(await self._browser.post(path, data={"token": unescape(found.group(1)), **fields}))

    # What a lead does

    async def approve(self, incident: int, notice: int, *, count: int | None = None, desk_knows: bool = False) -> int:
        """Read the draft, type its count back, approve. The answer is the count. Raises Turned."""
        view = await self.read(f"notices/{notice}")
        typed = view["audience"]["sending"] if count is None else count
        fields = {"hash": view["draft"]["hash"], "count": str(typed)}
        if desk_knows:
            fields["desk_knows"] = "yes"
        await self.fill_in(f"/notices/{notice}/approve", f"/incidents/{incident}", **fields)
        return int(typed)

    async def act(self, incident: int, action: str, **fields: str) -> None:
        """One of the incident's own forms: acknowledge, note, phase, eta, answer, dismiss, ..."""
        await self.fill_in(f"/incidents/{incident}/{action}", f"/incidents/{incident}", **fields)

    # What a lead waits for

    async def incident_when(self, what: Callable[[Any], bool], seconds: float = DEADLINE) -> Any:
        """The first incident, open or recent, that `what` holds for, with its page."""

        async def look() -> Any:
            board = await self.read("board")
            for line in [*board["open"], *board["recent"]]:
                page = await self.read(f"incidents/{line['incident']['id']}")
                if what(page):
                    return page
            return None

        return await until(look, seconds)

    async def draft_when(self, incident: int, occasion: str, seconds: float = DEADLINE) -> Any:
        """The waiting draft of an occasion, once its audience has been counted."""

        async def look() -> Any:
            page = await self.read(f"incidents/{incident}")
            for view in page["notices"]:
                notice = view["notice"]
                is_it = notice["occasion"] == occasion and notice["state"] == "draft"
                if is_it and view["audience"] and view["audience"]["complete"]:
                    return view
            return None

        return await until(look, seconds)


def _beside(store: Path) -> dict[str, str]:
    """The hub's address and operator token, as it left them beside its store."""
    found: dict[str, str] = json.loads(Path(f"{store}.hub").read_text())
    return found


def _refuse(answer: httpx.Response) -> None:
    found = REFUSED.search(answer.text)
    if found is not None:
        raise Turned(unescape(re.sub(r"<[^>]+>", "", found.group(1))).strip())
    if answer.is_error:
        raise Turned(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}")
